/* links: a signed link shows by GET and acts by the form's POST, once, for its cycle. */
#include "fixture.h"

#include <string.h>

#include "cmocka_all.h"

static const char routes_remind[] =
    "external_url: https://alerts.example.org\n"
    "sources: { am: { type: alertmanager, auth: { bearer: !env TOKEN } } }\n"
    "channels: { webhooks: { anna: { url: 'https://hooks.example.org/anna' } } }\n"
    "users: { anna: { name: Anna Ivanova, webhook: anna } }\n"
    "route: { receiver: page }\n"
    "receivers: [{ name: page, notify: [user:anna], remind: 30m }]\n";

static struct world w;
static struct str link_path; /* "/a/…" of the page to Anna */

/* The link of the newest request to that place. */
static struct str link_in(const char *where, const char *key)
{
    for (size_t i = w.transfers.requests.n; i-- > 0;) {
        struct str body = w.transfers.requests.v[i].body;
        struct str mark = str_printf(&w.arena, "\"%s\":\"https://alerts.example.org", key);
        for (size_t at = 0;
             str_contains(w.transfers.requests.v[i].url, str_from(where)) && at + mark.n < body.n;
             at++) {
            if (str_starts_with(str_slice(body, at, body.n), mark)) {
                struct str rest = str_slice(body, at + mark.n, body.n);
                return str_cut(&rest, '"');
            }
        }
    }
    fail_msg("no %s link for %s", key, where);
    return STR_EMPTY;
}

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes_basic);
    world_alert(&w, "alertname=A,severity=page,host=<b>x</b>", "firing", 0);
    world_settle(&w);
    link_path = link_in("/anna", "ack_url");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static struct fake_answer get(struct str path)
{
    return world_http(&w, HTTP_GET, str_c(&w.arena, path), NULL, "");
}

static const char *form_of(struct fake_answer page)
{
    struct str rest = page.body, mark = STR("name=\"nonce\" value=\"");
    for (size_t at = 0; at + mark.n < rest.n; at++) {
        if (str_starts_with(str_slice(rest, at, rest.n), mark)) {
            struct str value = str_slice(rest, at + mark.n, rest.n);
            value = str_cut(&value, '"');
            return str_printf(&w.arena, "nonce=%.*s", STR_ARG(value)).p;
        }
    }
    return "";
}

static struct fake_answer press(struct str path, const char *form)
{
    return world_http(&w, HTTP_POST, str_c(&w.arena, path), NULL, form);
}

static void test_showing_a_link_never_changes_anything(void **state)
{
    (void)state;
    static const enum http_method methods[] = {HTTP_GET, HTTP_HEAD,   HTTP_OPTIONS,
                                               HTTP_PUT, HTTP_DELETE, HTTP_OTHER};
    struct incident before = *world_incident(&w, 1);
    size_t events = w.db.t.events.n, deliveries = w.db.t.deliveries.n;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        world_http(&w, methods[i], str_c(&w.arena, link_path), NULL, "");
        world_http(&w, methods[i], str_printf(&w.arena, "%.*s?ack=1", STR_ARG(link_path)).p, NULL,
                   "");
    }
    assert_memory_equal(&before, world_incident(&w, 1), sizeof(before));
    assert_int_equal(w.db.t.events.n, events);
    assert_int_equal(w.db.t.deliveries.n, deliveries);
    assert_int_equal(w.db.t.link_uses.n, 0);
}

static void test_the_page_shows_the_incident_and_a_button(void **state)
{
    (void)state;
    struct fake_answer page = get(link_path);
    assert_int_equal(page.status, 200);
    assert_true(str_contains(page.content_type, STR("text/html")));
    assert_true(str_contains(page.body, STR("Acknowledge</button>")));
    assert_true(str_contains(page.body, STR("Anna Ivanova")));
    assert_false(str_contains(page.body, STR("<b>x</b>")));
}

static void test_the_button_acknowledges_as_the_person_the_page_was_sent_to(void **state)
{
    (void)state;
    struct fake_answer done = press(link_path, form_of(get(link_path)));
    assert_int_equal(done.status, 200);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    assert_str_is(world_incident(&w, 1)->acked_by, "user:anna");
    assert_str_is(world_fact(&w, EVENT_ACKNOWLEDGED, "through"), "link");
    world_settle(&w);
    assert_int_equal(world_deliveries(&w, NOTICE_ACKNOWLEDGED, DELIVERY_SENT), 1);
}

static void test_pressing_twice_acknowledges_once(void **state)
{
    (void)state;
    const char *form = form_of(get(link_path));
    assert_int_equal(press(link_path, form).status, 200);
    struct fake_answer again = press(link_path, form);
    assert_int_equal(again.status, 200);
    assert_true(str_contains(again.body, STR("Already acknowledged")));
    assert_int_equal(world_events(&w, 1, EVENT_ACKNOWLEDGED), 1);
    assert_int_equal(w.db.t.link_uses.n, 1);
}

