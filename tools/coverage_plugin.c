// SPDX-License-Identifier: MIT
// A plugin for QEMU that finds out which of the kernel's instructions are executed. It counts each
// of them by itself, and not by the block, for an exception may end a block in its middle. At the
// machine's end it writes a byte for each byte of the kernel's code: 1 where an executed
// instruction begins. CPUs may lose counts to each other, but none goes back to 0, which is all
// that matters.
//
//   code=ADDRESS   where the kernel's code lies
//   load=ADDRESS   and where it runs before it has switched on its page tables
//   size=BYTES     of the code
//   out=FILE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_plugin.h"

int qemu_plugin_version = 1;

static uint64_t code, load, size;
static const char *output;
static uint64_t *counts; // by the distance from the code's beginning

static void watch_block(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(instruction);
        uint64_t distance = address - code < size ? address - code : address - load;
        if (distance < size)
            qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64,
                                                       &counts[distance], 1);
    }
}

static void write_result(qemu_plugin_id_t id, void *context) {
    (void)id, (void)context;
    FILE *stream = fopen(output, "wb");
    if (!stream) return perror(output);
    for (uint64_t i = 0; i < size; i++) putc(counts[i] != 0, stream);
    if (fclose(stream) != 0) perror(output);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count, char **arguments) {
    (void)info;
    for (int i = 0; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        if (!value++) return 1;
        if (strncmp(arguments[i], "code=", 5) == 0) code = strtoull(value, NULL, 0);
        if (strncmp(arguments[i], "load=", 5) == 0) load = strtoull(value, NULL, 0);
        if (strncmp(arguments[i], "size=", 5) == 0) size = strtoull(value, NULL, 0);
        if (strncmp(arguments[i], "out=", 4) == 0) output = strdup(value);
    }
    counts = calloc(size, sizeof(*counts));
    if (!counts || !size || !output) return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, watch_block);
    qemu_plugin_register_atexit_cb(id, write_result, NULL);
    return 0;
}
