/* Alertmanager's own blocks: `global:` and a receiver's `*_configs`, as channels and targets.
 *
 * An unmodified alertmanager.yml is a routing file. What has no counterpart here (templates in
 * addresses, HTTP options, other providers) is a warning at its line; nothing is dropped silently.
 * Credentials of a block become an account of its own, named after the receiver. */
#include "wire/schema.h"
#include "wire/target_text.h"

struct alertmanager_global {
    const struct secret *slack_url, *slack_url_file, *slack_token, *slack_token_file;
    const struct secret *bot_token, *bot_token_file;
    struct str slack_app_url, telegram_url;
    struct str smtp_from, smtp_smarthost, smtp_username;
    const struct secret *smtp_password, *smtp_password_file;
    bool smtp_require_tls, smtp_implicit_tls;
};

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

/* A template of Alertmanager's; with one of them the message is as Alertmanager's, else ours. */
#define TEMPLATE_FIELD(owner, name, what)                                                          \
    {                                                                                              \
        .key = #name, .type = FIELD_NODE, .shape = "template",                                     \
        .offset = offsetof(struct owner, name), .help = what ", as a template."                    \
    }

struct slack_config {
    const struct secret *api_url, *api_url_file, *token, *token_file;
    struct str channel, app_url;
    bool sends_resolved;
    const struct yaml_node *title, *title_link, *pretext, *text, *color, *fallback;
};

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

struct telegram_config {
    const struct secret *token, *token_file;
    struct str api_url, chat_id, thread, parse_mode;
    bool sends_resolved;
    const struct yaml_node *message;
};

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

struct email_config {
    struct str to, from, smarthost, username;
    const struct secret *password, *password_file;
    bool require_tls, implicit_tls, sends_resolved;
    const struct yaml_node *html, *text, *headers;
};

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

/* --- global ------------------------------------------------------------------------------- */

static const struct secret *either(const struct secret *a, const struct secret *b)
{
    return a ? a : b;
}

/* ".../chat.postMessage" → what precedes it. */
static struct str api_of(struct str app_url)
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

