// SPDX-License-Identifier: MIT
// The few ACPI tables that matter (ACPI Specification 6.5, chapter 5.2): which CPUs and I/O APICs
// there are, and how the machine is switched off. Lengths and checksums are checked before anything
// is believed. Boot CPU only, while all memory is still mapped.
#include "machine.h"
#include "lib/string.h"

#define MAPPED_MEMORY  (UINT64_C(512) << 30) // by the first page table
#define TABLE_SIZE_MAX (1u << 20)
#define ROOT_SIZE_V1   20

struct root_pointer {
    char signature[8]; // "RSD PTR "
    uint8_t checksum;  // makes the first 20 bytes add up to 0
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length; // from here on since revision 2
    uint64_t xsdt;
    uint8_t extended_checksum;
    uint8_t reserved[3];
} __attribute__((packed));

struct table {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

struct interrupt_table {
    struct table header; // "APIC"
    uint32_t lapic_address;
    uint32_t flags;
    uint8_t entries[];
} __attribute__((packed));

enum { ENTRY_LAPIC = 0, ENTRY_IOAPIC = 1, ENTRY_OVERRIDE = 2 };

#define LAPIC_ENABLED 1

struct interrupt_entry {
    uint8_t type;
    uint8_t length;
    union {
        struct {
            uint8_t processor, id;
            uint32_t flags;
        } __attribute__((packed)) lapic;
        struct {
            uint8_t id, reserved;
            uint32_t address, first_irq;
        } __attribute__((packed)) ioapic;
        struct {
            uint8_t bus, isa_irq;
            uint32_t irq;
            uint16_t flags;
        } __attribute__((packed)) override;
    };
} __attribute__((packed));

// The parts of the fixed description table ("FACP") that are used, by their offsets.
#define FIXED_CONTROL_PORT    64
#define FIXED_FLAGS           112
#define FIXED_SLEEP_REGISTER  244 // a generic address: space, three bytes, 64-bit address
#define FLAG_HARDWARE_REDUCED (1u << 20)
#define SPACE_MEMORY          0

static bool sums_to_zero(const void *bytes, size_t size) {
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i++) sum = (uint8_t)(sum + ((const uint8_t *)bytes)[i]);
    return sum == 0;
}

// The table at a physical address, or NULL if it is not a sound one with this signature.
static const struct table *open_table(uint64_t physical, const char *signature) {
    if (physical == 0 || physical >= MAPPED_MEMORY) return NULL;
    const struct table *table = physical_address(physical);
    if (memcmp(table->signature, signature, 4) != 0 || table->length < sizeof(*table) ||
        table->length > TABLE_SIZE_MAX || !sums_to_zero(table, table->length))
        return NULL;
    return table;
}

// The table with this signature that a root table of `width`-byte addresses lists.
static const struct table *find_in_root(const struct table *root, size_t width,
                                        const char *signature) {
    const uint8_t *entry = (const uint8_t *)(root + 1);
    const uint8_t *end = (const uint8_t *)root + root->length;
    for (; (size_t)(end - entry) >= width; entry += width) {
        uint64_t physical = 0;
        memcpy(&physical, entry, width);
        const struct table *table = open_table(physical, signature);
        if (table) return table;
    }
    return NULL;
}

static const struct table *find_table(const struct root_pointer *pointer, const char *signature) {
    const struct table *root = NULL;
    if (pointer->revision >= 2 && pointer->length >= sizeof(*pointer) &&
        pointer->length < PAGE_SIZE && sums_to_zero(pointer, pointer->length))
        root = open_table(pointer->xsdt, "XSDT");
    if (root) return find_in_root(root, sizeof(uint64_t), signature);
    root = open_table(pointer->rsdt, "RSDT");
    return root ? find_in_root(root, sizeof(uint32_t), signature) : NULL;
}

// The CPU that boots is index 0 already.
static void add_cpu(uint32_t id) {
    struct boot_info *info = &boot_information;
    if (id == info->cpu_hardware_id[0]) return;
    info->cpus_found++;
    if (info->cpu_count < MAX_CPUS) info->cpu_hardware_id[info->cpu_count++] = id;
}

static void read_interrupt_entry(const struct interrupt_entry *entry) {
    if (entry->type == ENTRY_LAPIC && entry->length >= 8) {
        if (entry->lapic.flags & LAPIC_ENABLED) add_cpu(entry->lapic.id);
    } else if (entry->type == ENTRY_IOAPIC && entry->length >= 12) {
        ioapic_add(entry->ioapic.address, entry->ioapic.first_irq);
    } else if (entry->type == ENTRY_OVERRIDE && entry->length >= 10) {
        ioapic_override_isa(entry->override.isa_irq, entry->override.irq, entry->override.flags);
    }
}

static void read_interrupt_table(const struct interrupt_table *table) {
    const uint8_t *end = (const uint8_t *)table + table->header.length;
    const uint8_t *at = table->entries;
    while (end - at >= 2) {
        const struct interrupt_entry *entry = (const struct interrupt_entry *)at;
        if (entry->length < 2 || entry->length > end - at) break;
        read_interrupt_entry(entry);
        at += entry->length;
    }
}

static void read_fixed_table(const struct table *table) {
    const uint8_t *bytes = (const uint8_t *)table;
    uint32_t flags, port;
    uint64_t address;
    if (table->length < FIXED_FLAGS + sizeof(flags)) return;
    memcpy(&flags, bytes + FIXED_FLAGS, sizeof(flags));
    memcpy(&port, bytes + FIXED_CONTROL_PORT, sizeof(port));
    if (!(flags & FLAG_HARDWARE_REDUCED)) {
        power_set_control_port((uint16_t)port);
        return;
    }
    if (table->length < FIXED_SLEEP_REGISTER + 12 || bytes[FIXED_SLEEP_REGISTER] != SPACE_MEMORY)
        return;
    memcpy(&address, bytes + FIXED_SLEEP_REGISTER + 4, sizeof(address));
    if (boot_is_device_address(address)) power_set_sleep_register(address);
}

bool acpi_discover(uint64_t physical) {
    if (physical == 0 || physical >= MAPPED_MEMORY) return false;
    const struct root_pointer *pointer = physical_address(physical);
    if (memcmp(pointer->signature, "RSD PTR ", 8) != 0 || !sums_to_zero(pointer, ROOT_SIZE_V1))
        return false;
    const struct table *interrupts = find_table(pointer, "APIC");
    const struct table *fixed = find_table(pointer, "FACP");
    if (fixed) read_fixed_table(fixed);
    if (!interrupts || interrupts->length < sizeof(struct interrupt_table)) return false;
    read_interrupt_table((const struct interrupt_table *)interrupts);
    return true;
}
