#pragma once
/* gotime_layout — Go's way to say how a time is written: the moment 2006-01-02 15:04:05.000 MST,
 * written as wanted, cut into the elements that stand for something.
 * Layer: formats. Pure. Any thread. */
#include "base/str.h"

/* What the elements of a layout stand for. */
enum layout_part {
    LAYOUT_END, /* the rest is plain text */
    LAYOUT_MONTH_NAME,
    LAYOUT_MONTH_SHORT,
    LAYOUT_MONTH,
    LAYOUT_MONTH_2,
    LAYOUT_WEEKDAY_NAME,
    LAYOUT_WEEKDAY_SHORT,
    LAYOUT_DAY,
    LAYOUT_DAY_SPACE,
    LAYOUT_DAY_2,
    LAYOUT_YEAR_DAY_SPACE,
    LAYOUT_YEAR_DAY_3,
    LAYOUT_HOUR,
    LAYOUT_HOUR_12,
    LAYOUT_HOUR_12_2,
    LAYOUT_MINUTE,
    LAYOUT_MINUTE_2,
    LAYOUT_SECOND,
    LAYOUT_SECOND_2,
    LAYOUT_YEAR,
    LAYOUT_YEAR_2,
    LAYOUT_AM_PM,
    LAYOUT_AM_PM_SMALL,
    LAYOUT_ZONE_NAME,
    LAYOUT_OFFSET,
    LAYOUT_FRACTION,       /* ".000": as many digits as written */
    LAYOUT_FRACTION_SHORT, /* ".999": without zeros at the end */
};

struct layout_element {
    struct str before; /* plain text in front of it */
    struct str text;   /* the element itself */
    enum layout_part part;
    /* OFFSET */
    bool is_z; /* UTC is written "Z" */
    bool has_colon, has_minutes, has_seconds;
};

/* The next element; moves *layout behind it. */
struct layout_element layout_next(struct str *layout);

extern const char *const layout_months[12];  /* "January", … */
extern const char *const layout_weekdays[7]; /* "Sunday", … */
