#include "adapters/pg_rows.h"

#include <endian.h>
#include <libpq-fe.h>
#include <string.h>

enum { TYPE_NAME = 19, TYPE_BPCHAR = 1042, TYPE_VARCHAR = 1043 };

int pg_column(const struct pg_rows *rows, const char *name)
{
    int column = PQfnumber(rows->result, name);
    CHECK(column >= 0);
    return column;
}

bool pg_is_null(const struct pg_rows *rows, size_t row, int column)
{
    CHECK(row < rows->n && column >= 0 && column < PQnfields(rows->result));
    return PQgetisnull(rows->result, (int)row, column) == 1;
}

static unsigned type_of(const struct pg_rows *rows, int column)
{
    return PQftype(rows->result, column);
}

/* The bytes of a value that must be there and have that width. */
static const char *fixed(const struct pg_rows *rows, size_t row, int column, int width)
{
    CHECK(!pg_is_null(rows, row, column));
    CHECK(PQgetlength(rows->result, (int)row, column) == width);
    return PQgetvalue(rows->result, (int)row, column);
}

static uint64_t fixed64(const struct pg_rows *rows, size_t row, int column)
{
    uint64_t bits;
    memcpy(&bits, fixed(rows, row, column, sizeof(bits)), sizeof(bits));
    return be64toh(bits);
}

int32_t pg_i32(const struct pg_rows *rows, size_t row, int column)
{
    if (type_of(rows, column) == PG_INT2) {
        uint16_t bits;
        memcpy(&bits, fixed(rows, row, column, sizeof(bits)), sizeof(bits));
        return (int16_t)be16toh(bits);
    }
    CHECK(type_of(rows, column) == PG_INT4);
    uint32_t bits;
    memcpy(&bits, fixed(rows, row, column, sizeof(bits)), sizeof(bits));
    return (int32_t)be32toh(bits);
}

int64_t pg_i64(const struct pg_rows *rows, size_t row, int column)
{
    if (type_of(rows, column) == PG_INT8) {
        return (int64_t)fixed64(rows, row, column);
    }
    return pg_i32(rows, row, column);
}

bool pg_bool(const struct pg_rows *rows, size_t row, int column)
{
    CHECK(type_of(rows, column) == PG_BOOL);
    return *fixed(rows, row, column, 1) != 0;
}

double pg_f64(const struct pg_rows *rows, size_t row, int column)
{
    CHECK(type_of(rows, column) == PG_FLOAT8);
    uint64_t bits = fixed64(rows, row, column);
    double v;
    memcpy(&v, &bits, sizeof(v));
    return v;
}

struct uuid pg_uuid(const struct pg_rows *rows, size_t row, int column)
{
    CHECK(type_of(rows, column) == PG_UUID);
    struct uuid id;
    memcpy(id.b, fixed(rows, row, column, sizeof(id.b)), sizeof(id.b));
    return id;
}

int64_t pg_at(const struct pg_rows *rows, size_t row, int column)
{
    CHECK(type_of(rows, column) == PG_TIMESTAMPTZ);
    if (pg_is_null(rows, row, column)) {
        return AT_NONE;
    }
    int64_t since_2000 = (int64_t)fixed64(rows, row, column);
    /* 'infinity' has no equal here; a column that may hold it needs a CHECK constraint. */
    CHECK(since_2000 != INT64_MIN && since_2000 < INT64_MAX - PG_EPOCH_US);
    return since_2000 + PG_EPOCH_US;
}

static struct str bytes_at(const struct pg_rows *rows, size_t row, int column)
{
    if (pg_is_null(rows, row, column)) {
        return (struct str){NULL, 0};
    }
    return (struct str){PQgetvalue(rows->result, (int)row, column),
                        (size_t)PQgetlength(rows->result, (int)row, column)};
}

struct str pg_str(const struct pg_rows *rows, size_t row, int column)
{
    unsigned type = type_of(rows, column);
    CHECK(type == PG_TEXT || type == TYPE_VARCHAR || type == TYPE_NAME || type == TYPE_BPCHAR);
    return bytes_at(rows, row, column);
}

struct str pg_bytes(const struct pg_rows *rows, size_t row, int column)
{
    CHECK(type_of(rows, column) == PG_BYTEA);
    return bytes_at(rows, row, column);
}
