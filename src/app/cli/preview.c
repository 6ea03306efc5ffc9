#include "app/cli/preview.h"

#include "domain/labels.h"

static void forget(void *secret)
{
    secret_free(secret);
}

static const struct secret *no_secret(struct arena *arena, struct str text)
{
    struct secret *secret = secret_new(text);
    arena_defer(arena, forget, secret);
    return secret;
}

struct channel_settings preview_settings(struct arena *arena,
                                         const struct message_templates *templates)
{
    struct webhook_settings *webhook = ARENA_NEW(arena, struct webhook_settings);
    *webhook = (struct webhook_settings){.name = STR("preview"),
                                         .url = no_secret(arena, STR("https://preview.invalid/")),
                                         .ca_file = STR_EMPTY};
    return (struct channel_settings){
        .has_slack = true,
        .has_telegram = true,
        .has_email = true,
        .slack = {.bot_token = no_secret(arena, STR("preview")), .api_url = STR_EMPTY},
        .telegram = {.bot_token = no_secret(arena, STR("preview")), .api_url = STR_EMPTY},
        .email = {.server = STR("smtps://preview.invalid"),
                  .from_name = STR("alertify"),
                  .from_address = STR("alertify@example.org"),
                  .username = STR_EMPTY,
                  .domain = STR_EMPTY,
                  .ca_file = STR_EMPTY},
        .webhooks = webhook,
        .n_webhooks = 1,
        .templates = templates};
}

void preview_address(struct message *m, enum channel_kind channel)
{
    m->to.channel = channel;
    m->to.address = channel == CHANNEL_SLACK      ? STR("#alerts")
                    : channel == CHANNEL_TELEGRAM ? STR("-1001234567890")
                    : channel == CHANNEL_EMAIL    ? STR("you@example.org")
                    : channel == CHANNEL_WEBHOOK  ? STR("preview")
                                                  : STR_EMPTY;
}

void preview_links(struct arena *arena, struct message *m)
{
    if (m->external_url.n == 0) {
        m->external_url = STR("https://alertify.example.org");
    }
    m->open_url = str_printf(arena, "%.*s/a/preview", STR_ARG(m->external_url));
    m->ack_url = str_eq(m->state, STR("resolved")) ? STR_EMPTY : m->open_url;
    m->resolve_url = m->snooze_url = m->ack_url;
}

struct message preview_sample(struct arena *arena, int64_t now_at)
{
    const struct label common[] = {{STR("alertname"), STR("DiskAlmostFull")},
                                   {STR("severity"), STR("critical")},
                                   {STR("service"), STR("payments")}};
    const struct label annotations[] = {
        {STR("summary"), STR("Disk 91% full on /var")},
        {STR("description"), STR("It grows by 1% an hour and will be full at 04:30.")},
        {STR("runbook_url"), STR("https://wiki.example.org/runbooks/disk")}};
    static const struct str instances[] = {{"db1:9100", 8}, {"db2:9100", 8}};
    struct alert *alerts = ARENA_ARRAY(arena, struct alert, 2);
    for (size_t i = 0; i < 2; i++) {
        struct label labels[] = {common[0], common[1], common[2], {STR("instance"), instances[i]}};
        alerts[i] = (struct alert){.labels = labels_make(arena, labels, 4),
                                   .annotations = labels_make(arena, annotations, 3),
                                   .status = ALERT_FIRING,
                                   .starts_at = now_at - (int64_t)(12 - 7 * i) * US_PER_MIN,
                                   .ends_at = AT_NONE,
                                   .generator_url =
                                       STR("https://prometheus.example.org/graph?g0.expr=disk"),
                                   .fingerprint = i + 1};
    }
    return (struct message){
        .kind = NOTICE_PAGE,
        .to = {.language = STR("en")},
        .id = STR("1"),
        .incident_number = 42,
        .incident_id = STR("00000000-0000-0000-0000-000000000042"),
        .title = STR("DiskAlmostFull"),
        .severity = STR("critical"),
        .service = STR("payments"),
        .state = STR("open"),
        .receiver = STR_EMPTY,
        .group_labels = labels_make(arena, common, 1),
        .cycle = 1,
        .round = 1,
        .step = 1,
        .firing = 2,
        .total = 2,
        .opened_at = now_at - 12 * US_PER_MIN,
        .now_at = now_at,
        .acked_at = AT_NONE,
        .snoozed_until = AT_NONE,
        .resolved_at = AT_NONE,
        .alerts = {alerts, 2},
        .to_name = STR("Anna Ivanova"),
    };
}

/* --- words -------------------------------------------------------------------------------- */

static struct str own_part(struct speech *speech, enum template_part part)
{
    bool is_own;
    (void)message_templates_find(speech->templates, part, speech->message->receiver, &is_own);
    return is_own ? speech_say(speech, part, NULL, NULL) : STR_EMPTY;
}

static struct str joined(struct speech *speech, const enum template_part *parts, size_t n)
{
    struct strbuf out;
    strbuf_init(&out, speech->arena, 256 * 1024);
    for (size_t i = 0; i < n; i++) {
        struct str text = own_part(speech, parts[i]);
        strbuf_printf(&out, text.n > 0 && out.n > 0 ? "\n%.*s" : "%.*s", STR_ARG(text));
    }
    return strbuf_str(&out);
}

static struct str own_words(struct speech *speech)
{
    static const enum template_part slack[] = {PART_SLACK_PRETEXT, PART_SLACK_TITLE,
                                               PART_SLACK_BODY};
    static const enum template_part telegram[] = {PART_TELEGRAM_PLAIN, PART_TELEGRAM};
    switch (speech->message->to.channel) {
    case CHANNEL_SLACK:
        return joined(speech, slack, 3);
    case CHANNEL_TELEGRAM:
        return joined(speech, telegram, 2);
    case CHANNEL_EMAIL:
        return str_printf(speech->arena, "%.*s\n\n%.*s",
                          STR_ARG(speech_say(speech, PART_EMAIL_SUBJECT, NULL, NULL)),
                          STR_ARG(speech_say(speech, PART_EMAIL_TEXT, NULL, NULL)));
    case CHANNEL_WEBHOOK:
        return own_part(speech, PART_WEBHOOK);
    case CHANNEL_CONSOLE:
        return speech_say(speech, PART_CONSOLE, NULL, NULL);
    case channel_kind_COUNT:
        break;
    }
    UNREACHABLE("channel");
}

struct str preview_words(struct speech *speech)
{
    struct str words = str_trim(own_words(speech));
    return words.n > 0 ? words : str_trim(speech_say(speech, PART_TEXT, NULL, NULL));
}
