#include "channels/words.h"

#include "base/time_units.h"
#include "channels/template_data.h"
#include "formats/template/gofmt.h"
#include "formats/yaml_tree.h"

#include <ctype.h>
#include <stdio.h>

enum { LANGUAGE_MAX = 10, PHRASE_MAX = 4096 };

static bool is_language(struct str s)
{
    bool is_well = s.n >= 2 && s.n <= LANGUAGE_MAX;
    for (size_t i = 0; is_well && i < s.n; i++) {
        is_well = islower((unsigned char)s.p[i]) ||
                  (i > 1 && (isalnum((unsigned char)s.p[i]) || s.p[i] == '-'));
    }
    return is_well;
}

bool words_is_file(struct str name, struct str *ret_language)
{
    static const struct str begin = {"words.", 6}, end = {".yml", 4};
    if (!str_starts_with(name, begin) || !str_ends_with(name, end) || name.n <= begin.n + end.n) {
        return false;
    }
    *ret_language = str_slice(name, begin.n, name.n - end.n);
    return is_language(*ret_language);
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reader {
    struct arena *arena;
    struct str name;
    const struct words *base;
    struct err *err;
};

static enum status complain(const struct reader *r, const struct yaml_node *at, struct str what)
{
    enum status status = err_set(r->err, ERR_INVALID, "%.*s", STR_ARG(what));
    snprintf(r->err->where, sizeof(r->err->where), "%.*s:%u:%u", STR_ARG(r->name), at->line,
             at->col);
    return status;
}

/* "ds" of "%d of %s" */
static struct str verbs_of(struct arena *arena, struct str text)
{
    struct strbuf verbs;
    strbuf_init(&verbs, arena, text.n + 1);
    for (size_t i = 0; i + 1 < text.n; i++) {
        if (text.p[i] == '%') {
            strbuf_add_char(&verbs, text.p[++i]);
        }
    }
    return strbuf_str(&verbs);
}

static enum status read_word(const struct reader *r, const struct yaml_pair *pair,
                             struct value_entry *ret)
{
    struct str key = pair->key->text, text = pair->value->text;
    const struct value *known = r->base ? value_map_get(&r->base->kv, key) : NULL;
    if (pair->value->kind != YAML_SCALAR || pair->value->tag.n > 0) {
        return complain(r, pair->value, STR("a word must be a text"));
    }
    if (text.n > WORD_BYTES_MAX) {
        return complain(r, pair->value,
                        str_printf(r->arena, "longer than %d bytes", WORD_BYTES_MAX));
    }
    if (r->base && !known) {
        return complain(r, pair->key,
                        str_printf(r->arena, "there is no word \"%.*s\"", STR_ARG(key)));
    }
    if (known && !str_eq(verbs_of(r->arena, known->s), verbs_of(r->arena, text))) {
        return complain(
            r, pair->value,
            str_printf(r->arena, "what is filled in must be as in \"%.*s\"", STR_ARG(known->s)));
    }
    *ret = (struct value_entry){str_dup(r->arena, key), value_str(str_dup(r->arena, text))};
    return OK;
}

enum status words_parse(struct arena *arena, struct str name, struct str text,
                        const struct words *base, struct words *ret, struct err *err)
{
    const struct yaml_node *root;
    struct reader r = {arena, name, base, err};
    enum status status = yaml_parse(arena, name, text, &root, err);
    if (status != OK) {
        return status;
    }
    if (root->kind != YAML_MAP || root->n > WORDS_MAX) {
        return complain(&r, root, STR("words are a map of at most 500 keys and texts"));
    }
    size_t n_base = base ? base->kv.map.n : 0, n = n_base;
    struct value_entry *v = ARENA_ARRAY(arena, struct value_entry, n_base + root->n);
    for (size_t i = 0; i < n_base; i++) {
        v[i] = base->kv.map.v[i];
    }
    for (size_t i = 0; i < root->n; i++) {
        if (read_word(&r, &root->pairs[i], &v[n++]) != OK) {
            return ERR_INVALID;
        }
    }
    ret->kv = value_map(arena, &template_type_kv, v, n);
    (void)!words_is_file(name, &ret->language);
    ret->language = str_dup(arena, ret->language);
    return OK;
}

/* --- using ------------------------------------------------------------------------------------ */

struct str words_get(const struct words *words, const char *key)
{
    const struct value *found = value_map_get(&words->kv, str_from(key));
    return found ? found->s : STR_EMPTY;
}

struct str words_printf(struct arena *arena, const struct words *words, const char *key,
                        const struct value *args, size_t n)
{
    struct strbuf text;
    strbuf_init(&text, arena, PHRASE_MAX);
    gofmt_printf(&text, words_get(words, key), args, n);
    return strbuf_str(&text);
}

static struct str of_units(struct arena *a, const struct words *words, long long big,
                           const char *big_unit, long long small, const char *small_unit)
{
    struct str unit = words_get(words, big_unit);
    return small > 0 ? str_printf(a, "%lld %.*s %lld %.*s", big, STR_ARG(unit), small,
                                  STR_ARG(words_get(words, small_unit)))
                     : str_printf(a, "%lld %.*s", big, STR_ARG(unit));
}

struct str words_duration(struct arena *a, const struct words *words, int64_t us)
{
    long long left = us > 0 ? us / US_PER_S : 0;
    long long days = left / 86400, hours = left / 3600 % 24, minutes = left / 60 % 60;
    return days > 0      ? of_units(a, words, days, "day", hours, "hour")
           : hours > 0   ? of_units(a, words, hours, "hour", minutes, "minute")
           : minutes > 0 ? of_units(a, words, minutes, "minute", 0, NULL)
                         : of_units(a, words, left, "second", 0, NULL);
}
