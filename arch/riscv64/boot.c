// SPDX-License-Identifier: MIT
// Turns the firmware's device tree into struct boot_info. Runs on the boot hart alone, without
// locks and before anything can be printed: what makes no sense is left out.
#include "machine.h"
#include "lib/string.h"

#define TICKS_PER_SECOND_DEFAULT 10000000
#define TREE_MEMORY_RESERVATIONS 16 // offset, in the header, of the reservation block's offset

struct discovery {
    struct boot_info *info;
    uint32_t ticks_per_second;
    bool has_stimecmp; // every hart has it
    bool boot_hart_seen;
    uint32_t reserved_depth; // of /reserved-memory while inside it, else 0
    struct riscv_cpu *cpu;   // whose node was entered last, if it is used
};

static struct boot_info boot_info;

// ---- Helpers -----------------------------------------------------------------------------------

// A property that is a string, or NULL.
static const char *property_string(const struct tree_node *node, const char *name) {
    uint32_t size = 0;
    const char *value = device_tree_property(node, name, &size);
    return value != NULL && size > 0 && value[size - 1] == 0 ? value : NULL;
}

static bool property_is(const struct tree_node *node, const char *name, const char *wanted) {
    const char *value = property_string(node, name);
    return value != NULL && strcmp(value, wanted) == 0;
}

// A number of one or two cells.
static bool property_number(const struct tree_node *node, const char *name, uint64_t *number) {
    uint32_t first, second;
    if (!device_tree_cell(node, name, 0, &first)) return false;
    *number = first;
    if (device_tree_cell(node, name, 1, &second)) *number = *number << 32 | second;
    return true;
}

// Whether an ISA string such as rv64imac_zicsr_sstc has this extension of several letters.
static bool isa_has(const char *isa, const char *extension) {
    size_t length = strlen(extension);
    while ((isa = strchr(isa, '_')) != NULL) {
        isa++;
        if (strncmp(isa, extension, length) == 0 && (isa[length] == '_' || isa[length] == 0))
            return true;
    }
    return false;
}

