/* request and query: who may do what. Every row of the route table, every role. */
#include "fixture.h"

#include <string.h>

#include "cmocka_all.h"
#include "flows/routes.h"

static struct world w;

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes_basic);
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static const char *path_of(const struct api_route *route)
{
    struct strbuf out;
    struct str rest = str_from(route->path);
    strbuf_init(&out, &w.arena, 200);
    while (rest.p) {
        struct str segment = str_cut(&rest, '/');
        strbuf_add(&out, str_eq(segment, STR("*")) ? STR("1") : segment);
        if (rest.p) {
            strbuf_add_char(&out, '/');
        }
    }
    return str_c(&w.arena, strbuf_str(&out));
}

static bool needs_role(const struct api_route *route)
{
    return route->access == ACCESS_USER || route->access == ACCESS_ENGINEER ||
           route->access == ACCESS_ADMIN;
}

static enum role least_role(const struct api_route *route)
{
    return route->access == ACCESS_USER       ? ROLE_USER
           : route->access == ACCESS_ENGINEER ? ROLE_ENGINEER
                                              : ROLE_ADMIN;
}

static void test_every_row_denies_without_a_token(void **state)
{
    (void)state;
    static const char *const wrong[] = {NULL,           "Bearer",           "Bearer ",
                                        "Bearer wrong", "Basic dTpw",       "Token tok-admin",
                                        "tok-admin",    "Bearer t0p-s3cret"};
    world_token(&w, ROLE_ADMIN);
    for (size_t i = 0; i < n_api_routes; i++) {
        const struct api_route *route = &api_routes[i];
        for (size_t k = 0; needs_role(route) && k < sizeof(wrong) / sizeof(wrong[0]); k++) {
            struct fake_answer answer = world_http(&w, route->method, path_of(route), wrong[k], "");
            assert_int_equal(answer.status, 401);
        }
    }
    assert_true(w.db.t.access.n > 0);
}

static void test_every_row_asks_for_its_role_and_no_less(void **state)
{
    (void)state;
    const char *tokens[role_COUNT] = {NULL};
    for (int role = ROLE_NONE; role < role_COUNT; role++) {
        tokens[role] = world_token(&w, (enum role)role);
    }
    for (size_t i = 0; i < n_api_routes; i++) {
        const struct api_route *route = &api_routes[i];
        for (int role = ROLE_NONE; needs_role(route) && role < role_COUNT; role++) {
            struct fake_answer answer = world_http(&w, route->method, path_of(route), tokens[role],
                                                   route->body_max ? "{\"x\":1}" : "");
            bool is_allowed = role >= (int)least_role(route);
            if (is_allowed) {
                assert_int_not_equal(answer.status, 401);
                assert_int_not_equal(answer.status, 403);
            } else {
                assert_int_equal(answer.status, 403);
            }
        }
    }
}

static void test_changing_anything_needs_more_than_a_user(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_api_routes; i++) {
        const struct api_route *route = &api_routes[i];
        bool is_change = route->method != HTTP_GET;
        bool is_guarded = route->access == ACCESS_ENGINEER || route->access == ACCESS_ADMIN ||
                          route->access == ACCESS_SOURCE || route->access == ACCESS_LINK ||
                          route->access == ACCESS_HEARTBEAT; /* which changes nothing else */
        assert_true(!is_change || is_guarded);
    }
}

static void test_a_revoked_and_an_expired_token_are_worth_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *token = world_token(&w, ROLE_ADMIN);
    assert_int_equal(world_http(&w, HTTP_GET, "/incidents", token, "").status, 200);
    w.db.t.tokens.v[0].token.expires_at = w.db.clock_at;
    assert_int_equal(world_http(&w, HTTP_GET, "/incidents", token, "").status, 401);
    w.db.t.tokens.v[0].token.expires_at = AT_NONE;
    assert_int_equal(store_token_revoke(&w.store, 1, &err), OK);
    assert_int_equal(world_http(&w, HTTP_GET, "/incidents", token, "").status, 401);
}

