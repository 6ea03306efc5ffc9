#pragma once
/* settings — what the routing files say about the world around: sources, channels, actions.
 *
 * Plain data with secrets as `struct secret` (no text form). Filled by wire/routes_file.
 * Layer: domain. Immutable, part of a configuration snapshot. */
#include "base/secret.h"
#include "base/time_units.h"
#include "domain/directory.h"
#include "domain/heartbeat.h"
#include "domain/inhibit.h"
#include "domain/route.h"

#define SOURCE_TYPES(X)                                                                            \
    X(SOURCE_ALERTMANAGER, "alertmanager")                                                         \
    X(SOURCE_GRAFANA, "grafana")
ENUM_DECLARE(source_type, SOURCE_TYPES)

enum { SECRETS_MAX = 2 }; /* current and next, during a rotation */

struct secrets {
    const struct secret *v[SECRETS_MAX];
    size_t n;
};

/* Who may post, and how they prove it. At least one way is set; any of them is enough. */
struct source {
    struct str name;
    struct str where;
    enum source_type type;
    struct secrets bearer;
    struct str basic_user;
    struct secrets basic_password;
    struct secrets hmac;         /* Grafana: HMAC-SHA256 of "<timestamp>:" body */
    struct str hmac_header;      /* default x-grafana-alerting-signature (lower case) */
    struct str timestamp_header; /* required with hmac (lower case) */
    struct str client_subject;   /* mTLS: subject CN */
    bool is_open;                /* auth: none, allowed on loopback listeners only */
};

struct message_templates;

struct slack_settings {
    const struct secret *bot_token;   /* xoxb-…: messages can be edited */
    const struct secret *webhook_url; /* incoming webhook: fire and forget */
    struct str api_url;               /* default https://slack.com/api */
};

struct telegram_settings {
    const struct secret *bot_token;
    struct str api_url; /* default https://api.telegram.org */
};

struct email_settings {
    struct str server; /* smtp://host:port (STARTTLS required) or smtps://host:port */
    struct str username;
    const struct secret *password;
    struct str from_name, from_address;
    struct str domain; /* right side of Message-IDs; default: the domain of from_address */
    struct str ca_file;
    bool is_plaintext_allowed; /* tls: none; only towards loopback */
};

/* A generic webhook, "webhook:name". Signed as Standard Webhooks 1.0 (v1). */
struct webhook_settings {
    struct str name;
    const struct secret *url;
    struct secrets signing; /* whsec_…; one signature each */
    struct str ca_file;
};

/* Another Slack workspace, bot or mail server beside the usual one: "slack/NAME:#channel". */
struct channel_account {
    struct str name;
    enum channel_kind kind; /* which of the following counts */
    struct slack_settings slack;
    struct telegram_settings telegram;
    struct email_settings email;
};

struct channel_settings {
    bool has_slack, has_telegram, has_email;
    struct slack_settings slack;
    struct telegram_settings telegram;
    struct email_settings email;
    const struct webhook_settings *webhooks;
    size_t n_webhooks;
    const struct channel_account *accounts;
    size_t n_accounts;
    bool is_private_allowed; /* destinations may be on private addresses */
    /* What messages say (channels/message_templates.h); NULL: what is built in. */
    const struct message_templates *templates;
};

#define PARAMETER_SOURCES(X)                                                                       \
    X(PARAMETER_LABEL, "label")                                                                    \
    X(PARAMETER_VALUE, "value")                                                                    \
    X(PARAMETER_CALLER, "caller")
ENUM_DECLARE(parameter_source, PARAMETER_SOURCES)

/* One argument of a script. Its value must match `pattern` as a whole and never starts with '-'. */
struct parameter {
    struct str name;
    enum parameter_source from; /* a label of the alert, a fixed value, or the API caller */
    struct str value;           /* label name, or the value */
    struct str pattern_text;
    const struct pattern *pattern;
};

struct action {
    struct str name;
    struct str where;
    struct str file;                    /* absolute */
    const struct parameter *parameters; /* argv order */
    size_t n_parameters;
    int64_t timeout_us;
};

/* A whole configuration: loaded, validated and swapped as one. */
struct settings {
    struct str external_url; /* no trailing slash */
    const struct source *sources;
    size_t n_sources;
    const struct heartbeat *heartbeats; /* in the order of the files */
    size_t n_heartbeats;
    bool has_fed_heartbeats; /* some take alerts as beats */
    struct channel_settings channels;
    struct directory directory;
    const struct interval *intervals; /* time_intervals: in the order of the files */
    size_t n_intervals;
    const struct zone *zone; /* `timezone:`; UTC without one */
    const struct action *actions;
    size_t n_actions;
    const struct receiver *receivers;
    size_t n_receivers;
    struct route root;
    const struct inhibit_rule *inhibit_rules;
    size_t n_inhibit_rules;
    bool has_timed_routes;            /* some route has mute or active intervals */
    bool has_mutes;                   /* that, or there are inhibit rules */
    const struct receiver *catch_all; /* NULL: none */
};

/* Whether the named time interval holds then; one that is not there never does. */
bool settings_is_during(const struct settings *, struct str interval, int64_t at);
const struct source *settings_source(const struct settings *, struct str name);
const struct heartbeat *settings_heartbeat(const struct settings *, struct str name);
/* The heartbeat that an alert with these labels is a beat of; NULL: none. */
const struct heartbeat *settings_fed_heartbeat(const struct settings *, struct labels);
const struct receiver *settings_receiver(const struct settings *, struct str name);
/* Whether the receiver of that name keeps quiet there about the end; one that is gone does not. */
bool settings_spares_end(const struct settings *, struct str receiver, const struct contact *);
const struct interval *settings_interval(const struct settings *, struct str name);
const struct action *settings_action(const struct settings *, struct str name);
/* NULL: none of that kind and name. */
const struct channel_account *settings_account(const struct channel_settings *, enum channel_kind,
                                               struct str name);
/* The settings that a contact's address asks for, with the address as the channel knows it: splits
 * "NAME>ADDRESS" (domain/directory.h). False: there is no such account any more. */
bool settings_for_contact(const struct channel_settings *, const struct contact *,
                          struct channel_settings *ret, struct str *ret_address);
const struct webhook_settings *settings_webhook(const struct channel_settings *, struct str name);
