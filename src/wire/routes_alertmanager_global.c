/* Alertmanager's `global:` as channels, where ours are not given. */
#include "wire/routes_alertmanager.h"

#define IGNORED(name, why)                                                                         \
    {                                                                                              \
        .key = name, .type = FIELD_IGNORED, .help = why                                            \
    }

static const struct field global_fields[] = {
    {.key = "slack_api_url",
     .type = FIELD_SECRET_OPEN,
     .offset = offsetof(struct alertmanager_global, slack_url),
     .help = "Incoming webhook; becomes channels.slack if that is not given."},
    {.key = "slack_api_url_file",
     .type = FIELD_SECRET_FILE,
     .offset = offsetof(struct alertmanager_global, slack_url_file),
     .help = "The same, in a file."},
    {.key = "slack_app_token",
     .type = FIELD_SECRET_OPEN,
     .offset = offsetof(struct alertmanager_global, slack_token),
     .help = "Token of a Slack app."},
    {.key = "slack_app_token_file",
     .type = FIELD_SECRET_FILE,
     .offset = offsetof(struct alertmanager_global, slack_token_file),
     .help = "The same, in a file."},
    {.key = "slack_app_url",
     .type = FIELD_TEXT,
     .shape = "URL",
     .offset = offsetof(struct alertmanager_global, slack_app_url),
     .help = "Address of chat.postMessage."},
    {.key = "telegram_bot_token",
     .type = FIELD_SECRET_OPEN,
     .offset = offsetof(struct alertmanager_global, bot_token),
     .help = "Becomes channels.telegram if that is not given."},
    {.key = "telegram_bot_token_file",
     .type = FIELD_SECRET_FILE,
     .offset = offsetof(struct alertmanager_global, bot_token_file),
     .help = "The same, in a file."},
    {.key = "telegram_api_url",
     .type = FIELD_TEXT,
     .shape = "URL",
     .offset = offsetof(struct alertmanager_global, telegram_url),
     .fallback = "https://api.telegram.org",
     .help = "Another address of Telegram's Bot API."},
    {.key = "smtp_smarthost",
     .type = FIELD_TEXT,
     .shape = "host:port",
     .offset = offsetof(struct alertmanager_global, smtp_smarthost),
     .help = "Mail server; with smtp_from becomes channels.email if that is not given."},
    {.key = "smtp_from",
     .type = FIELD_TEXT,
     .offset = offsetof(struct alertmanager_global, smtp_from),
     .help = "Sender of mail."},
    {.key = "smtp_auth_username",
     .type = FIELD_TEXT,
     .offset = offsetof(struct alertmanager_global, smtp_username),
     .help = "Account at the mail server."},
    {.key = "smtp_auth_password",
     .type = FIELD_SECRET_OPEN,
     .offset = offsetof(struct alertmanager_global, smtp_password),
     .help = "Its password."},
    {.key = "smtp_auth_password_file",
     .type = FIELD_SECRET_FILE,
     .offset = offsetof(struct alertmanager_global, smtp_password_file),
     .help = "The same, in a file."},
    {.key = "smtp_require_tls",
     .type = FIELD_BOOL,
     .offset = offsetof(struct alertmanager_global, smtp_require_tls),
     .fallback = "true",
     .help = "false: clear text, towards this machine only."},
    {.key = "smtp_force_implicit_tls",
     .type = FIELD_BOOL,
     .offset = offsetof(struct alertmanager_global, smtp_implicit_tls),
     .fallback = "false",
     .help = "TLS from the first byte; always so on port 465."},
    IGNORED("resolve_timeout",
            "senders say themselves when an alert ends; see resolve.after_silence"),
    IGNORED("http_config", "proxies and client certificates of channels are not supported"),
};
SCHEMA_DEFINE_FOREIGN(schema_global, "global", global_fields);

/* --- global ------------------------------------------------------------------------------- */