/* "mail.example.org:587" and the rest as one account; false after an error. */
static bool make_email(struct binder *b, const struct yaml_node *at, const struct email_config *c,
                       struct email_settings *ret)
{
    bool is_tls = c->implicit_tls || str_ends_with(c->smarthost, STR(":465"));
    *ret = (struct email_settings){.username = c->username,
                                   .password = either(c->password, c->password_file)};
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
    const struct secret *url = either(g->slack_url, g->slack_url_file);
    const struct secret *token = either(g->slack_token, g->slack_token_file);
    const struct secret *bot = either(g->bot_token, g->bot_token_file);
    if (!channels->has_slack && (url || token)) {
        channels->has_slack = true;
        channels->slack = (struct slack_settings){
            .bot_token = token, .webhook_url = url, .api_url = api_of(g->slack_app_url)};
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
        channels->has_email = make_email(b, at, &c, &channels->email);
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

/* --- receivers ---------------------------------------------------------------------------- */

/* One receiver's blocks on their way to a notify step. */
struct blocks {
    struct binder *b;
    struct str receiver;
    VEC(struct target) targets;
    VEC(struct target) quiet; /* those that are not told about the end */
    VEC(struct message_text) messages;
    int n_accounts;
};

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

/* --- what they say */

static void add_message(struct blocks *k, const struct yaml_node *at, enum template_part part,
                        struct str text)
{
    struct message_text own = {.part = part, .text = text, .where = bind_where(k->b, at)};
    for (size_t i = 0; i < k->messages.n; i++) {
        struct message_text *other = &k->messages.v[i];
        if (other->part != part) {
            continue;
        }
        if (!str_eq(other->text, text)) {
            bind_warning(k->b, at, STR("make it a receiver of its own, and continue: true"),
                         "a receiver has one text for all of a channel: this one has no effect");
        }
        return;
    }
    VEC_PUSH(k->b->arena, &k->messages, own);
}

/* The block's own template, or Alertmanager's usual one. That counts if there is any of its own, or
 * a file of templates defines the usual ones anew: else messages are ours. */
struct block_text {
    const struct yaml_node *own;
    enum template_part part;
    const char *usual;
};

static void add_texts(struct blocks *k, const struct yaml_node *at, const struct block_text *texts,
                      size_t n, const char *family)
{
    bool has_own = bind_is_defined(k->b, str_from(family));
    for (size_t i = 0; i < n; i++) {
        has_own |= texts[i].own && texts[i].own->kind == YAML_SCALAR;
    }
    for (size_t i = 0; i < n; i++) {
        const struct yaml_node *own = texts[i].own;
        if (own && own->kind != YAML_SCALAR) {
            bind_error(k->b, own, STR_EMPTY, "this must be a template");
        } else if (own) {
            add_message(k, own, texts[i].part, own->text);
        } else if (has_own) {
            struct str usual =
                str_printf(k->b->arena, "{{ template \"%s%s\" . }}", family, texts[i].usual);
            add_message(k, at, texts[i].part, usual);
        }
    }
}

static void add_slack_texts(struct blocks *k, const struct yaml_node *at,
                            const struct slack_config *c)
{
    const struct block_text texts[] = {{c->title, PART_SLACK_TITLE, "title"},
                                       {c->title_link, PART_SLACK_TITLE_LINK, "titlelink"},
                                       {c->pretext, PART_SLACK_PRETEXT, "pretext"},
                                       {c->text, PART_SLACK_BODY, "text"},
                                       {c->color, PART_SLACK_COLOR, "color"},
                                       {c->fallback, PART_SLACK_TEXT, "fallback"}};
    add_texts(k, at, texts, sizeof(texts) / sizeof(texts[0]), "slack.default.");
}

static void add_telegram_texts(struct blocks *k, const struct yaml_node *at,
                               const struct telegram_config *c)
{
    bool is_html = str_eq_nocase(c->parse_mode, STR("HTML"));
    const struct block_text text = {c->message, is_html ? PART_TELEGRAM : PART_TELEGRAM_PLAIN,
                                    "message"};
    if (!is_html && c->parse_mode.n > 0) {
        bind_warning(k->b, yaml_get(at, STR("parse_mode")), STR("write parse_mode: HTML"),
                     "messages in %.*s are sent as plain text", STR_ARG(c->parse_mode));
    }
    add_texts(k, at, &text, 1, "telegram.default.");
}

static const struct yaml_node *subject_of(struct blocks *k, const struct yaml_node *headers)
{
    const struct yaml_node *subject = NULL;
    if (headers && headers->kind != YAML_MAP) {
        bind_error(k->b, headers, STR_EMPTY, "headers must be a map");
        return NULL;
    }
    for (size_t i = 0; headers && i < headers->n; i++) {
        const struct yaml_pair *pair = &headers->pairs[i];
        if (str_eq_nocase(pair->key->text, STR("Subject"))) {
            subject = pair->value;
        } else {
            bind_warning(k->b, pair->key, STR_EMPTY, "header %.*s has no effect",
                         STR_ARG(pair->key->text));
        }
    }
    return subject;
}

static void add_email_texts(struct blocks *k, const struct yaml_node *at,
                            const struct email_config *c)
{
    const struct block_text html = {c->html, PART_EMAIL_HTML, "html"};
    const struct block_text subject = {subject_of(k, c->headers), PART_EMAIL_SUBJECT, "subject"};
    add_texts(k, at, &html, 1, "email.default.");
    add_texts(k, at, &subject, 1, "email.default.");
    if (c->text && c->text->kind == YAML_SCALAR && c->text->text.n > 0) {
        add_message(k, c->text, PART_EMAIL_TEXT, c->text->text);
    }
}

static void bind_slack_config(struct blocks *k, const struct yaml_node *node)
{
    struct slack_config c = {0};
    struct target target = {.kind = TARGET_SLACK, .account = STR_EMPTY};
    if (!schema_bind(k->b, &schema_slack_config, node, &c) || has_template(k->b, node, c.channel)) {
        return;
    }
    const struct secret *url = either(c.api_url, c.api_url_file);
    const struct secret *token = either(c.token, c.token_file);
    target.name = c.channel.n ? c.channel : STR("#webhook");
    if (url || token) {
        struct str app_url = c.app_url.n ? c.app_url : k->b->global->slack_app_url;
        struct channel_account account = {
            .kind = CHANNEL_SLACK,
            .slack = {.bot_token = token, .webhook_url = url, .api_url = api_of(app_url)}};
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
    const struct secret *token = either(c.token, c.token_file);
    target.name = c.thread.n
                      ? str_printf(k->b->arena, "%.*s:%.*s", STR_ARG(c.chat_id), STR_ARG(c.thread))
                      : c.chat_id;
    if (token || c.api_url.n > 0) {
        const struct alertmanager_global *g = k->b->global;
        struct channel_account account = {
            .kind = CHANNEL_TELEGRAM,
            .telegram = {.bot_token = either(token, either(g->bot_token, g->bot_token_file)),
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
        c.password = either(either(c.password, c.password_file),
                            either(g->smtp_password, g->smtp_password_file));
        if (!make_email(k->b, node, &c, &own.email)) {
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
    webhook.url = either(c.url, c.url_file);
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
