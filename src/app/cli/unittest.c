#include "app/cli/unittest.h"

#include "app/cli/cli.h"
#include "app/cli/words.h"
#include "app/routes_load.h"
#include "app/secret_source.h"
#include "app/settings_file.h"
#include "base/vec.h"
#include "flows/simulation.h"

#include <stdio.h>

enum { OUTPUT_MAX = 16 << 20 };

struct text_list {
    struct str *v;
    size_t n, cap;
};

struct suite {
    struct arena *arena;
    struct problem_file file;
    struct problems problems;
    const struct settings *settings;
    const struct yaml_node *tests;
    struct strbuf out;
    size_t n_passed, n_failed;
};

static const char *const suite_keys[] = {"config", "tests", NULL};
static const char *const test_keys[] = {"name", "labels", "at", "receivers", "timeline", NULL};

/* --- reading -------------------------------------------------------------------------------- */

#define PROBLEM(s, node, ...)                                                                      \
    problem_add(&(s)->problems, false, &(s)->file, yaml_problem_at(node), NULL, __VA_ARGS__)

/* A map with these keys and no others. */
static bool check_keys(struct suite *s, const struct yaml_node *map, const char *what,
                       const char *const *keys)
{
    if (map->kind != YAML_MAP) {
        PROBLEM(s, map, "%s is a map", what);
        return false;
    }
    bool is_good = true;
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml_node *key = map->pairs[i].key;
        bool is_known = false;
        for (size_t k = 0; keys[k]; k++) {
            is_known |= str_eq(key->text, str_from(keys[k]));
        }
        if (!is_known) {
            const char *near = nearest_word(key->text, keys);
            PROBLEM(s, key, "unknown key \"%.*s\"%s%s%s", STR_ARG(key->text),
                    near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
            is_good = false;
        }
    }
    return is_good;
}

static bool check_scalars(struct suite *s, const struct yaml_node *list, const char *what)
{
    if (list->kind != YAML_SEQ) {
        PROBLEM(s, list, "%s is a list of texts", what);
        return false;
    }
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i]->kind != YAML_SCALAR) {
            PROBLEM(s, list->items[i], "%s is a list of texts", what);
            return false;
        }
    }
    return true;
}

static bool read_labels(struct suite *s, const struct yaml_node *node, struct labels *ret)
{
    VEC(struct label) labels = {0};
    if (node->kind != YAML_MAP) {
        PROBLEM(s, node, "labels is a map of names and values");
        return false;
    }
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml_pair *pair = &node->pairs[i];
        if (pair->value->kind != YAML_SCALAR) {
            PROBLEM(s, pair->value, "the value of a label is a text");
            return false;
        }
        struct label label = {pair->key->text, pair->value->text};
        VEC_PUSH(s->arena, &labels, label);
    }
    *ret = labels_make(s->arena, labels.v, labels.n);
    return true;
}

/* What one test says, with its shape checked. */
struct test {
    struct str name;
    struct labels labels;
    int64_t at;
    const struct yaml_node *receivers, *timeline; /* NULL: not asked for */
};

static bool read_time(struct suite *s, const struct yaml_node *map, struct test *ret)
{
    const struct yaml_node *at = yaml_get(map, STR("at"));
    ret->at = 0;
    if (!at && ret->timeline) {
        PROBLEM(s, map, "a test with a timeline needs `at`");
        return false;
    }
    if (at &&
        (at->kind != YAML_SCALAR || !words_to_time(at->text.p, s->settings->zone, 0, &ret->at))) {
        PROBLEM(s, at, WORDS_TIME_HELP "file's zone");
        return false;
    }
    return true;
}

static bool read_test(struct suite *s, const struct yaml_node *map, struct test *ret)
{
    if (!check_keys(s, map, "a test", test_keys)) {
        return false;
    }
    const struct yaml_node *name = yaml_get(map, STR("name"));
    const struct yaml_node *labels = yaml_get(map, STR("labels"));
    *ret = (struct test){.receivers = yaml_get(map, STR("receivers")),
                         .timeline = yaml_get(map, STR("timeline"))};
    if (name && name->kind != YAML_SCALAR) {
        PROBLEM(s, name, "the name of a test is a text");
        return false;
    }
    ret->name = name ? name->text : STR("test without a name");
    if (!labels || (!ret->receivers && !ret->timeline)) {
        PROBLEM(s, map, "a test needs labels, and receivers or a timeline");
        return false;
    }
    return read_labels(s, labels, &ret->labels) &&
           (!ret->receivers || check_scalars(s, ret->receivers, "receivers")) &&
           (!ret->timeline || check_scalars(s, ret->timeline, "timeline")) &&
           read_time(s, map, ret);
}

/* --- comparing ------------------------------------------------------------------------------ */

static size_t common_end(struct text_list expected, struct text_list got, size_t from)
{
    size_t n = 0;
    while (expected.n - n > from && got.n - n > from &&
           str_eq(expected.v[expected.n - n - 1], got.v[got.n - n - 1])) {
        n++;
    }
    return n;
}

static void add_lines(struct suite *s, const char *mark, struct text_list list, size_t from,
                      size_t to)
{
    for (size_t i = from; i < to; i++) {
        strbuf_printf(&s->out, "      %s %.*s\n", mark, STR_ARG(list.v[i]));
    }
}

