// SPDX-License-Identifier: MIT
// The time of day, from the PC's real-time clock (Motorola MC146818A), which QEMU sets to UTC. It
// is read once; from then on the clock counts. The difference is atomic: whoever finds none reads
// the device, and all find about the same.
#include "machine.h"

#define PORT_INDEX 0x70
#define PORT_DATA  0x71

#define REGISTER_SECOND   0x00
#define REGISTER_MINUTE   0x02
#define REGISTER_HOUR     0x04
#define REGISTER_DAY      0x07
#define REGISTER_MONTH    0x08
#define REGISTER_YEAR     0x09
#define REGISTER_STATUS_A 0x0a
#define STATUS_A_UPDATING 0x80
#define UPDATE_POLLS      100000

#define NOT_KNOWN   1 // there is no such clock
#define NANOSECONDS UINT64_C(1000000000)

static uint64_t difference; // from the clock to the time of day; 0: not read yet

static uint32_t rtc_read(uint8_t index) {
    uint8_t value;
    port_write8(PORT_INDEX, index);
    port_read_bytes(PORT_DATA, &value, 1);
    return value;
}

// The registers hold two decimal digits.
static uint32_t rtc_read_number(uint8_t index) {
    uint32_t value = rtc_read(index);
    return (value >> 4) * 10 + (value & 15);
}

// Days since 1970 of a date in this century.
static uint64_t days_since_1970(uint32_t year, uint32_t month, uint32_t day) {
    static const uint16_t before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint64_t days = 10957 + year * UINT64_C(365) + (year + 3) / 4; // from 2000-01-01
    bool leap_day = year % 4 == 0 && month > 2;
    return days + before_month[month - 1] + leap_day + day - 1;
}

// Seconds since 1970, or 0 if what is there is no time.
static uint64_t rtc_read_time(void) {
    for (int i = 0; i < UPDATE_POLLS && rtc_read(REGISTER_STATUS_A) & STATUS_A_UPDATING; i++) {}
    uint32_t second = rtc_read_number(REGISTER_SECOND), minute = rtc_read_number(REGISTER_MINUTE);
    uint32_t hour = rtc_read_number(REGISTER_HOUR), day = rtc_read_number(REGISTER_DAY);
    uint32_t month = rtc_read_number(REGISTER_MONTH), year = rtc_read_number(REGISTER_YEAR);
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 ||
        year > 99)
        return 0;
    return ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}

uint64_t arch_wall_clock(void) {
    uint64_t now = arch_clock_now(), known = __atomic_load_n(&difference, __ATOMIC_RELAXED);
    if (known == 0) {
        uint64_t seconds = rtc_read_time();
        known = seconds ? seconds * NANOSECONDS - now : NOT_KNOWN;
        __atomic_store_n(&difference, known, __ATOMIC_RELAXED);
    }
    return known == NOT_KNOWN ? 0 : known + now;
}
