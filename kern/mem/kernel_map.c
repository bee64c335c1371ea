// SPDX-License-Identifier: MIT
// The kernel's half of every address space. Its top-level entries never change after boot, so every
// new root copies them. The kernel-map lock guards the stacks and the tables below their entry.

#include "mem/kernel_map.h"
#include "lib/print.h"
#include "lib/image.h"
#include "mem/page_table.h"
#include "sync/lock.h"

#define STACK_SLOT        (2 * KERNEL_STACK_SIZE) // guard below, stack above
#define STACK_PAGES       (KERNEL_STACK_SIZE / PAGE_SIZE)
#define STACK_REGION_SIZE (UINT64_C(1) << 30)
#define KERNEL_DATA       (PTE_READ | PTE_WRITE | PTE_GLOBAL)
#define ROOT_ENTRIES      512

// A free stack holds its link at its very top.
struct free_stack {
    struct free_stack *next;
};

static struct spinlock kernel_map_lock = SPINLOCK_INIT(LOCK_KERNEL_MAP);
static uint64_t root;
static uint32_t used_entry_count; // of the root: a handful, constant after boot
static uint16_t used_entries[ROOT_ENTRIES / 2];
uint64_t kernel_map_generation;
static uint64_t stacks_made;
static uint64_t stacks_free;
static struct free_stack *free_stacks;

static void map(uint64_t address, uint64_t physical, uint64_t size, uint32_t flags) {
    if (size > 0 && page_table_map_range(root, address, physical, size, flags) < 0)
        panic("too little memory for the kernel's page table");
}

static uint64_t image_physical(const char *symbol) {
    return (uint64_t)symbol - KERNEL_IMAGE_OFFSET;
}

static void map_image(uint64_t offset, uint32_t text_flags) {
    uint64_t start = image_physical(image_start), text_end = image_physical(image_text_end);
    uint64_t rodata_end = image_physical(image_rodata_end), end = image_physical(image_end);
    map(start + offset, start, text_end - start, text_flags | PTE_READ | PTE_GLOBAL);
    map(text_end + offset, text_end, rodata_end - text_end, PTE_READ | PTE_GLOBAL);
    map(rodata_end + offset, rodata_end, end - rodata_end, KERNEL_DATA);
}

// All of a memory range but the image, which has its own rights.
static void map_direct(uint64_t start, uint64_t end) {
    uint64_t low = image_physical(image_start), high = image_physical(image_end);
    if (end <= low || start >= high) {
        map(start + DIRECT_MAP_BASE, start, end - start, KERNEL_DATA);
        return;
    }
    map(start + DIRECT_MAP_BASE, start, low - start, KERNEL_DATA);
    map(high + DIRECT_MAP_BASE, high, end - high, KERNEL_DATA);
}

static uint64_t boot_stack_guard(void) { return (uint64_t)boot_stack_top - STACK_SLOT; }

// The boot stack's guard is a hole in the image.
static void unmap_boot_stack_guard(void) {
    for (uint64_t at = boot_stack_guard(); at < boot_stack_guard() + KERNEL_STACK_SIZE;
         at += PAGE_SIZE)
        *page_table_entry(root, at) = 0;
}

void kernel_map_init(const struct boot_info *info) {
    root = direct_to_physical(page_alloc_zeroed());
    for (uint32_t i = 0; i < info->memory_count; i++) {
        uint64_t start = page_round_up(info->memory[i].start);
        uint64_t end = page_round_down(info->memory[i].end);
        // QEMU 10 ends the RAM of microvm inside the initrd's last page.
        if (info->initrd.start < end && info->initrd.end > end)
            end = page_round_up(info->initrd.end);
        if (start < end) map_direct(start, end);
    }
    // Where the image is linked inside the direct map, its mapping there is the executable one.
    bool image_in_direct_map = KERNEL_IMAGE_OFFSET == DIRECT_MAP_BASE;
    map_image(DIRECT_MAP_BASE, image_in_direct_map ? PTE_EXEC : 0);
    if (!image_in_direct_map) map_image(KERNEL_IMAGE_OFFSET, PTE_EXEC);
    unmap_boot_stack_guard();
    map(info->devices.start + DIRECT_MAP_BASE, info->devices.start,
        info->devices.end - info->devices.start, KERNEL_DATA | PTE_DEVICE);
    // The stacks' top-level entry must be there before the first root is copied.
    uint64_t made = 0;
    if (!page_table_make_entry(root, KERNEL_STACK_BASE, &made))
        panic("too little memory for the kernel's page table");
    const uint64_t *table = physical_to_direct(root);
    for (uint16_t i = ROOT_ENTRIES / 2; i < ROOT_ENTRIES; i++)
        if (table[i]) used_entries[used_entry_count++] = i;
    arch_page_table_activate(root);
    this_cpu()->page_table_active = root;
}

