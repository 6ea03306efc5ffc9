/* Alertmanager's own blocks: a receiver's `*_configs`, as targets.
 *
 * An unmodified alertmanager.yml is a routing file. What has no counterpart here (templates in
 * addresses, HTTP options, other providers) is a warning at its line; nothing is dropped silently.
 * Credentials of a block become an account of its own, named after the receiver. */
#include "wire/routes_alertmanager.h"
#include "wire/target_text.h"

/* A template of Alertmanager's; with one of them the message is as Alertmanager's, else ours. */
#define TEMPLATE_FIELD(owner, name, what)                                                          \
    {                                                                                              \
        .key = #name, .type = FIELD_NODE, .shape = "template",                                     \
        .offset = offsetof(struct owner, name), .help = what ", as a template."                    \
    }

static const struct field slack_config_fields[] = {
    {.key = "api_url",
     .type = FIELD_SECRET_OPEN,
     .offset = offsetof(struct slack_config, api_url),
     .help = "Incoming webhook of this block; default: the global one."},
    {.key = "api_url_file",
     .type = FIELD_SECRET_FILE,
     .offset = offsetof(struct slack_config, api_url_file),
     .help = "The same, in a file."},
    {.key = "app_token",
     .type = FIELD_SECRET_OPEN,
     .offset = offsetof(struct slack_config, token),
     .help = "Token of a Slack app."},
    {.key = "app_token_file",
     .type = FIELD_SECRET_FILE,
     .offset = offsetof(struct slack_config, token_file),
     .help = "The same, in a file."},
    {.key = "app_url",
     .type = FIELD_TEXT,
     .shape = "URL",
     .offset = offsetof(struct slack_config, app_url),
     .help = "Address of chat.postMessage."},
    {.key = "channel",
     .type = FIELD_TEXT,
     .offset = offsetof(struct slack_config, channel),
     .help = "Where to post; an incoming webhook posts to its own channel."},
    TEMPLATE_FIELD(slack_config, title, "Its title"),
    TEMPLATE_FIELD(slack_config, title_link, "What the title leads to"),
    TEMPLATE_FIELD(slack_config, pretext, "What stands above it"),
    TEMPLATE_FIELD(slack_config, text, "What it says"),
    TEMPLATE_FIELD(slack_config, color, "Of the line beside it"),
    TEMPLATE_FIELD(slack_config, fallback, "The line that a lock screen shows"),
    {.key = "send_resolved",
     .type = FIELD_BOOL,
     .offset = offsetof(struct slack_config, sends_resolved),
     .fallback = "false",
     .help = "This place is told about the end, too."},
};
SCHEMA_DEFINE_FOREIGN(schema_slack_config, "slack_configs", slack_config_fields);

static const struct field telegram_config_fields[] = {
    {.key = "bot_token",
     .type = FIELD_SECRET_OPEN,
     .offset = offsetof(struct telegram_config, token),
     .help = "Bot of this block; default: the global one."},
    {.key = "bot_token_file",
     .type = FIELD_SECRET_FILE,
     .offset = offsetof(struct telegram_config, token_file),
     .help = "The same, in a file."},
    {.key = "api_url",
     .type = FIELD_TEXT,
     .shape = "URL",
     .offset = offsetof(struct telegram_config, api_url),
     .help = "Another address of Telegram's Bot API."},
    {.key = "chat_id",
     .type = FIELD_TEXT,
     .shape = "number",
     .offset = offsetof(struct telegram_config, chat_id),
     .help = "Where to post."},
    {.key = "message_thread_id",
     .type = FIELD_TEXT,
     .shape = "number",
     .offset = offsetof(struct telegram_config, thread),
     .help = "Topic of the chat."},
    {.key = "parse_mode",
     .type = FIELD_TEXT,
     .offset = offsetof(struct telegram_config, parse_mode),
     .fallback = "HTML",
     .help = "HTML; messages in another are sent as plain text."},
    TEMPLATE_FIELD(telegram_config, message, "What it says"),
    {.key = "send_resolved",
     .type = FIELD_BOOL,
     .offset = offsetof(struct telegram_config, sends_resolved),
     .fallback = "true",
     .help = "This place is told about the end, too."},
};
SCHEMA_DEFINE_FOREIGN(schema_telegram_config, "telegram_configs", telegram_config_fields);

