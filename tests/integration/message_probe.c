/* message_probe — messages and pages as production builds them, one after the other, for tests in
 * Python: every line of standard input is a JSON object that says what it is about (read_message
 * below has the keys), every line of output one that says what comes of it.
 *
 * With "part" it is that part of a page ("page.html"), else the request of the channel. Secrets are
 * those of tests/unit/channels/sample.h. */
#include "unit/channels/sample.h"

#include <stdio.h>

enum { LABELS_AT_MOST = 64 };

/* --- reading ---------------------------------------------------------------------------------- */

static struct str text_of(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    return json_is_string(text) ? (struct str){json_string_value(text), json_string_length(text)}
                                : STR_EMPTY;
}

static int64_t number_of(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *number = json_object_get(object, key);
    return json_is_integer(number) ? (int64_t)json_integer_value(number) : fallback;
}

/* Seconds since 1970, or null. */
static int64_t at_of(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    return json_is_integer(number) ? (int64_t)json_integer_value(number) * US_PER_S : AT_NONE;
}

static struct labels labels_of(struct arena *a, json_t *object)
{
    struct label v[LABELS_AT_MOST];
    size_t n = 0;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        CHECK(n < LABELS_AT_MOST);
        v[n++] = (struct label){str_from(key), text_of(object, key)};
    }
    return labels_make(a, v, n);
}

static struct alerts alerts_of(struct arena *a, const json_t *array)
{
    size_t n = json_array_size(array);
    struct alert *v = ARENA_ARRAY(a, struct alert, n);
    for (size_t i = 0; i < n; i++) {
        const json_t *alert = json_array_get(array, i);
        CHECK(alert_status_from_name(text_of(alert, "status"), &v[i].status));
        v[i].labels = labels_of(a, json_object_get(alert, "labels"));
        v[i].annotations = labels_of(a, json_object_get(alert, "annotations"));
        v[i].starts_at = at_of(alert, "starts_at");
        v[i].ends_at = at_of(alert, "ends_at");
        v[i].generator_url = text_of(alert, "generator_url");
    }
    return (struct alerts){v, n};
}

static struct storm_view storm_of(const json_t *storm)
{
    struct storm_view view = {.total = number_of(storm, "total", 0),
                              .open = number_of(storm, "open", 0),
                              .urgent = number_of(storm, "urgent", 0),
                              .acknowledged = number_of(storm, "acknowledged", 0),
                              .resolved = number_of(storm, "resolved", 0)};
    const json_t *items = json_object_get(storm, "items");
    CHECK(json_array_size(items) <= STORM_ITEMS_MAX);
    for (; view.n_items < json_array_size(items); view.n_items++) {
        const json_t *item = json_array_get(items, view.n_items);
        view.items[view.n_items] = (struct storm_item){
            number_of(item, "number", 0), text_of(item, "title"), text_of(item, "severity"),
            text_of(item, "state"), at_of(item, "opened_at")};
    }
    return view;
}

static struct message read_message(struct arena *a, const json_t *in)
{
    struct message m = {.id = text_of(in, "id"),
                        .to = {.address = text_of(in, "address"),
                               .user = STR_EMPTY,
                               .language = text_of(in, "language")},
                        .earlier_ref = text_of(in, "ref"),
                        .may_be_repeated = json_is_true(json_object_get(in, "repeated")),
                        .late_us = number_of(in, "late_s", 0) * US_PER_S,
                        .incident_number = number_of(in, "number", 0),
                        .incident_id = text_of(in, "incident_id"),
                        .title = text_of(in, "title"),
                        .severity = text_of(in, "severity"),
                        .service = text_of(in, "service"),
                        .state = text_of(in, "state"),
                        .receiver = text_of(in, "receiver"),
                        .group_labels = labels_of(a, json_object_get(in, "group_labels")),
                        .cycle = (int)number_of(in, "cycle", 1),
                        .round = (int)number_of(in, "round", 1),
                        .step = (int)number_of(in, "step", 1),
                        .firing = number_of(in, "firing", 0),
                        .total = number_of(in, "total", 0),
                        .opened_at = at_of(in, "opened_at"),
                        .now_at = at_of(in, "now_at"),
                        .acked_at = at_of(in, "acked_at"),
                        .resolved_at = at_of(in, "resolved_at"),
                        .acked_by = text_of(in, "acked_by"),
                        .resolved_by = text_of(in, "resolved_by"),
                        .snoozed_until = at_of(in, "snoozed_until"),
                        .merged_into = number_of(in, "merged_into", 0),
                        .alerts = alerts_of(a, json_object_get(in, "alerts")),
                        .fired = alerts_of(a, json_object_get(in, "fired")),
                        .resolved = alerts_of(a, json_object_get(in, "resolved")),
                        .storm = storm_of(json_object_get(in, "storm")),
                        .note = text_of(in, "note"),
                        .ack_url = text_of(in, "ack_url"),
                        .resolve_url = text_of(in, "resolve_url"),
                        .snooze_url = text_of(in, "snooze_url"),
                        .open_url = text_of(in, "open_url"),
                        .external_url = text_of(in, "external_url"),
                        .to_name = text_of(in, "to_name")};
    CHECK(notice_kind_from_name(text_of(in, "kind"), &m.kind));
    return m;
}

