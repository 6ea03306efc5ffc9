#include "formats/rfc3339.h"

#include "base/calendar.h"
#include "base/time_units.h"

#include <stdio.h>

/* 0001-01-01T00:00:00Z */
static const int64_t go_zero_at = INT64_C(-62135596800) * US_PER_S;
static const int64_t first_at = INT64_C(-62167219200) * US_PER_S; /* 0000-01-01 */
static const int64_t last_at =
    INT64_C(253402300800) * US_PER_S - 1; /* 9999-12-31 23:59:59.999999 */

/* Exactly n digits at *at; moves *at behind them. */
static bool take_digits(struct str s, size_t *at, size_t n, int *ret)
{
    if (s.n - *at < n) {
        return false;
    }
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s.p[*at + i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += n;
    *ret = value;
    return true;
}

static bool take_char(struct str s, size_t *at, char c)
{
    if (*at >= s.n || (s.p[*at] != c && !(c >= 'A' && s.p[*at] == (c | 0x20)))) {
        return false;
    }
    (*at)++;
    return true;
}

static bool take_fraction(struct str s, size_t *at, int *ret_us)
{
    *ret_us = 0;
    if (*at >= s.n || s.p[*at] != '.') {
        return true;
    }
    (*at)++;
    int scale = 100000;
    size_t digits = 0;
    for (; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; digits++, (*at)++) {
        *ret_us += (s.p[*at] - '0') * scale;
        scale /= 10;
    }
    return digits >= 1 && digits <= 9;
}

static bool take_offset(struct str s, size_t *at, int64_t *ret_us)
{
    *ret_us = 0;
    if (take_char(s, at, 'Z')) {
        return true;
    }
    if (*at >= s.n || (s.p[*at] != '+' && s.p[*at] != '-')) {
        return false;
    }
    int sign = s.p[(*at)++] == '-' ? -1 : 1;
    int hours, minutes;
    if (!take_digits(s, at, 2, &hours) || !take_char(s, at, ':') ||
        !take_digits(s, at, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    *ret_us = sign * (hours * US_PER_HOUR + minutes * US_PER_MIN);
    return true;
}

static bool parse(struct str s, int64_t *ret_at)
{
    struct calendar_time t = {0};
    int64_t offset_us;
    size_t at = 0;
    bool is_read = take_digits(s, &at, 4, &t.date.year) && take_char(s, &at, '-') &&
                   take_digits(s, &at, 2, &t.date.month) && take_char(s, &at, '-') &&
                   take_digits(s, &at, 2, &t.date.day) && take_char(s, &at, 'T') &&
                   take_digits(s, &at, 2, &t.hour) && take_char(s, &at, ':') &&
                   take_digits(s, &at, 2, &t.minute) && take_char(s, &at, ':') &&
                   take_digits(s, &at, 2, &t.second) && take_fraction(s, &at, &t.us) &&
                   take_offset(s, &at, &offset_us) && at == s.n;
    if (!is_read || !calendar_date_exists(t.date) || t.hour > 23 || t.minute > 59 ||
        t.second > 60) {
        return false;
    }
    *ret_at = calendar_to_at(&t) - offset_us;
    return true;
}

enum status rfc3339_parse(struct str text, int64_t *ret_at, struct err *err)
{
    int64_t at;
    if (!parse(text, &at)) {
        return err_set(err, ERR_SYNTAX,
                       "\"%.*s\" is not a time (write for example 2026-03-04T10:33:32Z)",
                       STR_ARG(str_clip_utf8(text, 60)));
    }
    *ret_at = at == go_zero_at ? AT_NONE : at;
    return OK;
}

char *rfc3339_format(int64_t at, enum rfc3339_digits digits, char out[RFC3339_TEXT_MAX])
{
    at = at == AT_NONE ? go_zero_at : at < first_at ? first_at : at > last_at ? last_at : at;
    struct calendar_time t = calendar_from_at(at);
    int n = snprintf(out, RFC3339_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", t.date.year,
                     t.date.month, t.date.day, t.hour, t.minute, t.second);
    size_t left = (size_t)(RFC3339_TEXT_MAX - n);
    switch (digits) {
    case RFC3339_S:
        snprintf(out + n, left, "Z");
        break;
    case RFC3339_MS:
        snprintf(out + n, left, ".%03dZ", t.us / 1000);
        break;
    case RFC3339_US:
        snprintf(out + n, left, ".%06dZ", t.us);
        break;
    }
    return out;
}
