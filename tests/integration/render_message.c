/* render_message — a request as the channels build it, for tests in other languages.
 *
 *     render_message CHANNEL KIND ADDRESS [--hostile] [--plain] [--ref REF] [--base URL] [--ru]
 *
 * Prints one JSON object: url, method, headers [[name, value]…], body, mail_from, mail_to. Secrets
 * are those of tests/unit/channels/sample.h. */
#include "unit/channels/sample.h"

#include <stdio.h>

struct options {
    bool is_hostile, is_plain, is_russian;
    const char *ref, *base;
};

static struct options options_parse(int argc, char **argv)
{
    struct options o = {.ref = "", .base = ""};
    for (int i = 4; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--hostile") == 0) {
            o.is_hostile = true;
        } else if (strcmp(argv[i], "--plain") == 0) {
            o.is_plain = true;
        } else if (strcmp(argv[i], "--ru") == 0) {
            o.is_russian = true;
        } else if (strcmp(argv[i], "--ref") == 0 && has_value) {
            o.ref = argv[++i];
        } else if (strcmp(argv[i], "--base") == 0 && has_value) {
            o.base = argv[++i];
        } else {
            fprintf(stderr, "unknown option %s\n", argv[i]);
            exit(2);
        }
    }
    return o;
}

static void print(const struct transfer_request *r)
{
    json_t *headers = json_array();
    for (size_t i = 0; i < r->n_headers; i++) {
        json_array_append_new(headers,
                              json_pack("[s%s%]", r->headers[i].name.p, r->headers[i].name.n,
                                        r->headers[i].value.p, r->headers[i].value.n));
    }
    json_t *out = json_pack("{s:s%, s:s%, s:o, s:s%, s:s%, s:s%}", "url", r->url.p, r->url.n,
                            "method", r->method.p, r->method.n, "headers", headers, "body",
                            r->body.p, r->body.n, "mail_from", r->mail_from.p, r->mail_from.n,
                            "mail_to", r->mail_to.p, r->mail_to.n);
    CHECK(out);
    json_dumpf(out, stdout, JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(out);
}

/* Points the channels at a fake: its address for Slack and Telegram, the whole URL for the rest. */
static void redirect(struct channel_settings *settings, const char *base, struct arena *a)
{
    struct webhook_settings *webhook = ARENA_NEW(a, struct webhook_settings);
    *webhook = settings->webhooks[0];
    webhook->url = sample_secret(a, base);
    settings->webhooks = webhook;
    settings->slack.api_url = str_printf(a, "%s/api", base);
    settings->telegram.api_url = str_from(base);
}

int main(int argc, char **argv)
{
    enum channel_kind channel;
    enum notice_kind kind;
    if (argc < 4 || !channel_kind_from_name(str_from(argv[1]), &channel) ||
        !notice_kind_from_name(str_from(argv[2]), &kind)) {
        fprintf(stderr, "usage: render_message CHANNEL KIND ADDRESS [options]\n");
        return 2;
    }
    struct options o = options_parse(argc, argv);
    struct arena a;
    arena_init(&a);
    struct message m =
        o.is_hostile ? sample_hostile(&a, channel, argv[3]) : sample_message(&a, channel, argv[3]);
    m.kind = kind;
    m.earlier_ref = str_from(o.ref);
    m.to.language = o.is_russian ? STR("ru") : STR("en");
    m.acked_at = kind == NOTICE_ACKNOWLEDGED ? m.now_at : AT_NONE;
    m.resolved_at = kind == NOTICE_RESOLVED ? m.now_at : AT_NONE;
    struct channel_settings settings = sample_settings(&a);
    if (*o.base) {
        redirect(&settings, o.base, &a);
    }
    struct transfer_request request;
    struct err err = ERR_INIT;
    struct speech speech;
    speech_init(&speech, NULL, &m, &a);
    enum status status = channel_of(channel)->build(&settings, &speech, o.is_plain, &request, &err);
    if (speech.complaint.n > 0) {
        fprintf(stderr, "%.*s\n", STR_ARG(speech.complaint));
        return 1;
    }
    if (status == OK) {
        print(&request);
    } else {
        fprintf(stderr, "%s\n", err.detail);
    }
    arena_release(&a);
    return status == OK ? 0 : 1;
}
