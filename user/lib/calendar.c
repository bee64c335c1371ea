// SPDX-License-Identifier: MIT
// The calendar: seconds since 1970 as a date, in UTC.
#include <time.h>

#define SECONDS_PER_DAY 86400
#define DAYS_PER_ERA    146097 // 400 years, after which all repeats
#define DAYS_TO_1970    719468 // from the first of March of the year 0

// Years are counted from March, so that the odd day of a leap year is the last one.
static void set_date(struct tm *parts, int64_t days) {
    int64_t shifted = days + DAYS_TO_1970;
    int64_t era = (shifted >= 0 ? shifted : shifted - DAYS_PER_ERA + 1) / DAYS_PER_ERA;
    int64_t day = shifted - era * DAYS_PER_ERA; // of the era
    int64_t year = (day - day / 1460 + day / 36524 - day / (DAYS_PER_ERA - 1)) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153; // March is 0
    parts->tm_mday = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    parts->tm_mon = (int)(month < 10 ? month + 2 : month - 10);
    parts->tm_year = (int)(year + era * 400 + (month < 10 ? 0 : 1) - 1900);
    int64_t full_year = parts->tm_year + 1900;
    int is_leap = (full_year % 4 == 0 && full_year % 100 != 0) || full_year % 400 == 0;
    parts->tm_yday = (int)(month < 10 ? day_of_year + 59 + is_leap : day_of_year - 306);
    parts->tm_wday = (int)(((days + 4) % 7 + 7) % 7); // 1970 began on a Thursday
}

struct tm *gmtime_r(const time_t *restrict time, struct tm *restrict parts) {
    int64_t days = *time / SECONDS_PER_DAY, rest = *time % SECONDS_PER_DAY;
    if (rest < 0) {
        rest += SECONDS_PER_DAY;
        days--;
    }
    set_date(parts, days);
    parts->tm_hour = (int)(rest / 3600);
    parts->tm_min = (int)(rest / 60 % 60);
    parts->tm_sec = (int)(rest % 60);
    return parts;
}
