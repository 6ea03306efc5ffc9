#pragma once
/* pg_migrate — brings the database's schema to what this binary knows. Forward only.
 *
 * Migrations are files NNNN_what.sql, numbered from 1 without gaps, in the catalogue's order. Each
 * runs as one script in one transaction together with its row in alertify.schema_version (version,
 * name, BLAKE2b checksum, serves_from, applied_at), under a database-wide advisory lock, with a
 * lock_timeout of 1 s and retries, so that a long reader delays a migration and not everybody
 * behind it. No CREATE INDEX CONCURRENTLY: it cannot run in a transaction.
 *
 * Rolling upgrades: a migration that only adds (older binaries can go on) says so in a header line
 *     -- serves-from 0007
 * meaning: a binary whose newest migration is 0007 or later may serve on this schema. Without the
 * line only binaries that know the migration itself may.
 * Layer: adapters. Called before the database threads start. Does not log.
 */
#include "adapters/pg_conn.h"

extern const struct embedded_file migration_catalogue[]; /* by name, ended by name == NULL */

struct pg_migrate_result {
    int from, to; /* versions before and after; 0: empty database */
};

/* Applies what is missing, over a connection of its own (statement timeout 10 min). Waits up to two
 * minutes for another instance that is migrating.
 * ERR_CONFLICT: an applied migration's file was changed since, the numbering has a hole, or the
 * database belongs to a newer alertify. ERR_INVALID: the catalogue itself breaks the rules.
 * ERR_UNAVAILABLE, ERR_TIMEOUT: try again; finished migrations stay. Running it twice is harmless,
 * so after ERR_UNKNOWN_OUTCOME too. */
MUST_CHECK enum status pg_migrate(const struct pg_settings *,
                                  const struct embedded_file *migrations,
                                  struct pg_migrate_result *ret, struct err *);

/* Number of the newest one. */
int pg_schema_known(const struct embedded_file *migrations);

#define PG_SCHEMAS(X)                                                                              \
    X(PG_SCHEMA_OK, "ok")                                                                          \
    X(PG_SCHEMA_TOO_OLD, "too_old")                   /* pg_migrate has work; do not serve */      \
    X(PG_SCHEMA_NEWER_COMPATIBLE, "newer_compatible") /* serve; do not migrate */                  \
    X(PG_SCHEMA_TOO_NEW, "too_new")                   /* update alertify; do not serve */
ENUM_DECLARE(pg_schema, PG_SCHEMAS)

/* Compares without writing; needs only SELECT. ERR_CONFLICT, ERR_INVALID as for pg_migrate. */
MUST_CHECK enum status pg_schema_check(struct pg *, const struct embedded_file *migrations,
                                       enum pg_schema *ret, struct err *);
