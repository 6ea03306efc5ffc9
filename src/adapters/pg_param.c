#include "adapters/pg_param.h"

#include <endian.h>
#include <string.h>

enum { ARRAY_HEADER = 20, ARRAY_MAX = 512 * 1024 * 1024 };

static char *put32(char *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, sizeof(v));
    return p + sizeof(v);
}

static char *put64(char *p, uint64_t v)
{
    v = htobe64(v);
    memcpy(p, &v, sizeof(v));
    return p + sizeof(v);
}

/* The wire form of a time. PostgreSQL reserves both ends of the range for ±infinity, and ours is
 * shifted: what does not fit is a bug. */
static uint64_t time_bits(int64_t at)
{
    CHECK(at > INT64_MIN + PG_EPOCH_US);
    return (uint64_t)(at - PG_EPOCH_US);
}

static uint64_t float_bits(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

struct pg_param pg_null(enum pg_type type)
{
    return (struct pg_param){.type = type, .len = -1};
}

static struct pg_param scalar64(enum pg_type type, uint64_t bits)
{
    struct pg_param param = {.type = type, .len = 8};
    put64(param.scalar, bits);
    return param;
}

struct pg_param pg_int(int64_t v)
{
    return scalar64(PG_INT8, (uint64_t)v);
}

struct pg_param pg_int4(int32_t v)
{
    struct pg_param param = {.type = PG_INT4, .len = 4};
    put32(param.scalar, (uint32_t)v);
    return param;
}

struct pg_param pg_flag(bool v)
{
    return (struct pg_param){.type = PG_BOOL, .len = 1, .scalar = {v ? 1 : 0}};
}

struct pg_param pg_float(double v)
{
    return scalar64(PG_FLOAT8, float_bits(v));
}

struct pg_param pg_time(int64_t at)
{
    return at == AT_NONE ? pg_null(PG_TIMESTAMPTZ) : scalar64(PG_TIMESTAMPTZ, time_bits(at));
}

struct pg_param pg_id(struct uuid v)
{
    struct pg_param param = {.type = PG_UUID, .len = 16};
    memcpy(param.scalar, v.b, sizeof(v.b));
    return param;
}

static struct pg_param borrowed(enum pg_type type, struct str s)
{
    if (!s.p) {
        return pg_null(type);
    }
    CHECK(s.n <= ARRAY_MAX);
    return (struct pg_param){.type = type, .len = (int)s.n, .p = s.p};
}

struct pg_param pg_text(struct str s)
{
    return borrowed(PG_TEXT, s);
}

struct pg_param pg_binary(struct str s)
{
    return borrowed(PG_BYTEA, s);
}

/* Header of a one-dimensional array: dimensions, has-null flag, element type, length, lower bound.
 * No element means no dimension: the header is then 12 bytes. */
static char *put_header(char *p, enum pg_type element, size_t n, bool has_null)
{
    p = put32(p, n > 0 ? 1 : 0);
    p = put32(p, has_null ? 1 : 0);
    p = put32(p, element);
    if (n > 0) {
        p = put32(p, (uint32_t)n);
        p = put32(p, 1);
    }
    return p;
}

static struct pg_param array_end(enum pg_type type, const char *begin, const char *end)
{
    return (struct pg_param){.type = type, .len = (int)(end - begin), .p = begin};
}

static bool any(const bool *flags, size_t n)
{
    return flags && n > 0 && memchr(flags, true, n) != NULL;
}

/* Copies element i into p (`width` bytes, already in wire order). */
typedef void (*put_element)(char *p, const void *v, size_t i);

static struct pg_param fixed_array(struct arena *arena, enum pg_type type, enum pg_type element,
                                   size_t width, const void *v, size_t n, const bool *is_null,
                                   put_element put)
{
    CHECK(n <= (ARRAY_MAX - ARRAY_HEADER) / (4 + width));
    char *begin = arena_alloc(arena, ARRAY_HEADER + n * (4 + width));
    char *p = put_header(begin, element, n, any(is_null, n));
    for (size_t i = 0; i < n; i++) {
        if (is_null && is_null[i]) {
            p = put32(p, UINT32_MAX);
            continue;
        }
        p = put32(p, (uint32_t)width);
        put(p, v, i);
        p += width;
    }
    return array_end(type, begin, p);
}

static void put_int(char *p, const void *v, size_t i)
{
    put64(p, (uint64_t)((const int64_t *)v)[i]);
}

static void put_int4(char *p, const void *v, size_t i)
{
    put32(p, (uint32_t)((const int32_t *)v)[i]);
}

static void put_flag(char *p, const void *v, size_t i)
{
    *p = ((const bool *)v)[i] ? 1 : 0;
}

static void put_float(char *p, const void *v, size_t i)
{
    put64(p, float_bits(((const double *)v)[i]));
}

static void put_id(char *p, const void *v, size_t i)
{
    memcpy(p, ((const struct uuid *)v)[i].b, 16);
}

static void put_time(char *p, const void *v, size_t i)
{
    put64(p, time_bits(((const int64_t *)v)[i]));
}

struct pg_param pg_int_array(struct arena *arena, const int64_t *v, size_t n, const bool *is_null)
{
    return fixed_array(arena, PG_INT8_ARRAY, PG_INT8, 8, v, n, is_null, put_int);
}

struct pg_param pg_int4_array(struct arena *arena, const int32_t *v, size_t n, const bool *is_null)
{
    return fixed_array(arena, PG_INT4_ARRAY, PG_INT4, 4, v, n, is_null, put_int4);
}

struct pg_param pg_flag_array(struct arena *arena, const bool *v, size_t n, const bool *is_null)
{
    return fixed_array(arena, PG_BOOL_ARRAY, PG_BOOL, 1, v, n, is_null, put_flag);
}

struct pg_param pg_float_array(struct arena *arena, const double *v, size_t n, const bool *is_null)
{
    return fixed_array(arena, PG_FLOAT8_ARRAY, PG_FLOAT8, 8, v, n, is_null, put_float);
}

struct pg_param pg_id_array(struct arena *arena, const struct uuid *v, size_t n,
                            const bool *is_null)
{
    return fixed_array(arena, PG_UUID_ARRAY, PG_UUID, 16, v, n, is_null, put_id);
}

struct pg_param pg_time_array(struct arena *arena, const int64_t *at, size_t n)
{
    bool *is_null = arena_array(arena, n, sizeof(*is_null));
    for (size_t i = 0; i < n; i++) {
        is_null[i] = at[i] == AT_NONE;
    }
    return fixed_array(arena, PG_TIMESTAMPTZ_ARRAY, PG_TIMESTAMPTZ, 8, at, n, is_null, put_time);
}

static struct pg_param variable_array(struct arena *arena, enum pg_type type, enum pg_type element,
                                      const struct str *v, size_t n)
{
    size_t size = ARRAY_HEADER;
    bool has_null = false;
    for (size_t i = 0; i < n; i++) {
        CHECK(v[i].n <= ARRAY_MAX && size <= ARRAY_MAX);
        size += 4 + v[i].n;
        has_null |= v[i].p == NULL;
    }
    CHECK(size <= ARRAY_MAX);
    char *begin = arena_alloc(arena, size);
    char *p = put_header(begin, element, n, has_null);
    for (size_t i = 0; i < n; i++) {
        if (!v[i].p) {
            p = put32(p, UINT32_MAX);
            continue;
        }
        p = put32(p, (uint32_t)v[i].n);
        memcpy(p, v[i].p, v[i].n);
        p += v[i].n;
    }
    return array_end(type, begin, p);
}

struct pg_param pg_text_array(struct arena *arena, const struct str *v, size_t n)
{
    return variable_array(arena, PG_TEXT_ARRAY, PG_TEXT, v, n);
}

struct pg_param pg_binary_array(struct arena *arena, const struct str *v, size_t n)
{
    return variable_array(arena, PG_BYTEA_ARRAY, PG_BYTEA, v, n);
}
