// SPDX-License-Identifier: MIT
// Each CPU's descriptor table, task state with its emergency stacks, and model-specific registers;
// starting the other CPUs. A CPU's entries are its own; secondary_start is handed over through its
// atomic state word, one CPU at a time.
#include "machine.h"
#include "lib/string.h"

#define NMI_STACK_SIZE   4096
#define FATAL_STACK_SIZE 8192 // reports panics

#define SEGMENT_CODE_KERNEL UINT64_C(0x00af9b000000ffff)
#define SEGMENT_DATA_KERNEL UINT64_C(0x00cf93000000ffff)
#define SEGMENT_DATA_USER   UINT64_C(0x00cff3000000ffff)
#define SEGMENT_CODE_USER   UINT64_C(0x00affb000000ffff)
#define SEGMENT_TSS         UINT64_C(0x0000890000000000)

#define CPUID_FEATURES        1
#define CPUID_STRUCTURED      7
#define CPUID_ECX_RDRAND      (1u << 30)
#define CPUID_STRUCTURED_UMIP (1u << 2)

#define SYSCALL_FLAGS_CLEARED                                                                      \
    (RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC)

// How long a CPU may take to come up; the host may be busy with others.
#define START_PATIENCE UINT64_C(5000000000)
#define START_RETRY    UINT64_C(10000000)

// Intel SDM, volume 3, figure 8-11.
struct task_state {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t interrupt_stack[7]; // entries 1 to 7
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));

struct cpu_tables {
    uint64_t segments[8];
    struct task_state task_state;
    char nmi_stack[NMI_STACK_SIZE] __attribute__((aligned(16)));
    char fatal_stack[FATAL_STACK_SIZE] __attribute__((aligned(16)));
} __attribute__((aligned(64)));

// What a starting CPU takes over. `state` is 0 when there is none, its interrupt controller's
// number plus 1 while it is awaited, and SECONDARY_CLAIMED until it has taken it.
struct secondary_start {
    uint32_t state;
    uint32_t index;
    void *stack_top;
    uint64_t page_table;
    struct thread_header *header;
};

struct cpu_area cpu_areas[MAX_CPUS];
struct secondary_start secondary_start;
static struct cpu_tables cpu_tables[MAX_CPUS];
static bool cpu_started[MAX_CPUS]; // atomic

extern const char ap_trampoline_start[], ap_trampoline_end[];
extern void syscall_entry(void);
_Noreturn void secondary_main(void);

_Static_assert(offsetof(struct cpu_area, current) == AREA_CURRENT, "");
_Static_assert(offsetof(struct cpu_area, trap_stack_top) == AREA_TRAP_STACK_TOP, "");
_Static_assert(offsetof(struct cpu_area, user_stack) == AREA_USER_STACK, "");
_Static_assert(offsetof(struct cpu_area, index) == AREA_INDEX, "");
_Static_assert(offsetof(struct trap_frame, rbp) == FRAME_RBP, "");
_Static_assert(offsetof(struct trap_frame, rax) == FRAME_RAX, "");
_Static_assert(offsetof(struct trap_frame, vector) == FRAME_VECTOR, "");
_Static_assert(offsetof(struct trap_frame, rip) == FRAME_RIP, "");
_Static_assert(offsetof(struct trap_frame, cs) == FRAME_CS, "");
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE && FRAME_SIZE % 16 == 0, "");
_Static_assert(offsetof(struct secondary_start, state) == SECONDARY_STATE, "");
_Static_assert(offsetof(struct secondary_start, stack_top) == SECONDARY_STACK_TOP, "");
_Static_assert(offsetof(struct secondary_start, page_table) == SECONDARY_PAGE_TABLE, "");
_Static_assert(SELECTOR_USER_DATA == SELECTOR_SYSRET + 8, "");
_Static_assert(SELECTOR_USER_CODE == SELECTOR_SYSRET + 16, "");

