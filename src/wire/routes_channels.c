/* `channels:` — through what messages leave. */
#include "wire/schema.h"
#include "wire/target_text.h"

struct email_draft {
    struct email_settings settings;
    struct str from, tls;
};

struct account_draft {
    const struct yaml_node *slack, *telegram, *email;
};

struct channels_draft {
    const struct yaml_node *slack, *telegram, *email, *console;
    struct entries webhooks, accounts;
    bool is_private_allowed;
};

static const struct field slack_fields[] = {
    {.key = "bot_token",
     .type = FIELD_SECRET,
     .offset = offsetof(struct slack_settings, bot_token),
     .help =
         "Token of the Slack app (xoxb-…): posts anywhere it is invited and edits its messages."},
    {.key = "webhook_url",
     .type = FIELD_SECRET,
     .offset = offsetof(struct slack_settings, webhook_url),
     .help = "Incoming webhook instead of a token: one fixed channel, messages cannot be edited."},
    {.key = "signing_secret",
     .type = FIELD_LATER,
     .help = "Proves that a pressed button comes from Slack."},
    {.key = "api_url",
     .type = FIELD_TEXT,
     .shape = "URL",
     .offset = offsetof(struct slack_settings, api_url),
     .fallback = "https://slack.com/api",
     .help = "Another address of Slack's API."},
};
static SCHEMA_DEFINE(schema_slack, "slack", slack_fields);

static const struct field telegram_fields[] = {
    {.key = "bot_token",
     .type = FIELD_SECRET,
     .offset = offsetof(struct telegram_settings, bot_token),
     .is_required = true,
     .help = "Token that BotFather gave."},
    {.key = "api_url",
     .type = FIELD_TEXT,
     .shape = "URL",
     .offset = offsetof(struct telegram_settings, api_url),
     .fallback = "https://api.telegram.org",
     .help = "Another address of Telegram's Bot API, for a proxy or an own server."},
};
static SCHEMA_DEFINE(schema_telegram, "telegram", telegram_fields);

static const struct field email_fields[] = {
    {.key = "server",
     .type = FIELD_TEXT,
     .shape = "smtp://host:port or smtps://host:port",
     .offset = offsetof(struct email_draft, settings.server),
     .is_required = true,
     .help = "Mail server; smtp:// uses STARTTLS and insists on it."},
    {.key = "username",
     .type = FIELD_TEXT,
     .offset = offsetof(struct email_draft, settings.username),
     .help = "Account at the mail server."},
    {.key = "password",
     .type = FIELD_SECRET,
     .offset = offsetof(struct email_draft, settings.password),
     .help = "Its password."},
    {.key = "from",
     .type = FIELD_TEXT,
     .shape = "address or \"Name <address>\"",
     .offset = offsetof(struct email_draft, from),
     .is_required = true,
     .help = "Sender of all mail."},
    {.key = "domain",
     .type = FIELD_TEXT,
     .offset = offsetof(struct email_draft, settings.domain),
     .help = "Right side of Message-IDs; default: the domain of `from`."},
    {.key = "ca_file",
     .type = FIELD_TEXT,
     .shape = "absolute path",
     .offset = offsetof(struct email_draft, settings.ca_file),
     .help = "Certificates to trust instead of the system's."},
    {.key = "tls",
     .type = FIELD_TEXT,
     .shape = "required or none",
     .offset = offsetof(struct email_draft, tls),
     .fallback = "required",
     .help = "none sends in clear text and is for a server on this machine only."},
};
static SCHEMA_DEFINE(schema_email, "email", email_fields);

static const struct field webhook_fields[] = {
    {.key = "url",
     .type = FIELD_SECRET_URL,
     .offset = offsetof(struct webhook_settings, url),
     .is_required = true,
     .help = "Where to POST; as !env or !file when it carries a token."},
    {.key = "signing",
     .type = FIELD_SECRETS,
     .offset = offsetof(struct webhook_settings, signing),
     .help = "Signs each request (Standard Webhooks 1.0, whsec_…)."},
    {.key = "ca_file",
     .type = FIELD_TEXT,
     .shape = "absolute path",
     .offset = offsetof(struct webhook_settings, ca_file),
     .help = "Certificates to trust instead of the system's."},
};
SCHEMA_DEFINE(schema_webhook, "webhook", webhook_fields);

static const struct field account_fields[] = {
    {.key = "slack",
     .type = FIELD_NODE,
     .offset = offsetof(struct account_draft, slack),
     .schema = &schema_slack,
     .help = "A Slack workspace or webhook."},
    {.key = "telegram",
     .type = FIELD_NODE,
     .offset = offsetof(struct account_draft, telegram),
     .schema = &schema_telegram,
     .help = "A Telegram bot."},
    {.key = "email",
     .type = FIELD_NODE,
     .offset = offsetof(struct account_draft, email),
     .schema = &schema_email,
     .help = "A mail server or sender."},
};
static SCHEMA_DEFINE(schema_account, "account", account_fields);