static const struct field email_config_fields[] = {
    {.key = "to",
     .type = FIELD_TEXT,
     .shape = "addresses by commas",
     .offset = offsetof(struct email_config, to),
     .help = "Whom to write."},
    TEMPLATE_FIELD(email_config, html, "The part in HTML"),
    TEMPLATE_FIELD(email_config, text, "The part in plain text"),
    {.key = "headers",
     .type = FIELD_NODE,
     .shape = "map",
     .offset = offsetof(struct email_config, headers),
     .help = "Only the Subject, as a template."},
    {.key = "from",
     .type = FIELD_TEXT,
     .offset = offsetof(struct email_config, from),
     .help = "Sender; default: the global one."},
    {.key = "smarthost",
     .type = FIELD_TEXT,
     .shape = "host:port",
     .offset = offsetof(struct email_config, smarthost),
     .help = "Mail server; default: the global one."},
    {.key = "auth_username",
     .type = FIELD_TEXT,
     .offset = offsetof(struct email_config, username),
     .help = "Account at the mail server."},
    {.key = "auth_password",
     .type = FIELD_SECRET_OPEN,
     .offset = offsetof(struct email_config, password),
     .help = "Its password."},
    {.key = "auth_password_file",
     .type = FIELD_SECRET_FILE,
     .offset = offsetof(struct email_config, password_file),
     .help = "The same, in a file."},
    {.key = "require_tls",
     .type = FIELD_BOOL,
     .offset = offsetof(struct email_config, require_tls),
     .help = "Default: the global one."},
    {.key = "force_implicit_tls",
     .type = FIELD_BOOL,
     .offset = offsetof(struct email_config, implicit_tls),
     .help = "Default: the global one."},
    {.key = "send_resolved",
     .type = FIELD_BOOL,
     .offset = offsetof(struct email_config, sends_resolved),
     .fallback = "false",
     .help = "These are told about the end, too."},
};
SCHEMA_DEFINE_FOREIGN(schema_email_config, "email_configs", email_config_fields);

struct webhook_config {
    const struct secret *url, *url_file;
    bool sends_resolved;
};

static const struct field webhook_config_fields[] = {
    {.key = "url",
     .type = FIELD_SECRET_URL,
     .offset = offsetof(struct webhook_config, url),
     .help = "Where to POST alertify's payload (docs/webhook-payload.md)."},
    {.key = "url_file",
     .type = FIELD_SECRET_FILE,
     .offset = offsetof(struct webhook_config, url_file),
     .help = "The same, in a file."},
    {.key = "send_resolved",
     .type = FIELD_BOOL,
     .offset = offsetof(struct webhook_config, sends_resolved),
     .fallback = "true",
     .help = "It is told about the end, too."},
};
SCHEMA_DEFINE_FOREIGN(schema_webhook_config, "webhook_configs", webhook_config_fields);

/* --- receivers ---------------------------------------------------------------------------- */

static bool has_template(struct binder *b, const struct yaml_node *at, struct str text)
{
    if (!str_contains(text, STR("{{"))) {
        return false;
    }
    bind_warning(b, at, STR("write the place itself; nobody is told here until then"),
                 "templates in addresses are not supported: this block has no effect");
    return true;
}

static void add_block_target(struct blocks *k, const struct yaml_node *at, struct target target,
                             bool sends_resolved)
{
    struct target parsed;
    struct err err = ERR_INIT;
    if (target_parse(target_format(k->b->arena, &target), &parsed, &err) != OK) {
        bind_error(k->b, at, STR_EMPTY, "%s", err.detail);
        return;
    }
    VEC_PUSH(k->b->arena, &k->targets, parsed);
    if (!sends_resolved) {
        VEC_PUSH(k->b->arena, &k->quiet, parsed);
    }
}

/* A receiver's name may hold anything; an account's may not. */
static struct str account_name(struct blocks *k)
{
    struct str name = str_dup(k->b->arena, str_clip_utf8(k->receiver, 80));
    char *p = (char *)(uintptr_t)name.p;
    for (size_t i = 0; i < name.n; i++) {
        if (p[i] == '/' || p[i] == ':' || p[i] == '>' || p[i] == ' ') {
            p[i] = '_';
        }
    }
    return str_printf(k->b->arena, "%.*s.%d", STR_ARG(name), ++k->n_accounts);
}