/* The place is that of the first expected text that did not come. */
static bool compare(struct suite *s, const char *what, const struct yaml_node *node,
                    struct text_list got)
{
    struct text_list expected = {0};
    size_t same = 0;
    for (size_t i = 0; i < node->n; i++) {
        VEC_PUSH(s->arena, &expected, node->items[i]->text);
    }
    while (same < expected.n && same < got.n && str_eq(expected.v[same], got.v[same])) {
        same++;
    }
    if (same == expected.n && same == got.n) {
        return true;
    }
    const struct yaml_node *at = same < node->n ? node->items[same] : node;
    size_t end = common_end(expected, got, same);
    strbuf_printf(&s->out, "    %.*s:%u:%u: %s: - expected, + got\n", STR_ARG(s->file.name),
                  at->line, at->col, what);
    add_lines(s, " ", expected, 0, same);
    add_lines(s, "-", expected, same, expected.n - end);
    add_lines(s, "+", got, same, got.n - end);
    add_lines(s, " ", expected, expected.n - end, expected.n);
    return false;
}

static struct text_list receivers_of(struct suite *s, const struct test *test)
{
    struct text_list list = {0};
    struct route_hits hits = route_match(&s->settings->root, test->labels, s->arena);
    for (size_t i = 0; i < hits.n; i++) {
        VEC_PUSH(s->arena, &list, hits.v[i]->receiver->name);
    }
    return list;
}

static struct text_list timeline_of(struct suite *s, const struct test *test)
{
    struct text_list list = {0};
    struct simulation simulation = simulate(s->settings, test->labels, test->at, s->arena);
    for (size_t i = 0; i < simulation.n; i++) {
        for (size_t k = 0; k < simulation.v[i].n_entries; k++) {
            struct str line = simulation_line(s->arena, &simulation.v[i].entries[k]);
            VEC_PUSH(s->arena, &list, line);
        }
    }
    return list;
}

static void run_test(struct suite *s, const struct test *test)
{
    struct strbuf whole = s->out;
    strbuf_init(&s->out, s->arena, OUTPUT_MAX);
    bool is_good =
        !test->receivers || compare(s, "receivers", test->receivers, receivers_of(s, test));
    is_good &= !test->timeline || compare(s, "timeline", test->timeline, timeline_of(s, test));
    struct str differences = strbuf_str(&s->out);
    s->out = whole;
    strbuf_printf(&s->out, "  %-7s %.*s\n", is_good ? "ok" : "FAILED", STR_ARG(test->name));
    strbuf_add(&s->out, differences);
    s->n_passed += is_good;
    s->n_failed += !is_good;
}

/* --- a file --------------------------------------------------------------------------------- */

static void run_tests(struct suite *s)
{
    for (size_t i = 0; i < s->tests->n; i++) {
        struct test test;
        if (read_test(s, s->tests->items[i], &test)) {
            run_test(s, &test);
        }
    }
}

/* The path of the routing file; false after a problem. */
static bool read_top(struct suite *s, const struct yaml_node *root, struct str *ret_config)
{
    if (!check_keys(s, root, "a test file", suite_keys)) {
        return false;
    }
    const struct yaml_node *config = yaml_get(root, STR("config"));
    s->tests = yaml_get(root, STR("tests"));
    if (!config || config->kind != YAML_SCALAR || config->text.n == 0) {
        PROBLEM(s, config ? config : root, "`config` names the routing file");
        return false;
    }
    if (!s->tests || s->tests->kind != YAML_SEQ) {
        PROBLEM(s, s->tests ? s->tests : root, "`tests` is a list");
        return false;
    }
    *ret_config = path_below(s->arena, path_folder(s->file.name), config->text);
    return true;
}

static void load_and_run(struct suite *s)
{
    const struct yaml_node *root;
    struct yaml_problem place;
    struct err err = ERR_INIT;
    struct str config;
    struct routes_result result;
    if (file_read(s->arena, s->file.name.p, YAML_BYTES_MAX, &s->file.text, &err) != OK) {
        problem_add_plain(&s->problems, false, err.where, "%s", err.detail);
        return;
    }
    if (yaml_parse_marked(s->arena, s->file.name, s->file.text, &root, &place, &err) != OK) {
        problem_add(&s->problems, false, &s->file, place, NULL, "%s", err.detail);
        return;
    }
    if (!read_top(s, root, &config) ||
        !routes_load_blind(s->arena, (struct setting_texts){&config, 1}, &s->problems, &result)) {
        return;
    }
    problems_init(&s->problems, s->arena); /* warnings are for `alertify check` */
    s->settings = result.settings;
    run_tests(s);
    routes_release(&result);
}

static bool run_file(const char *path)
{
    struct arena arena;
    arena_init(&arena);
    struct suite s = {.arena = &arena, .file = {.name = str_from(path)}};
    problems_init(&s.problems, &arena);
    strbuf_init(&s.out, &arena, OUTPUT_MAX);
    load_and_run(&s);
    bool is_good = s.n_failed == 0 && s.problems.n_errors == 0;
    printf("%s\n", path);
    fwrite(s.out.p, 1, s.out.n, stdout);
    printf("  %zu passed, %zu failed\n", s.n_passed, s.n_failed);
    fflush(stdout);
    fputs(s.problems.text.p, stderr);
    arena_release(&arena);
    return is_good;
}

int unittest_files(int n, char **paths)
{
    bool is_good = true;
    for (int i = 0; i < n; i++) {
        is_good &= run_file(paths[i]);
    }
    return is_good ? CLI_OK : CLI_FAILED;
}
