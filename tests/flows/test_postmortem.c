#include "flows/postmortem.h"

#include "base/vec.h"
#include "cmocka_all.h"

#include <string.h>

static struct arena arena;
static struct {
    struct event_row v[64];
    size_t n;
} events;

static int up(void **state)
{
    (void)state;
    arena_init(&arena);
    events.n = 0;
    return 0;
}

static int down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void happen(int64_t at_s, const char *kind, const char *actor, const char *facts)
{
    struct event_row row = {.seq = (int64_t)events.n + 1,
                            .at = at_s * US_PER_S,
                            .kind = str_from(kind),
                            .actor = str_from(actor),
                            .facts = str_from(facts)};
    events.v[events.n++] = row;
}

static struct postmortem story(void)
{
    return postmortem_of(&arena, events.v, events.n);
}

static void test_each_cycle_has_its_times_and_people(void **state)
{
    (void)state;
    happen(100, "opened", "source:prod", "{}");
    happen(103, "delivered", "alertify",
           "{\"to\":\"Anna\",\"channel\":\"slack\",\"what\":\"page\"}");
    happen(160, "acknowledged", "user:anna", "{\"through\":\"link\"}");
    happen(400, "resolved", "source:prod", "{\"through\":\"all alerts resolved\"}");
    happen(500, "reopened", "source:prod", "{}");
    happen(520, "acknowledged", "user:bob", "{\"through\":\"slack\"}");
    happen(530, "unacknowledged", "alertify", "{\"was\":\"user:bob\"}");
    happen(560, "acknowledged", "user:anna", "{\"through\":\"link\"}");
    struct postmortem p = story();
    assert_int_equal(p.n_cycles, 2);
    assert_int_equal(p.cycles[0].told_at, 103 * US_PER_S);
    assert_string_equal(p.cycles[0].acked_by.p, "user:anna");
    assert_true(str_eq(p.cycles[0].acked_through, STR("link")));
    assert_int_equal(p.cycles[1].acked_at, 520 * US_PER_S); /* the first one counts */
    assert_true(p.cycles[1].is_ack_taken_back);
    assert_int_equal(p.cycles[1].resolved_at, AT_NONE);
    assert_int_equal(p.mean_ack_us, (60 + 20) / 2 * US_PER_S);
    assert_int_equal(p.mean_resolve_us, 300 * US_PER_S); /* only of what was resolved */
    assert_int_equal(p.mean_told_us, 3 * US_PER_S);
}

static void test_what_never_happened_has_no_mean(void **state)
{
    (void)state;
    happen(100, "opened", "source:prod", "{}");
    struct postmortem p = story();
    assert_int_equal(p.mean_ack_us, -1);
    assert_int_equal(p.mean_resolve_us, -1);
    assert_int_equal(p.cycles[0].told_at, AT_NONE);
}

static void test_a_message_is_followed_to_its_end_and_back_to_its_cause(void **state)
{
    (void)state;
    happen(1, "opened", "source:prod", "{}");
    happen(1, "notified", "alertify", "{\"step\":\"1\",\"to\":\"Anna, slack:#ops\"}");
    happen(2, "attempt", "alertify",
           "{\"to\":\"Anna\",\"channel\":\"telegram\",\"what\":\"page\"}");
    happen(3, "delivery_retried", "alertify",
           "{\"to\":\"Anna\",\"channel\":\"telegram\",\"what\":\"page\",\"reason\":\"503\"}");
    happen(4, "attempt", "alertify", "{\"to\":\"Anna\",\"channel\":\"slack\",\"what\":\"page\"}");
    happen(5, "delivered", "alertify", "{\"to\":\"Anna\",\"channel\":\"slack\",\"what\":\"page\"}");
    happen(5, "delivery_covered", "alertify",
           "{\"to\":\"slack:#ops\",\"channel\":\"slack\",\"what\":\"page\",\"summary\":\"7\"}");
    happen(9, "notified", "alertify", "{\"step\":\"2\",\"to\":\"Anna\"}");
    happen(9, "delivery_failed", "alertify",
           "{\"to\":\"Anna\",\"channel\":\"email\",\"what\":\"page\",\"reason\":\"550\"}");
    struct postmortem p = story();
    assert_int_equal(p.n_messages, 3);
    assert_int_equal(p.messages[0].attempts, 2);
    assert_int_equal(p.messages[0].end, POSTMORTEM_DELIVERED);
    assert_true(str_eq(p.messages[0].channel, STR("slack")));
    assert_true(str_eq(p.messages[0].reason, STR("503")));
    assert_int_equal(p.messages[0].cause->seq, 2);
    assert_int_equal(p.messages[1].end, POSTMORTEM_COVERED);
    assert_int_equal(p.messages[1].cause->seq, 2);
    assert_int_equal(p.messages[2].end, POSTMORTEM_FAILED);
    assert_int_equal(p.messages[2].cause->seq, 8); /* the newer step */
}

static void test_a_page_of_a_lost_summary_is_followed_further(void **state)
{
    (void)state;
    happen(1, "opened", "source:prod", "{}");
    happen(2, "delivery_covered", "alertify",
           "{\"to\":\"Anna\",\"channel\":\"slack\",\"what\":\"page\",\"summary\":\"7\"}");
    happen(3, "delivery_retried", "alertify",
           "{\"to\":\"Anna\",\"channel\":\"slack\",\"what\":\"page\",\"reason\":\"gone\","
           "\"summary\":\"7\"}");
    happen(4, "delivered", "alertify", "{\"to\":\"Anna\",\"channel\":\"email\",\"what\":\"page\"}");
    struct postmortem p = story();
    assert_int_equal(p.n_messages, 1);
    assert_int_equal(p.messages[0].end, POSTMORTEM_DELIVERED);
    assert_true(str_eq(p.messages[0].channel, STR("email")));
}

static void test_silence_has_its_reasons_and_strange_entries_do_no_harm(void **state)
{
    (void)state;
    happen(1, "delivered", "alertify", "{\"to\":\"Anna\",\"what\":\"page\"}"); /* a cut timeline */
    happen(1, "acknowledged", "user:anna", "{}");
    happen(1, "step_skipped", "alertify", "{\"reason\":\"nobody reachable\"}");
    happen(2, "muted", "alertify", "not json");
    happen(2, "of_a_newer_version", "alertify", "{}");
    struct postmortem p = story();
    assert_int_equal(p.n_silences, 2);
    assert_int_equal(p.n_cycles, 0);
    assert_null(p.messages[0].cause);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, up, down)
    const struct CMUnitTest tests[] = {
        T(test_each_cycle_has_its_times_and_people),
        T(test_what_never_happened_has_no_mean),
        T(test_a_message_is_followed_to_its_end_and_back_to_its_cause),
        T(test_a_page_of_a_lost_summary_is_followed_further),
        T(test_silence_has_its_reasons_and_strange_entries_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
