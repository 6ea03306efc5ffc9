#include "cmocka_all.h"
#include "domain/mute.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* "a=1 b=2", names in order */
static struct labels labels(const char *text)
{
    struct label *v = ARENA_ARRAY(&arena, struct label, 8);
    struct str rest = str_from(text);
    size_t n = 0;
    while (rest.n > 0) {
        struct str value = str_cut(&rest, ' '), name = str_cut(&value, '=');
        v[n++] = (struct label){name, value};
    }
    return (struct labels){v, n};
}

static struct matchers equals(const char *name, const char *value)
{
    struct matcher *m = ARENA_NEW(&arena, struct matcher);
    *m = (struct matcher){.op = MATCHER_EQ, .name = str_from(name), .value = str_from(value)};
    return (struct matchers){m, 1};
}

static const struct str cluster = {"cluster", 7};

static bool is_muted(const struct inhibit_rule *rule, const char *source, const char *target)
{
    struct inhibitor in;
    struct labels by;
    inhibitor_init(&in, &arena, rule, 1);
    inhibitor_add(&in, labels(source));
    return inhibitor_find(&in, labels(target), &by) != NULL;
}

static void test_a_firing_source_mutes_targets_with_equal_labels(void **state)
{
    (void)state;
    struct inhibit_rule rule = {.source = equals("sev", "crit"),
                                .target = equals("sev", "warn"),
                                .equal = &cluster,
                                .n_equal = 1};
    assert_true(is_muted(&rule, "cluster=a sev=crit", "cluster=a sev=warn"));
    assert_false(is_muted(&rule, "cluster=a sev=crit", "cluster=b sev=warn"));
    assert_false(is_muted(&rule, "cluster=a sev=crit", "cluster=a sev=info"));
    assert_false(is_muted(&rule, "cluster=a sev=info", "cluster=a sev=warn"));
    assert_true(is_muted(&rule, "sev=crit", "sev=warn"));
    assert_true(is_muted(&rule, "cluster= sev=crit", "sev=warn")); /* missing is empty */
}

static void test_alerts_on_both_sides_do_not_mute_each_other(void **state)
{
    (void)state;
    struct inhibit_rule rule = {.source = equals("job", "x"), .target = equals("job", "x")};
    struct inhibitor in;
    struct labels by;
    assert_false(is_muted(&rule, "job=x n=1", "job=x n=1"));
    assert_false(is_muted(&rule, "job=x n=1", "job=x n=2"));
    rule.target = equals("sev", "warn");
    inhibitor_init(&in, &arena, &rule, 1);
    inhibitor_add(&in, labels("job=x sev=warn")); /* both sides */
    assert_null(inhibitor_find(&in, labels("job=x sev=warn"), &by));
    inhibitor_add(&in, labels("job=x sev=crit")); /* source only, indexed as the second */
    assert_non_null(inhibitor_find(&in, labels("job=x sev=warn"), &by));
    assert_str_is(labels_get(by, STR("sev")), "crit");
}

static void test_values_of_several_equal_labels_are_not_mixed_up(void **state)
{
    (void)state;
    const struct str names[] = {{"a", 1}, {"b", 1}};
    struct inhibit_rule rule = {.source = equals("sev", "crit"),
                                .target = equals("sev", "warn"),
                                .equal = names,
                                .n_equal = 2};
    assert_false(is_muted(&rule, "a=x b=yz sev=crit", "a=xy b=z sev=warn"));
    assert_true(is_muted(&rule, "a=x b=yz sev=crit", "a=x b=yz sev=warn"));
}

/* --- an incident -------------------------------------------------------------------------- */

static struct range night_minutes[] = {{0, 480}};
static struct interval_spec night_spec = {.zone = &zone_utc, .times = {night_minutes, 1}};
static struct interval nights = {.name = {"nights", 6}, .specs = &night_spec, .n_specs = 1};
static const struct interval *const night_list[] = {&nights};
static struct receiver ops = {.name = {"ops", 3}};
static const int64_t midnight = 20000 * US_PER_DAY;

