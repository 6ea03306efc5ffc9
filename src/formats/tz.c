#include "formats/tz.h"

#include "base/time_units.h"
#include "formats/tz_rule.h"

#include <string.h>

enum {
    HEADER_BYTES = 44,
    TYPE_BYTES = 6,
    TYPES_MAX = 256,
    OFFSET_MIN = -25 * 3600 + 1, /* RFC 8536, 3.2 */
    OFFSET_MAX = 26 * 3600 - 1,
    DAY_S = 86400,
    REACH_S = 27 * 3600, /* no instant is further from its wall time read as UTC */
};

struct tz_type {
    int32_t offset;
    bool is_dst;
    const char *abbrev;
};

struct tz {
    const int64_t *changes;     /* seconds, ascending */
    const uint8_t *change_type; /* in force from then on */
    size_t n_changes;
    const struct tz_type *types; /* [0] before the first change */
    size_t n_types;
    bool has_rule;
    struct tz_rule rule; /* after the last change */
};

/* --- reading -------------------------------------------------------------------------------- */

struct counts {
    size_t isut, isstd, leap, time, type, chars;
};

struct reader {
    struct arena *arena;
    struct str rest;
    struct err *err;
};

static enum status bad(struct reader *r, const char *what)
{
    return err_set(r->err, ERR_SYNTAX, "not a time zone file: %s", what);
}

static uint64_t be(const char *p, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value = value << 8 | (unsigned char)p[i];
    }
    return value;
}

static enum status read_header(struct reader *r, int *ret_version, struct counts *c)
{
    if (r->rest.n < HEADER_BYTES || memcmp(r->rest.p, "TZif", 4) != 0) {
        return bad(r, "no TZif header");
    }
    const char *p = r->rest.p;
    *ret_version = p[4] == '\0' ? 1 : p[4] - '0';
    *c = (struct counts){.isut = be(p + 20, 4),
                         .isstd = be(p + 24, 4),
                         .leap = be(p + 28, 4),
                         .time = be(p + 32, 4),
                         .type = be(p + 36, 4),
                         .chars = be(p + 40, 4)};
    r->rest = str_slice(r->rest, HEADER_BYTES, r->rest.n);
    const size_t all[] = {c->isut, c->isstd, c->leap, c->time, c->type, c->chars};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i] > TZ_BYTES_MAX) {
            return bad(r, "a count is larger than the file");
        }
    }
    return OK;
}

