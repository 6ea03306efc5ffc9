/* Any text as a routing file: it ends, every problem points somewhere, and what is accepted can be
 * walked (with the index as without), written as plans and read back. */
#include "domain/mute.h"
#include "domain/route_index.h"
#include "wire/plan_text.h"
#include "wire/routes_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool fake_env(void *arg, struct str name, struct str *ret)
{
    (void)arg;
    *ret = STR("https://example.org/secret");
    return name.n > 2;
}

static void check_settings(const struct settings *settings, struct arena *arena)
{
    struct label label = {STR("severity"), STR("page")};
    struct labels labels = labels_make(arena, &label, 1);
    struct route_hits hits = route_match(&settings->root, labels, arena);
    CHECK(hits.n > 0);
    const struct route_index *index = route_index_new(arena, &settings->root);
    struct route_hits indexed = route_index_match(index, labels, arena);
    CHECK(indexed.n == hits.n && memcmp(indexed.v, hits.v, hits.n * sizeof(*hits.v)) == 0);
    for (size_t i = 0; i < hits.n; i++) {
        CHECK(hits.v[i]->receiver);
        (void)route_group_labels(hits.v[i], labels, arena);
    }
    for (size_t i = 0; i < settings->n_receivers; i++) {
        struct plan back;
        struct err err = ERR_INIT;
        struct str text = plan_format(arena, &settings->receivers[i].plan);
        CHECK(plan_parse(arena, text, &back, &err) == OK);
        CHECK(str_eq(plan_format(arena, &back), text));
    }
    struct incident incident = {.receiver = hits.v[0]->receiver->name,
                                .group_labels = route_group_labels(hits.v[0], labels, arena)};
    struct inhibitor inhibitor;
    int64_t at = INT64_C(1800000000) * US_PER_S;
    inhibitor_init(&inhibitor, arena, settings->inhibit_rules, settings->n_inhibit_rules);
    inhibitor_add(&inhibitor, labels);
    struct mute_verdict verdict =
        mute_check(settings, &inhibitor, (struct silences){0}, &incident, &labels, 1, at, arena);
    CHECK(verdict.by.n == 0 || verdict.until_at > at);
    for (size_t i = 0; i < settings->directory.n_schedules; i++) {
        const struct schedule *schedule = &settings->directory.schedules[i];
        int64_t now_at = INT64_C(1800000000) * US_PER_S;
        (void)schedule_on_call(schedule, (struct overrides){0}, INT64_MAX / 2);
        struct shifts shifts = schedule_shifts(schedule, (struct overrides){0}, now_at,
                                               now_at + 30 * US_PER_DAY, arena);
        CHECK(shifts.is_cut || shifts.v[shifts.n - 1].to_at == now_at + 30 * US_PER_DAY);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct routes_env env = {.env = fake_env, .now_at = INT64_C(1800000000) * US_PER_S};
    struct routes_source file = {.name = STR("fuzz.yml"), .text = {(const char *)data, size}};
    struct routes_result result;
    struct arena arena;
    arena_init(&arena);
    bool is_good = routes_parse(&file, 1, &env, &result) == OK;
    CHECK(is_good == (result.settings != NULL) && is_good == (result.n_errors == 0));
    for (size_t i = 0; i < result.n_problems; i++) {
        CHECK(result.problems[i].line > 0 && result.problems[i].text.n > 0);
    }
    (void)routes_report(&result);
    if (is_good) {
        check_settings(result.settings, &arena);
        struct routes_source again = {.name = STR("import.yml"),
                                      .text = routes_import(&arena, &file, result.settings)};
        struct routes_result second;
        (void)!routes_parse(&again, 1, &env, &second); /* its secrets are not there */
        routes_release(&second);
    }
    routes_release(&result);
    arena_release(&arena);
    return 0;
}
