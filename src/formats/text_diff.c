#include "formats/text_diff.h"

#include "base/check.h"
#include "base/vec.h"

enum { CONTEXT = 3 };

struct lines {
    VEC(struct str) v;
    bool *is_changed; /* deleted of the one text, inserted in the other */
};

struct diff {
    struct arena *arena;
    struct lines a, b;
    size_t head;     /* equal lines at the beginning */
    int n_a, n_b;    /* lines between the equal beginning and end */
    int32_t **trace; /* by edits made: how far in `a` each diagonal came */
};

/* Lines keep their line end, so that a missing one is a difference. */
static struct lines split(struct arena *arena, struct str text)
{
    struct lines lines = {0};
    for (size_t at = 0; at < text.n;) {
        size_t end = str_find(text, '\n', at);
        end = end < text.n ? end + 1 : text.n;
        VEC_PUSH(arena, &lines.v, str_slice(text, at, end));
        at = end;
    }
    lines.is_changed = ARENA_ARRAY(arena, bool, lines.v.n + 1);
    for (size_t i = 0; i <= lines.v.n; i++) {
        lines.is_changed[i] = false;
    }
    return lines;
}

static bool is_same(const struct diff *d, int x, int y)
{
    return str_eq(d->a.v.v[d->head + (size_t)x], d->b.v.v[d->head + (size_t)y]);
}

static bool goes_down(const int32_t *v, int k, int edits)
{
    return k == -edits || (k != edits && v[k - 1] < v[k + 1]);
}

/* Myers: the furthest point of every diagonal, one edit after the other. Returns the number of
 * edits, -1 when they are too many. */
static int search(struct diff *d)
{
    int most = d->n_a + d->n_b < TEXT_DIFF_MAX ? d->n_a + d->n_b : TEXT_DIFF_MAX;
    d->trace = ARENA_ARRAY(d->arena, int32_t *, (size_t)most + 1);
    for (int edits = 0; edits <= most; edits++) {
        int32_t *now = ARENA_ARRAY(d->arena, int32_t, 2 * (size_t)edits + 1);
        now += edits;
        d->trace[edits] = now;
        for (int k = -edits; k <= edits; k += 2) {
            const int32_t *old = edits ? d->trace[edits - 1] : NULL;
            int x = !old ? 0 : goes_down(old, k, edits) ? old[k + 1] : old[k - 1] + 1;
            while (x < d->n_a && x - k < d->n_b && x - k >= 0 && is_same(d, x, x - k)) {
                x++;
            }
            now[k] = x;
            if (x >= d->n_a && x - k >= d->n_b) {
                return edits;
            }
        }
    }
    return -1;
}

static void walk_back(struct diff *d, int edits)
{
    int x = d->n_a, y = d->n_b;
    for (; edits > 0; edits--) {
        const int32_t *old = d->trace[edits - 1];
        int k = x - y;
        bool is_down = goes_down(old, k, edits);
        int from = is_down ? k + 1 : k - 1;
        x = old[from];
        y = x - from;
        if (is_down) {
            d->b.is_changed[d->head + (size_t)y] = true;
        } else {
            d->a.is_changed[d->head + (size_t)x] = true;
        }
    }
}

static void compare(struct diff *d)
{
    size_t tail = 0, n_a = d->a.v.n, n_b = d->b.v.n, least = n_a < n_b ? n_a : n_b;
    while (d->head < least && str_eq(d->a.v.v[d->head], d->b.v.v[d->head])) {
        d->head++;
    }
    while (tail < least - d->head && str_eq(d->a.v.v[n_a - 1 - tail], d->b.v.v[n_b - 1 - tail])) {
        tail++;
    }
    d->n_a = (int)(n_a - d->head - tail);
    d->n_b = (int)(n_b - d->head - tail);
    int edits = search(d);
    if (edits >= 0) {
        walk_back(d, edits);
        return;
    }
    for (int i = 0; i < d->n_a; i++) {
        d->a.is_changed[d->head + (size_t)i] = true;
    }
    for (int i = 0; i < d->n_b; i++) {
        d->b.is_changed[d->head + (size_t)i] = true;
    }
}

static void print_line(struct strbuf *out, char mark, struct str line)
{
    strbuf_add_char(out, mark);
    strbuf_add(out, line);
    if (!str_ends_with(line, STR("\n"))) {
        strbuf_add(out, STR("\n\\ No newline at end of file\n"));
    }
}

/* Prints [i, end_i) against [j, end_j). */
static void print_hunk(const struct diff *d, size_t i, size_t end_i, size_t j, size_t end_j,
                       struct strbuf *out)
{
    strbuf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", end_i > i ? i + 1 : i, end_i - i,
                  end_j > j ? j + 1 : j, end_j - j);
    while (i < end_i || j < end_j) {
        if (i < end_i && d->a.is_changed[i]) {
            print_line(out, '-', d->a.v.v[i++]);
        } else if (j < end_j && d->b.is_changed[j]) {
            print_line(out, '+', d->b.v.v[j++]);
        } else {
            CHECK(i < end_i && j < end_j);
            print_line(out, ' ', d->a.v.v[i++]);
            j++;
        }
    }
}

bool text_diff(struct arena *arena, struct str before, struct str after, struct strbuf *out)
{
    struct diff d = {.arena = arena, .a = split(arena, before), .b = split(arena, after)};
    size_t i = 0, j = 0, n_a = d.a.v.n, n_b = d.b.v.n;
    bool differs = false;
    compare(&d);
    while (i < n_a || j < n_b) {
        if (!d.a.is_changed[i] && !d.b.is_changed[j]) {
            i++;
            j++;
            continue;
        }
        size_t back = i < CONTEXT ? i : CONTEXT, quiet = 0;
        size_t from_i = i - back, from_j = j - back;
        /* On until a stretch of equal lines is longer than the context of both sides. */
        while ((i < n_a || j < n_b) && quiet <= 2 * CONTEXT) {
            if (d.a.is_changed[i]) {
                i++;
                quiet = 0;
            } else if (d.b.is_changed[j]) {
                j++;
                quiet = 0;
            } else {
                i++;
                j++;
                quiet++;
            }
        }
        size_t surplus = quiet > CONTEXT ? quiet - CONTEXT : 0;
        print_hunk(&d, from_i, i - surplus, from_j, j - surplus, out);
        differs = true;
    }
    return differs;
}
