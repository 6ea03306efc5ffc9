/* How fast the default message is made, over and over: a tool of bench_templates.py.
 *
 *     bench_messages --what whole|alone|line --alerts N [--ms 500] [--show 1]
 * whole: all of a Slack message as production builds it — data, templates, JSON read, held against
 * Block Kit's rules and written; alone: only the template of its blocks, over data that is there;
 * line: data and template of the line that a lock screen shows. One JSON line: messages, the
 * processor time they took, the bytes of one; with --show what one is. */
#include "channels/channel.h"
#include "channels/json_pen.h"
#include "options.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ALERTS_MAX = 10, LABELS = 9, OUTPUT_MAX = 256 * 1024, ROUND = 16 };

struct bench {
    struct arena arena; /* of one message */
    struct message message;
    struct channel_settings settings;
    struct value data; /* alone */
    const struct template *template;
    struct str text; /* of the last one */
};

static struct alert alert_of(struct arena *a, int i)
{
    static const char *const names[LABELS] = {
        "alertname", "cluster", "env", "job", "namespace", "pod", "team", "severity", "instance"};
    const char *values[LABELS] = {"HighErrorRate",      "eu-west-1", "production",
                                  "checkout",           "shop",      "",
                                  "payments & billing", "critical",  ""};
    struct label labels[LABELS], annotations[3];
    values[5] = str_printf(a, "checkout-7d4b9c-%04d", i).p;
    values[8] = str_printf(a, "10.0.3.%d:9100", i).p;
    for (int k = 0; k < LABELS; k++) {
        labels[k] = (struct label){str_from(names[k]), str_from(values[k])};
    }
    annotations[0] = (struct label){STR("summary"), STR("Error rate of checkout above 5%")};
    annotations[1] =
        (struct label){STR("description"),
                       str_printf(a, "5xx on <checkout> are at %d.3%% for 10 minutes.", 5 + i)};
    annotations[2] = (struct label){STR("runbook_url"), STR("https://wiki.example/errors?a=1&b=2")};
    return (struct alert){
        .labels = labels_make(a, labels, LABELS),
        .annotations = labels_make(a, annotations, 3),
        .status = i < 7 ? ALERT_FIRING : ALERT_RESOLVED,
        .starts_at = INT64_C(1795225200) * US_PER_S,
        .ends_at = i < 7 ? AT_NONE : INT64_C(1795225800) * US_PER_S,
        .generator_url =
            STR("http://prometheus.example.org:9090/graph?g0.expr=up%3D%3D0&g0.tab=1")};
}

static struct message message_of(struct arena *a, size_t n)
{
    struct alert *alerts = ARENA_ARRAY(a, struct alert, n);
    for (size_t i = 0; i < n; i++) {
        alerts[i] = alert_of(a, (int)i);
    }
    return (struct message){.kind = NOTICE_PAGE,
                            .to = {.channel = CHANNEL_SLACK,
                                   .address = STR("#alerts"),
                                   .user = STR_EMPTY,
                                   .language = STR("en")},
                            .earlier_ref = STR_EMPTY,
                            .id = STR("1042"),
                            .incident_number = 42,
                            .incident_id = STR("0199c0de-0000-7000-8000-000000000042"),
                            .title = STR("Error rate of checkout above 5%"),
                            .severity = STR("critical"),
                            .service = STR("checkout"),
                            .state = STR("open"),
                            .receiver = STR("payments"),
                            .cycle = 1,
                            .round = 1,
                            .step = 1,
                            .firing = n < 7 ? (int64_t)n : 7,
                            .total = n < 2 ? (int64_t)n : 40,
                            .opened_at = INT64_C(1795225200) * US_PER_S,
                            .now_at = INT64_C(1795225920) * US_PER_S,
                            .acked_at = AT_NONE,
                            .snoozed_until = AT_NONE,
                            .resolved_at = AT_NONE,
                            .alerts = {alerts, n},
                            .note = STR_EMPTY,
                            .ack_url = STR("https://alertify.example/a/TOKEN"),
                            .open_url = STR("https://alertify.example/a/VIEW"),
                            .external_url = STR("https://alertify.example"),
                            .to_name = STR("payments")};
}

/* --- what is measured ------------------------------------------------------------------------- */

static void make_whole(struct bench *b)
{
    struct speech speech;
    struct transfer_request request;
    speech_init(&speech, NULL, &b->message, &b->arena);
    CHECK(channel_slack.build(&b->settings, &speech, false, &request, NULL) == OK);
    CHECK(speech.complaint.n == 0);
    b->text = request.body;
}

static void make_alone(struct bench *b)
{
    struct template_env env = message_templates_env(message_templates_builtin(), b->message.now_at);
    struct template_error error;
    struct json_pen pen;
    struct strbuf out;
    json_pen_init(&pen, &b->arena, true);
    env.data = &b->data;
    env.writer = &pen.writer;
    strbuf_init(&out, &b->arena, OUTPUT_MAX);
    CHECK(template_render(b->template, &b->data, &env, &b->arena, &out, &error) == OK);
    b->text = strbuf_str(&out);
}

static void make_line(struct bench *b)
{
    struct speech speech;
    speech_init(&speech, NULL, &b->message, &b->arena);
    b->text = speech_say(&speech, PART_SLACK_TEXT, NULL, NULL);
    CHECK(b->text.p && speech.complaint.n == 0);
}

static void prepare(struct bench *b, struct arena *arena, size_t n)
{
    const struct message_templates *templates = message_templates_builtin();
    struct template_view view = {.words = message_templates_words(templates, STR("en")),
                                 .zone = &gotime_utc,
                                 .limits = text_limits_default};
    arena_init(&b->arena);
    b->message = message_of(arena, n);
    b->settings = (struct channel_settings){
        .has_slack = true, .slack = {.bot_token = secret_new(STR("xoxb-x")), .api_url = STR_EMPTY}};
    b->data = template_data_make(arena, &b->message, &view);
    b->template = message_templates_find(templates, PART_SLACK_BLOCKS, STR("payments"), NULL);
}

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct arena arena;
    struct str what = str_from(option_text(argc, argv, "--what", NULL));
    void (*make)(struct bench *) = str_eq(what, STR("whole"))   ? make_whole
                                   : str_eq(what, STR("alone")) ? make_alone
                                                                : make_line;
    size_t alerts = option_number(argc, argv, "--alerts", "10");
    CHECK(alerts >= 1 && alerts <= ALERTS_MAX);
    arena_init(&arena);
    prepare(&bench, &arena, alerts);
    double limit = (double)option_number(argc, argv, "--ms", "500") / 1000;
    double begin = processor_seconds(), took;
    size_t n = 0;
    do {
        for (int i = 0; i < ROUND; i++, n++) {
            arena_clear(&bench.arena);
            make(&bench);
        }
        took = processor_seconds() - begin;
    } while (took < limit);
    if (option_number(argc, argv, "--show", "0") > 0) {
        printf("%.*s\n", STR_ARG(bench.text));
    } else {
        printf("{\"n\":%zu,\"seconds\":%.6f,\"bytes\":%zu}\n", n, took, bench.text.n);
    }
    secret_free((struct secret *)(uintptr_t)bench.settings.slack.bot_token);
    arena_release(&bench.arena);
    arena_release(&arena);
    return 0;
}
