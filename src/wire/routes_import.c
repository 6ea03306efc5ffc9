/* An Alertmanager file in alertify's own words: routes_import of routes_file.h.
 *
 * What is our language already (route, time intervals, inhibit rules) is copied from the tree;
 * global and the receivers' blocks are written anew from the settings they became. */
#include "formats/yaml_tree.h"
#include "wire/routes_file.h"
#include "wire/target_text.h"

#include <ctype.h>
#include <string.h>

enum { IMPORT_MAX = 8 << 20 };

struct import {
    struct arena *arena;
    struct strbuf out, secrets; /* secrets: what has to be set, for the head of the file */
    const struct settings *settings;
    bool has_secret_urls;
};

/* --- YAML out ----------------------------------------------------------------------------- */

static void indent(struct import *im, int depth)
{
    for (int i = 0; i < depth; i++) {
        strbuf_add(&im->out, STR("  "));
    }
}

static bool is_plain_safe(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (!isalnum(c) && c != '_' && (i == 0 || (c != '-' && c != '.'))) {
            return false;
        }
    }
    return text.n > 0;
}

static void add_quoted(struct strbuf *out, struct str text)
{
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '"' || c == '\\') {
            strbuf_printf(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7f) {
            strbuf_printf(out, "\\x%02x", c);
        } else {
            strbuf_add_char(out, (char)c);
        }
    }
    strbuf_add_char(out, '"');
}

static void add_scalar(struct import *im, const struct yaml_node *node)
{
    if (node->tag.n > 0) {
        strbuf_printf(&im->out, "%.*s ", STR_ARG(node->tag));
    }
    if (node->is_plain && is_plain_safe(node->text)) {
        strbuf_add(&im->out, node->text);
    } else if (yaml_is_null(node)) {
        strbuf_add_char(&im->out, '~');
    } else {
        add_quoted(&im->out, node->text);
    }
}

/* Lists of scalars and all small things on one line, as people write them. */
static void add_flow(struct import *im, const struct yaml_node *node)
{
    switch (node->kind) {
    case YAML_SCALAR:
        add_scalar(im, node);
        return;
    case YAML_SEQ:
        strbuf_add_char(&im->out, '[');
        for (size_t i = 0; i < node->n; i++) {
            strbuf_add(&im->out, i ? STR(", ") : STR_EMPTY);
            add_flow(im, node->items[i]);
        }
        strbuf_add_char(&im->out, ']');
        return;
    case YAML_MAP:
        strbuf_add(&im->out, STR("{"));
        for (size_t i = 0; i < node->n; i++) {
            strbuf_add(&im->out, i ? STR(", ") : STR(" "));
            add_scalar(im, node->pairs[i].key);
            strbuf_add(&im->out, STR(": "));
            add_flow(im, node->pairs[i].value);
        }
        strbuf_add(&im->out, STR(" }"));
        return;
    case yaml_kind_COUNT:
        break;
    }
    UNREACHABLE("yaml kind");
}

static bool fits_line(const struct yaml_node *node)
{
    return node->n == 0 || node->height <= 1 || (node->height <= 2 && node->visits < 12);
}

static void add_block(struct import *im, const struct yaml_node *node, int depth);

static void add_value(struct import *im, const struct yaml_node *node, int depth)
{
    if (fits_line(node)) {
        strbuf_add_char(&im->out, ' ');
        add_flow(im, node);
        strbuf_add_char(&im->out, '\n');
    } else {
        strbuf_add_char(&im->out, '\n');
        add_block(im, node, depth);
    }
}

static void add_pairs(struct import *im, const struct yaml_node *map, int depth, bool is_item)
{
    for (size_t i = 0; i < map->n; i++) {
        if (i > 0 || !is_item) {
            indent(im, depth);
        }
        add_scalar(im, map->pairs[i].key);
        strbuf_add_char(&im->out, ':');
        add_value(im, map->pairs[i].value, depth + 1);
    }
}

static void add_block(struct import *im, const struct yaml_node *node, int depth)
{
    if (node->kind == YAML_MAP) {
        add_pairs(im, node, depth, false);
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml_node *item = node->items[i];
        indent(im, depth);
        strbuf_add(&im->out, STR("-"));
        if (item->kind == YAML_MAP && item->n > 0 && !fits_line(item)) {
            strbuf_add_char(&im->out, ' ');
            add_pairs(im, item, depth + 1, true);
        } else {
            add_value(im, item, depth + 1);
        }
    }
}

/* --- channels ----------------------------------------------------------------------------- */

