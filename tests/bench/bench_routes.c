/* Matching label sets against many routes: the plain walk and the index in the same run.
 *
 *     bench_routes [--sets N]
 * Trees of 1,000 and 10,000 routes below the top in which 0, 20 and 100 % of the routes have an
 * expression. Label sets have ten labels and fit one route each, most of them deep in the list.
 * Prints one JSON line per tree; the times are nanoseconds per label set, medians of three runs
 * that take turns. Both walks must give the same nodes.
 */
#include "base/monotonic.h"
#include "domain/route_index.h"
#include "options.h"
#include "samples.h"
#include "wire/matcher_syntax.h"

#include <string.h>

enum { RUNS = 3, NAMES = 10, SETS_PLAIN = 200, CHUNK = 64 };

static const char *const names[NAMES] = {"alertname", "cluster", "env",    "instance", "job",
                                         "namespace", "pod",     "region", "service",  "team"};

struct tree {
    struct arena arena;
    struct route root;
    const struct route_index *index;
    size_t n, n_hard; /* routes; those with an expression that begins with anything */
    int64_t build_us;
};

static uint64_t seed = 42;

static size_t roll(size_t below)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (size_t)(seed >> 33) % below;
}

/* --- routes ------------------------------------------------------------------------------------
 */

static void add(struct tree *t, struct matcher *v, size_t *n, enum matcher_op op, const char *name,
                struct str value)
{
    struct err err = ERR_INIT;
    CHECK(matcher_make(&t->arena, op, str_from(name), value, &v[(*n)++], &err) == OK);
}

/* How people write expressions, by share: lists of values (40 %), a beginning (30 %), several
 * beginnings (10 %), an end (10 %), a part (5 %), any letter case (5 %). */
static struct str expression(struct tree *t, size_t i)
{
    struct arena *a = &t->arena;
    size_t kind = roll(100);
    t->n_hard += kind >= 80;
    return kind < 40   ? str_printf(a, "svc-%zu|svc-%zu|svc-%zu-canary", i, i + t->n, i)
           : kind < 70 ? str_printf(a, "svc-%zu-.*", i)
           : kind < 80 ? str_printf(a, "(api|web|db)-%zu-[a-z0-9]+", i)
           : kind < 90 ? str_printf(a, ".*-%zu-canary", i)
           : kind < 95 ? str_printf(a, ".*svc-%zu-(blue|green).*", i)
                       : str_printf(a, "(?i)svc-%zu-.*", i);
}

static struct route make_route(struct tree *t, size_t i, unsigned regex_percent)
{
    struct matcher v[4];
    size_t n = 0;
    if (roll(100) < regex_percent) {
        add(t, v, &n, MATCHER_RE, "service", expression(t, i));
        if (roll(2) == 0) {
            add(t, v, &n, MATCHER_EQ, "env", roll(2) ? STR("prod") : STR("staging"));
        }
    } else {
        static const char *const keys[] = {"service", "service", "team", "namespace", "alertname"};
        const char *key = keys[roll(5)];
        add(t, v, &n, MATCHER_EQ, key, str_printf(&t->arena, "%s-%zu", key, i));
        if (roll(2) == 0) {
            add(t, v, &n, MATCHER_EQ, "env", roll(2) ? STR("prod") : STR("staging"));
        }
        if (roll(4) == 0) {
            add(t, v, &n, MATCHER_NE, "region", STR("lab"));
        }
    }
    return (struct route){.matchers = matchers_sort(&t->arena, v, n), .continues = roll(10) == 0};
}

static void make_tree(struct tree *t, size_t n, unsigned regex_percent)
{
    *t = (struct tree){.n = n};
    arena_init(&t->arena);
    struct route *children = ARENA_ARRAY(&t->arena, struct route, n);
    for (size_t i = 0; i < n; i++) {
        children[i] = make_route(t, i, regex_percent);
    }
    t->root.children = children;
    t->root.n_children = n;
    int64_t begin_us = monotonic_us();
    t->index = route_index_new(&t->arena, &t->root);
    t->build_us = monotonic_us() - begin_us;
}