static void test_a_post_without_the_forms_nonce_does_nothing(void **state)
{
    (void)state;
    static const char *const forms[] = {"", "nonce=", "nonce=AAAA", "x=1", "nonce=%zz"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        assert_int_equal(press(link_path, forms[i]).status, 403);
    }
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
}

static void test_a_used_link_has_no_button_and_says_so(void **state)
{
    (void)state;
    const char *form = form_of(get(link_path));
    assert_int_equal(press(link_path, form).status, 200);
    assert_int_equal(world_respond(&w, 1, (struct response){.kind = RESPONSE_UNACKNOWLEDGE}),
                     TRANSITION_CHANGED);
    struct fake_answer page = get(link_path);
    assert_false(str_contains(page.body, STR("<form")));
    assert_true(str_contains(page.body, STR("This link has been used")));
    assert_true(str_contains(press(link_path, form).body, STR("This link has been used")));
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
}

static void test_the_link_of_a_reminder_answers_it(void **state)
{
    (void)state;
    world_configure(&w, routes_remind);
    world_alert(&w, "alertname=R", "firing", 0);
    world_settle(&w);
    assert_int_equal(world_acknowledge(&w, 2), TRANSITION_CHANGED);
    assert_false(str_contains(get(link_in("/anna", "ack_url")).body, STR("<form")));
    world_advance(&w, 30 * US_PER_MIN);
    assert_int_equal(world_deliveries(&w, NOTICE_REMINDER, DELIVERY_SENT), 1);
    struct str reminder = link_in("/anna", "ack_url");
    struct fake_answer done = press(reminder, form_of(get(reminder)));
    assert_true(str_contains(done.body, STR("you are still on it")));
    assert_int_equal(world_incident(&w, 2)->reminded_at, AT_NONE);
    assert_str_is(world_fact(&w, EVENT_ACKNOWLEDGED, "answers"), "reminder");
}

static void test_a_link_to_resolve_resolves(void **state)
{
    (void)state;
    struct str path = link_in("/anna", "resolve_url");
    struct fake_answer page = get(path);
    assert_true(str_contains(page.body, STR(">Resolve</button>")));
    assert_true(str_contains(page.body, STR("What still fires pages nobody for an hour")));
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_true(
        str_contains(press(path, form_of(page)).body, STR("Resolved. The escalation has stopped")));
    const struct incident *in = world_incident(&w, 1);
    assert_int_equal(in->state, INCIDENT_RESOLVED);
    assert_str_is(in->resolved_by, "user:anna");
    assert_str_is(world_fact(&w, EVENT_RESOLVED, "through"), "link");
    struct fake_answer again = press(path, form_of(page));
    assert_true(str_contains(again.body, STR("It is resolved already")));
    assert_int_equal(world_events(&w, 1, EVENT_RESOLVED), 1);
    assert_false(str_contains(get(path).body, STR("<form")));
}

static void test_a_link_to_snooze_puts_off_for_an_hour(void **state)
{
    (void)state;
    struct str path = link_in("/anna", "snooze_url");
    struct fake_answer page = get(path);
    assert_true(str_contains(page.body, STR(">Snooze for 1 h</button>")));
    assert_true(str_contains(press(path, form_of(page)).body, STR("Snoozed for an hour")));
    world_settle(&w);
    const struct incident *in = world_incident(&w, 1);
    assert_int_equal(in->state, INCIDENT_ACKNOWLEDGED);
    assert_true(in->snoozed_until - w.db.clock_at > 59 * US_PER_MIN);
    const struct fake_request *told = &w.transfers.requests.v[w.transfers.requests.n - 1];
    assert_true(str_contains(told->body, STR("\"snoozed_until\":\"2026-11-21T01:")));
    assert_true(str_contains(get(path).body, STR("<dt>Snoozed until</dt>")));
    size_t pages = world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT);
    world_advance(&w, 59 * US_PER_MIN);
    assert_true(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT) == pages);
    assert_true(str_contains(press(path, form_of(page)).body, STR("This link has been used")));
    assert_true(str_contains(get(path).body, STR("This link has been used")));
    assert_int_equal(world_events(&w, 1, EVENT_SNOOZED), 1);
    world_advance(&w, 2 * US_PER_MIN);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_true(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT) > pages);
}

static void test_what_is_acknowledged_may_be_put_off(void **state)
{
    (void)state;
    struct str path = link_in("/anna", "snooze_url");
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    assert_int_equal(press(path, form_of(get(path))).status, 200);
    assert_true(world_incident(&w, 1)->snoozed_until != AT_NONE);
}

static void test_nothing_is_resolved_or_put_off_by_looking(void **state)
{
    (void)state;
    static const char *const keys[] = {"resolve_url", "snooze_url"};
    struct incident before = *world_incident(&w, 1);
    for (size_t i = 0; i < 2 * 50; i++) {
        struct str path = link_in("/anna", keys[i % 2]);
        world_http(&w, i % 4 < 2 ? HTTP_GET : HTTP_HEAD, str_c(&w.arena, path), NULL, "");
    }
    assert_memory_equal(&before, world_incident(&w, 1), sizeof(before));
    assert_int_equal(w.db.t.link_uses.n, 0);
}

