#pragma once
/* schema — what keys a map of a routing file may have: one table drives reading, messages and docs.
 * Layer: wire, private to routes_*.c. */
#include "wire/binder.h"

/* How a value is read, and what stands at target + offset. */
#define FIELD_TYPES(X)                                                                             \
    X(FIELD_TEXT, "text")             /* struct str */                                             \
    X(FIELD_DURATION, "duration")     /* int64_t, microseconds */                                  \
    X(FIELD_BOOL, "true or false")    /* bool */                                                   \
    X(FIELD_COUNT, "number")          /* int */                                                    \
    X(FIELD_SECRET, "secret")         /* const struct secret * */                                  \
    X(FIELD_SECRET_URL, "URL")        /* const struct secret *, may be literal */                  \
    X(FIELD_SECRETS, "secret or two") /* struct secrets */                                         \
    X(FIELD_SECRET_OPEN, "secret")    /* the same, a literal is only warned of */                  \
    X(FIELD_SECRET_FILE, "path")      /* the same, from the file of that name */                   \
    X(FIELD_MAP, "map")               /* bound by .schema to what is at the offset */              \
    X(FIELD_NODE, "value")            /* const struct yaml_node *: read by code that follows */    \
    X(FIELD_ENTRY, "value")           /* struct entry: once in all files */                        \
    X(FIELD_NAMED, "map of names")    /* struct entries */                                         \
    X(FIELD_LISTED, "list of names")  /* struct entries; each item has `name` */                   \
    X(FIELD_LATER, "not supported yet")                                                            \
    X(FIELD_IGNORED, "no effect")
ENUM_DECLARE(field_type, FIELD_TYPES)

struct schema;

struct field {
    const char *key;
    enum field_type type;
    const char *shape; /* for docs, instead of the type's name: "en or ru" */
    size_t offset;
    const char *fallback; /* the default as one would write it; TEXT, DURATION, BOOL and COUNT take
                             it from here */
    bool is_required;
    int64_t min, max;            /* DURATION (microseconds) and COUNT; 0, 0: any */
    const struct schema *schema; /* of the map, or of each entry */
    const char *help;            /* one sentence */
};

struct schema {
    const char *name; /* "user": what one such map is */
    const struct field *fields;
    size_t n;
    bool is_foreign; /* Alertmanager's: what we do not know is only warned of */
};

#define SCHEMA_DEFINE(id, title, table)                                                            \
    const struct schema id = {title, table, sizeof(table) / sizeof((table)[0]), false}
#define SCHEMA_DEFINE_FOREIGN(id, title, table)                                                    \
    const struct schema id = {title, table, sizeof(table) / sizeof((table)[0]), true}

/* Reads the map into *target. Every problem is reported; what is wrong keeps its default. False
 * when the node is not even a map. */
bool schema_bind(struct binder *, const struct schema *, const struct yaml_node *, void *target);

extern const struct schema schema_top, schema_channels, schema_webhook, schema_source, schema_auth,
    schema_heartbeat, schema_user, schema_team, schema_schedule, schema_interval, schema_action,
    schema_receiver, schema_step, schema_route, schema_inhibit, schema_global, schema_slack_config,
    schema_telegram_config, schema_email_config, schema_webhook_config, schema_messages;
