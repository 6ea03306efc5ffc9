#include "formats/template/gotime_layout.h"

#include <string.h>

const char *const layout_months[12] = {"January",   "February", "March",    "April",
                                       "May",       "June",     "July",     "August",
                                       "September", "October",  "November", "December"};
const char *const layout_weekdays[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

/* What may be written for an element; of those that fit, the first counts. */
static const struct {
    const char *text;
    enum layout_part part;
} words[] = {
    {"January", LAYOUT_MONTH_NAME},
    {"Jan", LAYOUT_MONTH_SHORT},
    {"Monday", LAYOUT_WEEKDAY_NAME},
    {"Mon", LAYOUT_WEEKDAY_SHORT},
    {"MST", LAYOUT_ZONE_NAME},
    {"01", LAYOUT_MONTH_2},
    {"02", LAYOUT_DAY_2},
    {"03", LAYOUT_HOUR_12_2},
    {"04", LAYOUT_MINUTE_2},
    {"05", LAYOUT_SECOND_2},
    {"06", LAYOUT_YEAR_2},
    {"002", LAYOUT_YEAR_DAY_3},
    {"15", LAYOUT_HOUR},
    {"1", LAYOUT_MONTH},
    {"2006", LAYOUT_YEAR},
    {"2", LAYOUT_DAY},
    {"_2", LAYOUT_DAY_SPACE},
    {"__2", LAYOUT_YEAR_DAY_SPACE},
    {"3", LAYOUT_HOUR_12},
    {"4", LAYOUT_MINUTE},
    {"5", LAYOUT_SECOND},
    {"PM", LAYOUT_AM_PM},
    {"pm", LAYOUT_AM_PM_SMALL},
};

static const struct {
    const char *text; /* behind "-" or "Z" */
    bool has_colon, has_minutes, has_seconds;
} offsets[] = {
    {"070000", false, true, true}, {"07:00:00", true, true, true}, {"0700", false, true, false},
    {"07:00", true, true, false},  {"07", false, false, false},
};

static bool is_digit_at(struct str s, size_t at)
{
    return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

static bool take_word(struct str rest, struct layout_element *element)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (words[i].text[0] != rest.p[0]) {
            continue;
        }
        struct str word = str_from(words[i].text);
        bool is_short =
            words[i].part == LAYOUT_MONTH_SHORT || words[i].part == LAYOUT_WEEKDAY_SHORT;
        if (!str_starts_with(rest, word) ||
            (is_short && rest.n > 3 && rest.p[3] >= 'a' && rest.p[3] <= 'z')) {
            continue; /* "Month" is no "Mon" */
        }
        if (words[i].part == LAYOUT_DAY_SPACE && str_starts_with(rest, STR("_2006"))) {
            return false; /* an underscore and a year */
        }
        element->text = str_slice(rest, 0, word.n);
        element->part = words[i].part;
        return true;
    }
    return false;
}

static bool take_offset(struct str rest, struct layout_element *element)
{
    for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
        struct str word = str_from(offsets[i].text);
        if (str_starts_with(str_slice(rest, 1, rest.n), word)) {
            *element = (struct layout_element){.text = str_slice(rest, 0, word.n + 1),
                                               .part = LAYOUT_OFFSET,
                                               .is_z = rest.p[0] == 'Z',
                                               .has_colon = offsets[i].has_colon,
                                               .has_minutes = offsets[i].has_minutes,
                                               .has_seconds = offsets[i].has_seconds};
            return true;
        }
    }
    return false;
}

/* ".000" or ",999": digits that are all the same and end there. */
static bool take_fraction(struct str rest, struct layout_element *element)
{
    if (rest.n < 2 || (rest.p[1] != '0' && rest.p[1] != '9')) {
        return false;
    }
    size_t n = 1;
    while (n < rest.n && rest.p[n] == rest.p[1]) {
        n++;
    }
    if (is_digit_at(rest, n)) {
        return false;
    }
    element->text = str_slice(rest, 0, n);
    element->part = rest.p[1] == '0' ? LAYOUT_FRACTION : LAYOUT_FRACTION_SHORT;
    return true;
}

static bool take_element(struct str rest, struct layout_element *element)
{
    switch (rest.p[0]) {
    case '-':
    case 'Z':
        return take_offset(rest, element);
    case '.':
    case ',':
        return take_fraction(rest, element);
    default:
        return strchr("JM012_345Pp", rest.p[0]) && take_word(rest, element);
    }
}

struct layout_element layout_next(struct str *layout)
{
    struct layout_element element = {.text = STR_EMPTY};
    for (size_t i = 0; i < layout->n; i++) {
        if (layout->p[i] != '\0' && take_element(str_slice(*layout, i, layout->n), &element)) {
            element.before = str_slice(*layout, 0, i);
            *layout = str_slice(*layout, i + element.text.n, layout->n);
            return element;
        }
    }
    element.before = *layout;
    *layout = STR_EMPTY;
    return element;
}
