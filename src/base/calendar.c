#include "base/calendar.h"

#include "base/time_units.h"

bool calendar_is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int calendar_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12) {
        return 0;
    }
    return month == 2 && calendar_is_leap(year) ? 29 : days[month - 1];
}

bool calendar_date_exists(struct calendar_date d)
{
    return d.day >= 1 && d.day <= calendar_month_days(d.year, d.month);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Years are counted from March 1st, so that the leap day is the last one; 400 years are one era of
 * 146097 days, and 719468 days lie between 0000-03-01 and 1970-01-01. */
int64_t calendar_to_days(struct calendar_date d)
{
    int64_t year = (int64_t)d.year - (d.month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month = (d.month + 9) % 12; /* March is 0 */
    int64_t day_of_year = (153 * month + 2) / 5 + d.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct calendar_date calendar_from_days(int64_t days)
{
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct calendar_date d;
    d.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    d.month = (int)(month < 10 ? month + 3 : month - 9);
    d.year = (int)(year_of_era + era * 400 + (d.month <= 2));
    return d;
}

int calendar_weekday(int64_t days)
{
    int64_t from_thursday = days - floor_div(days, 7) * 7; /* 1970-01-01 was one */
    return (int)((from_thursday + 4) % 7);
}

int64_t calendar_to_at(const struct calendar_time *t)
{
    return calendar_to_days(t->date) * US_PER_DAY + t->hour * US_PER_HOUR + t->minute * US_PER_MIN +
           t->second * US_PER_S + t->us;
}

struct calendar_time calendar_from_at(int64_t at)
{
    int64_t days = floor_div(at, US_PER_DAY);
    int64_t rest = at - days * US_PER_DAY;
    return (struct calendar_time){
        .date = calendar_from_days(days),
        .hour = (int)(rest / US_PER_HOUR),
        .minute = (int)(rest / US_PER_MIN % 60),
        .second = (int)(rest / US_PER_S % 60),
        .us = (int)(rest % US_PER_S),
        .weekday = calendar_weekday(days),
    };
}
