#pragma once
/* settings_file — what one server process needs to know: `alertify serve --config FILE`.
 *
 * What is paged, how and to whom is not here but in the routing files. Secrets are references
 * (!file, !env). All problems are found in one go. `alertify help settings` prints the table.
 * Layer: app. Owner: the caller; immutable after reading. */
#include "app/settings_schema.h"

#include <sys/types.h>

enum { SECRET_KEY_BYTES_MIN = 32, LISTENERS_MAX = 16 };

struct tls_settings {
    struct str certificate, key, client_ca;
    bool is_client_required;
};

struct listen_settings {
    struct str address; /* as written */
    struct tls_settings tls;
    bool is_behind_proxy;
    struct yaml_problem place;
    /* from address */
    struct str host; /* empty: all addresses */
    uint16_t port;
    bool is_loopback;
};

struct database_settings {
    struct str conninfo;
    struct secret *password;
};

struct limit_settings {
    size_t body_max, buffer_max, max_connections, max_in_flight, max_in_flight_per_connection;
    int64_t header_us, body_us, idle_us, write_us;
    size_t ledger_max; /* bytes waiting for the ledger thread */
};

struct log_settings {
    unsigned level, format; /* enum log_level, enum log_format */
};

struct action_settings {
    bool is_enabled, is_own_allowed;
    struct str run_as;
    size_t max_concurrent, memory_max;
    /* from run_as */
    bool has_run_as;
    uid_t uid;
    gid_t gid;
};

struct dead_man_settings {
    struct secret *url; /* NULL: none */
    int64_t every_us, timeout_us;
    bool is_private_allowed;
};

struct process_settings {
    struct arena arena; /* owns everything below */
    struct database_settings database;
    struct setting_texts routes; /* files and folders */
    bool is_watching;            /* load them when they change */
    struct setting_list listen;  /* struct listen_settings */
    struct str external_url;
    struct setting_secrets secret_key;
    struct str replica_name;
    struct limit_settings limits;
    struct log_settings log;
    struct action_settings actions;
    struct dead_man_settings dead_man;
    struct str ca_bundle;
    int64_t drain_us;
};

/* Reads and checks everything. False: there are errors. Fill-in and problems are in the settings'
 * arena; call process_settings_free in any case. */
bool settings_file_read(const char *path, struct process_settings *, struct problems *);
/* The same from text; `name` is how problems call it, `folder` what relative paths are below. */
bool settings_text_read(struct str name, struct str folder, struct str text,
                        struct process_settings *, struct problems *);
/* The defaults, for a server that is set up without a file. */
void process_settings_default(struct process_settings *, struct problems *);
void process_settings_free(struct process_settings *);

const struct listen_settings *listen_settings_at(const struct process_settings *, size_t i);
/* Every listener is on loopback: only people of this machine reach us. */
bool is_loopback_only(const struct process_settings *);
/* "host:port", "[::1]:port", ":port". False if it is not that. */
bool listen_address_parse(struct arena *, struct listen_settings *);
/* A whole file, at most max bytes. */
MUST_CHECK enum status file_read(struct arena *, const char *path, size_t max, struct str *ret,
                                 struct err *);
/* The key table as commented YAML. */
void settings_file_describe(struct strbuf *out);
