// SPDX-License-Identifier: MIT
// What gcc calls for where newer RISC-V has an instruction. libgcc's looks at byte after byte.

#include <stdint.h>

int __ctzdi2(uint64_t value);

// A sequence in which all of the 64 numbers of 6 bits occur, shifted until one of them is on top.
int __ctzdi2(uint64_t value) {
    static const uint8_t positions[64] = {
        0,  1,  2,  7,  3,  13, 8,  19, 4,  25, 14, 28, 9,  34, 20, 40, 5,  17, 26, 38, 15, 46,
        29, 48, 10, 31, 35, 54, 21, 50, 41, 57, 63, 6,  12, 18, 24, 27, 33, 39, 16, 37, 45, 47,
        30, 53, 49, 56, 62, 11, 23, 32, 36, 44, 52, 55, 61, 22, 43, 51, 60, 42, 59, 58};
    return positions[(value & -value) * UINT64_C(0x0218a392cd3d5dbf) >> 58];
}
