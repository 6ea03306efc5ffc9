#pragma once
/* calendar — days and dates of the proleptic Gregorian calendar, by arithmetic.
 *
 * No time zones (a zone turns a point in time into a local one before it comes here), no leap
 * seconds, no libc time functions. Exact for years -9999 … 9999 and well beyond.
 * Layer: base. Pure. Any thread. */
#include <stdbool.h>
#include <stdint.h>

struct calendar_date {
    int year;
    int month; /* 1–12 */
    int day;   /* 1–31 */
};

struct calendar_time {
    struct calendar_date date;
    int hour, minute, second; /* 0–23, 0–59, 0–59 */
    int us;                   /* 0–999999 */
    int weekday;              /* 0 Sunday … 6 Saturday */
};

bool calendar_is_leap(int year);
int calendar_month_days(int year, int month);
/* Is this a day that exists? (any year) */
bool calendar_date_exists(struct calendar_date);

/* Days since 1970-01-01, and back. The date must exist. */
int64_t calendar_to_days(struct calendar_date);
struct calendar_date calendar_from_days(int64_t days);
/* 0 Sunday … 6 Saturday */
int calendar_weekday(int64_t days);

/* Microseconds since 1970-01-01 UTC, and back. calendar_to_at ignores `weekday`. */
int64_t calendar_to_at(const struct calendar_time *);
struct calendar_time calendar_from_at(int64_t at);
