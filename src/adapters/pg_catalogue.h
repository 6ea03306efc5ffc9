#pragma once
/* pg_catalogue — the statements a connection may run, and what the server's SQLSTATEs mean to us;
 * private to pg_conn.c. The format of a statement file is described in pg_conn.h.
 * Layer: adapters. Thread: the connection's. */
#include "adapters/pg_conn.h"

extern const struct embedded_file sql_catalogue[]; /* by name, ended by name == NULL */

struct pg_statement {
    const char *name; /* the file's, without ".sql" */
    const char *text;
    bool is_read, is_script;
    bool is_prepared; /* on the present connection */
    bool is_typed;    /* `types` holds what the first call passed */
    size_t n_params;
    unsigned types[PG_PARAMS_MAX]; /* Oid */
};

struct pg_catalogue {
    struct pg_statement *v;
    size_t n;
};

/* sql_catalogue and then `more` (NULL: nothing). Texts are borrowed. */
void pg_catalogue_load(struct pg_catalogue *, struct arena *, const struct embedded_file *more);
/* Aborts when there is none. */
struct pg_statement *pg_catalogue_find(const struct pg_catalogue *, const char *name);

struct pg_meaning {
    enum status code;
    bool is_retryable; /* the same transaction may succeed when tried again */
    bool closes;       /* the session is of no further use */
};

/* Of an error reply: its SQLSTATE (NULL: none) and the server's function that raised it (or NULL).
 */
struct pg_meaning pg_meaning(const char *sqlstate, const char *function);
