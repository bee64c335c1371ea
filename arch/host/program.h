// SPDX-License-Identifier: MIT
// The instructions of user programs on the host machine, and macros to write programs with as
// arrays. An instruction is 16 bytes, aligned. Registers are 64 bits wide; 15 is the stack pointer,
// 14 the frame pointer; a call to the kernel takes its number in 7, arguments in 0 to 5, and leaves
// its result in 0.
#pragma once

#include "abi/types.h"

enum host_operation {
    HOST_ILLEGAL, // zeroed memory is no program
    HOST_SET,     // a = value
    HOST_ADD,     // a = b + value
    HOST_SUM,     // a = b + c
    HOST_LOAD,    // a = 8 bytes at b + value
    HOST_STORE,   // 8 bytes at b + value = a
    HOST_LOAD_BYTE,
    HOST_STORE_BYTE,
    HOST_JUMP,     // by value instructions, counted from this one
    HOST_IF_EQUAL, // jump if a == b
    HOST_IF_LESS,  // jump if a < b, as signed numbers
    HOST_GO,       // to the address in a
    HOST_SYSCALL,
    HOST_FAIL, // as host_fail_allocations_after(a)
};

struct host_instruction {
    uint8_t operation; // enum host_operation
    uint8_t a;
    uint8_t b;
    uint8_t c;
    uint32_t reserved; // 0
    int64_t value;
};

#define HOST_CODE(operation, a, b, c, value)                                                       \
    { operation, a, b, c, 0, value }
#define SET(a, value)           HOST_CODE(HOST_SET, a, 0, 0, (int64_t)(value))
#define ADD(a, b, value)        HOST_CODE(HOST_ADD, a, b, 0, value)
#define SUM(a, b, c)            HOST_CODE(HOST_SUM, a, b, c, 0)
#define MOVE(a, b)              ADD(a, b, 0)
#define LOAD(a, b, value)       HOST_CODE(HOST_LOAD, a, b, 0, value)
#define STORE(a, b, value)      HOST_CODE(HOST_STORE, a, b, 0, value)
#define LOAD_BYTE(a, b, value)  HOST_CODE(HOST_LOAD_BYTE, a, b, 0, value)
#define STORE_BYTE(a, b, value) HOST_CODE(HOST_STORE_BYTE, a, b, 0, value)
#define JUMP(by)                HOST_CODE(HOST_JUMP, 0, 0, 0, by)
#define IF_EQUAL(a, b, by)      HOST_CODE(HOST_IF_EQUAL, a, b, 0, by)
#define IF_LESS(a, b, by)       HOST_CODE(HOST_IF_LESS, a, b, 0, by)
#define GO(a)                   HOST_CODE(HOST_GO, a, 0, 0, 0)
#define FAIL(a)                 HOST_CODE(HOST_FAIL, a, 0, 0, 0)
#define CALL(number)            SET(7, number), HOST_CODE(HOST_SYSCALL, 0, 0, 0, 0)