/* `key: !env NAME`; NAME is the account and what the secret is. */
static void add_secret(struct import *im, const char *key, const struct secret *secret,
                       struct str account, const char *what, const char *before)
{
    if (!secret) {
        return;
    }
    struct str name =
        str_printf(im->arena, "%.*s%s%s", STR_ARG(account), account.n ? "_" : "", what);
    char *p = (char *)(uintptr_t)name.p;
    for (size_t i = 0; i < name.n; i++) {
        p[i] = isalnum((unsigned char)p[i]) ? (char)toupper((unsigned char)p[i]) : '_';
    }
    strbuf_printf(&im->out, "%s%s: !env %.*s", before, key, STR_ARG(name));
    strbuf_printf(&im->secrets, "#   %.*s\n", STR_ARG(name));
}

static void add_text(struct import *im, const char *key, struct str value, const char *usual)
{
    if (value.n > 0 && (!usual || !str_eq(value, str_from(usual)))) {
        strbuf_printf(&im->out, ", %s: ", key);
        add_quoted(&im->out, value);
    }
}

static void add_slack(struct import *im, const struct slack_settings *s, struct str account)
{
    strbuf_add(&im->out, STR("slack: { "));
    add_secret(im, "bot_token", s->bot_token, account, "SLACK_BOT_TOKEN", "");
    add_secret(im, "webhook_url", s->webhook_url, account, "SLACK_WEBHOOK_URL",
               s->bot_token ? ", " : "");
    add_text(im, "api_url", s->api_url, "https://slack.com/api");
    strbuf_add(&im->out, STR(" }"));
}

static void add_telegram(struct import *im, const struct telegram_settings *s, struct str account)
{
    strbuf_add(&im->out, STR("telegram: { "));
    add_secret(im, "bot_token", s->bot_token, account, "TELEGRAM_BOT_TOKEN", "");
    add_text(im, "api_url", s->api_url, "https://api.telegram.org");
    strbuf_add(&im->out, STR(" }"));
}

static void add_email(struct import *im, const struct email_settings *s, struct str account)
{
    struct str from = s->from_name.n ? str_printf(im->arena, "%.*s <%.*s>", STR_ARG(s->from_name),
                                                  STR_ARG(s->from_address))
                                     : s->from_address;
    strbuf_add(&im->out, STR("email: { server: "));
    add_quoted(&im->out, s->server);
    add_text(im, "from", from, NULL);
    add_text(im, "username", s->username, NULL);
    add_secret(im, "password", s->password, account, "SMTP_PASSWORD", ", ");
    strbuf_add(&im->out, s->is_plaintext_allowed ? STR(", tls: none }") : STR(" }"));
}

static void add_account(struct import *im, const struct channel_account *account)
{
    strbuf_add(&im->out, STR("    "));
    add_quoted(&im->out, account->name);
    strbuf_add(&im->out, STR(": { "));
    if (account->kind == CHANNEL_SLACK) {
        add_slack(im, &account->slack, account->name);
    } else if (account->kind == CHANNEL_TELEGRAM) {
        add_telegram(im, &account->telegram, account->name);
    } else {
        add_email(im, &account->email, account->name);
    }
    strbuf_add(&im->out, STR(" }\n"));
}

static void add_webhook(struct import *im, const struct webhook_settings *webhook)
{
    strbuf_add(&im->out, STR("    "));
    add_quoted(&im->out, webhook->name);
    strbuf_add(&im->out, STR(": { "));
    if (im->has_secret_urls) {
        add_secret(im, "url", webhook->url, webhook->name, "WEBHOOK_URL", "");
    } else {
        strbuf_add(&im->out, STR("url: "));
        add_quoted(&im->out, secret_reveal(webhook->url));
    }
    strbuf_add(&im->out, STR(" }\n"));
}

static void add_channels(struct import *im)
{
    const struct channel_settings *c = &im->settings->channels;
    if (!c->has_slack && !c->has_telegram && !c->has_email && !c->n_webhooks && !c->n_accounts) {
        return;
    }
    strbuf_add(&im->out, STR("channels:\n"));
    const char *ends[] = {"  ", "\n"};
    if (c->has_slack) {
        strbuf_add(&im->out, str_from(ends[0]));
        add_slack(im, &c->slack, STR_EMPTY);
        strbuf_add(&im->out, str_from(ends[1]));
    }
    if (c->has_telegram) {
        strbuf_add(&im->out, str_from(ends[0]));
        add_telegram(im, &c->telegram, STR_EMPTY);
        strbuf_add(&im->out, str_from(ends[1]));
    }
    if (c->has_email) {
        strbuf_add(&im->out, str_from(ends[0]));
        add_email(im, &c->email, STR_EMPTY);
        strbuf_add(&im->out, str_from(ends[1]));
    }
    strbuf_add(&im->out, c->n_webhooks ? STR("  webhooks:\n") : STR_EMPTY);
    for (size_t i = 0; i < c->n_webhooks; i++) {
        add_webhook(im, &c->webhooks[i]);
    }
    strbuf_add(&im->out, c->n_accounts ? STR("  accounts:\n") : STR_EMPTY);
    for (size_t i = 0; i < c->n_accounts; i++) {
        add_account(im, &c->accounts[i]);
    }
}

