// SPDX-License-Identifier: MIT
// Instead of kern/mem/kernel_map.c: the host maps kernel memory itself, so the kernel's half of
// every page table is empty. A kernel stack holds only the trap frame, and which POSIX thread runs
// on it (that one has a stack of the host's). The stack lock guards the list of free ones.

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "mem/kernel_map.h"
#include "mem/page.h"

#define STACK_SLOT (2 * KERNEL_STACK_SIZE) // guard below, stack above
#define STACKS_MAX 4096

static pthread_mutex_t stack_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t root;
static uint64_t stacks_made;
static void *free_stacks[STACKS_MAX];
static uint64_t free_count;

uint64_t host_stack_base;

void kernel_map_init(const struct boot_info *info) {
    (void)info;
    size_t size = STACKS_MAX * STACK_SLOT;
    void *region = mmap(NULL, size + STACK_SLOT, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED) host_give_up("the host has no room for kernel stacks");
    host_stack_base = ((uint64_t)region + STACK_SLOT - 1) & ~(uint64_t)(STACK_SLOT - 1);
    root = direct_to_physical(page_alloc_zeroed());
    arch_page_table_activate(root);
    this_cpu()->page_table_active = root;
}

uint64_t kernel_map_page_table(void) { return root; }

uint64_t kernel_map_new_root(void) {
    void *table = page_alloc_zeroed();
    return table ? direct_to_physical(table) : 0;
}

static void *map_new_stack(void) {
    if (stacks_made == STACKS_MAX) return NULL;
    char *bottom = (char *)host_stack_base + stacks_made * STACK_SLOT + KERNEL_STACK_SIZE;
    if (mprotect(bottom, KERNEL_STACK_SIZE, PROT_READ | PROT_WRITE) < 0) return NULL;
    stacks_made++;
    return bottom + KERNEL_STACK_SIZE;
}

void *kernel_stack_alloc(void) {
    if (host_allocation_fails()) return NULL;
    pthread_mutex_lock(&stack_lock);
    void *top = free_count > 0 ? free_stacks[--free_count] : map_new_stack();
    pthread_mutex_unlock(&stack_lock);
    return top;
}

void kernel_stack_free(void *stack_top) {
    host_thread_retire(stack_top);
    pthread_mutex_lock(&stack_lock);
    free_stacks[free_count++] = stack_top;
    pthread_mutex_unlock(&stack_lock);
}

uint64_t kernel_map_generation; // stays 0

void kernel_map_flush(void) {
    // Kernel memory is not translated.
}

bool kernel_map_fault_is_spurious(uint64_t address) {
    (void)address;
    return false;
}

bool kernel_map_is_stack_guard(uint64_t address) {
    uint64_t offset = address - host_stack_base;
    return offset < STACKS_MAX * STACK_SLOT && offset % STACK_SLOT < KERNEL_STACK_SIZE;
}

// Stacks are not made of the arena's pages here.
uint64_t kernel_stack_pages_cached(void) { return 0; }