static size_t block_bytes(const struct counts *c, size_t time_bytes)
{
    return c->time * (time_bytes + 1) + c->type * TYPE_BYTES + c->chars +
           c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

static enum status read_changes(struct reader *r, const char *p, const struct counts *c,
                                size_t time_bytes, struct tz *zone)
{
    int64_t *changes = ARENA_ARRAY(r->arena, int64_t, c->time);
    uint8_t *types = ARENA_ARRAY(r->arena, uint8_t, c->time);
    for (size_t i = 0; i < c->time; i++) {
        uint64_t bits = be(p + i * time_bytes, time_bytes);
        changes[i] = time_bytes == 4 ? (int32_t)(uint32_t)bits : (int64_t)bits;
        types[i] = (uint8_t)p[c->time * time_bytes + i];
        if (i > 0 && changes[i] <= changes[i - 1]) {
            return bad(r, "changes are not in order");
        }
        if (types[i] >= c->type) {
            return bad(r, "a change to a type that is not there");
        }
    }
    zone->changes = changes;
    zone->change_type = types;
    zone->n_changes = c->time;
    return OK;
}

static enum status read_types(struct reader *r, const char *p, const struct counts *c,
                              struct tz *zone)
{
    struct tz_type *types = ARENA_ARRAY(r->arena, struct tz_type, c->type);
    const char *names = arena_dup(r->arena, p + c->type * TYPE_BYTES, c->chars);
    for (size_t i = 0; i < c->type; i++, p += TYPE_BYTES) {
        int64_t offset = (int32_t)(uint32_t)be(p, 4);
        size_t name = (unsigned char)p[5];
        if (offset < OFFSET_MIN || offset > OFFSET_MAX) {
            return bad(r, "an offset of more than a day");
        }
        if ((unsigned char)p[4] > 1 || name >= c->chars || strlen(names + name) >= TZ_ABBREV_MAX) {
            return bad(r, "a type that makes no sense");
        }
        types[i] = (struct tz_type){(int32_t)offset, p[4] == 1, names + name};
    }
    zone->types = types;
    zone->n_types = c->type;
    return OK;
}

static enum status read_block(struct reader *r, const struct counts *c, size_t time_bytes,
                              struct tz *zone)
{
    size_t n = block_bytes(c, time_bytes);
    const char *p = r->rest.p;
    if (c->leap > 0) {
        return err_set(r->err, ERR_INVALID, "time zones with leap seconds are not supported");
    }
    if (n > r->rest.n) {
        return bad(r, "it is cut off");
    }
    if (c->type == 0 || c->type > TYPES_MAX || c->chars == 0) {
        return bad(r, "it has no types");
    }
    if (read_changes(r, p, c, time_bytes, zone) != OK ||
        read_types(r, p + c->time * (time_bytes + 1), c, zone) != OK) {
        return r->err->code;
    }
    r->rest = str_slice(r->rest, n, r->rest.n);
    return OK;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; an empty rule: nothing is known about the future. */
static enum status read_footer(struct reader *r, struct tz *zone)
{
    if (r->rest.n < 2 || r->rest.p[0] != '\n') {
        return bad(r, "no footer");
    }
    size_t end = str_find(r->rest, '\n', 1);
    if (end == SIZE_MAX) {
        return bad(r, "no end of the footer");
    }
    struct str text = str_slice(r->rest, 1, end);
    zone->has_rule = text.n > 0;
    return zone->has_rule ? tz_rule_parse(text, &zone->rule, r->err) : OK;
}

static enum status read_zone(struct reader *r, struct tz *zone)
{
    int version;
    struct counts c;
    if (read_header(r, &version, &c) != OK) {
        return r->err->code;
    }
    if (version == 1) {
        return read_block(r, &c, 4, zone);
    }
    if (version < 1 || version > 9) { /* RFC 8536: later versions stay readable as 3 */
        return bad(r, "a version that is not known");
    }
    size_t skip = block_bytes(&c, 4);
    if (skip > r->rest.n) {
        return bad(r, "it is cut off");
    }
    r->rest = str_slice(r->rest, skip, r->rest.n);
    if (read_header(r, &version, &c) != OK || read_block(r, &c, 8, zone) != OK) {
        return r->err->code;
    }
    return read_footer(r, zone);
}

enum status tz_parse(struct arena *arena, struct str bytes, const struct tz **ret, struct err *err)
{
    struct err unused = ERR_INIT;
    struct reader reader = {.arena = arena, .rest = bytes, .err = err ? err : &unused};
    if (bytes.n > TZ_BYTES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "a time zone file of more than %d bytes", TZ_BYTES_MAX);
    }
    struct tz *zone = ARENA_NEW(arena, struct tz);
    if (read_zone(&reader, zone) != OK) {
        return reader.err->code;
    }
    *ret = zone;
    return OK;
}

/* --- asking --------------------------------------------------------------------------------- */

static int64_t to_seconds(int64_t at)
{
    return at / US_PER_S - (at % US_PER_S < 0);
}

/* How many changes are at or before t. */
static size_t count_changes(const struct tz *z, int64_t t)
{
    size_t low = 0, high = z->n_changes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (z->changes[middle] <= t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct tz_type type_at(const struct tz *z, int64_t t)
{
    size_t n = count_changes(z, t);
    if (n == z->n_changes && z->has_rule) {
        bool is_summer = tz_rule_is_summer(&z->rule, t);
        const struct tz_phase *phase = is_summer ? &z->rule.summer : &z->rule.standard;
        return (struct tz_type){phase->offset, is_summer, phase->abbrev};
    }
    return z->types[n == 0 ? 0 : z->change_type[n - 1]];
}

static bool next_change(const struct tz *z, int64_t t, int64_t *ret)
{
    size_t n = count_changes(z, t);
    if (n < z->n_changes) {
        *ret = z->changes[n];
        return true;
    }
    return z->has_rule && tz_rule_next(&z->rule, t, ret);
}

int32_t tz_offset(const struct tz *z, int64_t at, bool *ret_is_dst, const char **ret_abbrev)
{
    int64_t t = to_seconds(at);
    struct tz_type type = type_at(z, t);
    if (ret_is_dst) {
        *ret_is_dst = type.is_dst;
    }
    if (ret_abbrev) {
        *ret_abbrev = type.abbrev;
    }
    return type.offset;
}

struct calendar_time tz_local(const struct tz *z, int64_t at)
{
    return calendar_from_at(at + tz_offset(z, at, NULL, NULL) * US_PER_S);
}

/* Between two changes the offset stands still: in each such stretch around the wall time there is
 * at most one instant that reads it. */
static int64_t find_instant(const struct tz *z, int64_t wall, enum tz_policy policy)
{
    int64_t begin = wall - REACH_S, end = begin, found = INT64_MIN, in_gap = INT64_MIN;
    int64_t offset = type_at(z, begin).offset;
    for (bool is_last = false; !is_last; begin = end) {
        is_last = !next_change(z, begin, &end) || end > wall + REACH_S;
        int64_t t = wall - offset;
        if (t >= begin && (is_last || t < end)) {
            found = t;
            if (policy == TZ_FIRST) {
                break;
            }
        }
        if (!is_last) {
            int64_t after = type_at(z, end).offset;
            if (end + offset <= wall && wall < end + after && in_gap == INT64_MIN) {
                in_gap = t;
            }
            offset = after;
        }
    }
    return found != INT64_MIN ? found : in_gap != INT64_MIN ? in_gap : wall - offset;
}

int64_t tz_at(const struct tz *z, const struct calendar_time *t, enum tz_policy policy)
{
    int64_t wall = calendar_to_at(t);
    int64_t seconds = to_seconds(wall);
    return find_instant(z, seconds, policy) * US_PER_S + (wall - seconds * US_PER_S);
}

int64_t tz_next_change(const struct tz *z, int64_t at)
{
    int64_t t;
    if (!next_change(z, to_seconds(at), &t) || t > INT64_MAX / US_PER_S) {
        return AT_NONE;
    }
    return t < INT64_MIN / US_PER_S ? INT64_MIN + 1 : t * US_PER_S;
}
