#include "app/settings_schema.h"

#include "app/secret_source.h"
#include "base/vec.h"
#include "formats/duration.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { KEYS_MAX = 32 };

static void *field(void *target, const struct setting *key)
{
    return (char *)target + key->offset;
}

static void complain(struct settings_reader *r, const struct yaml_node *node, const char *hint,
                     const char *text)
{
    problem_add(r->problems, false, &r->file, yaml_problem_at(node), hint, "%s", text);
}

static const char *format(struct settings_reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
static const char *format(struct settings_reader *r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char text[512];
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return str_dup(r->arena, str_from(text)).p;
}

/* ---- scalars --------------------------------------------------------------------------------- */

static bool read_number(struct str text, int64_t *ret)
{
    int64_t value = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || value > INT64_MAX / 10 - 10) {
            return false;
        }
        value = value * 10 + (text.p[i] - '0');
    }
    *ret = value;
    return text.n > 0;
}

/* "64KiB", "16MiB", "1GiB", or plain bytes. */
static bool read_bytes(struct str text, int64_t *ret)
{
    static const struct {
        const char *suffix;
        int64_t factor;
    } units[] = {{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
    int64_t factor = 1;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct str suffix = str_from(units[i].suffix);
        if (str_ends_with(text, suffix)) {
            text = str_slice(text, 0, text.n - suffix.n);
            factor = units[i].factor;
            break;
        }
    }
    if (!read_number(text, ret) || *ret > INT64_MAX / factor) {
        return false;
    }
    *ret *= factor;
    return true;
}

static bool is_in_range(const struct setting *key, int64_t value)
{
    return value >= key->min && (key->max == 0 || value <= key->max);
}

/* Why the number cannot be taken, NULL if it can. */
static const char *read_quantity(const struct setting *key, struct str text, int64_t *ret)
{
    if (key->type == SETTING_DURATION) {
        if (duration_parse(text, ret, NULL) != OK) {
            return "not a duration, such as 5s or 1m30s";
        }
    } else if (key->type == SETTING_BYTES) {
        if (!read_bytes(text, ret)) {
            return "not a size, such as 65536, 64KiB or 16MiB";
        }
    } else if (!read_number(text, ret)) {
        return "not a whole number";
    }
    return is_in_range(key, *ret) ? NULL : "out of range";
}

static bool read_word(const struct setting *key, struct str text, unsigned *ret)
{
    for (unsigned i = 0; key->words[i]; i++) {
        if (str_eq(text, str_from(key->words[i]))) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static void free_secret(void *secret)
{
    secret_free(secret);
}

static struct secret *read_secret(struct settings_reader *r, const struct setting *key,
                                  const struct yaml_node *node)
{
    struct err err = ERR_INIT;
    struct secret *secret = NULL;
    const char *warning = NULL;
    if (node->kind == YAML_SCALAR && str_eq(node->tag, STR("!file"))) {
        if (secret_from_file(r->arena, r->folder, node->text, &secret, &warning, &err) != OK) {
            complain(r, node, NULL, err.detail);
        }
    } else if (node->kind == YAML_SCALAR && str_eq(node->tag, STR("!env"))) {
        if (secret_from_env(r->arena, node->text, &secret, &err) != OK) {
            complain(r, node, NULL, err.detail);
        }
    } else {
        /* The value may be the secret itself: it must not be shown, so no excerpt. */
        problem_add_plain(r->problems, false, yaml_where(r->arena, r->file.name, node),
                          "%s: a secret is not written here, only where it is: "
                          "!file PATH or !env NAME",
                          key->key);
    }
    if (warning) {
        problem_add(r->problems, true, &r->file, yaml_problem_at(node), NULL, "%s", warning);
    }
    if (secret) {
        arena_defer(r->arena, free_secret, secret);
        if ((int64_t)secret_len(secret) < key->min) {
            complain(r, node, NULL,
                     format(r, "%s needs at least %" PRId64 " bytes, this secret has %zu", key->key,
                            key->min, secret_len(secret)));
        }
    }
    return secret;
}

static void bind_scalar(struct settings_reader *r, const struct setting *key,
                        const struct yaml_node *node, void *target)
{
    if (node->kind != YAML_SCALAR || node->tag.n) {
        complain(r, node, NULL, format(r, "%s has to be a single plain value", key->key));
        return;
    }
    if (key->type == SETTING_TEXT) {
        *(struct str *)field(target, key) = str_dup(r->arena, node->text);
    } else if (key->type == SETTING_PATH) {
        *(struct str *)field(target, key) = path_below(r->arena, r->folder, node->text);
    } else if (key->type == SETTING_FLAG) {
        if (!yaml_bool(node, field(target, key))) {
            complain(r, node, NULL, format(r, "%s has to be true or false", key->key));
        }
    } else if (key->type == SETTING_WORD) {
        if (!read_word(key, node->text, field(target, key))) {
            const char *near = nearest_word(node->text, key->words);
            complain(r, node, near ? format(r, "did you mean \"%s\"?", near) : NULL,
                     format(r, "%s: unknown value", key->key));
        }
    } else {
        int64_t value = 0;
        const char *why = read_quantity(key, node->text, &value);
        if (why) {
            complain(r, node, NULL, format(r, "%s: %s", key->key, why));
        } else if (key->type == SETTING_DURATION) {
            *(int64_t *)field(target, key) = value;
        } else {
            *(size_t *)field(target, key) = (size_t)value;
        }
    }
}

/* ---- lists and groups ------------------------------------------------------------------------ */

/* One value stands for a list of one. */
static size_t item_count(const struct yaml_node *node)
{
    return node->kind == YAML_SEQ ? node->n : 1;
}

static const struct yaml_node *item_at(const struct yaml_node *node, size_t i)
{
    return node->kind == YAML_SEQ ? node->items[i] : node;
}

static void bind_secrets(struct settings_reader *r, const struct setting *key,
                         const struct yaml_node *node, struct setting_secrets *target)
{
    if (item_count(node) > SETTING_SECRETS_MAX) {
        complain(r, node, NULL,
                 format(r, "%s: at most two, the one in use and the one before", key->key));
        return;
    }
    for (size_t i = 0; i < item_count(node); i++) {
        struct secret *secret = read_secret(r, key, item_at(node, i));
        if (secret) {
            target->v[target->n++] = secret;
        }
    }
}

static void bind_paths(struct settings_reader *r, const struct setting *key,
                       const struct yaml_node *node, struct setting_texts *target)
{
    VEC(struct str) paths = {0};
    for (size_t i = 0; i < item_count(node); i++) {
        const struct yaml_node *item = item_at(node, i);
        if (item->kind != YAML_SCALAR || item->tag.n || item->text.n == 0) {
            complain(r, item, NULL, format(r, "%s: every entry is a path", key->key));
        } else {
            VEC_PUSH(r->arena, &paths, path_below(r->arena, r->folder, item->text));
        }
    }
    *target = (struct setting_texts){paths.v, paths.n};
}

static void bind_list(struct settings_reader *r, const struct setting *key,
                      const struct yaml_node *node, struct setting_list *target)
{
    target->n = item_count(node);
    target->v = arena_array(r->arena, target->n, key->item_size);
    for (size_t i = 0; i < target->n; i++) {
        char *item = (char *)target->v + i * key->item_size;
        if (key->place_offset) {
            *(struct yaml_problem *)(void *)(item + key->place_offset) =
                yaml_problem_at(item_at(node, i));
        }
        settings_bind(r, key->keys, item_at(node, i), item);
    }
}

static void bind_value(struct settings_reader *r, const struct setting *key,
                       const struct yaml_node *node, void *target)
{
    switch (key->type) {
    case SETTING_TEXT:
    case SETTING_PATH:
    case SETTING_FLAG:
    case SETTING_COUNT:
    case SETTING_BYTES:
    case SETTING_DURATION:
    case SETTING_WORD:
        bind_scalar(r, key, node, target);
        break;
    case SETTING_SECRET:
        *(struct secret **)field(target, key) = read_secret(r, key, node);
        break;
    case SETTING_SECRETS:
        bind_secrets(r, key, node, field(target, key));
        break;
    case SETTING_PATHS:
        bind_paths(r, key, node, field(target, key));
        break;
    case SETTING_GROUP:
        settings_bind(r, key->keys, node, field(target, key));
        break;
    case SETTING_LIST:
        bind_list(r, key, node, field(target, key));
        break;
    }
}

static void bind_fallback(struct settings_reader *r, const struct setting *key, void *target)
{
    if (key->type == SETTING_GROUP) {
        settings_bind(r, key->keys, NULL, field(target, key));
    } else if (key->fallback) {
        struct yaml_node node = {
            .kind = YAML_SCALAR, .is_plain = true, .text = str_from(key->fallback)};
        bind_value(r, key, &node, target);
    }
}

static void refuse_unknown(struct settings_reader *r, const struct setting *keys,
                           const struct yaml_node *map)
{
    const char *names[KEYS_MAX + 1] = {0};
    for (size_t i = 0; keys[i].key; i++) {
        CHECK(i < KEYS_MAX);
        names[i] = keys[i].key;
    }
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml_node *key = map->pairs[i].key;
        bool is_known = false;
        for (size_t k = 0; names[k]; k++) {
            is_known |= str_eq(key->text, str_from(names[k]));
        }
        if (!is_known) {
            const char *near = nearest_word(key->text, names);
            complain(r, key, near ? format(r, "did you mean \"%s\"?", near) : NULL,
                     format(r, "unknown key \"%.*s\"", STR_ARG(key->text)));
        }
    }
}

void settings_bind(struct settings_reader *r, const struct setting *keys,
                   const struct yaml_node *map, void *target)
{
    if (map && yaml_is_null(map)) {
        map = NULL;
    }
    if (map && map->kind != YAML_MAP) {
        complain(r, map, NULL, "a group of \"key: value\" lines is expected here");
        return;
    }
    if (map) {
        refuse_unknown(r, keys, map);
    }
    for (const struct setting *key = keys; key->key; key++) {
        const struct yaml_node *node = yaml_get(map, str_from(key->key));
        if (node && !yaml_is_null(node)) {
            bind_value(r, key, node, target);
        } else if (key->is_required && map) {
            complain(r, map, NULL, format(r, "\"%s\" is missing", key->key));
        } else {
            bind_fallback(r, key, target);
        }
    }
}

/* ---- masking --------------------------------------------------------------------------------- */

static void mask_lines(const struct yaml_node *node, char *text, size_t n)
{
    unsigned line = 1;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\n') {
            line++;
        } else if (line >= node->line && line <= node->end_line) {
            text[i] = '*';
        }
    }
}

