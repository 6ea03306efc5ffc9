#pragma once
/* tz_rule — the POSIX footer of a TZif file: the rule for all years after its table.
 * Layer: formats, private to tz.c. Pure. */
#include "base/err.h"

enum { TZ_ABBREV_MAX = 16 };

#define TZ_DAY_KINDS(X)                                                                            \
    X(TZ_DAY_JULIAN, "Jn")      /* 1–365, February 29 is never counted */                        \
    X(TZ_DAY_OF_YEAR, "n")      /* 0–365, February 29 counts */                                  \
    X(TZ_DAY_OF_WEEK, "Mm.w.d") /* weekday d of week w (5: the last) of month m */
ENUM_DECLARE(tz_day_kind, TZ_DAY_KINDS)

/* When clocks change, in the wall time in force before the change. */
struct tz_change {
    enum tz_day_kind kind;
    int day, month, week;
    int32_t time; /* seconds after midnight, -167 h … 167 h */
};

struct tz_phase {
    int32_t offset; /* seconds east of UTC */
    char abbrev[TZ_ABBREV_MAX];
};

struct tz_rule {
    struct tz_phase standard, summer;
    bool has_summer;
    struct tz_change begin, end; /* of summer */
};

/* ERR_SYNTAX or ERR_INVALID. */
MUST_CHECK enum status tz_rule_parse(struct str text, struct tz_rule *ret, struct err *);

/* Is it summer at `t` (seconds since 1970 UTC)? */
bool tz_rule_is_summer(const struct tz_rule *, int64_t t);
/* The first change after t. False: the rule has none. */
bool tz_rule_next(const struct tz_rule *, int64_t t, int64_t *ret);
