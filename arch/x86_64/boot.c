// SPDX-License-Identifier: MIT
// From the PVH loader's start information (Xen's public/arch-x86/hvm/start_info.h) to struct
// boot_info. Everything that is handed over lies below 1 MiB or near the top of memory and is
// copied first. Boot CPU only; takes no locks and prints only when the boot cannot go on.
#include "machine.h"
#include "lib/string.h"

#define START_MAGIC        0x336ec578
#define COMMAND_LINE_MAX   2048
#define MEMORY_USABLE      1
#define MEMORY_LOWEST      UINT64_C(0x100000)    // below: firmware, and the trampoline
#define MEMORY_MAPPED      (UINT64_C(512) << 30) // by the first page table
#define MEMORY_ENTRIES_MAX 128

// Where PCs have their interrupt controllers, and microvm its virtio and power registers.
#define DEVICES_START UINT64_C(0xfe000000)
#define DEVICES_END   UINT64_C(0xff000000)

// Where they are on every PC, for a machine that says nothing.
#define IOAPIC_USUAL UINT64_C(0xfec00000)

#define UART_LINE_STATUS  5
#define UART_OUTPUT_READY 0x20

struct start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t command_line;
    uint64_t root_pointer; // ACPI
    uint64_t memory_map;   // since version 1
    uint32_t memory_map_count;
    uint32_t reserved;
};

struct start_module {
    uint64_t address;
    uint64_t size;
    uint64_t command_line;
    uint64_t reserved;
};

struct start_memory {
    uint64_t address;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};

struct boot_info boot_information;
static char command_line[COMMAND_LINE_MAX];

_Noreturn void boot_main(uint64_t start_info_physical);

void boot_fail(const char *message) {
    for (; *message; message++) {
        while (!(arch_uart_read(UART_LINE_STATUS) & UART_OUTPUT_READY)) arch_cpu_relax();
        arch_uart_write(0, (uint8_t)*message);
    }
    arch_power_off(true);
}

bool boot_is_device_address(uint64_t physical) {
    return physical >= DEVICES_START && physical < DEVICES_END;
}

// microvm's list ends with an entry of size 0.
static void add_memory(const struct start_memory *entry) {
    struct boot_info *info = &boot_information;
    uint64_t start = entry->address, end = entry->address + entry->size;
    if (entry->type != MEMORY_USABLE || end < start || info->memory_count == MAX_MEMORY_RANGES)
        return;
    start = start < MEMORY_LOWEST ? MEMORY_LOWEST : start;
    end = end > MEMORY_MAPPED ? MEMORY_MAPPED : end;
    start = (start + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    end &= ~(PAGE_SIZE - 1);
    if (start < end) info->memory[info->memory_count++] = (struct memory_range){start, end};
}

static void read_start_info(const struct start_info *start) {
    struct boot_info *info = &boot_information;
    const struct start_memory *memory = physical_address(start->memory_map);
    if (start->version < 1 || start->memory_map == 0)
        boot_fail("capv6: the boot loader gives no memory map\n");
    for (uint32_t i = 0; i < start->memory_map_count && i < MEMORY_ENTRIES_MAX; i++)
        add_memory(&memory[i]);
    if (start->command_line)
        string_copy(command_line, physical_address(start->command_line), sizeof(command_line));
    if (start->module_count > 0) {
        const struct start_module *module = physical_address(start->modules);
        info->initrd = (struct memory_range){module->address, module->address + module->size};
    }
    info->command_line = command_line;
    info->devices = (struct memory_range){DEVICES_START, DEVICES_END};
}

static void discover(const struct start_info *start) {
    struct boot_info *info = &boot_information;
    uint64_t root_pointer = start->root_pointer;
    read_start_info(start);
    lapic_init();
    info->cpu_hardware_id[0] = lapic_id();
    info->cpu_count = info->cpus_found = 1;
    if (!acpi_discover(root_pointer)) ioapic_add(IOAPIC_USUAL, 0);
    info->device_tree = fw_cfg_device_tree();
    info->machine = info->device_tree ? "x86_64 QEMU microvm" : "x86_64 PC";
    clock_calibrate();
}

void boot_main(uint64_t start_info_physical) {
    const struct start_info *start = physical_address(start_info_physical);
    cpu_load_tables(0);
    if (start->magic != START_MAGIC) boot_fail("capv6: not started through the PVH entry\n");
    discover(start);
    cpu_place_trampoline(); // only now: what was handed over may have lain there
    kernel_main(&boot_information);
}
