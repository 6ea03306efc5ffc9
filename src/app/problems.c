#include "app/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20, LINE_MAX_ = 1024, WORD_MAX = 64 };

void problems_init(struct problems *p, struct arena *arena)
{
    *p = (struct problems){.arena = arena, .first = ERR_INIT};
    strbuf_init(&p->text, arena, TEXT_MAX);
}

static void count(struct problems *p, bool is_warning, const char *where, const char *text)
{
    if (is_warning) {
        p->n_warnings++;
    } else {
        p->n_errors++;
        (void)err_at(&p->first, ERR_INVALID, where, "%s", text);
    }
}

void problem_add(struct problems *p, bool is_warning, const struct problem_file *file,
                 struct yaml_problem place, const char *hint, const char *fmt, ...)
{
    char line[LINE_MAX_], where[sizeof(p->first.where)];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    snprintf(where, sizeof(where), "%.*s:%u:%u", STR_ARG(file->name), place.line, place.col);
    count(p, is_warning, where, line);
    strbuf_printf(&p->text, "%s: %s: %s\n", where, is_warning ? "warning" : "error", line);
    struct str excerpt = yaml_excerpt(p->arena, file->text, place.line, place.col, place.len);
    strbuf_add(&p->text, excerpt);
    if (hint) {
        strbuf_printf(&p->text, " %s", hint);
    }
    strbuf_add_char(&p->text, '\n');
}

void problem_add_plain(struct problems *p, bool is_warning, const char *where, const char *fmt, ...)
{
    char line[LINE_MAX_];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    count(p, is_warning, where, line);
    strbuf_printf(&p->text, "%s%s%s: %s\n", where, where[0] ? ": " : "",
                  is_warning ? "warning" : "error", line);
}

struct str problems_count(const struct problems *p)
{
    struct strbuf text;
    strbuf_init(&text, p->arena, 128);
    strbuf_printf(&text, "%zu error%s, %zu warning%s", p->n_errors, p->n_errors == 1 ? "" : "s",
                  p->n_warnings, p->n_warnings == 1 ? "" : "s");
    return strbuf_str(&text);
}

/* Levenshtein distance of two short words. */
static size_t distance(struct str a, struct str b)
{
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= b.n; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = diagonal + (a.p[i - 1] == b.p[j - 1] ? 0 : 1);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[b.n];
}

const char *nearest_word(struct str misspelt, const char *const *words)
{
    const char *nearest = NULL;
    size_t least = misspelt.n / 3 + 2; /* further away it is another word */
    for (; misspelt.n <= WORD_MAX && *words; words++) {
        struct str word = str_from(*words);
        size_t d = word.n <= WORD_MAX ? distance(misspelt, word) : least;
        if (misspelt.n >= 3 && str_starts_with(word, misspelt)) {
            d = 1; /* an abbreviation */
        }
        if (d < least) {
            least = d;
            nearest = *words;
        }
    }
    return nearest;
}
