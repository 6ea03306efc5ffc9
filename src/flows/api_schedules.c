/* The calendars of schedules and users. A calendar program shows either a bearer token or the
 * feed's own secret token. The text stays the same for a day unless shifts change, so that ETags
 * help. */
#include "base/digest.h"
#include "flows/duty_feed.h"
#include "flows/links.h"
#include "flows/routes.h"
#include "formats/form.h"

enum { QUERY_FIELDS_MAX = 8 };
#define MAX_AGE STR("private, max-age=300")

static bool is_user_feed(const struct query *q)
{
    return str_starts_with(exchange_request(q->exchange)->path, STR("/v1/users/"));
}

/* "primary.ics" → "primary" */
static bool feed_name(const struct query *q, struct str *ret)
{
    *ret = str_slice(q->parameter, 0, q->parameter.n - (q->parameter.n >= 4 ? 4 : 0));
    return ret->n > 0 && str_ends_with(q->parameter, STR(".ics"));
}

bool feed_is_open(struct query *q)
{
    struct form form;
    struct str token, name;
    struct str query = exchange_request(q->exchange)->query;
    return form_parse(q->arena, query, QUERY_FIELDS_MAX, &form, NULL) == OK &&
           form_get(&form, STR("token"), &token) && feed_name(q, &name) &&
           links_feed_fits(q->deps->links, is_user_feed(q) ? STR("user") : STR("schedule"), name,
                           token);
}

static void answer(struct query *q, struct str text)
{
    struct str hash = digest_hex(q->arena, text);
    struct str etag = str_printf(q->arena, "\"%.*s\"", 32, hash.p);
    const struct exchange_header headers[] = {{STR("etag"), etag}, {STR("cache-control"), MAX_AGE}};
    bool is_known = str_eq(exchange_header(q->exchange, STR("if-none-match")), etag);
    exchange_answer(q->exchange,
                    &(struct exchange_reply){
                        .status = is_known ? 304 : 200,
                        .content_type = is_known ? STR_EMPTY : STR("text/calendar; charset=utf-8"),
                        .body = is_known ? STR_EMPTY : text,
                        .headers = headers,
                        .n_headers = 2});
}

static enum status write_feed(struct query *q, const struct settings *settings, struct str name,
                              struct str *ret, struct err *err)
{
    struct override_row *rows;
    size_t n;
    int64_t today = deps_now(q->deps) / US_PER_DAY * US_PER_DAY;
    struct duty_feed feed = {.directory = &settings->directory,
                             .from_at = today - FEED_PAST_US,
                             .until_at = today + FEED_FUTURE_US,
                             .stamp_at = today};
    if (is_user_feed(q)) {
        feed.user = directory_user(&settings->directory, name);
    } else {
        feed.schedule = directory_schedule(&settings->directory, name);
    }
    if (!feed.user && !feed.schedule) {
        err_set_user(err, "there is no such calendar");
        return err_set(err, ERR_NOT_FOUND, "no such calendar");
    }
    if (store_overrides(q->store, q->arena, feed.from_at - DUTY_FEED_RUN_UP_US, feed.until_at,
                        &rows, &n, err) != OK) {
        return err->code;
    }
    feed.overrides = directory_overrides(&settings->directory, rows, n, q->arena);
    if (!duty_feed_write(q->arena, &feed, ret)) {
        err_set_user(err, "the calendar has too many shifts");
        return err_set(err, ERR_TOO_LARGE, "too many shifts for a calendar");
    }
    return OK;
}

enum status api_duty_feed(struct query *q, struct err *err)
{
    struct str name, text;
    if (!feed_name(q, &name)) {
        err_set_user(err, "a calendar's name ends with .ics");
        return err_set(err, ERR_NOT_FOUND, "no .ics");
    }
    const struct snapshot *snapshot = configuration_ref(q->deps->configuration);
    enum status status = write_feed(q, snapshot->settings, name, &text, err);
    if (status == OK) {
        answer(q, text);
    }
    configuration_unref(snapshot);
    return status;
}
