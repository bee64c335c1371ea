// SPDX-License-Identifier: MIT
// Calls to the machine-mode firmware: an ecall with the extension in a7 and the function in a6.
#include "sbi.h"

#define EXTENSION_TIMER 0x54494d45 // "TIME"
#define EXTENSION_IPI   0x735049   // "sPI"
#define EXTENSION_HART  0x48534d   // "HSM"
#define EXTENSION_RESET 0x53525354 // "SRST"
#define RESET_SHUTDOWN  0
#define REASON_NONE     0
#define REASON_FAILURE  1

// The result's error; what else a call may return is not needed here.
static int64_t sbi_call(uint64_t extension, uint64_t function, uint64_t argument0,
                        uint64_t argument1, uint64_t argument2) {
    register uint64_t a0 __asm__("a0") = argument0;
    register uint64_t a1 __asm__("a1") = argument1;
    register uint64_t a2 __asm__("a2") = argument2;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (int64_t)a0;
}

bool sbi_hart_start(uint64_t hart, uint64_t physical_address) {
    return sbi_call(EXTENSION_HART, 0, hart, physical_address, 0) == 0;
}

bool sbi_send_ipi(uint64_t hart) {
    return sbi_call(EXTENSION_IPI, 0, 1, hart, 0) == 0; // a mask of one hart, and where it begins
}

bool sbi_set_timer(uint64_t ticks) { return sbi_call(EXTENSION_TIMER, 0, ticks, 0, 0) == 0; }

void sbi_shutdown(bool failed) {
    sbi_call(EXTENSION_RESET, 0, RESET_SHUTDOWN, failed ? REASON_FAILURE : REASON_NONE, 0);
}
