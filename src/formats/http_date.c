#include "formats/http_date.h"

#include "base/calendar.h"
#include "base/time_units.h"

#include <stdio.h>

static const char day_names[] = "SunMonTueWedThuFriSat";
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Which of the three-letter names stands at s[at]; -1 if none. */
static int name_at(struct str s, size_t at, const char *names, int n)
{
    for (int i = 0; i < n; i++) {
        if (str_eq(str_slice(s, at, at + 3), (struct str){names + 3 * i, 3})) {
            return i;
        }
    }
    return -1;
}

static bool number_at(struct str s, size_t at, size_t n, int *ret)
{
    uint64_t value;
    if (!str_to_u64(str_slice(s, at, at + n), &value)) {
        return false;
    }
    *ret = (int)value;
    return true;
}

bool http_date_parse(struct str s, int64_t *ret_at)
{
    /* Everything that is not a letter or digit of a field must equal this. */
    static const char shape[] = "xxx, xx xxx xxxx xx:xx:xx GMT";
    if (s.n != HTTP_DATE_TEXT) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (shape[i] != 'x' && s.p[i] != shape[i]) {
            return false;
        }
    }
    struct calendar_time t = {0};
    int weekday = name_at(s, 0, day_names, 7);
    t.date.month = name_at(s, 8, month_names, 12) + 1;
    if (!number_at(s, 5, 2, &t.date.day) || !number_at(s, 12, 4, &t.date.year) ||
        !number_at(s, 17, 2, &t.hour) || !number_at(s, 20, 2, &t.minute) ||
        !number_at(s, 23, 2, &t.second)) {
        return false;
    }
    if (!calendar_date_exists(t.date) || t.hour > 23 || t.minute > 59 || t.second > 60 ||
        weekday != calendar_weekday(calendar_to_days(t.date))) {
        return false;
    }
    *ret_at = calendar_to_at(&t);
    return true;
}

char *http_date_format(int64_t at, char out[HTTP_DATE_TEXT + 1])
{
    const int64_t first_at = INT64_C(-62167219200) * US_PER_S;
    const int64_t last_at = INT64_C(253402300799) * US_PER_S;
    struct calendar_time t = calendar_from_at(at < first_at  ? first_at
                                              : at > last_at ? last_at
                                                             : at);
    snprintf(out, HTTP_DATE_TEXT + 1, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
             day_names + 3 * t.weekday, t.date.day, month_names + 3 * (t.date.month - 1),
             t.date.year, t.hour, t.minute, t.second);
    return out;
}

bool retry_after_parse(struct str text, int64_t now_at, int64_t max_us, int64_t *ret_us)
{
    uint64_t seconds;
    int64_t at;
    text = str_trim(text);
    if (str_to_u64(text, &seconds)) {
        *ret_us = seconds > (uint64_t)(max_us / US_PER_S) ? max_us : (int64_t)seconds * US_PER_S;
        return true;
    }
    if (!http_date_parse(text, &at)) {
        return false;
    }
    *ret_us = at <= now_at ? 0 : at - now_at > max_us ? max_us : at - now_at;
    return true;
}
