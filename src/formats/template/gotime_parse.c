#include "formats/template/gotime_format.h"

#include "formats/template/gotime_layout.h"

#include <string.h>

struct reader {
    struct str all_layout, all_text;
    struct str rest;
    struct strbuf *why;
    struct layout_element element;
    struct str after; /* the layout behind the element */
    const char *out_of_range;
    int year, month, day, year_day; /* -1: not said */
    int hour, minute, second;
    int32_t ns;
    bool is_am, is_pm;
    bool is_utc, has_offset;
    int32_t offset;
    struct str zone_name;
};

/* --- complaints ----------------------------------------------------------------------------- */

/* As Go's package time quotes, which is not how the others do. */
static void add_quoted(struct strbuf *out, struct str text)
{
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < ' ' || c >= 0x80) {
            strbuf_printf(out, "\\x%02x", c);
        } else {
            strbuf_printf(out, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
        }
    }
    strbuf_add_char(out, '"');
}

static bool cannot_read(struct reader *r, struct str text, struct str element)
{
    strbuf_add(r->why, STR("parsing time "));
    add_quoted(r->why, r->all_text);
    strbuf_add(r->why, STR(" as "));
    add_quoted(r->why, r->all_layout);
    strbuf_add(r->why, STR(": cannot parse "));
    add_quoted(r->why, text);
    strbuf_add(r->why, STR(" as "));
    add_quoted(r->why, element);
    return false;
}

static bool complain(struct reader *r, const char *what)
{
    strbuf_add(r->why, STR("parsing time "));
    add_quoted(r->why, r->all_text);
    strbuf_printf(r->why, ": %s", what);
    return false;
}

/* --- pieces --------------------------------------------------------------------------------- */