/* --- receivers ---------------------------------------------------------------------------- */

static void add_targets(struct import *im, const struct target *targets, size_t n)
{
    strbuf_add_char(&im->out, '[');
    for (size_t i = 0; i < n; i++) {
        strbuf_add(&im->out, i ? STR(", ") : STR_EMPTY);
        add_quoted(&im->out, target_format(im->arena, &targets[i]));
    }
    strbuf_add_char(&im->out, ']');
}

static bool has_blocks(const struct yaml_node *map)
{
    for (size_t i = 0; i < map->n; i++) {
        if (str_ends_with(map->pairs[i].key->text, STR("_configs"))) {
            return true;
        }
    }
    return false;
}

static void add_messages(struct import *im, const struct receiver *receiver)
{
    strbuf_add(&im->out, receiver->n_messages ? STR("    messages:\n") : STR_EMPTY);
    for (size_t i = 0; i < receiver->n_messages; i++) {
        const struct message_text *message = &receiver->messages[i];
        strbuf_printf(&im->out, "      %s: ", template_part_name(message->part));
        add_quoted(&im->out, message->text);
        strbuf_add_char(&im->out, '\n');
    }
}

static void add_receiver(struct import *im, const struct yaml_node *node,
                         const struct receiver *receiver)
{
    const struct plan *plan = &receiver->plan;
    if (node->kind != YAML_MAP || !has_blocks(node)) {
        strbuf_add(&im->out, STR("  - "));
        add_pairs(im, node, 2, true);
        return;
    }
    strbuf_add(&im->out, STR("  - name: "));
    add_quoted(&im->out, receiver->name);
    strbuf_add_char(&im->out, '\n');
    if (plan->n_steps == 0) {
        strbuf_add(&im->out,
                   STR("    # nobody is told: nothing in its blocks has a counterpart\n"));
        return;
    }
    strbuf_add(&im->out, STR("    notify: "));
    add_targets(im, plan->steps[0].targets, plan->steps[0].n_targets);
    strbuf_add_char(&im->out, '\n');
    if (receiver->n_quiet_ends == plan->steps[0].n_targets) {
        strbuf_add(&im->out, STR("    resolve: { notice: false }\n"));
    } else if (receiver->n_quiet_ends > 0) {
        strbuf_add(&im->out, STR("    resolve: { except: "));
        add_targets(im, receiver->quiet_ends, receiver->n_quiet_ends);
        strbuf_add(&im->out, STR(" }\n"));
    }
    add_messages(im, receiver);
}

static bool is_written_anew(struct str key)
{
    return str_eq(key, STR("global")) || str_eq(key, STR("channels")) ||
           str_eq(key, STR("receivers")) || str_eq(key, STR("tracing"));
}

struct str routes_import(struct arena *arena, const struct routes_source *file,
                         const struct settings *settings)
{
    struct import im = {.arena = arena, .settings = settings};
    const struct yaml_node *root, *receivers;
    struct strbuf whole;
    strbuf_init(&im.out, arena, IMPORT_MAX);
    strbuf_init(&im.secrets, arena, IMPORT_MAX);
    strbuf_init(&whole, arena, 2 * IMPORT_MAX);
    CHECK(yaml_parse(arena, file->name, file->text, &root, NULL) == OK); /* it became settings */
    im.has_secret_urls = str_contains(file->text, STR("url_file"));
    add_channels(&im);
    for (size_t i = 0; i < root->n; i++) {
        if (!is_written_anew(root->pairs[i].key->text)) {
            add_scalar(&im, root->pairs[i].key);
            strbuf_add_char(&im.out, ':');
            add_value(&im, root->pairs[i].value, 1);
        }
    }
    receivers = yaml_get(root, STR("receivers"));
    strbuf_add(&im.out, receivers ? STR("receivers:\n") : STR_EMPTY);
    for (size_t i = 0; receivers && i < receivers->n && i < settings->n_receivers; i++) {
        add_receiver(&im, receivers->items[i], &settings->receivers[i]);
    }
    strbuf_printf(&whole, "# From %.*s.\n", STR_ARG(file->name));
    if (im.secrets.n > 0) {
        strbuf_printf(&whole, "# Its secrets are to be set in the environment:\n%.*s",
                      STR_ARG(strbuf_str(&im.secrets)));
    }
    strbuf_add(&whole, strbuf_str(&im.out));
    return strbuf_str(&whole);
}