static struct str add_account(struct blocks *k, struct channel_account account)
{
    account.name = account_name(k);
    VEC_PUSH(k->b->arena, &k->b->accounts, account);
    bind_accounts_done(k->b);
    return account.name;
}

static void bind_slack_config(struct blocks *k, const struct yaml_node *node)
{
    struct slack_config c = {0};
    struct target target = {.kind = TARGET_SLACK, .account = STR_EMPTY};
    if (!schema_bind(k->b, &schema_slack_config, node, &c) || has_template(k->b, node, c.channel)) {
        return;
    }
    const struct secret *url = alertmanager_either(c.api_url, c.api_url_file);
    const struct secret *token = alertmanager_either(c.token, c.token_file);
    target.name = c.channel.n ? c.channel : STR("#webhook");
    if (url || token) {
        struct str app_url = c.app_url.n ? c.app_url : k->b->global->slack_app_url;
        struct channel_account account = {.kind = CHANNEL_SLACK,
                                          .slack = {.bot_token = token,
                                                    .webhook_url = url,
                                                    .api_url = alertmanager_slack_api(app_url)}};
        target.account = add_account(k, account);
    } else if (!bind_channel_is_ready(k->b, CHANNEL_SLACK, node)) {
        return;
    }
    add_slack_texts(k, node, &c);
    add_block_target(k, node, target, c.sends_resolved);
}

static void bind_telegram_config(struct blocks *k, const struct yaml_node *node)
{
    struct telegram_config c = {0};
    struct target target = {.kind = TARGET_TELEGRAM, .account = STR_EMPTY};
    if (!schema_bind(k->b, &schema_telegram_config, node, &c) ||
        has_template(k->b, node, c.chat_id)) {
        return;
    }
    if (c.chat_id.n == 0) {
        bind_warning(k->b, node, STR("add chat_id:"), "no chat_id: this block has no effect");
        return;
    }
    const struct secret *token = alertmanager_either(c.token, c.token_file);
    target.name = c.thread.n
                      ? str_printf(k->b->arena, "%.*s:%.*s", STR_ARG(c.chat_id), STR_ARG(c.thread))
                      : c.chat_id;
    if (token || c.api_url.n > 0) {
        const struct alertmanager_global *g = k->b->global;
        struct channel_account account = {
            .kind = CHANNEL_TELEGRAM,
            .telegram = {.bot_token = alertmanager_either(
                             token, alertmanager_either(g->bot_token, g->bot_token_file)),
                         .api_url = c.api_url.n ? c.api_url : g->telegram_url}};
        target.account = add_account(k, account);
    } else if (!bind_channel_is_ready(k->b, CHANNEL_TELEGRAM, node)) {
        return;
    }
    add_telegram_texts(k, node, &c);
    add_block_target(k, node, target, c.sends_resolved);
}

/* "Name <address>" or "address". */
static struct str bare_address(struct str text)
{
    size_t open = str_find(text, '<', 0);
    struct str address = str_trim(text);
    if (open != SIZE_MAX && str_ends_with(address, STR(">"))) {
        address = str_slice(text, open + 1, text.n);
        address = str_slice(address, 0, str_find(address, '>', 0));
    }
    return str_trim(address);
}