static const struct field channels_fields[] = {
    {.key = "console",
     .type = FIELD_NODE,
     .shape = "{}",
     .offset = offsetof(struct channels_draft, console),
     .help = "Writes messages to standard output; always there, for trying things out."},
    {.key = "slack",
     .type = FIELD_NODE,
     .offset = offsetof(struct channels_draft, slack),
     .schema = &schema_slack,
     .help = "Slack."},
    {.key = "telegram",
     .type = FIELD_NODE,
     .offset = offsetof(struct channels_draft, telegram),
     .schema = &schema_telegram,
     .help = "Telegram."},
    {.key = "email",
     .type = FIELD_NODE,
     .offset = offsetof(struct channels_draft, email),
     .schema = &schema_email,
     .help = "Mail over SMTP."},
    {.key = "webhooks",
     .type = FIELD_NAMED,
     .offset = offsetof(struct channels_draft, webhooks),
     .schema = &schema_webhook,
     .help = "Other systems, as targets webhook:NAME."},
    {.key = "accounts",
     .type = FIELD_NAMED,
     .offset = offsetof(struct channels_draft, accounts),
     .schema = &schema_account,
     .help = "More credentials for the same channels, as targets slack/NAME:#CHANNEL, "
             "telegram/NAME:CHAT, email/NAME:ADDRESS."},
    {.key = "allow_private_addresses",
     .type = FIELD_BOOL,
     .offset = offsetof(struct channels_draft, is_private_allowed),
     .fallback = "false",
     .help = "Messages may go to addresses inside the own network."},
};
SCHEMA_DEFINE(schema_channels, "channels", channels_fields);

static void check_url(struct binder *b, const struct yaml_node *map, const char *key,
                      struct str url)
{
    const struct yaml_node *node = yaml_get(map, str_from(key));
    if (node && !str_starts_with(url, STR("https://")) && !str_starts_with(url, STR("http://"))) {
        bind_error(b, node, STR("begin with https://"), "%s is not a web address", key);
    }
}

static void bind_slack(struct binder *b, const struct yaml_node *node, struct slack_settings *slack)
{
    if (!schema_bind(b, &schema_slack, node, slack)) {
        return;
    }
    check_url(b, node, "api_url", slack->api_url);
    if (!yaml_get(node, STR("bot_token")) && !yaml_get(node, STR("webhook_url"))) {
        bind_error(b, node, STR("add bot_token: !env SLACK_BOT_TOKEN"),
                   "slack needs \"bot_token\" or \"webhook_url\"");
    }
}

static void bind_telegram(struct binder *b, const struct yaml_node *node,
                          struct telegram_settings *telegram)
{
    if (schema_bind(b, &schema_telegram, node, telegram)) {
        check_url(b, node, "api_url", telegram->api_url);
    }
}

/* "Name <address>" or "address". */
bool bind_sender(struct str from, struct email_settings *ret)
{
    size_t open = str_find(from, '<', 0);
    struct str address = str_trim(from);
    ret->from_name = STR_EMPTY;
    if (open != SIZE_MAX) {
        struct str rest = str_trim(str_slice(from, open + 1, from.n));
        if (!str_ends_with(rest, STR(">"))) {
            return false;
        }
        address = str_slice(rest, 0, rest.n - 1);
        ret->from_name = str_trim(str_slice(from, 0, open));
    }
    size_t at = str_find(address, '@', 0);
    ret->from_address = address;
    if (ret->domain.n == 0) {
        ret->domain = str_slice(address, at == SIZE_MAX ? address.n : at + 1, address.n);
    }
    return at != SIZE_MAX && at > 0 && at + 1 < address.n && str_find(from, '\n', 0) == SIZE_MAX &&
           str_find(address, ' ', 0) == SIZE_MAX;
}

static void bind_email(struct binder *b, const struct yaml_node *node, struct email_settings *ret)
{
    struct email_draft draft = {0};
    if (!schema_bind(b, &schema_email, node, &draft)) {
        return;
    }
    const struct yaml_node *server = yaml_get(node, STR("server"));
    const struct yaml_node *from = yaml_get(node, STR("from"));
    const struct yaml_node *tls = yaml_get(node, STR("tls"));
    if (server && !str_starts_with(draft.settings.server, STR("smtp://")) &&
        !str_starts_with(draft.settings.server, STR("smtps://"))) {
        bind_error(b, server, STR("write smtp://HOST:587 or smtps://HOST:465"),
                   "server is not a mail server's address");
    }
    if (from && draft.from.n && !bind_sender(draft.from, &draft.settings)) {
        bind_error(b, from, STR("write \"Name <user@example.org>\""), "from is not an address");
    }
    draft.settings.is_plaintext_allowed = str_eq(draft.tls, STR("none"));
    if (tls && !draft.settings.is_plaintext_allowed && !str_eq(draft.tls, STR("required"))) {
        bind_error(b, tls, STR("write required or none"), "tls \"%.*s\" is unknown",
                   STR_ARG(draft.tls));
    }
    *ret = draft.settings;
}