void settings_mask_secrets(const struct setting *keys, const struct yaml_node *map, char *text,
                           size_t n)
{
    for (const struct setting *key = keys; key->key; key++) {
        const struct yaml_node *value = yaml_get(map, str_from(key->key));
        for (size_t i = 0; value && i < item_count(value); i++) {
            const struct yaml_node *item = item_at(value, i);
            bool is_secret = key->type == SETTING_SECRET || key->type == SETTING_SECRETS;
            if (is_secret && item->tag.n == 0) {
                mask_lines(item, text, n);
            } else if (key->keys) {
                settings_mask_secrets(key->keys, item, text, n);
            }
        }
    }
}

/* ---- description ----------------------------------------------------------------------------- */

void settings_describe(const struct setting *keys, unsigned depth, struct strbuf *out)
{
    for (const struct setting *key = keys; key->key; key++) {
        struct str line = str_from(key->help);
        while (line.p) {
            strbuf_printf(out, "%*s# %.*s\n", (int)depth * 2, "", STR_ARG(str_cut(&line, '\n')));
        }
        strbuf_printf(out, "%*s%s:", (int)depth * 2, "", key->key);
        for (unsigned i = 0; key->words && key->words[i]; i++) {
            strbuf_printf(out, "%s %s", i ? " |" : "", key->words[i]);
        }
        if (key->fallback) {
            strbuf_printf(out, "%s %s", key->words ? "   # default:" : "", key->fallback);
        }
        strbuf_printf(out, "%s\n", key->is_required ? "   # required" : "");
        if (key->keys) {
            settings_describe(key->keys, depth + 1, out);
        }
    }
}