const struct secret *alertmanager_either(const struct secret *a, const struct secret *b)
{
    return a ? a : b;
}

struct str alertmanager_slack_api(struct str app_url)
{
    struct str tail = STR("/chat.postMessage");
    if (app_url.n == 0) {
        return STR("https://slack.com/api");
    }
    return str_ends_with(app_url, tail) ? str_slice(app_url, 0, app_url.n - tail.n) : app_url;
}

static bool is_loopback(struct str smarthost)
{
    return str_starts_with(smarthost, STR("127.")) ||
           str_starts_with(smarthost, STR("localhost:")) ||
           str_starts_with(smarthost, STR("[::1]:"));
}

bool alertmanager_email(struct binder *b, const struct yaml_node *at, const struct email_config *c,
                        struct email_settings *ret)
{
    bool is_tls = c->implicit_tls || str_ends_with(c->smarthost, STR(":465"));
    *ret = (struct email_settings){.username = c->username,
                                   .password = alertmanager_either(c->password, c->password_file)};
    if (c->smarthost.n == 0 || c->from.n == 0) {
        bind_error(b, at, STR("add smtp_smarthost: and smtp_from: under global:"),
                   "mail needs a smarthost and a sender");
        return false;
    }
    if (!bind_sender(c->from, ret)) {
        bind_error(b, at, STR("write \"Name <user@example.org>\""), "\"%.*s\" is not an address",
                   STR_ARG(c->from));
        return false;
    }
    ret->server =
        str_printf(b->arena, "%s://%.*s", is_tls ? "smtps" : "smtp", STR_ARG(c->smarthost));
    ret->is_plaintext_allowed = !c->require_tls && !is_tls && is_loopback(c->smarthost);
    if (!c->require_tls && !is_tls && !is_loopback(c->smarthost)) {
        bind_warning(b, at, STR_EMPTY,
                     "mail without TLS is only sent to this machine: %.*s has to offer STARTTLS",
                     STR_ARG(c->smarthost));
    }
    return true;
}

static void fill_channels(struct binder *b, const struct yaml_node *at,
                          const struct alertmanager_global *g)
{
    struct channel_settings *channels = &b->settings->channels;
    const struct secret *url = alertmanager_either(g->slack_url, g->slack_url_file);
    const struct secret *token = alertmanager_either(g->slack_token, g->slack_token_file);
    const struct secret *bot = alertmanager_either(g->bot_token, g->bot_token_file);
    if (!channels->has_slack && (url || token)) {
        channels->has_slack = true;
        channels->slack =
            (struct slack_settings){.bot_token = token,
                                    .webhook_url = url,
                                    .api_url = alertmanager_slack_api(g->slack_app_url)};
    }
    if (!channels->has_telegram && bot) {
        channels->has_telegram = true;
        channels->telegram =
            (struct telegram_settings){.bot_token = bot, .api_url = g->telegram_url};
    }
    if (!channels->has_email && g->smtp_smarthost.n > 0 && g->smtp_from.n > 0) {
        struct email_config c = {.from = g->smtp_from,
                                 .smarthost = g->smtp_smarthost,
                                 .username = g->smtp_username,
                                 .password = g->smtp_password,
                                 .password_file = g->smtp_password_file,
                                 .require_tls = g->smtp_require_tls,
                                 .implicit_tls = g->smtp_implicit_tls};
        channels->has_email = alertmanager_email(b, at, &c, &channels->email);
    }
}

void bind_alertmanager_global(struct binder *b)
{
    const struct entry *section = &b->sections.global;
    struct alertmanager_global *global = ARENA_NEW(b->arena, struct alertmanager_global);
    *global = (struct alertmanager_global){.smtp_require_tls = true};
    b->global = global;
    if (section->node) {
        b->file = section->file;
        if (schema_bind(b, &schema_global, section->node, global)) {
            fill_channels(b, section->key, global);
        }
    }
}
