#include "flows/api_body.h"

#include "formats/json_scan.h"
#include "wire/target_text.h"

enum status api_bad(struct err *err, const char *what)
{
    err_set_user(err, "%s", what);
    return err_set(err, ERR_INVALID, "%s", what);
}

enum status api_body(struct query *q, struct json_view *ret, struct err *err)
{
    struct str body = exchange_request(q->exchange)->body;
    struct err scan = ERR_INIT;
    body = body.n ? body : STR("{}");
    if (json_scan(body, NULL, &scan) != OK) {
        err_set_user(err, "the body is not JSON: %s at %s", scan.detail, scan.where);
        return err_set(err, ERR_SYNTAX, "body is not JSON");
    }
    *ret = json_view_of(body);
    return json_view_kind(*ret) == JSON_KIND_OBJECT
               ? OK
               : api_bad(err, "the body must be a JSON object");
}

bool api_text(struct query *q, struct json_view body, const char *key, struct str *ret)
{
    struct json_view value;
    *ret = STR_EMPTY;
    return !json_view_member(q->arena, body, str_from(key), &value) ||
           json_view_string(q->arena, value, ret);
}

enum status api_incident(struct query *q, struct incident *ret, struct err *err)
{
    struct uuid id;
    uint64_t number;
    if (uuid_parse(q->parameter, &id)) {
        return store_incident(q->store, q->arena, id, ret, err);
    }
    if (str_to_u64(q->parameter, &number)) {
        return store_incident_by_number(q->store, q->arena, (int64_t)number, ret, err);
    }
    err_set_user(err, "an incident is named by its id or its number");
    return err_set(err, ERR_NOT_FOUND, "neither a uuid nor a number");
}

enum status api_incident_of(struct query *q, struct json_view body, const char *key,
                            struct uuid *ret, struct err *err)
{
    struct json_view value;
    struct str text;
    struct incident incident;
    int64_t number;
    if (json_view_member(q->arena, body, str_from(key), &value)) {
        if (json_view_int(value, &number)) {
            enum status status =
                store_incident_by_number(q->store, q->arena, number, &incident, err);
            *ret = incident.id;
            return status;
        }
        if (json_view_string(q->arena, value, &text) && uuid_parse(text, ret)) {
            return OK;
        }
    }
    err_set_user(err, "%s (an incident's number or id) is required", key);
    return err_set(err, ERR_INVALID, "no %s", key);
}

enum status api_addressees(struct query *q, const struct settings *settings, const char *key,
                           struct str text, struct addressees *ret, struct err *err)
{
    struct target target;
    struct err bad = ERR_INIT;
    if (target_parse(text, &target, &bad) != OK) {
        err_set_user(err, "%s: %s", key, bad.detail);
        return err_set(err, ERR_INVALID, "%s: %s", key, bad.detail);
    }
    struct step step = {.kind = STEP_NOTIFY, .targets = &target, .n_targets = 1};
    int64_t now_at = deps_now(q->deps);
    struct override_row *rows;
    size_t n;
    if (store_overrides(q->store, q->arena, now_at, now_at + 1, &rows, &n, err) != OK) {
        return err->code;
    }
    struct overrides overrides = directory_overrides(&settings->directory, rows, n, q->arena);
    *ret = directory_resolve(&settings->directory, &step, overrides, STR_EMPTY, now_at, q->arena);
    if (ret->n == 0) {
        err_set_user(err, "%s: nobody can be reached there", key);
        return err_set(err, ERR_INVALID, "nobody is reachable");
    }
    return OK;
}