/* --- label sets --------------------------------------------------------------------------------
 */

static struct str label_value(struct arena *a, const char *name, size_t i)
{
    if (strcmp(name, "env") == 0) {
        return roll(2) ? STR("prod") : STR("staging");
    }
    if (strcmp(name, "service") == 0) {
        switch (roll(5)) {
        case 0:
            return str_printf(a, "service-%zu", i);
        case 1:
            return str_printf(a, "svc-%zu", i);
        case 2:
            return str_printf(a, "svc-%zu-abc", i);
        case 3:
            return str_printf(a, "web-%zu-x1", i);
        }
        return str_printf(a, "x-%zu-canary", i);
    }
    return str_printf(a, "%s-%zu", name, roll(4) == 0 ? i : 1000000 + i);
}

static struct labels make_labels(struct tree *t)
{
    struct label v[NAMES];
    size_t i = roll(t->n);
    for (size_t k = 0; k < NAMES; k++) {
        v[k] = (struct label){str_from(names[k]), label_value(&t->arena, names[k], i)};
    }
    return labels_make(&t->arena, v, NAMES);
}

/* --- measuring ---------------------------------------------------------------------------------
 */

static size_t walk(const struct tree *t, bool with_index, struct labels labels, struct arena *to)
{
    return with_index ? route_index_match(t->index, labels, to).n
                      : route_match(&t->root, labels, to).n;
}

static double measure(const struct tree *t, bool with_index, const struct labels *sets, size_t n)
{
    struct arena arena;
    arena_init(&arena);
    size_t n_hits = 0;
    int64_t begin_us = monotonic_us();
    for (size_t i = 0; i < n; i++) {
        n_hits += walk(t, with_index, sets[i], &arena);
        if (i % CHUNK == 0) {
            arena_clear(&arena);
        }
    }
    int64_t end_us = monotonic_us();
    CHECK(n_hits >= n);
    arena_release(&arena);
    return 1000.0 * (double)(end_us - begin_us) / (double)n;
}

static void compare(const struct tree *t, const struct labels *sets, size_t n)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < n; i++) {
        struct route_hits want = route_match(&t->root, sets[i], &arena);
        struct route_hits got = route_index_match(t->index, sets[i], &arena);
        CHECK(got.n == want.n && memcmp(got.v, want.v, want.n * sizeof(*want.v)) == 0);
        arena_clear(&arena);
    }
    arena_release(&arena);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void run(size_t n_routes, unsigned regex_percent, size_t n_sets)
{
    struct tree t;
    double plain[RUNS], index[RUNS];
    make_tree(&t, n_routes, regex_percent);
    struct labels *sets = ARENA_ARRAY(&t.arena, struct labels, n_sets);
    for (size_t i = 0; i < n_sets; i++) {
        sets[i] = make_labels(&t);
    }
    compare(&t, sets, SETS_PLAIN);
    for (int i = 0; i < RUNS; i++) {
        plain[i] = measure(&t, false, sets, SETS_PLAIN);
        index[i] = measure(&t, true, sets, n_sets);
    }
    qsort(plain, RUNS, sizeof(*plain), by_size);
    qsort(index, RUNS, sizeof(*index), by_size);
    printf("{\"routes\":%zu,\"regexp_percent\":%u,\"without_prefix\":%zu,\"plain_ns\":%.0f,"
           "\"index_ns\":%.0f,\"ratio\":%.1f,\"build_us\":%lld}\n",
           n_routes, regex_percent, t.n_hard, plain[RUNS / 2], index[RUNS / 2],
           plain[RUNS / 2] / index[RUNS / 2], (long long)t.build_us);
    arena_release(&t.arena);
}

int main(int argc, char **argv)
{
    static const unsigned percents[] = {0, 20, 100};
    size_t n_sets = (size_t)option_number(argc, argv, "--sets", "2000");
    n_sets = n_sets < SETS_PLAIN ? SETS_PLAIN : n_sets;
    for (size_t n = 1000; n <= 10000; n *= 10) {
        for (size_t i = 0; i < 3; i++) {
            run(n, percents[i], n_sets);
        }
    }
    return 0;
}