static void add_memory(struct boot_info *info, uint64_t start, uint64_t size) {
    uint64_t end = (start + size) & ~(uint64_t)(PAGE_SIZE - 1);
    start = (start + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
    if (start < end && info->memory_count < MAX_MEMORY_RANGES)
        info->memory[info->memory_count++] = (struct memory_range){start, end};
}

// When there are too many ranges, the last one grows over what lies between: nothing that must not
// be used is ever used.
static void reserve(struct boot_info *info, uint64_t start, uint64_t size) {
    uint64_t end = (start + size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
    start &= ~(uint64_t)(PAGE_SIZE - 1);
    if (start >= end) return;
    if (info->reserved_count < MAX_MEMORY_RANGES) {
        info->reserved[info->reserved_count++] = (struct memory_range){start, end};
        return;
    }
    struct memory_range *last = &info->reserved[MAX_MEMORY_RANGES - 1];
    last->start = start < last->start ? start : last->start;
    last->end = end > last->end ? end : last->end;
}

// ---- Nodes -------------------------------------------------------------------------------------

static void visit_memory(struct boot_info *info, const struct tree_node *node) {
    uint64_t start, size;
    for (uint32_t i = 0; device_tree_reg(node, i, &start, &size); i++)
        add_memory(info, start, size);
}

static void visit_reserved(struct boot_info *info, const struct tree_node *node) {
    uint64_t start, size;
    for (uint32_t i = 0; device_tree_reg(node, i, &start, &size); i++) reserve(info, start, size);
}

static void visit_chosen(struct boot_info *info, const struct tree_node *node) {
    uint64_t start, end;
    const char *arguments = property_string(node, "bootargs");
    if (arguments != NULL) info->command_line = arguments;
    if (property_number(node, "linux,initrd-start", &start) &&
        property_number(node, "linux,initrd-end", &end) && start < end)
        info->initrd = (struct memory_range){start, end};
    uint32_t size = 0;
    const uint8_t *seed = device_tree_property(node, "rng-seed", &size);
    if (seed != NULL) riscv_entropy_add(seed, size);
}

// The record for a hart that can be used: the first is the boot hart's, whatever its number.
static struct riscv_cpu *cpu_for_hart(struct discovery *discovery, uint64_t hart) {
    if (hart == riscv_cpus[0].hart) {
        discovery->boot_hart_seen = true;
        return &riscv_cpus[0];
    }
    if (riscv_cpu_count == MAX_CPUS) return NULL;
    riscv_cpus[riscv_cpu_count].hart = hart;
    return &riscv_cpus[riscv_cpu_count++];
}

static void visit_cpu(struct discovery *discovery, const struct tree_node *node) {
    uint64_t hart, size;
    discovery->cpu = NULL;
    bool is_usable = device_tree_property(node, "status", NULL) == NULL ||
                     property_is(node, "status", "okay") || property_is(node, "status", "ok");
    if (!is_usable || !device_tree_reg(node, 0, &hart, &size)) return;
    discovery->info->cpus_found++;
    discovery->cpu = cpu_for_hart(discovery, hart);
    const char *isa = property_string(node, "riscv,isa");
    if (discovery->cpu != NULL && (isa == NULL || !isa_has(isa, "sstc")))
        discovery->has_stimecmp = false;
}

static void visit_cpu_interrupts(struct discovery *discovery, const struct tree_node *node) {
    if (discovery->cpu != NULL)
        device_tree_cell(node, "phandle", 0, &discovery->cpu->interrupt_parent);
}

static bool visit_node(void *context, const struct tree_node *node) {
    struct discovery *discovery = context;
    struct boot_info *info = discovery->info;

    if (discovery->reserved_depth != 0 && node->depth > discovery->reserved_depth) {
        visit_reserved(info, node);
        return true;
    }
    discovery->reserved_depth = 0;
    if (node->depth == 0 && device_tree_is_compatible(node, "riscv-virtio"))
        info->machine = ARCH_NAME " QEMU virt";
    else if (node->depth == 1 && strcmp(node->name, "reserved-memory") == 0)
        discovery->reserved_depth = node->depth;
    else if (node->depth == 1 && strcmp(node->name, "chosen") == 0)
        visit_chosen(info, node);
    else if (node->depth == 1 && strcmp(node->name, "cpus") == 0)
        device_tree_cell(node, "timebase-frequency", 0, &discovery->ticks_per_second);
    else if (property_is(node, "device_type", "memory"))
        visit_memory(info, node);
    else if (property_is(node, "device_type", "cpu"))
        visit_cpu(discovery, node);
    else if (device_tree_is_compatible(node, "riscv,cpu-intc"))
        visit_cpu_interrupts(discovery, node);
    return true;
}

// ---- All of it ---------------------------------------------------------------------------------

static uint64_t read_cell_pair(const uint8_t *bytes) {
    uint64_t number = 0;
    for (uint32_t i = 0; i < 8; i++) number = number << 8 | bytes[i];
    return number;
}

// The tree's reservation block: pairs of address and size, ended by a pair of zeros; and the tree.
static void reserve_for_tree(struct boot_info *info, const void *tree) {
    const uint8_t *bytes = tree;
    uint32_t tree_size = device_tree_size(tree);
    uint32_t offset = (uint32_t)read_cell_pair(bytes + TREE_MEMORY_RESERVATIONS - 4);
    reserve(info, (uint64_t)tree - DIRECT_MAP_BASE, tree_size);
    for (; offset < tree_size && tree_size - offset >= 16; offset += 16) {
        uint64_t start = read_cell_pair(bytes + offset), size = read_cell_pair(bytes + offset + 8);
        if (start == 0 && size == 0) return;
        reserve(info, start, size);
    }
}

static void discover(uint64_t hart, const void *tree) {
    struct boot_info *info = &boot_info;
    struct discovery discovery = {
        .info = info, .ticks_per_second = TICKS_PER_SECOND_DEFAULT, .has_stimecmp = true};

    info->command_line = "";
    info->machine = ARCH_NAME;
    riscv_cpus[0].hart = hart;
    riscv_cpu_count = 1;
    if (device_tree_is_valid(tree)) {
        info->device_tree = tree;
        device_tree_walk(tree, visit_node, &discovery);
        reserve_for_tree(info, tree);
        riscv_find_devices(tree, info);
    }
    if (!discovery.boot_hart_seen) // whatever the tree says, it is running
        info->cpus_found++;
    info->cpu_count = riscv_cpu_count;
    for (uint32_t i = 0; i < riscv_cpu_count; i++)
        info->cpu_hardware_id[i] = (uint32_t)riscv_cpus[i].hart;
    riscv_clock_setup(discovery.ticks_per_second,
                      discovery.boot_hart_seen && discovery.has_stimecmp);
}

void riscv_boot(uint64_t hart, uint64_t device_tree) {
    discover(hart, (const void *)(DIRECT_MAP_BASE + device_tree));
    kernel_main(&boot_info);
}
