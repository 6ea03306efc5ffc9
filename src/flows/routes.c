#include "flows/routes.h"

enum { BODY_MAX = 256 * 1024, FORM_MAX = 4096 };

const struct api_route api_routes[] = {
    {HTTP_GET, "/healthz", ACCESS_OPEN, NULL, 0}, /* says nothing but that we run */
    {HTTP_GET, "/readyz", ACCESS_OPEN, NULL, 0},
    {HTTP_GET, "/metrics", ACCESS_OPEN, NULL, 0}, /* no alert content; keep the port internal */
    {HTTP_POST, "/v1/webhooks/alertmanager/*", ACCESS_SOURCE, NULL, 0},
    {HTTP_PUT, "/v1/webhooks/alertmanager/*", ACCESS_SOURCE, NULL, 0},
    {HTTP_POST, "/v1/webhooks/grafana/*", ACCESS_SOURCE, NULL, 0},
    {HTTP_PUT, "/v1/webhooks/grafana/*", ACCESS_SOURCE, NULL, 0},
    /* The one GET that changes something: many tools can do no more. It needs the credential. */
    {HTTP_GET, "/v1/heartbeats/*", ACCESS_HEARTBEAT, api_heartbeat, 0},
    {HTTP_POST, "/v1/heartbeats/*", ACCESS_HEARTBEAT, api_heartbeat, BODY_MAX},
    {HTTP_GET, "/a/*", ACCESS_LINK, link_show, 0},
    {HTTP_POST, "/a/*", ACCESS_LINK, link_act, FORM_MAX},
    {HTTP_GET, "/incidents", ACCESS_USER, api_incidents_list, 0},
    {HTTP_POST, "/incidents/test", ACCESS_ENGINEER, api_incident_test, BODY_MAX},
    {HTTP_GET, "/incidents/*", ACCESS_USER, api_incident_get, 0},
    {HTTP_GET, "/incidents/*/timeline", ACCESS_USER, api_incident_timeline, 0},
    {HTTP_POST, "/incidents/*/acknowledge", ACCESS_ENGINEER, api_incident_acknowledge, BODY_MAX},
    {HTTP_POST, "/incidents/*/resolve", ACCESS_ENGINEER, api_incident_resolve, BODY_MAX},
    {HTTP_POST, "/incidents/*/unacknowledge", ACCESS_ENGINEER, api_incident_unacknowledge,
     BODY_MAX},
    {HTTP_POST, "/incidents/*/snooze", ACCESS_ENGINEER, api_incident_snooze, BODY_MAX},
    {HTTP_POST, "/incidents/*/escalate", ACCESS_ENGINEER, api_incident_escalate, BODY_MAX},
    {HTTP_POST, "/incidents/*/reassign", ACCESS_ENGINEER, api_incident_reassign, BODY_MAX},
    {HTTP_POST, "/incidents/*/responders", ACCESS_ENGINEER, api_incident_add_responder, BODY_MAX},
    {HTTP_POST, "/incidents/*/reopen", ACCESS_ENGINEER, api_incident_reopen, BODY_MAX},
    {HTTP_POST, "/incidents/*/merge", ACCESS_ENGINEER, api_incident_merge, BODY_MAX},
    {HTTP_POST, "/incidents/*/unmerge", ACCESS_ENGINEER, api_incident_unmerge, BODY_MAX},
    {HTTP_POST, "/incidents/*/note", ACCESS_ENGINEER, api_incident_note, BODY_MAX},
    {HTTP_POST, "/incidents/*/title", ACCESS_ENGINEER, api_incident_set_title, BODY_MAX},
    {HTTP_POST, "/incidents/*/severity", ACCESS_ENGINEER, api_incident_set_severity, BODY_MAX},
    {HTTP_POST, "/notify", ACCESS_ENGINEER, api_notify, BODY_MAX},
    {HTTP_POST, "/run-script", ACCESS_ENGINEER, api_run_script, BODY_MAX},
    {HTTP_GET, "/silences", ACCESS_USER, api_silences_list, 0},
    {HTTP_POST, "/silences", ACCESS_ENGINEER, api_silence_add, BODY_MAX},
    {HTTP_DELETE, "/silences/*", ACCESS_ENGINEER, api_silence_end, BODY_MAX},
    {HTTP_GET, "/v1/schedules/*", ACCESS_FEED, api_duty_feed, 0},
    {HTTP_GET, "/v1/users/*", ACCESS_FEED, api_duty_feed, 0},
    {HTTP_GET, "/v1/receipts/*", ACCESS_USER, api_receipt_get, 0},
    {HTTP_POST, "/-/reload", ACCESS_ADMIN, api_reload, BODY_MAX},
};
const size_t n_api_routes = sizeof(api_routes) / sizeof(api_routes[0]);

static bool path_matches(const char *pattern, struct str path, struct str *ret_parameter)
{
    struct str want = str_from(pattern), rest = path;
    while (want.p && rest.p) {
        struct str segment = str_cut(&rest, '/');
        struct str expected = str_cut(&want, '/');
        if (str_eq(expected, STR("*")) && segment.n > 0) {
            *ret_parameter = segment;
        } else if (!str_eq(expected, segment)) {
            return false;
        }
    }
    return !want.p && !rest.p;
}

/* HEAD is GET without the body (the server leaves it out). */
static bool method_matches(const struct api_route *route, enum http_method method)
{
    return route->method == method || (method == HTTP_HEAD && route->method == HTTP_GET);
}

const struct api_route *route_find(enum http_method method, struct str path,
                                   struct str *ret_parameter, bool *ret_is_path_known)
{
    *ret_is_path_known = false;
    for (size_t i = 0; i < n_api_routes; i++) {
        struct str parameter = STR_EMPTY;
        if (path_matches(api_routes[i].path, path, &parameter)) {
            *ret_is_path_known = true;
            if (method_matches(&api_routes[i], method)) {
                *ret_parameter = parameter;
                return &api_routes[i];
            }
        }
    }
    return NULL;
}
