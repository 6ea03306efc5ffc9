/* Renders templates for tests in Python: a line per template, of words in hexadecimal — `text` or
 * `html`, the data, the text, and the files loaded before — is answered by a line: O and the
 * output, or E and what is wrong. Each word has an x in front, so that none is empty. */
#include "adapters/tz_files.h"
#include "app/template_zones.h"
#include "channels/builtin_templates.h"
#include "channels/template_data.h"
#include "formats/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_MAX = 4 << 20, PROBE_WORDS_MAX = 16 };

struct probe {
    struct arena arena;
    struct str words[PROBE_WORDS_MAX];
    size_t n;
    struct template_error error;
    struct template_zones zones;
};

static void say(char kind, struct str text)
{
    putchar(kind);
    for (size_t i = 0; i < text.n; i++) {
        printf("%02x", (unsigned char)text.p[i]);
    }
    putchar('\n');
    fflush(stdout);
}

static bool take_words(struct probe *p, struct str line)
{
    struct str rest = line;
    p->n = 0;
    while (rest.p && p->n < PROBE_WORDS_MAX) {
        struct str hex = str_cut(&rest, ' ');
        size_t bytes = hex.n / 2;
        uint8_t *word = arena_alloc(&p->arena, bytes + 1);
        if (hex.n == 0 || !hex_decode(str_slice(hex, 1, hex.n), word, bytes)) {
            return false;
        }
        p->words[p->n++] = (struct str){(const char *)word, bytes};
    }
    return p->n >= 3;
}

static enum status render(struct probe *p, struct strbuf *out)
{
    size_t n;
    const struct template_func *funcs = template_data_funcs(&n);
    struct template_set *set = template_set_new(&p->arena, funcs, n);
    enum status status = builtin_templates_add(set, &p->error);
    for (size_t i = 3; status == OK && i < p->n; i++) {
        struct str name = str_printf(&p->arena, "%zu.tmpl", i - 3);
        status = template_set_add(set, name, p->words[i], &p->error);
    }
    const struct template *template;
    enum template_mode mode = str_eq(p->words[0], STR("html")) ? TEMPLATE_HTML : TEMPLATE_TEXT;
    if (status == OK) {
        status = template_compile(set, &p->arena, p->words[2], mode, &template, &p->error);
    }
    struct value data;
    struct err err = ERR_INIT;
    struct template_env env = {.now = {.s = 1772700000, .zone = &gotime_utc},
                               .local = template_zones_local(&p->zones),
                               .find_zone = template_zones_find,
                               .context = &p->zones,
                               .data = &data,
                               .limits = TEMPLATE_LIMITS_DEFAULT};
    if (status == OK && template_data_read(&p->arena, p->words[1], env.local, &data, &err) != OK) {
        p->error.text = str_from(err.detail);
        return err.code;
    }
    return status == OK ? template_render(template, &data, &env, &p->arena, out, &p->error)
                        : status;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    struct probe probe;
    struct arena zones;
    arena_init(&zones);
    arena_init(&probe.arena);
    template_zones_init(&probe.zones, &zones);
    while ((n = getline(&line, &size, stdin)) > 0) {
        struct strbuf out;
        strbuf_init(&out, &probe.arena, OUTPUT_MAX);
        if (!take_words(&probe, (struct str){line, (size_t)n - 1})) {
            say('?', STR_EMPTY);
        } else if (render(&probe, &out) == OK) {
            say('O', strbuf_str(&out));
        } else {
            say('E', probe.error.text);
        }
        arena_clear(&probe.arena);
    }
    free(line);
    arena_release(&probe.arena);
    arena_release(&zones);
    return 0;
}
