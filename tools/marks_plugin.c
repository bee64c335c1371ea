// SPDX-License-Identifier: MIT
// A plugin for QEMU that counts between marks, which work without the instruction counter and so
// with a disk. A mark is a no-op with a number from MARK_FIRST on: `slti zero, zero, N`, or `nopl
// N(%rax)` of 7 bytes. At each a line goes to the output: the mark's number, how many instructions
// have been executed, and how often the watched one was. For machines with one CPU.
//
//   watch=ADDRESS   of an instruction of the kernel
//   out=FILE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_plugin.h"

#define MARK_FIRST 0x700
#define MARK_LAST  0x7ff

int qemu_plugin_version = 1;

static uint64_t watched, executed, hits;
static FILE *output;

// The number of a mark, 0 for any other instruction.
static uint64_t mark_of(const struct qemu_plugin_insn *instruction) {
    const uint8_t *bytes = qemu_plugin_insn_data(instruction);
    uint32_t word, number = 0;
    if (qemu_plugin_insn_size(instruction) == 4) {
        memcpy(&word, bytes, sizeof(word));
        if ((word & 0xfffff) == 0x02013) number = word >> 20;
    } else if (qemu_plugin_insn_size(instruction) == 7 && memcmp(bytes, "\x0f\x1f\x80", 3) == 0) {
        memcpy(&number, bytes + 3, sizeof(number));
    }
    return number >= MARK_FIRST && number <= MARK_LAST ? number : 0;
}

static void pass_mark(unsigned int cpu, void *mark) {
    (void)cpu;
    fprintf(output, "%lu %lu %lu\n", (unsigned long)(uintptr_t)mark, (unsigned long)executed,
            (unsigned long)hits);
}

static void watch_block(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        uint64_t mark = mark_of(instruction);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64,
                                                   &executed, 1);
        if (qemu_plugin_insn_vaddr(instruction) == watched)
            qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64,
                                                       &hits, 1);
        if (mark)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, pass_mark, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)mark);
    }
}

static void finish(qemu_plugin_id_t id, void *context) {
    (void)id, (void)context;
    fclose(output);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count, char **arguments) {
    (void)info;
    for (int i = 0; i < count; i++) {
        if (strncmp(arguments[i], "watch=", 6) == 0) watched = strtoull(arguments[i] + 6, NULL, 0);
        if (strncmp(arguments[i], "out=", 4) == 0) output = fopen(arguments[i] + 4, "w");
    }
    if (!output) return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, watch_block);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