static struct mute_verdict check(struct settings *settings, const struct labels *firing, size_t n,
                                 int64_t now_at)
{
    struct incident incident = {.receiver = STR("ops")};
    struct inhibitor in;
    inhibitor_init(&in, &arena, settings->inhibit_rules, settings->n_inhibit_rules);
    inhibitor_add(&in, labels("sev=crit"));
    return mute_check(settings, &in, (struct silences){0}, &incident, firing, n, now_at, &arena);
}

static void test_a_removed_source_mutes_no_longer(void **state)
{
    (void)state;
    struct inhibit_rule rule = {.source = equals("sev", "crit"), .target = equals("sev", "warn")};
    struct inhibitor in;
    struct labels by;
    inhibitor_init(&in, &arena, &rule, 1);
    inhibitor_add(&in, labels("sev=crit n=1"));
    inhibitor_add(&in, labels("sev=crit n=2"));
    assert_false(inhibitor_remove(&in, labels("sev=warn")));
    assert_true(inhibitor_remove(&in, labels("sev=crit n=1")));
    assert_non_null(inhibitor_find(&in, labels("sev=warn"), &by));
    assert_true(inhibitor_remove(&in, labels("sev=crit n=2")));
    assert_null(inhibitor_find(&in, labels("sev=warn"), &by));
    inhibitor_add(&in, labels("sev=crit n=3"));
    assert_non_null(inhibitor_find(&in, labels("sev=warn"), &by));
    assert_str_is(labels_get(by, STR("n")), "3");
}

static void test_a_route_is_mute_during_its_intervals(void **state)
{
    (void)state;
    struct settings settings = {.root = {.receiver = &ops, .mute = {night_list, 1}},
                                .has_timed_routes = true};
    struct labels one = labels("sev=warn");
    struct mute_verdict verdict = check(&settings, &one, 1, midnight + 90 * US_PER_S);
    assert_str_is(verdict.by, "interval nights");
    assert_true(verdict.until_at == midnight + 2 * US_PER_MIN);
    verdict = check(&settings, &one, 1, midnight + 8 * US_PER_HOUR);
    assert_int_equal(verdict.by.n, 0);
    assert_int_equal(check(&settings, &one, 0, midnight).by.n, 0);
}

static void test_a_route_with_active_intervals_is_mute_outside_of_them(void **state)
{
    (void)state;
    struct settings settings = {.root = {.receiver = &ops, .active = {night_list, 1}},
                                .has_timed_routes = true};
    struct labels one = labels("sev=warn");
    assert_int_equal(check(&settings, &one, 1, midnight).by.n, 0);
    assert_str_is(check(&settings, &one, 1, midnight + 9 * US_PER_HOUR).by,
                  "outside interval nights");
}

static void test_an_incident_pages_when_one_of_its_alerts_is_not_muted(void **state)
{
    (void)state;
    struct inhibit_rule rule = {
        .name = STR("crit"), .source = equals("sev", "crit"), .target = equals("sev", "warn")};
    struct settings settings = {
        .root = {.receiver = &ops}, .inhibit_rules = &rule, .n_inhibit_rules = 1};
    struct labels both[] = {labels("sev=warn"), labels("sev=info")};
    assert_true(str_contains(check(&settings, both, 1, midnight).by, STR("inhibit rule crit")));
    assert_int_equal(check(&settings, both, 2, midnight).by.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_a_firing_source_mutes_targets_with_equal_labels),
        T(test_alerts_on_both_sides_do_not_mute_each_other),
        T(test_values_of_several_equal_labels_are_not_mixed_up),
        T(test_a_removed_source_mutes_no_longer),
        T(test_a_route_is_mute_during_its_intervals),
        T(test_a_route_with_active_intervals_is_mute_outside_of_them),
        T(test_an_incident_pages_when_one_of_its_alerts_is_not_muted),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