static void test_an_unknown_path_is_404_whoever_asks(void **state)
{
    (void)state;
    static const char *const paths[] = {"/",
                                        "/nope",
                                        "/incidents/",
                                        "/incidents/1/2/3",
                                        "//healthz",
                                        "/healthz/",
                                        "/a",
                                        "/a/",
                                        "/v1/webhooks/other/am",
                                        "/Incidents",
                                        "/-/shutdown",
                                        "/incidents/%ff"};
    const char *admin = world_token(&w, ROLE_ADMIN);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_int_equal(world_http(&w, HTTP_GET, paths[i], NULL, "").status, 404);
        assert_int_equal(world_http(&w, HTTP_GET, paths[i], admin, "").status, 404);
    }
}

static bool has_method(const char *path, enum http_method method)
{
    for (size_t i = 0; i < n_api_routes; i++) {
        bool fits = api_routes[i].method == method ||
                    (method == HTTP_HEAD && api_routes[i].method == HTTP_GET);
        struct str parameter;
        bool is_known;
        const struct api_route *found = route_find(method, str_from(path), &parameter, &is_known);
        if (fits && found) {
            return true;
        }
    }
    return false;
}

static void test_a_method_that_is_not_in_the_table_is_405(void **state)
{
    (void)state;
    const char *admin = world_token(&w, ROLE_ADMIN);
    for (size_t i = 0; i < n_api_routes; i++) {
        const char *path = path_of(&api_routes[i]);
        for (int method = 0; method < http_method_COUNT; method++) {
            if (!has_method(path, (enum http_method)method)) {
                struct fake_answer answer =
                    world_http(&w, (enum http_method)method, path, admin, "");
                assert_int_equal(answer.status, 405);
            }
        }
    }
}

static void test_a_body_beyond_a_rows_limit_is_413(void **state)
{
    (void)state;
    const char *admin = world_token(&w, ROLE_ADMIN);
    char *big = arena_alloc(&w.arena, 300 * 1024 + 1);
    memset(big, 'x', 300 * 1024);
    assert_int_equal(world_http(&w, HTTP_POST, "/notify", admin, big).status, 413);
    assert_int_equal(world_http(&w, HTTP_GET, "/incidents", admin, "x").status, 413);
}

static void test_health_says_ok_and_readiness_follows_the_database(void **state)
{
    (void)state;
    assert_int_equal(world_http(&w, HTTP_GET, "/healthz", NULL, "").status, 200);
    assert_int_equal(world_http(&w, HTTP_GET, "/readyz", NULL, "").status, 200);
    atomic_store(&w.deps.is_database_ok, false);
    assert_int_equal(world_http(&w, HTTP_GET, "/readyz", NULL, "").status, 503);
    assert_int_equal(world_http(&w, HTTP_GET, "/healthz", NULL, "").status, 200);
    atomic_store(&w.deps.is_database_ok, true);
    atomic_fetch_sub(&w.deps.database_seen_us, 11 * US_PER_S);
    assert_int_equal(world_http(&w, HTTP_GET, "/readyz", NULL, "").status, 503);
}

static void test_a_replica_that_drains_is_not_ready(void **state)
{
    (void)state;
    atomic_store(&w.deps.is_draining, true);
    assert_int_equal(world_http(&w, HTTP_GET, "/readyz", NULL, "").status, 503);
}

static void test_acknowledging_through_the_api_tells_everyone_once(void **state)
{
    (void)state;
    const char *token = world_token(&w, ROLE_ENGINEER);
    struct uuid id = world_incident(&w, 1)->id;
    char text[UUID_TEXT + 1];
    const char *path = str_printf(&w.arena, "/incidents/%s/acknowledge", uuid_format(id, text)).p;
    assert_int_equal(world_http(&w, HTTP_POST, path, token, "").status, 200);
    assert_int_equal(world_http(&w, HTTP_POST, path, token, "").status, 200);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    assert_str_is(world_incident(&w, 1)->acked_by, "token:engineer");
    assert_int_equal(world_events(&w, 1, EVENT_ACKNOWLEDGED), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_ACKNOWLEDGED, DELIVERY_SENT), 1);
}