static bool is_digit(struct str s, size_t at)
{
    return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

static void drop(struct reader *r, size_t n)
{
    r->rest = str_slice(r->rest, n, r->rest.n);
}

/* One or two digits; exactly two if `is_wide`. */
static bool take_number(struct reader *r, bool is_wide, int *ret)
{
    if (!is_digit(r->rest, 0) || (is_wide && !is_digit(r->rest, 1))) {
        return false;
    }
    *ret = r->rest.p[0] - '0';
    if (is_digit(r->rest, 1)) {
        *ret = *ret * 10 + r->rest.p[1] - '0';
        drop(r, 1);
    }
    drop(r, 1);
    return true;
}

static bool take_in_range(struct reader *r, bool is_wide, int low, int high, const char *name,
                          int *ret)
{
    if (!take_number(r, is_wide, ret)) {
        return false;
    }
    if (*ret < low || *ret > high) {
        r->out_of_range = name;
    }
    return true;
}

/* Spaces of the layout take any number of spaces. */
static bool skip_plain(struct reader *r, struct str plain)
{
    while (plain.n > 0) {
        if (plain.p[0] == ' ') {
            if (r->rest.n > 0 && r->rest.p[0] != ' ') {
                return false;
            }
            while (plain.n > 0 && plain.p[0] == ' ') {
                plain = str_slice(plain, 1, plain.n);
            }
            while (r->rest.n > 0 && r->rest.p[0] == ' ') {
                drop(r, 1);
            }
            continue;
        }
        if (r->rest.n == 0 || r->rest.p[0] != plain.p[0]) {
            return false;
        }
        plain = str_slice(plain, 1, plain.n);
        drop(r, 1);
    }
    return true;
}

static bool take_name(struct reader *r, const char *const *names, int n, bool is_short, int *ret)
{
    for (int i = 0; i < n; i++) {
        struct str name = str_slice(str_from(names[i]), 0, is_short ? 3 : SIZE_MAX);
        if (r->rest.n >= name.n && str_eq_nocase(str_slice(r->rest, 0, name.n), name)) {
            drop(r, name.n);
            *ret = i;
            return true;
        }
    }
    return false;
}

static bool take_word(struct reader *r, struct str word)
{
    if (!str_starts_with(r->rest, word)) {
        return false;
    }
    drop(r, word.n);
    return true;
}

/* "." or "," and digits, n bytes in all. */
static bool take_nanoseconds(struct reader *r, size_t n)
{
    if (r->rest.n < n || (r->rest.p[0] != '.' && r->rest.p[0] != ',')) {
        return false;
    }
    int32_t ns = 0;
    for (size_t i = 1; i < 10; i++) {
        if (i < n && !is_digit(r->rest, i)) {
            return false;
        }
        ns = ns * 10 + (i < n ? r->rest.p[i] - '0' : 0);
    }
    r->ns = ns;
    drop(r, n);
    return true;
}

static size_t count_digits(struct str s, size_t from)
{
    size_t n = from;
    while (is_digit(s, n)) {
        n++;
    }
    return n - from;
}

static bool has_fraction(struct str s)
{
    return s.n >= 2 && (s.p[0] == '.' || s.p[0] == ',') && is_digit(s, 1);
}

/* --- elements ------------------------------------------------------------------------------- */

/* A fraction behind the seconds is read even if the layout has none. */
static bool take_seconds(struct reader *r)
{
    if (!take_in_range(r, r->element.part == LAYOUT_SECOND_2, 0, 59, "second", &r->second)) {
        return false;
    }
    if (r->out_of_range || !has_fraction(r->rest)) {
        return true;
    }
    struct str after = r->after;
    enum layout_part next = layout_next(&after).part;
    return next == LAYOUT_FRACTION || next == LAYOUT_FRACTION_SHORT ||
           take_nanoseconds(r, 1 + count_digits(r->rest, 1));
}

static bool take_year(struct reader *r)
{
    bool is_long = r->element.part == LAYOUT_YEAR;
    uint64_t year;
    size_t n = is_long ? 4 : 2;
    if (r->rest.n < n || !str_to_u64(str_slice(r->rest, 0, n), &year)) {
        return false;
    }
    drop(r, n);
    r->year = (int)year + (is_long ? 0 : year >= 69 ? 1900 : 2000);
    return true;
}

static bool take_day_of_year(struct reader *r)
{
    if (r->element.part == LAYOUT_YEAR_DAY_SPACE) {
        for (int i = 0; i < 2 && r->rest.n > 0 && r->rest.p[0] == ' '; i++) {
            drop(r, 1);
        }
    }
    size_t n = count_digits(r->rest, 0);
    n = n > 3 ? 3 : n;
    if (n == 0 || (n != 3 && r->element.part == LAYOUT_YEAR_DAY_3)) {
        return false;
    }
    r->year_day = 0;
    for (size_t i = 0; i < n; i++) {
        r->year_day = r->year_day * 10 + r->rest.p[i] - '0';
    }
    drop(r, n);
    return true;
}

static bool two_digits(struct str s, size_t at, int *ret)
{
    if (!is_digit(s, at) || !is_digit(s, at + 1)) {
        return false;
    }
    *ret = (s.p[at] - '0') * 10 + s.p[at + 1] - '0';
    return true;
}

static bool take_offset(struct reader *r)
{
    const struct layout_element *e = &r->element;
    if (e->is_z && take_word(r, STR("Z"))) {
        r->is_utc = true;
        return true;
    }
    size_t gap = e->has_colon ? 1 : 0;
    size_t n = 3 + (e->has_minutes ? 2 + gap : 0) + (e->has_seconds ? 2 + gap : 0);
    struct str s = r->rest;
    if (s.n < n || (e->has_colon && s.p[3] != ':') ||
        (e->has_colon && e->has_seconds && s.p[6] != ':')) {
        return false;
    }
    int hours, minutes = 0, seconds = 0;
    if (!two_digits(s, 1, &hours) || (e->has_minutes && !two_digits(s, 3 + gap, &minutes)) ||
        (e->has_seconds && !two_digits(s, 5 + gap * 2, &seconds)) ||
        (s.p[0] != '+' && s.p[0] != '-')) {
        return false;
    }
    drop(r, n);
    /* Some people write 24 hours and 60 minutes. */
    r->out_of_range = seconds > 60   ? "time zone offset second"
                      : minutes > 60 ? "time zone offset minute"
                      : hours > 24   ? "time zone offset hour"
                                     : NULL;
    r->offset = ((hours * 60 + minutes) * 60 + seconds) * (s.p[0] == '-' ? -1 : 1);
    r->has_offset = true;
    return true;
}

/* Bytes of "+5" or "-11", 0 if that is not there. */
static size_t signed_offset(struct str s)
{
    size_t n = s.n > 0 && (s.p[0] == '+' || s.p[0] == '-') ? count_digits(s, 1) : 0;
    int hours = 0;
    for (size_t i = 1; i <= n && hours < 100; i++) {
        hours = hours * 10 + s.p[i] - '0';
    }
    return n == 0 || hours > 23 ? 0 : n + 1;
}

/* How much of the text looks like an abbreviation of a zone: 3 letters, or 4 or 5 with a T at the
 * end, and a few that are special. */
static size_t zone_name_length(struct str s)
{
    if (str_starts_with(s, STR("ChST")) || str_starts_with(s, STR("MeST"))) {
        return 4;
    }
    if (str_starts_with(s, STR("GMT"))) {
        return 3 + signed_offset(str_slice(s, 3, s.n));
    }
    if (s.n >= 3 && (s.p[0] == '+' || s.p[0] == '-')) {
        return signed_offset(s);
    }
    size_t n = 0;
    while (n < 6 && n < s.n && s.p[n] >= 'A' && s.p[n] <= 'Z') {
        n++;
    }
    bool is_name = n == 3 || (n == 4 && (s.p[3] == 'T' || str_starts_with(s, STR("WITA")))) ||
                   (n == 5 && s.p[4] == 'T');
    return is_name ? n : 0;
}

static bool take_zone_name(struct reader *r)
{
    if (take_word(r, STR("UTC"))) {
        r->is_utc = true;
        return true;
    }
    size_t n = zone_name_length(r->rest);
    r->zone_name = str_slice(r->rest, 0, n);
    drop(r, n);
    return n > 0;
}

static bool take_am_pm(struct reader *r, struct str am, struct str pm)
{
    r->is_am |= str_starts_with(r->rest, am);
    r->is_pm |= str_starts_with(r->rest, pm);
    return take_word(r, am) || take_word(r, pm);
}

static bool take_element(struct reader *r)
{
    int unused;
    const enum layout_part part = r->element.part;
    switch (part) {
    case LAYOUT_END:
        return true;
    case LAYOUT_MONTH_NAME:
    case LAYOUT_MONTH_SHORT:
        if (!take_name(r, layout_months, 12, part == LAYOUT_MONTH_SHORT, &r->month)) {
            return false;
        }
        r->month++;
        return true;
    case LAYOUT_MONTH:
    case LAYOUT_MONTH_2:
        return take_in_range(r, part == LAYOUT_MONTH_2, 1, 12, "month", &r->month);
    case LAYOUT_WEEKDAY_NAME:
    case LAYOUT_WEEKDAY_SHORT:
        return take_name(r, layout_weekdays, 7, part == LAYOUT_WEEKDAY_SHORT, &unused);
    case LAYOUT_DAY_SPACE:
        if (r->rest.n > 0 && r->rest.p[0] == ' ') {
            drop(r, 1);
        }
        return take_number(r, false, &r->day);
    case LAYOUT_DAY:
    case LAYOUT_DAY_2:
        return take_number(r, part == LAYOUT_DAY_2, &r->day);
    case LAYOUT_YEAR_DAY_SPACE:
    case LAYOUT_YEAR_DAY_3:
        return take_day_of_year(r);
    case LAYOUT_HOUR:
        return take_in_range(r, false, 0, 23, "hour", &r->hour);
    case LAYOUT_HOUR_12:
    case LAYOUT_HOUR_12_2:
        return take_in_range(r, part == LAYOUT_HOUR_12_2, 0, 12, "hour", &r->hour);
    case LAYOUT_MINUTE:
    case LAYOUT_MINUTE_2:
        return take_in_range(r, part == LAYOUT_MINUTE_2, 0, 59, "minute", &r->minute);
    case LAYOUT_SECOND:
    case LAYOUT_SECOND_2:
        return take_seconds(r);
    case LAYOUT_YEAR:
    case LAYOUT_YEAR_2:
        return take_year(r);
    case LAYOUT_AM_PM:
        return take_am_pm(r, STR("AM"), STR("PM"));
    case LAYOUT_AM_PM_SMALL:
        return take_am_pm(r, STR("am"), STR("pm"));
    case LAYOUT_ZONE_NAME:
        return take_zone_name(r);
    case LAYOUT_OFFSET:
        return take_offset(r);
    case LAYOUT_FRACTION:
        return take_nanoseconds(r, r->element.text.n);
    case LAYOUT_FRACTION_SHORT:
        return !has_fraction(r->rest) || take_nanoseconds(r, 1 + count_digits(r->rest, 1));
    }
    UNREACHABLE("not a part of a layout");
}

/* --- the whole ------------------------------------------------------------------------------ */

static bool read_elements(struct reader *r)
{
    r->after = r->all_layout;
    for (;;) {
        r->element = layout_next(&r->after);
        if (!skip_plain(r, r->element.before)) {
            return cannot_read(r, r->rest, r->element.before);
        }
        if (r->element.part == LAYOUT_END) {
            break;
        }
        struct str before = r->rest;
        bool is_read = take_element(r);
        if (r->out_of_range) {
            complain(r, r->out_of_range);
            strbuf_add(r->why, STR(" out of range"));
            return false;
        }
        if (!is_read) {
            return cannot_read(r, before, r->element.text);
        }
    }
    if (r->rest.n > 0) {
        complain(r, "extra text: ");
        add_quoted(r->why, r->rest);
        return false;
    }
    return true;
}

static bool apply_year_day(struct reader *r)
{
    struct calendar_date new_year = {r->year, 1, 1};
    int days = calendar_is_leap(r->year) ? 366 : 365;
    if (r->year_day < 1 || r->year_day > days) {
        return complain(r, "day-of-year out of range");
    }
    struct calendar_date date = calendar_from_days(calendar_to_days(new_year) + r->year_day - 1);
    if (r->month >= 0 && r->month != date.month) {
        return complain(r, "day-of-year does not match month");
    }
    if (r->day >= 0 && r->day != date.day) {
        return complain(r, "day-of-year does not match day");
    }
    r->month = date.month;
    r->day = date.day;
    return true;
}

static struct gotime_zone *fixed_zone(struct arena *arena, struct str name, int32_t offset)
{
    struct gotime_zone *zone = ARENA_NEW(arena, struct gotime_zone);
    *zone =
        (struct gotime_zone){.kind = GOTIME_FIXED, .name = str_dup(arena, name), .offset = offset};
    return zone;
}

/* Nothing is known of a zone's name but that "GMT+3" is three hours off. */
static int32_t offset_of_name(struct str name)
{
    int32_t hours = 0;
    if (name.n <= 3 || !str_starts_with(name, STR("GMT"))) {
        return 0;
    }
    for (size_t i = 4; i < name.n; i++) {
        hours = hours * 10 + name.p[i] - '0';
    }
    return hours * 3600 * (name.p[3] == '-' ? -1 : 1);
}

static struct gotime finish(struct reader *r, struct arena *arena)
{
    int hour = r->is_pm && r->hour < 12 ? r->hour + 12 : r->is_am && r->hour == 12 ? 0 : r->hour;
    struct gotime t = gotime_make(r->year, r->month, r->day,
                                  hour * 3600 + r->minute * 60 + r->second, r->ns, &gotime_utc);
    if (r->is_utc) {
        return t;
    }
    if (r->has_offset) {
        bool is_utc = r->offset == 0 && (r->zone_name.n == 0 || str_eq(r->zone_name, STR("UTC")));
        t.s -= r->offset;
        t.zone = is_utc ? &gotime_utc : fixed_zone(arena, r->zone_name, r->offset);
    } else if (r->zone_name.n > 0) {
        /* As in Go, a name alone does not move the time, not even "GMT+3". */
        t.zone = fixed_zone(arena, r->zone_name, offset_of_name(r->zone_name));
    }
    return t;
}

bool gotime_parse(struct arena *arena, struct str layout, struct str text, struct gotime *ret,
                  struct strbuf *why)
{
    struct reader r = {.all_layout = layout,
                       .all_text = text,
                       .rest = text,
                       .why = why,
                       .month = -1,
                       .day = -1,
                       .year_day = -1,
                       .zone_name = STR_EMPTY};
    if (!read_elements(&r) || (r.year_day >= 0 && !apply_year_day(&r))) {
        return false;
    }
    r.month = r.month < 0 ? 1 : r.month;
    r.day = r.day < 0 ? 1 : r.day;
    if (r.day < 1 || r.day > calendar_month_days(r.year, r.month)) {
        return complain(&r, "day out of range");
    }
    *ret = finish(&r, arena);
    return true;
}
