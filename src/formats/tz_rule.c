#include "formats/tz_rule.h"

#include "base/calendar.h"

#include <string.h>

ENUM_DEFINE(tz_day_kind, TZ_DAY_KINDS)

enum { DAY_S = 86400, HOUR_S = 3600, RULE_YEARS = 5, EDGES = 2 * RULE_YEARS };

/* --- reading -------------------------------------------------------------------------------- */

static bool take_char(struct str *rest, char c)
{
    if (rest->n == 0 || rest->p[0] != c) {
        return false;
    }
    *rest = str_slice(*rest, 1, rest->n);
    return true;
}

/* One to three digits of at most max. */
static bool take_number(struct str *rest, int max, int *ret)
{
    size_t n = 0;
    int value = 0;
    while (n < rest->n && n < 4 && rest->p[n] >= '0' && rest->p[n] <= '9') {
        value = value * 10 + (rest->p[n++] - '0');
    }
    if (n == 0 || n > 3 || value > max) {
        return false;
    }
    *rest = str_slice(*rest, n, rest->n);
    *ret = value;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "CET" or "<+0330>" */
static bool take_abbrev(struct str *rest, char out[TZ_ABBREV_MAX])
{
    bool is_quoted = take_char(rest, '<');
    size_t n = 0;
    while (n < rest->n &&
           (is_quoted ? rest->p[n] != '>' && rest->p[n] > ' ' : is_letter(rest->p[n]))) {
        n++;
    }
    if (n < 3 || n >= TZ_ABBREV_MAX || (is_quoted && n == rest->n)) {
        return false;
    }
    memcpy(out, rest->p, n);
    out[n] = '\0';
    *rest = str_slice(*rest, n, rest->n);
    return !is_quoted || take_char(rest, '>');
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool take_time(struct str *rest, int max_hours, int32_t *ret)
{
    int hours, minutes = 0, seconds = 0;
    int sign = take_char(rest, '-') ? -1 : 1;
    if (sign == 1) {
        (void)take_char(rest, '+');
    }
    if (!take_number(rest, max_hours, &hours)) {
        return false;
    }
    if (take_char(rest, ':') && (!take_number(rest, 59, &minutes) ||
                                 (take_char(rest, ':') && !take_number(rest, 59, &seconds)))) {
        return false;
    }
    *ret = sign * (hours * HOUR_S + minutes * 60 + seconds);
    return true;
}

static bool take_day(struct str *rest, struct tz_change *ret)
{
    if (take_char(rest, 'J')) {
        ret->kind = TZ_DAY_JULIAN;
        return take_number(rest, 365, &ret->day) && ret->day >= 1;
    }
    if (!take_char(rest, 'M')) {
        ret->kind = TZ_DAY_OF_YEAR;
        return take_number(rest, 365, &ret->day);
    }
    ret->kind = TZ_DAY_OF_WEEK;
    return take_number(rest, 12, &ret->month) && ret->month >= 1 && take_char(rest, '.') &&
           take_number(rest, 5, &ret->week) && ret->week >= 1 && take_char(rest, '.') &&
           take_number(rest, 6, &ret->day);
}

static bool take_change(struct str *rest, struct tz_change *ret)
{
    ret->time = 2 * HOUR_S;
    return take_char(rest, ',') && take_day(rest, ret) &&
           (!take_char(rest, '/') || take_time(rest, 167, &ret->time));
}

static bool take_rule(struct str *rest, struct tz_rule *r)
{
    int32_t west;
    if (!take_abbrev(rest, r->standard.abbrev) || !take_time(rest, 24, &west)) {
        return false;
    }
    r->standard.offset = -west;
    if (rest->n == 0) {
        return true;
    }
    r->has_summer = true;
    r->summer.offset = r->standard.offset + HOUR_S;
    if (!take_abbrev(rest, r->summer.abbrev)) {
        return false;
    }
    if (rest->n > 0 && rest->p[0] != ',') {
        if (!take_time(rest, 24, &west)) {
            return false;
        }
        r->summer.offset = -west;
    }
    return take_change(rest, &r->begin) && take_change(rest, &r->end);
}

enum status tz_rule_parse(struct str text, struct tz_rule *ret, struct err *err)
{
    struct tz_rule rule = {0};
    struct str rest = text;
    if (!take_rule(&rest, &rule) || rest.n > 0) {
        return err_set(err, ERR_SYNTAX, "the zone's rule for the future is not readable");
    }
    *ret = rule;
    return OK;
}

/* --- changes -------------------------------------------------------------------------------- */

static int64_t change_day(const struct tz_change *c, int year)
{
    int64_t first = calendar_to_days((struct calendar_date){year, 1, 1});
    switch (c->kind) {
    case TZ_DAY_JULIAN:
        return first + c->day - 1 + (calendar_is_leap(year) && c->day >= 60);
    case TZ_DAY_OF_YEAR:
        return first + c->day;
    case TZ_DAY_OF_WEEK: {
        first = calendar_to_days((struct calendar_date){year, c->month, 1});
        int day = (c->day - calendar_weekday(first) + 7) % 7 + 7 * (c->week - 1);
        while (day >= calendar_month_days(year, c->month)) {
            day -= 7;
        }
        return first + day;
    }
    case tz_day_kind_COUNT:
        break;
    }
    UNREACHABLE("kind of day");
}

struct edge {
    int64_t t;
    bool is_summer; /* from then on */
};

/* Times of ±167 hours can leave their year, so neighbours are looked at, too. Sorted; an end and a
 * beginning at one instant (summer all year) count as a beginning. */
static void find_edges(const struct tz_rule *r, int64_t t, struct edge edges[EDGES])
{
    int64_t day = t / DAY_S - (t % DAY_S < 0);
    int year = calendar_from_days(day).year;
    size_t n = 0;
    for (int y = year - 2; y <= year + 2; y++) {
        struct edge pair[] = {
            {change_day(&r->end, y) * DAY_S + r->end.time - r->summer.offset, false},
            {change_day(&r->begin, y) * DAY_S + r->begin.time - r->standard.offset, true},
        };
        for (size_t i = 0; i < 2; i++, n++) {
            size_t at = n;
            for (; at > 0 && (edges[at - 1].t > pair[i].t ||
                              (edges[at - 1].t == pair[i].t && edges[at - 1].is_summer));
                 at--) {
                edges[at] = edges[at - 1];
            }
            edges[at] = pair[i];
        }
    }
}

bool tz_rule_is_summer(const struct tz_rule *r, int64_t t)
{
    struct edge edges[EDGES];
    bool is_summer = false;
    if (!r->has_summer) {
        return false;
    }
    find_edges(r, t, edges);
    for (size_t i = 0; i < EDGES && edges[i].t <= t; i++) {
        is_summer = edges[i].is_summer;
    }
    return is_summer;
}

bool tz_rule_next(const struct tz_rule *r, int64_t t, int64_t *ret)
{
    struct edge edges[EDGES];
    if (!r->has_summer) {
        return false;
    }
    find_edges(r, t, edges);
    for (size_t i = 0; i < EDGES; i++) {
        if (edges[i].t > t) {
            *ret = edges[i].t;
            return true;
        }
    }
    return false;
}
