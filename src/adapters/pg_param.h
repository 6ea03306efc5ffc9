#pragma once
/* pg_param — one argument of a statement, in PostgreSQL's binary format.
 *
 * Scalars are held inside the struct. Text and bytes are borrowed: they must live until pg_exec
 * returns. Arrays are built in the arena in one piece with one copy of each element, so a bytea[]
 * of some megabytes costs a memcpy and no escaping. Text must be UTF-8 without NUL: PostgreSQL
 * refuses anything else (ERR_INVALID).
 *
 * NULL: text and bytes with p == NULL, times equal to AT_NONE, and pg_null(). Fixed-width arrays
 * take `is_null`, one flag per element, or NULL for none.
 * Types without a function here (jsonb, inet, interval, enums) go as text and are cast in the
 * statement: $1::text::jsonb.
 * Layer: adapters. Pure. Any thread.
 *
 *     struct pg_param params[] = {pg_id(source), pg_binary_array(arena, bodies, n)};
 */
#include "base/time_units.h"
#include "base/uuid.h"

/* Type identifiers as fixed in PostgreSQL's catalogue. */
enum pg_type {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_INT8 = 20,
    PG_INT2 = 21,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_FLOAT8 = 701,
    PG_TIMESTAMPTZ = 1184,
    PG_UUID = 2950,
    PG_BOOL_ARRAY = 1000,
    PG_BYTEA_ARRAY = 1001,
    PG_INT4_ARRAY = 1007,
    PG_TEXT_ARRAY = 1009,
    PG_INT8_ARRAY = 1016,
    PG_FLOAT8_ARRAY = 1022,
    PG_TIMESTAMPTZ_ARRAY = 1185,
    PG_UUID_ARRAY = 2951,
};

/* PostgreSQL counts microseconds from 2000-01-01, we from 1970-01-01. */
#define PG_EPOCH_US INT64_C(946684800000000)

struct pg_param {
    enum pg_type type;
    int len;       /* bytes; -1: NULL */
    const char *p; /* NULL: the value is in `scalar` */
    char scalar[16];
};

struct pg_param pg_null(enum pg_type);
struct pg_param pg_int(int64_t);       /* int8 */
struct pg_param pg_int4(int32_t);      /* int4 */
struct pg_param pg_flag(bool);         /* bool */
struct pg_param pg_float(double);      /* float8 */
struct pg_param pg_time(int64_t at);   /* timestamptz */
struct pg_param pg_id(struct uuid);    /* uuid */
struct pg_param pg_text(struct str);   /* text */
struct pg_param pg_binary(struct str); /* bytea */

/* n may be 0 (an empty array). Aborts when the array exceeds 512 MiB: the caller bounds batches. */
struct pg_param pg_int_array(struct arena *, const int64_t *, size_t n, const bool *is_null);
struct pg_param pg_int4_array(struct arena *, const int32_t *, size_t n, const bool *is_null);
struct pg_param pg_flag_array(struct arena *, const bool *, size_t n, const bool *is_null);
struct pg_param pg_float_array(struct arena *, const double *, size_t n, const bool *is_null);
struct pg_param pg_id_array(struct arena *, const struct uuid *, size_t n, const bool *is_null);
struct pg_param pg_time_array(struct arena *, const int64_t *at, size_t n);
struct pg_param pg_text_array(struct arena *, const struct str *, size_t n);
struct pg_param pg_binary_array(struct arena *, const struct str *, size_t n);
