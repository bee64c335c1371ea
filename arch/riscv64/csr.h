// SPDX-License-Identifier: MIT
// The supervisor's control and status registers (RISC-V Privileged Architecture 1.12, chapter 4) as
// assembly and C both need them.
#pragma once

#define SSTATUS_SIE  0x2     // supervisor interrupts are on
#define SSTATUS_SPIE 0x20    // what SIE becomes at sret
#define SSTATUS_SPP  0x100   // sret goes to supervisor mode
#define SSTATUS_SUM  0x40000 // the supervisor may touch user pages

#define SIE_SOFTWARE 0x2
#define SIE_TIMER    0x20
#define SIE_EXTERNAL 0x200

#define SCAUSE_INTERRUPT  (UINT64_C(1) << 63)
#define SCAUSE_ECALL_USER 8

#define SATP_SV39_SHIFT 63 // mode 8 in bits 63 to 60

#define CSR_STIMECMP 0x14d // by number: the assembler need not know the Sstc extension

#ifndef __ASSEMBLER__

#define CSR_TEXT(name) #name
#define CSR_NAME(name) CSR_TEXT(name) // with CSR_STIMECMP replaced by its number

#define csr_read(name)                                                                             \
    ({                                                                                             \
        uint64_t csr_value;                                                                        \
        __asm__ volatile("csrr %0, " CSR_NAME(name) : "=r"(csr_value) : : "memory");               \
        csr_value;                                                                                 \
    })

#define csr_write(name, value)                                                                     \
    __asm__ volatile("csrw " CSR_NAME(name) ", %0" : : "rK"((uint64_t)(value)) : "memory")

#define csr_set(name, bits)                                                                        \
    __asm__ volatile("csrs " CSR_NAME(name) ", %0" : : "rK"((uint64_t)(bits)) : "memory")

#define csr_clear(name, bits)                                                                      \
    __asm__ volatile("csrc " CSR_NAME(name) ", %0" : : "rK"((uint64_t)(bits)) : "memory")

#endif