/* --- building --------------------------------------------------------------------------------- */

static json_t *text_json(struct str s)
{
    json_t *text = json_stringn(s.p, s.n);
    CHECK(text);
    return text;
}

static json_t *request_json(const struct transfer_request *r)
{
    json_t *headers = json_array();
    for (size_t i = 0; i < r->n_headers; i++) {
        json_array_append_new(headers, json_pack("[o, o]", text_json(r->headers[i].name),
                                                 text_json(r->headers[i].value)));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "url", text_json(r->url), "method",
                     text_json(r->method), "headers", headers, "body", text_json(r->body),
                     "mail_from", text_json(r->mail_from), "mail_to", text_json(r->mail_to));
}

/* As flows/web_page.c. */
static json_t *page_json(struct speech *speech, const json_t *in, enum template_part part)
{
    const json_t *about = json_object_get(in, "page");
    struct str said = text_of(about, "said");
    struct template_page page = {
        .said = said.n > 0 ? speech_word(speech, said.p) : STR_EMPTY,
        .nonce = text_of(about, "nonce"),
        .action = text_of(about, "action"),
        .whom = text_of(about, "whom"),
        .is_expired = json_is_true(json_object_get(about, "expired")),
    };
    speech->page = &page;
    return json_pack("{s:o}", "body", text_json(speech_say(speech, part, NULL, NULL)));
}

static json_t *channel_json(struct speech *speech, const struct channel_settings *settings,
                            const json_t *in)
{
    struct transfer_request request;
    struct err err = ERR_INIT;
    const struct channel *channel = channel_of(speech->message->to.channel);
    bool is_plain = json_is_true(json_object_get(in, "plain"));
    return channel->build(settings, speech, is_plain, &request, &err) == OK
               ? request_json(&request)
               : json_pack("{s:s}", "error", err.detail);
}

static json_t *answer(struct arena *a, const struct channel_settings *settings, const json_t *in)
{
    struct message m = read_message(a, in);
    struct speech speech;
    enum template_part part;
    bool is_page = template_part_from_name(text_of(in, "part"), &part);
    CHECK(is_page || channel_kind_from_name(text_of(in, "channel"), &m.to.channel));
    speech_init(&speech, NULL, &m, a);
    json_t *out = is_page ? page_json(&speech, in, part) : channel_json(&speech, settings, in);
    json_object_set_new(out, "complaint", text_json(speech.complaint));
    return out;
}

static void answer_line(const char *line)
{
    struct arena a;
    json_error_t error;
    arena_init(&a);
    struct channel_settings settings = sample_settings(&a);
    json_t *in = json_loads(line, JSON_ALLOW_NUL, &error);
    if (!in) {
        fprintf(stderr, "message_probe: %s\n", error.text);
        exit(2);
    }
    json_t *out = answer(&a, &settings, in);
    json_dumpf(out, stdout, JSON_ENSURE_ASCII | JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(out);
    json_decref(in);
    arena_release(&a);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) >= 0) {
        answer_line(line);
    }
    free(line);
    return 0;
}