static void test_a_late_acknowledgement_is_recorded_and_changes_nothing(void **state)
{
    (void)state;
    const char *token = world_token(&w, ROLE_ENGINEER);
    char text[UUID_TEXT + 1];
    world_alert(&w, "alertname=A,severity=page", "resolved", 60 * US_PER_S);
    world_settle(&w);
    uuid_format(world_incident(&w, 1)->id, text);
    const char *path = str_printf(&w.arena, "/incidents/%s/acknowledge", text).p;
    struct fake_answer answer = world_http(&w, HTTP_POST, path, token, "");
    assert_int_not_equal(answer.status, 500);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_events(&w, 1, EVENT_LATE_ACTION), 1);
}

static void test_a_note_reaches_the_contact_it_names(void **state)
{
    (void)state;
    const char *token = world_token(&w, ROLE_ENGINEER);
    struct fake_answer answer =
        world_http(&w, HTTP_POST, "/notify", token,
                   "{\"incident_id\":1,\"channel\":\"webhook:ops\",\"message\":\"look here\"}");
    assert_int_equal(answer.status, 202);
    world_settle(&w);
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/ops")), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_NOTE, DELIVERY_SENT), 1);
}

static void test_a_script_that_is_not_configured_is_404(void **state)
{
    (void)state;
    const char *token = world_token(&w, ROLE_ENGINEER);
    struct fake_answer answer = world_http(&w, HTTP_POST, "/run-script", token,
                                           "{\"incident_id\":1,\"script_name\":\"/bin/sh\"}");
    assert_int_equal(answer.status, 404);
    assert_int_equal(w.db.t.runs.n, 0);
}

static void test_a_parameter_that_is_not_fenced_in_is_refused(void **state)
{
    (void)state;
    const char *token = world_token(&w, ROLE_ENGINEER);
    static const char *const bad[] = {
        "{\"incident_id\":1,\"script_name\":\"ask\",\"parameters\":{\"who\":\"Anna;\"}}",
        "{\"incident_id\":1,\"script_name\":\"ask\",\"parameters\":{\"who\":7}}",
        "{\"incident_id\":1,\"script_name\":\"ask\",\"parameters\":{\"other\":\"anna\"}}",
        "{\"incident_id\":1,\"script_name\":\"fix\",\"parameters\":{\"unit\":\"db\"}}",
        "{\"incident_id\":1,\"script_name\":\"ask\",\"parameters\":[]}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(world_http(&w, HTTP_POST, "/run-script", token, bad[i]).status, 422);
    }
    assert_int_equal(w.db.t.runs.n, 0);
}

static void test_a_test_alert_takes_the_way_of_every_alert(void **state)
{
    (void)state;
    const char *token = world_token(&w, ROLE_ENGINEER);
    assert_int_equal(world_http(&w, HTTP_POST, "/incidents/test", token, "{}").status, 202);
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 2);
}

static void test_metrics_are_text(void **state)
{
    (void)state;
    struct fake_answer answer = world_http(&w, HTTP_GET, "/metrics", NULL, "");
    assert_int_equal(answer.status, 200);
    assert_true(str_contains(answer.body, STR("alertify_process_alerts_total")));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_every_row_denies_without_a_token),
        T(test_every_row_asks_for_its_role_and_no_less),
        T(test_changing_anything_needs_more_than_a_user),
        T(test_a_revoked_and_an_expired_token_are_worth_nothing),
        T(test_an_unknown_path_is_404_whoever_asks),
        T(test_a_method_that_is_not_in_the_table_is_405),
        T(test_a_body_beyond_a_rows_limit_is_413),
        T(test_health_says_ok_and_readiness_follows_the_database),
        T(test_a_replica_that_drains_is_not_ready),
        T(test_acknowledging_through_the_api_tells_everyone_once),
        T(test_a_late_acknowledgement_is_recorded_and_changes_nothing),
        T(test_a_note_reaches_the_contact_it_names),
        T(test_a_script_that_is_not_configured_is_404),
        T(test_a_parameter_that_is_not_fenced_in_is_refused),
        T(test_a_test_alert_takes_the_way_of_every_alert),
        T(test_metrics_are_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
