#include "formats/template/gotime_format.h"

#include "formats/template/gotime_layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    struct strbuf *out;
    const struct gotime *time;
    struct gotime_civil civil;
    int32_t offset;
    struct str zone;
};

static void add_number(struct strbuf *out, int number, int width)
{
    char digits[12];
    size_t at = sizeof(digits);
    for (unsigned rest = (unsigned)abs(number); rest > 0 || width > 0; rest /= 10, width--) {
        digits[--at] = (char)('0' + rest % 10);
    }
    strbuf_add(out, number < 0 ? STR("-") : STR_EMPTY);
    strbuf_add(out, (struct str){digits + at, sizeof(digits) - at});
}

static void add_offset(struct writer *w, const struct layout_element *element)
{
    if (element->is_z && w->offset == 0) {
        strbuf_add_char(w->out, 'Z');
        return;
    }
    int minutes = abs(w->offset / 60); /* an offset of some seconds has no sign, as in Go */
    const char *colon = element->has_colon ? ":" : "";
    strbuf_printf(w->out, "%c%02d", w->offset / 60 < 0 ? '-' : '+', minutes / 60);
    if (element->has_minutes) {
        strbuf_printf(w->out, "%s%02d", colon, minutes % 60);
    }
    if (element->has_seconds) {
        strbuf_printf(w->out, "%s%02d", colon, abs(w->offset) % 60);
    }
}

static void add_zone_name(struct writer *w)
{
    if (w->zone.n > 0) {
        strbuf_add(w->out, w->zone);
    } else {
        add_offset(w, &(struct layout_element){.has_minutes = true});
    }
}

static void add_fraction(struct writer *w, const struct layout_element *element)
{
    char digits[10];
    size_t n = element->text.n - 1;
    snprintf(digits, sizeof(digits), "%09d", (int)w->time->ns);
    n = n < 9 ? n : 9;
    if (element->part == LAYOUT_FRACTION_SHORT) {
        if (w->time->ns == 0) {
            return;
        }
        while (n > 0 && digits[n - 1] == '0') {
            n--;
        }
    }
    if (n > 0) {
        strbuf_add_char(w->out, element->text.p[0]);
        strbuf_add(w->out, (struct str){digits, n});
    }
}

static void add_name(struct writer *w, const char *name, bool is_short)
{
    strbuf_add(w->out, str_slice(str_from(name), 0, is_short ? 3 : SIZE_MAX));
}

static void add_day_of_year(struct writer *w, bool is_space)
{
    strbuf_printf(w->out, is_space ? "%3d" : "%03d", w->civil.year_day);
}

static void add_clock(struct writer *w, enum layout_part part)
{
    const struct gotime_civil *c = &w->civil;
    int hour_12 = c->hour % 12 == 0 ? 12 : c->hour % 12;
    bool is_wide = part == LAYOUT_HOUR || part == LAYOUT_HOUR_12_2 || part == LAYOUT_MINUTE_2 ||
                   part == LAYOUT_SECOND_2;
    int number = part == LAYOUT_HOUR                                  ? c->hour
                 : part == LAYOUT_HOUR_12 || part == LAYOUT_HOUR_12_2 ? hour_12
                 : part == LAYOUT_MINUTE || part == LAYOUT_MINUTE_2   ? c->minute
                                                                      : c->second;
    add_number(w->out, number, is_wide ? 2 : 1);
}

static void add_element(struct writer *w, const struct layout_element *element)
{
    const struct gotime_civil *c = &w->civil;
    switch (element->part) {
    case LAYOUT_END:
        break;
    case LAYOUT_MONTH_NAME:
    case LAYOUT_MONTH_SHORT:
        add_name(w, layout_months[c->date.month - 1], element->part == LAYOUT_MONTH_SHORT);
        break;
    case LAYOUT_MONTH:
    case LAYOUT_MONTH_2:
        add_number(w->out, c->date.month, element->part == LAYOUT_MONTH ? 1 : 2);
        break;
    case LAYOUT_WEEKDAY_NAME:
    case LAYOUT_WEEKDAY_SHORT:
        add_name(w, layout_weekdays[c->weekday], element->part == LAYOUT_WEEKDAY_SHORT);
        break;
    case LAYOUT_DAY:
    case LAYOUT_DAY_2:
        add_number(w->out, c->date.day, element->part == LAYOUT_DAY ? 1 : 2);
        break;
    case LAYOUT_DAY_SPACE:
        strbuf_printf(w->out, "%2d", c->date.day);
        break;
    case LAYOUT_YEAR_DAY_SPACE:
    case LAYOUT_YEAR_DAY_3:
        add_day_of_year(w, element->part == LAYOUT_YEAR_DAY_SPACE);
        break;
    case LAYOUT_HOUR:
    case LAYOUT_HOUR_12:
    case LAYOUT_HOUR_12_2:
    case LAYOUT_MINUTE:
    case LAYOUT_MINUTE_2:
    case LAYOUT_SECOND:
    case LAYOUT_SECOND_2:
        add_clock(w, element->part);
        break;
    case LAYOUT_YEAR:
        add_number(w->out, c->date.year, 4);
        break;
    case LAYOUT_YEAR_2:
        add_number(w->out, abs(c->date.year) % 100, 2);
        break;
    case LAYOUT_AM_PM:
        strbuf_add(w->out, c->hour >= 12 ? STR("PM") : STR("AM"));
        break;
    case LAYOUT_AM_PM_SMALL:
        strbuf_add(w->out, c->hour >= 12 ? STR("pm") : STR("am"));
        break;
    case LAYOUT_ZONE_NAME:
        add_zone_name(w);
        break;
    case LAYOUT_OFFSET:
        add_offset(w, element);
        break;
    case LAYOUT_FRACTION:
    case LAYOUT_FRACTION_SHORT:
        add_fraction(w, element);
        break;
    }
}

void gotime_format(struct strbuf *out, const struct gotime *t, struct str layout)
{
    struct writer w = {.out = out, .time = t, .civil = gotime_civil(t)};
    w.offset = gotime_offset(t, &w.zone);
    struct layout_element element;
    do {
        element = layout_next(&layout);
        strbuf_add(out, element.before);
        add_element(&w, &element);
    } while (element.part != LAYOUT_END && !out->is_full);
}

void gotime_add_text(struct strbuf *out, const struct gotime *t)
{
    gotime_format(out, t, STR("2006-01-02 15:04:05.999999999 -0700 MST"));
}

struct str gotime_zone_name(const struct gotime_zone *zone)
{
    switch (zone->kind) {
    case GOTIME_UTC:
        return STR("UTC");
    case GOTIME_LOCAL:
        return zone->name.n > 0 ? zone->name : STR("Local");
    case GOTIME_FIXED:
    case GOTIME_NAMED:
        return zone->name;
    }
    UNREACHABLE("not a kind of zone");
}

void gotime_add_source(struct strbuf *out, const struct gotime *t)
{
    struct gotime_civil c = gotime_civil(t);
    strbuf_printf(out, "time.Date(%d, time.%s, %d, %d, %d, %d, %d, ", c.date.year,
                  layout_months[c.date.month - 1], c.date.day, c.hour, c.minute, c.second,
                  (int)t->ns);
    struct str zone = gotime_zone_name(t->zone);
    if (t->zone->kind == GOTIME_UTC || t->zone->kind == GOTIME_LOCAL) {
        strbuf_add(out, t->zone->kind == GOTIME_UTC ? STR("time.UTC)") : STR("time.Local)"));
    } else {
        strbuf_printf(out, "time.Location(\"%.*s\"))", STR_ARG(zone));
    }
}