static void bind_webhooks(struct binder *b, struct entries *entries)
{
    for (size_t i = 0; i < entries->n; i++) {
        const struct entry *entry = &entries->v[i];
        const struct yaml_node *url = yaml_get(entry->node, STR("url"));
        struct webhook_settings webhook = {0};
        (void)schema_bind(b, &schema_webhook, entry->node, &webhook);
        webhook.name = entry->name;
        if (url && webhook.url) {
            check_url(b, entry->node, "url", secret_reveal(webhook.url));
        }
        VEC_PUSH(b->arena, &b->webhooks, webhook);
    }
}

static void bind_account(struct binder *b, const struct entry *entry)
{
    struct account_draft draft = {0};
    struct channel_account account = {.name = entry->name};
    if (!schema_bind(b, &schema_account, entry->node, &draft)) {
        return;
    }
    if ((draft.slack != NULL) + (draft.telegram != NULL) + (draft.email != NULL) != 1) {
        bind_error(b, entry->key, STR("give each an account of its own"),
                   "an account is one of slack, telegram and email");
    } else if (!account_name_is_valid(entry->name)) {
        bind_error(b, entry->key, STR_EMPTY,
                   "an account's name has no spaces, \"/\", \":\", \">\"");
    } else if (draft.slack) {
        account.kind = CHANNEL_SLACK;
        bind_slack(b, draft.slack, &account.slack);
    } else if (draft.telegram) {
        account.kind = CHANNEL_TELEGRAM;
        bind_telegram(b, draft.telegram, &account.telegram);
    } else {
        account.kind = CHANNEL_EMAIL;
        bind_email(b, draft.email, &account.email);
    }
    VEC_PUSH(b->arena, &b->accounts, account);
}

void bind_accounts_done(struct binder *b)
{
    struct channel_settings *channels = &b->settings->channels;
    channels->webhooks = b->webhooks.v;
    channels->n_webhooks = b->webhooks.n;
    channels->accounts = b->accounts.v;
    channels->n_accounts = b->accounts.n;
}

void bind_channels(struct binder *b)
{
    const struct entry *section = &b->sections.channels;
    struct channel_settings *channels = &b->settings->channels;
    struct channels_draft draft = {0};
    if (!section->node) {
        return;
    }
    b->file = section->file;
    if (!schema_bind(b, &schema_channels, section->node, &draft)) {
        return;
    }
    channels->has_slack = draft.slack != NULL;
    channels->has_telegram = draft.telegram != NULL;
    channels->has_email = draft.email != NULL;
    channels->is_private_allowed = draft.is_private_allowed;
    if (draft.slack) {
        bind_slack(b, draft.slack, &channels->slack);
    }
    if (draft.telegram) {
        bind_telegram(b, draft.telegram, &channels->telegram);
    }
    if (draft.email) {
        bind_email(b, draft.email, &channels->email);
    }
    bind_webhooks(b, &draft.webhooks);
    for (size_t i = 0; i < draft.accounts.n; i++) {
        bind_account(b, &draft.accounts.v[i]);
    }
    bind_accounts_done(b);
}

bool bind_channel_is_ready(struct binder *b, enum channel_kind channel, const struct yaml_node *at)
{
    const struct channel_settings *channels = &b->settings->channels;
    bool is_ready = channel == CHANNEL_CONSOLE ||
                    (channel == CHANNEL_SLACK && channels->has_slack) ||
                    (channel == CHANNEL_TELEGRAM && channels->has_telegram) ||
                    (channel == CHANNEL_EMAIL && channels->has_email) ||
                    (channel == CHANNEL_WEBHOOK && channels->n_webhooks > 0);
    if (!is_ready) {
        const char *name = channel_kind_name(channel);
        bind_error(b, at,
                   str_printf(b->arena, "add channels: { %s%s: … }", name,
                              channel == CHANNEL_WEBHOOK ? "s" : ""),
                   "channel %s is not configured", name);
    }
    return is_ready;
}

bool bind_account_is_there(struct binder *b, enum channel_kind channel, struct str name,
                           const struct yaml_node *at)
{
    if (settings_account(&b->settings->channels, channel, name)) {
        return true;
    }
    bind_error(b, at, STR("define it under channels: accounts:"),
               "%s account \"%.*s\" does not exist", channel_kind_name(channel), STR_ARG(name));
    return false;
}
