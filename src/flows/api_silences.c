/* The API's silences: list, make, end. */
#include "base/entropy.h"
#include "domain/silence.h"
#include "flows/api_body.h"
#include "flows/incident_json.h"
#include "formats/duration.h"
#include "formats/form.h"
#include "formats/rfc3339.h"
#include "ports/store_silences.h"
#include "wire/matcher_syntax.h"

enum { ANSWER_MAX = 4 * 1024 * 1024 };
#define OVER_SHOWN_US (5 * US_PER_DAY)

static void put_silence(struct json_writer *json, const struct silence_row *row, int64_t now_at)
{
    char id[UUID_TEXT + 1];
    const char *state = row->starts_at > now_at ? "pending"
                        : row->ends_at > now_at ? "active"
                                                : "expired";
    json_begin_object(json);
    json_put_str(json, "id", str_from(uuid_format(row->id, id)));
    json_put_str(json, "state", str_from(state));
    json_put_str(json, "matchers", row->matchers);
    json_put_time(json, "starts_at", row->starts_at);
    json_put_time(json, "ends_at", row->ends_at);
    json_put_str(json, "during", row->during);
    json_put_str(json, "comment", row->comment);
    json_put_str(json, "created_by", row->created_by);
    json_put_str(json, "ended_by", row->ended_by);
    json_end_object(json);
}

/* `?expired=true`: those of the last five days, too. */
enum status api_silences_list(struct query *q, struct err *err)
{
    struct form form;
    struct str expired = STR_EMPTY;
    struct silence_row *rows;
    size_t n;
    struct strbuf out;
    struct json_writer json;
    int64_t now_at = deps_now(q->deps);
    if (form_parse(q->arena, exchange_request(q->exchange)->query, 10, &form, err) != OK) {
        return api_bad(err, "the query string is not readable");
    }
    (void)form_get(&form, STR("expired"), &expired);
    int64_t from_at = str_eq(expired, STR("true")) ? now_at - OVER_SHOWN_US : now_at;
    if (store_silences(q->store, q->arena, from_at, INT64_MAX / 4, &rows, &n, err) != OK) {
        return err->code;
    }
    strbuf_init(&out, q->arena, ANSWER_MAX);
    json_begin(&json, &out);
    json_begin_array(&json);
    for (size_t i = 0; i < n; i++) {
        put_silence(&json, &rows[i], now_at);
    }
    json_end_array(&json);
    json_end(&json);
    query_answer_json(q, 200, strbuf_str(&out));
    return OK;
}

/* --- making one ------------------------------------------------------------------------------- */

/* "a=\"b\"" or a list of such texts. */
static enum status matchers_of(struct query *q, struct json_view body, struct matchers *ret,
                               struct err *err)
{
    struct json_view value, item;
    struct str text;
    struct err bad = ERR_INIT;
    struct strbuf joined;
    strbuf_init(&joined, q->arena, 64 * 1024);
    if (!json_view_member(q->arena, body, STR("matchers"), &value)) {
        return api_bad(err, "matchers is required: [\"alertname=\\\"DiskFull\\\"\"]");
    }
    if (json_view_string(q->arena, value, &text)) {
        strbuf_add(&joined, text);
    } else if (json_view_kind(value) == JSON_KIND_ARRAY) {
        struct json_array items = json_view_array(value);
        while (json_array_next(&items, &item)) {
            if (!json_view_string(q->arena, item, &text)) {
                return api_bad(err, "matchers are strings");
            }
            strbuf_printf(&joined, "%s%.*s", joined.n ? "," : "", STR_ARG(text));
        }
    } else {
        return api_bad(err, "matchers is a list of strings");
    }
    if (matchers_parse(q->arena, MATCHER_FALLBACK, strbuf_str(&joined), ret, &bad) != OK) {
        err_set_user(err, "matchers: %s", bad.detail);
        return err_set(err, ERR_INVALID, "matchers: %s", bad.detail);
    }
    return OK;
}

