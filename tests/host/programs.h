// SPDX-License-Identifier: MIT
// User programs for the host machine, written in the test as arrays of program.h's instructions and
// those below, and put into an archive as files.
#pragma once

#include "abi/syscall.h"
#include "mem/address_space.h"
#include "program.h"

// A program's memory: two pages of text, the second beginning with its strings, one of data, heap.
#define PROGRAM_STRINGS (USER_PROGRAM_BASE + 0x1000)
#define PROGRAM_DATA    (USER_PROGRAM_BASE + 0x2000)
#define PROGRAM_HEAP    (USER_PROGRAM_BASE + 0x3000)

// Labels are numbers below 64; assembling turns them into distances.
#define HOST_LABEL 200
#define TO_LABEL   1 // in `reserved`
#define LABEL_CODE(operation, a, b, to)                                                            \
    { operation, a, b, 0, TO_LABEL, to }
#define LABEL(number)      LABEL_CODE(HOST_LABEL, 0, 0, number)
#define GO_TO(label)       LABEL_CODE(HOST_JUMP, 0, 0, label)
#define EQUAL_TO(a, b, to) LABEL_CODE(HOST_IF_EQUAL, a, b, to)
#define LESS_TO(a, b, to)  LABEL_CODE(HOST_IF_LESS, a, b, to)

#define EXIT(status)           SET(0, status), CALL(SYS_exit)
#define EXIT_WITH(reg)         MOVE(0, reg), CALL(SYS_exit)
#define FORK                   CALL(SYS_fork) // register 0: 0 in the child
#define WAIT_FOR(pid, address) SET(0, pid), SET(1, address), SET(2, 0), CALL(SYS_wait)

// Ends the program with this status unless the register holds the value. Uses register 13.
#define EXPECT(reg, value, status) SET(13, value), IF_EQUAL(reg, 13, 4), EXIT(status)

// Waits for any child and expects this status of it. Uses 12, 13 and the data's last word.
#define PROGRAM_STATUS (PROGRAM_DATA + 0xff8)
#define EXPECT_CHILD(ended, status)                                                                \
    WAIT_FOR(-1, PROGRAM_STATUS), SET(12, PROGRAM_STATUS), LOAD(12, 12, 0),                        \
        EXPECT(12, ended, status)

struct test_program {
    const char *path; // without a leading slash
    const struct host_instruction *code;
    size_t count;
    const char *strings; // bytes at PROGRAM_STRINGS
    size_t strings_size;
};

#define PROGRAM(path, code, strings)                                                               \
    { path, code, sizeof(code) / sizeof((code)[0]), strings, sizeof(strings) }

// An archive with these programs, in memory that is used again the next time. Its size.
size_t programs_archive(const struct test_program *programs, size_t count, const void **archive);
