#pragma once
/* routes_alertmanager — what the files about Alertmanager's own blocks share: the blocks as they
 * are read, and one receiver on its way to a notify step. Layer: wire, private to
 * routes_alertmanager*.c. */
#include "wire/schema.h"

struct alertmanager_global {
    const struct secret *slack_url, *slack_url_file, *slack_token, *slack_token_file;
    const struct secret *bot_token, *bot_token_file;
    struct str slack_app_url, telegram_url;
    struct str smtp_from, smtp_smarthost, smtp_username;
    const struct secret *smtp_password, *smtp_password_file;
    bool smtp_require_tls, smtp_implicit_tls;
};

struct slack_config {
    const struct secret *api_url, *api_url_file, *token, *token_file;
    struct str channel, app_url;
    bool sends_resolved;
    const struct yaml_node *title, *title_link, *pretext, *text, *color, *fallback;
};

struct telegram_config {
    const struct secret *token, *token_file;
    struct str api_url, chat_id, thread, parse_mode;
    bool sends_resolved;
    const struct yaml_node *message;
};

struct email_config {
    struct str to, from, smarthost, username;
    const struct secret *password, *password_file;
    bool require_tls, implicit_tls, sends_resolved;
    const struct yaml_node *html, *text, *headers;
};

/* One receiver's blocks on their way to a notify step. */
struct blocks {
    struct binder *b;
    struct str receiver;
    VEC(struct target) targets;
    VEC(struct target) quiet; /* those that are not told about the end */
    VEC(struct message_text) messages;
    int n_accounts;
};

/* The first that is there. */
const struct secret *alertmanager_either(const struct secret *, const struct secret *);
/* "https://…/chat.postMessage" → the API's address; the usual one without any. */
struct str alertmanager_slack_api(struct str app_url);
/* "mail.example.org:587" and the rest as one account; false after an error. */
bool alertmanager_email(struct binder *, const struct yaml_node *at, const struct email_config *,
                        struct email_settings *ret);

/* What the messages of a block say; in routes_alertmanager_texts.c. */
void add_slack_texts(struct blocks *, const struct yaml_node *at, const struct slack_config *);
void add_telegram_texts(struct blocks *, const struct yaml_node *at,
                        const struct telegram_config *);
void add_email_texts(struct blocks *, const struct yaml_node *at, const struct email_config *);