uint64_t kernel_map_page_table(void) { return root; }

uint64_t kernel_map_new_root(void) {
    uint64_t *table = page_alloc_zeroed();
    if (!table) return 0;
    const uint64_t *kernel = physical_to_direct(root);
    for (uint32_t i = 0; i < used_entry_count; i++)
        table[used_entries[i]] = kernel[used_entries[i]];
    return direct_to_physical(table);
}

static void unmap_stack_locked(uint64_t bottom, uint32_t pages) {
    for (uint32_t i = 0; i < pages; i++) {
        uint64_t *entry = page_table_entry(root, bottom + i * PAGE_SIZE);
        page_put(physical_to_direct(pte_physical(*entry)));
        *entry = 0;
    }
}

static void *map_new_stack_locked(void) {
    uint64_t slot = KERNEL_STACK_BASE + stacks_made * STACK_SLOT;
    uint64_t bottom = slot + KERNEL_STACK_SIZE;
    uint64_t tables = 0;
    if ((stacks_made + 1) * STACK_SLOT > STACK_REGION_SIZE) return NULL;
    for (uint32_t i = 0; i < STACK_PAGES; i++) {
        uint64_t *entry = page_table_make_entry(root, bottom + i * PAGE_SIZE, &tables);
        void *page = entry ? page_alloc_zeroed() : NULL;
        if (!page) {
            unmap_stack_locked(bottom, i);
            return NULL;
        }
        *entry = pte_make(direct_to_physical(page), KERNEL_DATA);
    }
    stacks_made++;
    __atomic_fetch_add(&kernel_map_generation, 1, __ATOMIC_RELEASE);
    kernel_map_sync();
    return (void *)(slot + STACK_SLOT);
}

void *kernel_stack_alloc(void) {
    void *top;
    spinlock_acquire(&kernel_map_lock);
    if (free_stacks) {
        top = free_stacks + 1;
        free_stacks = free_stacks->next;
        stacks_free--;
    } else {
        top = map_new_stack_locked();
    }
    spinlock_release(&kernel_map_lock);
    return top;
}

void kernel_stack_free(void *stack_top) {
    struct free_stack *stack = (struct free_stack *)stack_top - 1;
    spinlock_acquire(&kernel_map_lock);
    stack->next = free_stacks;
    free_stacks = stack;
    stacks_free++;
    spinlock_release(&kernel_map_lock);
}

void kernel_map_flush(void) {
    this_cpu()->kernel_map_seen = __atomic_load_n(&kernel_map_generation, __ATOMIC_ACQUIRE);
    arch_tlb_flush_all();
}

static bool is_in_stack_region(uint64_t address) {
    return address >= KERNEL_STACK_BASE && address - KERNEL_STACK_BASE < STACK_REGION_SIZE;
}

bool kernel_map_fault_is_spurious(uint64_t address) {
    if (!is_in_stack_region(address)) return false;
    uint64_t *entry = page_table_entry(root, address);
    if (!entry || !pte_is_present(*entry)) return false;
    arch_tlb_flush_page(address);
    return true;
}

bool kernel_map_is_stack_guard(uint64_t address) {
    if (is_in_stack_region(address)) return (address & KERNEL_STACK_SIZE) == 0;
    return address - boot_stack_guard() < KERNEL_STACK_SIZE;
}

uint64_t kernel_stack_pages_cached(void) {
    return __atomic_load_n(&stacks_free, __ATOMIC_RELAXED) * STACK_PAGES;
}