static void test_each_link_does_what_it_was_made_for(void **state)
{
    (void)state;
    struct str resolve = link_in("/anna", "resolve_url"), snooze = link_in("/anna", "snooze_url");
    const char *ack_form = form_of(get(link_path));
    assert_int_equal(press(resolve, ack_form).status, 403);
    assert_int_equal(press(snooze, ack_form).status, 403);
    assert_int_equal(press(snooze, form_of(get(resolve))).status, 403);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(press(link_path, ack_form).status, 200);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    assert_int_equal(world_incident(&w, 1)->snoozed_until, AT_NONE);
}

static void test_an_old_nonce_does_nothing(void **state)
{
    (void)state;
    const char *form = form_of(get(link_path));
    world_clock(&w, 2 * US_PER_HOUR);
    assert_int_equal(press(link_path, form).status, 403);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
}

static void test_a_changed_link_is_refused_and_on_record(void **state)
{
    (void)state;
    char *path = str_c(&w.arena, link_path);
    path[60] = path[60] == 'A' ? 'B' : 'A';
    assert_int_equal(get(str_from(path)).status, 403);
    assert_int_equal(press(str_from(path), "nonce=x").status, 403);
    assert_int_equal(w.db.t.access.n, 2);
    assert_str_is(w.db.t.access.v[0].verdict, "forbidden");
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
}

static void test_an_expired_link_is_refused_and_says_so(void **state)
{
    (void)state;
    const char *form = form_of(get(link_path));
    world_clock(&w, LINK_LIFETIME_US + US_PER_S);
    struct fake_answer answer = press(link_path, form);
    assert_int_equal(answer.status, 403);
    assert_true(str_contains(answer.body, STR("expired")));
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
}

static void test_a_link_of_an_earlier_cycle_changes_nothing(void **state)
{
    (void)state;
    const char *form = form_of(get(link_path));
    world_alert(&w, "alertname=A,severity=page,host=<b>x</b>", "resolved", 60 * US_PER_S);
    world_settle(&w);
    world_alert(&w, "alertname=A,severity=page,host=<b>x</b>", "firing", 120 * US_PER_S);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    struct fake_answer answer = press(link_path, form);
    assert_true(str_contains(answer.body, STR("earlier occurrence")));
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_events(&w, 1, EVENT_ACKNOWLEDGED), 0);
}

static void test_a_link_that_only_shows_cannot_acknowledge(void **state)
{
    (void)state;
    struct str view = link_in("/anna", "url");
    struct fake_answer page = get(view);
    assert_int_equal(page.status, 200);
    assert_false(str_contains(page.body, STR("<form")));
    assert_int_equal(press(view, form_of(get(link_path))).status, 403);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
}

static void test_a_nonce_of_another_link_does_not_fit(void **state)
{
    (void)state;
    world_advance(&w, 5 * US_PER_MIN);
    struct str other = link_in("/boris", "ack_url");
    assert_int_equal(press(link_path, form_of(get(other))).status, 403);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
}

static void test_a_person_reads_the_page_in_their_language(void **state)
{
    (void)state;
    world_advance(&w, 5 * US_PER_MIN);
    assert_true(str_contains(get(link_in("/boris", "ack_url")).body, STR("Принять")));
}

static void test_a_click_survives_a_failing_call_and_counts_once(void **state)
{
    (void)state;
    const char *form = form_of(get(link_path));
    w.db.fault = (struct fake_fault){w.db.calls + 7, ERR_UNKNOWN_OUTCOME, true};
    struct fake_answer answer = press(link_path, form);
    assert_true(w.db.has_failed);
    assert_true(answer.status == 200 || answer.status == 503);
    answer = press(link_path, form);
    assert_int_equal(answer.status, 200);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    assert_int_equal(world_events(&w, 1, EVENT_ACKNOWLEDGED), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_showing_a_link_never_changes_anything),
        T(test_the_page_shows_the_incident_and_a_button),
        T(test_the_button_acknowledges_as_the_person_the_page_was_sent_to),
        T(test_pressing_twice_acknowledges_once),
        T(test_a_post_without_the_forms_nonce_does_nothing),
        T(test_a_used_link_has_no_button_and_says_so),
        T(test_the_link_of_a_reminder_answers_it),
        T(test_a_link_to_resolve_resolves),
        T(test_a_link_to_snooze_puts_off_for_an_hour),
        T(test_what_is_acknowledged_may_be_put_off),
        T(test_nothing_is_resolved_or_put_off_by_looking),
        T(test_each_link_does_what_it_was_made_for),
        T(test_an_old_nonce_does_nothing),
        T(test_a_changed_link_is_refused_and_on_record),
        T(test_an_expired_link_is_refused_and_says_so),
        T(test_a_link_of_an_earlier_cycle_changes_nothing),
        T(test_a_link_that_only_shows_cannot_acknowledge),
        T(test_a_nonce_of_another_link_does_not_fit),
        T(test_a_person_reads_the_page_in_their_language),
        T(test_a_click_survives_a_failing_call_and_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