static void fill_segments(struct cpu_tables *tables) {
    uint64_t base = (uint64_t)&tables->task_state;
    tables->segments[SELECTOR_KERNEL_CODE / 8] = SEGMENT_CODE_KERNEL;
    tables->segments[SELECTOR_KERNEL_DATA / 8] = SEGMENT_DATA_KERNEL;
    tables->segments[SELECTOR_USER_DATA / 8] = SEGMENT_DATA_USER;
    tables->segments[SELECTOR_USER_CODE / 8] = SEGMENT_CODE_USER;
    tables->segments[SELECTOR_TSS / 8] = SEGMENT_TSS | (sizeof(struct task_state) - 1) |
                                         (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    tables->segments[SELECTOR_TSS / 8 + 1] = base >> 32;
    tables->task_state.interrupt_stack[0] = (uint64_t)(tables->nmi_stack + NMI_STACK_SIZE);
    tables->task_state.interrupt_stack[1] = (uint64_t)(tables->fatal_stack + FATAL_STACK_SIZE);
    tables->task_state.io_map = sizeof(struct task_state); // none: every port is closed to users
}

static void load_segments(const struct cpu_tables *tables) {
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = {sizeof(tables->segments) - 1, (uint64_t)tables->segments};
    asm volatile("lgdt %0\n\t"
                 "movl %1, %%ds\n\t"
                 "movl %1, %%es\n\t"
                 "movl %1, %%fs\n\t"
                 "movl %1, %%gs\n\t"
                 "movl %2, %%ss\n\t"
                 "ltr %w3"
                 :
                 : "m"(pointer), "r"(0), "r"(SELECTOR_KERNEL_DATA), "r"(SELECTOR_TSS)
                 : "memory");
}

void cpu_load_tables(uint32_t index) {
    struct cpu_tables *tables = &cpu_tables[index];
    struct cpu_area *area = &cpu_areas[index];
    fill_segments(tables);
    load_segments(tables);
    interrupt_table_load();
    area->index = index;
    area->timer_deadline = UINT64_MAX;
    msr_write(MSR_GS_BASE, (uint64_t)area);
    msr_write(MSR_KERNEL_GS_BASE, 0);
    msr_write(MSR_STAR, (uint64_t)SELECTOR_SYSRET << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
    msr_write(MSR_LSTAR, (uint64_t)syscall_entry);
    msr_write(MSR_SYSCALL_MASK, SYSCALL_FLAGS_CLEARED);
    bool has_umip = cpuid(CPUID_STRUCTURED).ecx & CPUID_STRUCTURED_UMIP;
    uint64_t control = CR4_STARTING | CR4_SMEP | CR4_SMAP | (has_umip ? CR4_UMIP : 0);
    asm volatile("movq %0, %%cr4" : : "r"(control) : "memory");
    __atomic_store_n(&cpu_started[index], true, __ATOMIC_RELEASE);
}

bool cpu_is_started(uint32_t index) {
    return __atomic_load_n(&cpu_started[index], __ATOMIC_ACQUIRE);
}

void arch_cpu_init(uint32_t index) {
    (void)index; // its tables were loaded before its first line of C
    lapic_init();
}

// ---- Starting other CPUs -----------------------------------------------------------------------

void cpu_place_trampoline(void) {
    memcpy(physical_address(AP_TRAMPOLINE), ap_trampoline_start,
           (size_t)(ap_trampoline_end - ap_trampoline_start));
}

void secondary_main(void) {
    cpu_load_tables(secondary_start.index);
    arch_set_current(secondary_start.header);
    __atomic_store_n(&secondary_start.state, 0, __ATOMIC_RELEASE);
    kernel_main_secondary();
}

// Until the CPU has taken what it needs, or until `deadline`.
static bool wait_until_taken(uint64_t deadline) {
    while (__atomic_load_n(&secondary_start.state, __ATOMIC_ACQUIRE) != 0) {
        if (arch_clock_now() >= deadline) return false;
        arch_cpu_relax();
    }
    return true;
}

bool arch_cpu_start(uint32_t index, struct thread_header *header, void *stack_top,
                    uint64_t page_table) {
    uint32_t id = boot_information.cpu_hardware_id[index], awaited = id + 1;
    uint64_t now = arch_clock_now();
    secondary_start.index = index;
    secondary_start.header = header;
    secondary_start.stack_top = stack_top;
    secondary_start.page_table = page_table;
    __atomic_store_n(&secondary_start.state, awaited, __ATOMIC_RELEASE);
    lapic_send(id, LAPIC_INIT);
    lapic_send(id, LAPIC_STARTUP | AP_TRAMPOLINE >> PAGE_SHIFT);
    if (wait_until_taken(now + START_RETRY)) return true;
    lapic_send(id, LAPIC_STARTUP | AP_TRAMPOLINE >> PAGE_SHIFT);
    if (wait_until_taken(now + START_PATIENCE)) return true;
    // Withdrawn, unless it has just come.
    if (__atomic_compare_exchange_n(&secondary_start.state, &awaited, 0, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return false;
    return wait_until_taken(UINT64_MAX);
}

// ---- Small services ----------------------------------------------------------------------------

void x86_set_trap_stack(void *stack_top) {
    struct cpu_area *area = cpu_own_area();
    area->trap_stack_top = (uint64_t)stack_top;
    cpu_tables[area->index].task_state.rsp[0] = (uint64_t)stack_top;
}

void arch_page_table_activate(uint64_t page_table) {
    asm volatile("movq %0, %%cr3" : : "r"(page_table) : "memory");
}

uint64_t arch_entropy(void) {
    uint64_t value = 0;
    bool valid = false;
    if (cpuid(CPUID_FEATURES).ecx & CPUID_ECX_RDRAND)
        for (int tries = 0; tries < 10 && !valid; tries++)
            asm volatile("rdrand %0" : "=r"(value), "=@ccc"(valid));
    // Spread over all bits: the counter's low bits are its least predictable ones.
    return value ^ tsc_read() * UINT64_C(0x9e3779b97f4a7c15);
}