static void bind_email_config(struct blocks *k, const struct yaml_node *node)
{
    const struct alertmanager_global *g = k->b->global;
    struct email_config c = {.require_tls = g->smtp_require_tls,
                             .implicit_tls = g->smtp_implicit_tls};
    struct str account = STR_EMPTY, rest;
    if (!schema_bind(k->b, &schema_email_config, node, &c) || has_template(k->b, node, c.to)) {
        return;
    }
    bool is_own = c.from.n || c.smarthost.n || c.username.n || c.password || c.password_file ||
                  yaml_get(node, STR("require_tls")) || yaml_get(node, STR("force_implicit_tls"));
    if (is_own) {
        struct channel_account own = {.kind = CHANNEL_EMAIL};
        c.from = c.from.n ? c.from : g->smtp_from;
        c.smarthost = c.smarthost.n ? c.smarthost : g->smtp_smarthost;
        c.username = c.username.n ? c.username : g->smtp_username;
        c.password =
            alertmanager_either(alertmanager_either(c.password, c.password_file),
                                alertmanager_either(g->smtp_password, g->smtp_password_file));
        if (!alertmanager_email(k->b, node, &c, &own.email)) {
            return;
        }
        account = add_account(k, own);
    } else if (!bind_channel_is_ready(k->b, CHANNEL_EMAIL, node)) {
        return;
    }
    add_email_texts(k, node, &c);
    for (rest = c.to; rest.p;) {
        struct str to = bare_address(str_cut(&rest, ','));
        struct target target = {.kind = TARGET_EMAIL, .account = account, .name = to};
        if (to.n > 0) {
            add_block_target(k, node, target, c.sends_resolved);
        }
    }
}

static void bind_webhook_config(struct blocks *k, const struct yaml_node *node)
{
    struct webhook_config c = {0};
    struct webhook_settings webhook = {0};
    if (!schema_bind(k->b, &schema_webhook_config, node, &c)) {
        return;
    }
    webhook.url = alertmanager_either(c.url, c.url_file);
    if (!webhook.url) {
        bind_error(k->b, node, STR("add url:"), "webhook_configs needs \"url\"");
        return;
    }
    if (!(k->b->told_once & 8)) {
        k->b->told_once |= 8;
        bool is_open = k->b->settings->channels.is_private_allowed;
        bind_warning(k->b, node,
                     is_open ? STR("see docs/webhook-payload.md")
                             : STR("see docs/webhook-payload.md; "
                                   "channels: { allow_private_addresses: true }"),
                     "webhooks get alertify's payload, not Alertmanager's%s",
                     is_open ? "" : ", and private addresses are refused");
    }
    webhook.name = account_name(k);
    VEC_PUSH(k->b->arena, &k->b->webhooks, webhook);
    bind_accounts_done(k->b);
    add_block_target(
        k, node,
        (struct target){.kind = TARGET_WEBHOOK, .account = STR_EMPTY, .name = webhook.name},
        c.sends_resolved);
}

static bool bind_blocks(struct blocks *k, const struct yaml_node *map, const char *key,
                        void (*bind)(struct blocks *, const struct yaml_node *))
{
    const struct yaml_node *list = yaml_get(map, str_from(key));
    if (!list) {
        return false;
    }
    if (list->kind != YAML_SEQ && !yaml_is_null(list)) {
        bind_error(k->b, list, STR_EMPTY, "%s must be a list", key);
        return true;
    }
    for (size_t i = 0; list->kind == YAML_SEQ && i < list->n; i++) {
        bind(k, list->items[i]);
    }
    return true;
}

bool bind_alertmanager_receiver(struct binder *b, const struct yaml_node *map,
                                struct receiver *receiver)
{
    struct blocks k = {.b = b, .receiver = receiver->name};
    bool is_any = bind_blocks(&k, map, "slack_configs", bind_slack_config);
    is_any |= bind_blocks(&k, map, "telegram_configs", bind_telegram_config);
    is_any |= bind_blocks(&k, map, "email_configs", bind_email_config);
    is_any |= bind_blocks(&k, map, "webhook_configs", bind_webhook_config);
    if (!is_any) {
        return false;
    }
    if (k.targets.n > TARGETS_MAX) {
        bind_error(b, map, STR_EMPTY, "a receiver tells at most %d places", TARGETS_MAX);
        k.targets.n = TARGETS_MAX;
    }
    if (k.targets.n > 0) {
        struct step *step = ARENA_NEW(b->arena, struct step);
        *step = (struct step){.kind = STEP_NOTIFY,
                              .where = receiver->where,
                              .action = STR_EMPTY,
                              .targets = k.targets.v,
                              .n_targets = k.targets.n};
        receiver->plan.steps = step;
        receiver->plan.n_steps = 1;
    }
    receiver->messages = k.messages.v;
    receiver->n_messages = k.messages.n;
    receiver->quiet_ends = k.quiet.v;
    receiver->n_quiet_ends = k.quiet.n;
    return true;
}
