// SPDX-License-Identifier: MIT
// QEMU's firmware configuration device (QEMU, docs/specs/fw_cfg): microvm keeps its device tree
// there as a file. Boot CPU only, before anything that locks.
#include "machine.h"
#include "lib/string.h"

#define FW_CFG_SELECTOR 0x510
#define FW_CFG_DATA     0x511

#define FW_CFG_SIGNATURE 0x0000
#define FW_CFG_DIRECTORY 0x0019

#define FILES_MAX     256
#define TREE_FILE     "etc/fdt"
#define TREE_SIZE_MAX (32 * 1024)

struct fw_cfg_file {
    uint32_t size; // this and the selector are big-endian
    uint16_t selector;
    uint16_t reserved;
    char name[56];
};

// The fields of a device tree's header, all big-endian.
struct tree_header {
    uint32_t magic;
    uint32_t total_size;
    uint32_t structure;
    uint32_t strings;
    uint32_t reserved_memory;
    uint32_t version;
    uint32_t last_compatible_version;
    uint32_t boot_cpu;
    uint32_t strings_size;
    uint32_t structure_size;
};

#define TREE_MAGIC 0xd00dfeed

static uint8_t device_tree[TREE_SIZE_MAX] __attribute__((aligned(8)));

static void fw_cfg_read(void *to, size_t size) { port_read_bytes(FW_CFG_DATA, to, size); }

static bool fw_cfg_is_present(void) {
    char signature[4];
    port_write16(FW_CFG_SELECTOR, FW_CFG_SIGNATURE);
    fw_cfg_read(signature, sizeof(signature));
    return memcmp(signature, "QEMU", sizeof(signature)) == 0;
}

// Makes the file the one that fw_cfg_read() reads.
static bool fw_cfg_select_file(const char *name) {
    uint32_t count;
    port_write16(FW_CFG_SELECTOR, FW_CFG_DIRECTORY);
    fw_cfg_read(&count, sizeof(count));
    count = __builtin_bswap32(count);
    for (uint32_t i = 0; i < count && i < FILES_MAX; i++) {
        struct fw_cfg_file file;
        fw_cfg_read(&file, sizeof(file));
        if (strncmp(file.name, name, sizeof(file.name)) != 0) continue;
        port_write16(FW_CFG_SELECTOR, __builtin_bswap16(file.selector));
        return true;
    }
    return false;
}

// Where a block of the tree ends; 0 if it does not fit.
static uint32_t block_end(uint32_t offset, uint32_t size) {
    offset = __builtin_bswap32(offset);
    size = __builtin_bswap32(size);
    return offset <= TREE_SIZE_MAX && size <= TREE_SIZE_MAX - offset ? offset + size : 0;
}

// The file is padded to 1 MiB; only what the header points to is read, and the header then says so.
const void *fw_cfg_device_tree(void) {
    if (!fw_cfg_is_present() || !fw_cfg_select_file(TREE_FILE)) return NULL;
    struct tree_header *header = (struct tree_header *)device_tree;
    fw_cfg_read(header, sizeof(*header));
    if (header->magic != __builtin_bswap32(TREE_MAGIC)) return NULL;
    uint32_t structure_end = block_end(header->structure, header->structure_size);
    uint32_t strings_end = block_end(header->strings, header->strings_size);
    uint32_t end = structure_end > strings_end ? structure_end : strings_end;
    if (structure_end == 0 || strings_end == 0 || end < sizeof(*header)) return NULL;
    fw_cfg_read(device_tree + sizeof(*header), end - sizeof(*header));
    header->total_size = __builtin_bswap32(end);
    return device_tree;
}
