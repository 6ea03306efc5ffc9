#include "formats/duration.h"

#include "base/time_units.h"

#include <inttypes.h>
#include <stdio.h>

/* Go's time.Duration counts nanoseconds in 63 bits. */
static const int64_t longest_us = INT64_MAX / 1000;

static const struct unit {
    const char *name;
    int64_t us;
    bool only_if_exact; /* when formatting */
} units[] = {
    {"y", 365 * US_PER_DAY, true}, {"w", 7 * US_PER_DAY, true}, {"d", US_PER_DAY, false},
    {"h", US_PER_HOUR, false},     {"m", US_PER_MIN, false},    {"s", US_PER_S, false},
    {"ms", US_PER_MS, false},
};

enum { N_UNITS = sizeof(units) / sizeof(*units) };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum status refuse(struct err *err, struct str text)
{
    return err_set(err, ERR_SYNTAX,
                   "\"%.*s\" is not a duration (write for example 30s, 5m, 1h30m or 2d)",
                   STR_ARG(str_clip_utf8(text, 60)));
}

static enum status refuse_long(struct err *err, struct str text)
{
    return err_set(err, ERR_INVALID, "duration \"%.*s\" is too long (at most 292 years)",
                   STR_ARG(str_clip_utf8(text, 60)));
}

/* Index of the unit that is written at the start of s ("ms" before "m"), N_UNITS if none. */
static size_t unit_at(struct str s, size_t digits_end)
{
    size_t end = digits_end;
    while (end < s.n && !is_digit(s.p[end])) {
        end++;
    }
    struct str name = str_slice(s, digits_end, end);
    size_t i = 0;
    while (i < N_UNITS && !str_eq(name, str_from(units[i].name))) {
        i++;
    }
    return i;
}

enum status duration_parse(struct str text, int64_t *ret_us, struct err *err)
{
    if (str_eq(text, STR("0"))) {
        *ret_us = 0;
        return OK;
    }
    struct str rest = text;
    int64_t sum = 0;
    size_t next_unit = 0; /* units come in order, each at most once */
    if (rest.n == 0) {
        return refuse(err, text);
    }
    while (rest.n > 0) {
        int64_t value = 0, part;
        size_t digits = 0;
        bool is_long = false;
        for (; digits < rest.n && is_digit(rest.p[digits]); digits++) {
            is_long |= __builtin_mul_overflow(value, 10, &value) ||
                       __builtin_add_overflow(value, rest.p[digits] - '0', &value);
        }
        size_t unit = unit_at(rest, digits);
        if (digits == 0 || unit == N_UNITS || unit < next_unit) {
            return refuse(err, text);
        }
        is_long |= __builtin_mul_overflow(value, units[unit].us, &part) ||
                   __builtin_add_overflow(sum, part, &sum);
        if (is_long || sum > longest_us) {
            return refuse_long(err, text);
        }
        next_unit = unit + 1;
        rest = str_slice(rest, digits + str_from(units[unit].name).n, rest.n);
    }
    *ret_us = sum;
    return OK;
}

static uint64_t amount(int64_t us)
{
    return us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
}

char *duration_format(int64_t us, char out[DURATION_TEXT_MAX])
{
    uint64_t rest = amount(us) / US_PER_MS * US_PER_MS;
    if (rest == 0) {
        snprintf(out, DURATION_TEXT_MAX, "0s");
        return out;
    }
    int n = snprintf(out, DURATION_TEXT_MAX, "%s", us < 0 ? "-" : "");
    for (size_t i = 0; i < N_UNITS; i++) {
        uint64_t unit = (uint64_t)units[i].us;
        if (rest < unit || (units[i].only_if_exact && rest % unit != 0)) {
            continue;
        }
        n += snprintf(out + n, (size_t)(DURATION_TEXT_MAX - n), "%" PRIu64 "%s", rest / unit,
                      units[i].name);
        rest %= unit;
    }
    return out;
}

char *duration_format_human(int64_t us, char out[DURATION_TEXT_MAX])
{
    uint64_t rest = amount(us);
    for (size_t i = 2; i < N_UNITS; i++) { /* from days on: people count weeks badly */
        uint64_t unit = (uint64_t)units[i].us;
        if (rest < unit) {
            continue;
        }
        int n = snprintf(out, DURATION_TEXT_MAX, "%" PRIu64 "%s", rest / unit, units[i].name);
        /* "45s 120ms" would be noise. */
        uint64_t second = i + 2 < N_UNITS ? rest % unit / (uint64_t)units[i + 1].us : 0;
        if (second > 0) {
            snprintf(out + n, (size_t)(DURATION_TEXT_MAX - n), " %" PRIu64 "%s", second,
                     units[i + 1].name);
        }
        return out;
    }
    snprintf(out, DURATION_TEXT_MAX, "0s");
    return out;
}