static enum status times_of(struct query *q, struct json_view body, int64_t now_at,
                            struct silence *ret, struct err *err)
{
    struct str starts, ends, length;
    int64_t us;
    if (!api_text(q, body, "starts_at", &starts) || !api_text(q, body, "ends_at", &ends) ||
        !api_text(q, body, "for", &length) || (ends.n > 0) == (length.n > 0)) {
        return api_bad(err, "either ends_at (a time) or for (\"2h\") is wanted; starts_at is now "
                            "unless it is given");
    }
    ret->starts_at = now_at;
    if (starts.n > 0 && rfc3339_parse(starts, &ret->starts_at, NULL) != OK) {
        return api_bad(err, "starts_at is a time such as 2026-11-21T08:00:00Z");
    }
    ret->starts_at = ret->starts_at < now_at ? now_at : ret->starts_at;
    if (ends.n > 0 && rfc3339_parse(ends, &ret->ends_at, NULL) != OK) {
        return api_bad(err, "ends_at is a time such as 2026-11-21T08:00:00Z");
    }
    if (length.n > 0) {
        if (duration_parse(length, &us, NULL) != OK) {
            return api_bad(err, "for is a length of time such as 2h");
        }
        ret->ends_at = ret->starts_at + us;
    }
    return OK;
}

static enum status check_during(struct query *q, struct str during, struct err *err)
{
    const struct snapshot *snapshot = configuration_ref(q->deps->configuration);
    bool is_known = during.n == 0 || settings_interval(snapshot->settings, during) != NULL;
    configuration_unref(snapshot);
    if (!is_known) {
        err_set_user(err, "there is no time interval \"%.*s\" in the routing files",
                     STR_ARG(during));
        return err_set(err, ERR_INVALID, "no such interval");
    }
    return OK;
}

static enum status silence_of(struct query *q, struct json_view body, int64_t now_at,
                              struct silence *ret, struct str *ret_during, struct err *err)
{
    if (matchers_of(q, body, &ret->matchers, err) != OK ||
        times_of(q, body, now_at, ret, err) != OK) {
        return err->code;
    }
    if (!api_text(q, body, "comment", &ret->comment) || !api_text(q, body, "during", ret_during)) {
        return api_bad(err, "comment and during are strings");
    }
    const char *flaw = silence_flaw(ret, now_at);
    return flaw ? api_bad(err, flaw) : check_during(q, *ret_during, err);
}

enum status api_silence_add(struct query *q, struct err *err)
{
    struct json_view body;
    struct silence silence = {.created_by = q->actor};
    struct str during;
    uint8_t random[10];
    struct strbuf out;
    struct json_writer json;
    int64_t now_at = deps_now(q->deps);
    if (api_body(q, &body, err) != OK ||
        silence_of(q, body, now_at, &silence, &during, err) != OK) {
        return err->code;
    }
    entropy_fill(random, sizeof(random));
    struct silence_row row = {.id = uuid_v7(now_at, random),
                              .matchers = matchers_format(q->arena, silence.matchers),
                              .starts_at = silence.starts_at > now_at ? silence.starts_at : AT_NONE,
                              .ends_at = silence.ends_at,
                              .during = during,
                              .comment = silence.comment,
                              .created_by = silence.created_by,
                              .ended_by = STR_EMPTY};
    if (store_silence_add(q->store, &row, err) != OK) {
        if (err->code == ERR_CONFLICT) {
            err_set_user(err, "%s", err->detail);
        }
        return err->code;
    }
    row.starts_at = silence.starts_at;
    strbuf_init(&out, q->arena, ANSWER_MAX);
    json_begin(&json, &out);
    put_silence(&json, &row, now_at);
    json_end(&json);
    query_answer_json(q, 201, strbuf_str(&out));
    return OK;
}

enum status api_silence_end(struct query *q, struct err *err)
{
    struct uuid id;
    if (!uuid_parse(q->parameter, &id)) {
        err_set_user(err, "a silence is named by its id");
        return err_set(err, ERR_NOT_FOUND, "not a uuid");
    }
    if (store_silence_end(q->store, id, q->actor, err) != OK) {
        err_set_user(err, "there is no such silence, or it is over already");
        return err->code;
    }
    mailbox_nudge(q->deps->escalate);
    query_answer_json(q, 200, STR("{\"status\":\"ended\"}\n"));
    return OK;
}
