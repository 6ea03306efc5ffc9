#pragma once
/* pg_rows — what a statement returned: columns by name, values by type, in binary format.
 *
 * Lives in the arena that was given to pg_exec; text and bytes are borrowed from it.
 * A missing column, another type than asked for, or a NULL where there is no way to say so is a bug
 * in the statement or its decoder: CHECK. Convention for types without a getter (jsonb, inet,
 * enums, numeric): the statement casts them, `detail::text as detail`.
 * Layer: adapters. Thread: the connection's.
 *
 *     int id = pg_column(&rows, "id"), due = pg_column(&rows, "due_at");
 *     for (size_t i = 0; i < rows.n; i++) {
 *         use(pg_i64(&rows, i, id), pg_at(&rows, i, due));
 *     }
 */
#include "adapters/pg_param.h"

struct pg_result; /* libpq's PGresult */

struct pg_rows {
    size_t n;        /* rows returned */
    size_t affected; /* rows inserted, updated, deleted by the outermost command; else as n */
    struct pg_result *result;
};

/* Index of the column. */
int pg_column(const struct pg_rows *, const char *name);

bool pg_is_null(const struct pg_rows *, size_t row, int column);
/* int8, int4 or int2; not NULL */
int64_t pg_i64(const struct pg_rows *, size_t row, int column);
/* int4 or int2; not NULL */
int32_t pg_i32(const struct pg_rows *, size_t row, int column);
bool pg_bool(const struct pg_rows *, size_t row, int column);        /* not NULL */
double pg_f64(const struct pg_rows *, size_t row, int column);       /* float8; not NULL */
struct uuid pg_uuid(const struct pg_rows *, size_t row, int column); /* not NULL */
int64_t pg_at(const struct pg_rows *, size_t row, int column);       /* NULL: AT_NONE */
struct str pg_str(const struct pg_rows *, size_t row, int column);   /* NULL: p == NULL */
struct str pg_bytes(const struct pg_rows *, size_t row, int column); /* NULL: p == NULL */
