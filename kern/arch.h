// SPDX-License-Identifier: MIT
// The contract with an architecture: what each machine gives to the portable kernel, and the few
// calls that a machine makes into it. `make test` fails when a machine defines more or fewer of
// these names than are declared here. The machine's arch_inline.h adds what must be inline; the
// names it must define are listed below.
#pragma once

#include "abi/types.h"

struct thread_header;
struct trap_frame; // the user registers at a trap; its layout is the machine's own

// ---- Found at start-up -------------------------------------------------------------------------

#define MAX_CPUS          8
#define MAX_MEMORY_RANGES 8

struct memory_range {
    uint64_t start; // physical addresses, page aligned
    uint64_t end;
};

// What the machine found before kernel_main() runs. Everything that it points to stays readable.
struct boot_info {
    struct memory_range memory[MAX_MEMORY_RANGES]; // usable RAM; may include image and initrd
    uint32_t memory_count;
    struct memory_range reserved[MAX_MEMORY_RANGES]; // inside it, but not to be used (firmware)
    uint32_t reserved_count;
    struct memory_range initrd;  // start == end when there is none
    struct memory_range devices; // device registers below or above memory, 2 MiB aligned
    uint32_t cpu_count;          // CPUs that will be used; index 0 is the one that boots
    uint32_t cpus_found;         // CPUs that the machine has; may be more than MAX_CPUS
    uint32_t cpu_hardware_id[MAX_CPUS];
    const void *device_tree; // flattened device tree with the devices, or NULL
    const char *command_line;
    const char *machine; // "riscv64 QEMU virt", ...
};

// ---- Names that arch_inline.h defines ----------------------------------------------------------
//
// Constants: ARCH_NAME (string) · ARCH_ELF_MACHINE (e_machine) · PAGE_TABLE_LEVELS ·
//   USER_ADDRESS_MAX (first address above user space) · DIRECT_MAP_BASE (virtual address of
//   physical 0) · KERNEL_IMAGE_OFFSET (virtual minus physical address of the kernel image) ·
//   KERNEL_STACK_BASE (1 GiB of virtual space for guarded kernel stacks)
// Types: struct arch_context (callee-saved registers of a switched-out thread)
// CPU: arch_current() → struct thread_header * of the running thread · arch_set_current(header)
//   · arch_interrupts_on() · arch_interrupts_off() · arch_interrupts_save() → bool, were on; now
//   off · arch_cpu_relax() in spin loops · arch_cpu_wait() sleeps until an interrupt is pending;
//   called with interrupts off, returns with them on, no wake-up is lost ·
//   arch_set_trap_stack(stack_top) where the current thread takes traps from user mode; interrupts
//   are off · arch_frame_pointer() →
//   const uint64_t * of the calling function · arch_frame_unwind(frame_pointer, &previous, &caller)
//   → false at the end of the stack or for an address that is not on a kernel stack
// Page tables, all levels alike: pte_make(physical, flags) → 4 KiB leaf ·
//   pte_make_large(physical, flags) → 2 MiB leaf (level 1) · pte_make_table(physical) ·
//   pte_physical(entry) · pte_flags(entry) → PTE_* below · pte_is_present(entry) ·
//   pte_is_leaf(entry, level) with level 0 for 4 KiB pages
// TLB of this CPU: arch_tlb_flush_page(address) · arch_tlb_flush_all()
// Trap frames: arch_frame_arguments(frame) → const uint64_t[6] · arch_frame_set_result(frame, v) ·
//   arch_frame_is_user(frame) · arch_frame_program_counter(frame) · arch_frame_stack_pointer(frame)
//   · arch_frame_pointer_of(frame) the frame-pointer register
// Devices: arch_uart_read(register) · arch_uart_write(register, byte) of the 16550 console ·
//   arch_read_memory_barrier(), arch_write_memory_barrier(), arch_memory_barrier() order normal
//   memory against device memory

// Portable page flags; arch_inline.h translates them to the machine's bits.
#define PTE_READ   (1u << 0)
#define PTE_WRITE  (1u << 1)
#define PTE_EXEC   (1u << 2)
#define PTE_USER   (1u << 3)
#define PTE_COW    (1u << 4) // a software bit: shared, to be copied before a write
#define PTE_DEVICE (1u << 5) // device memory: not cached
#define PTE_GLOBAL (1u << 6) // the same in every address space

#define PAGE_SHIFT 12
#define PAGE_SIZE  ((size_t)1 << PAGE_SHIFT)

// A kernel stack is the upper half of an aligned slot of twice its size; the lower half is its
// guard.
#define KERNEL_STACK_SIZE ((size_t)16 * 1024)

#include "arch_inline.h"

// ---- Start-up and CPUs -------------------------------------------------------------------------

// Starts the CPU with this index (1 … cpu_count-1): it enters kernel_main_secondary() with
// `header` as its current thread, on the stack whose top is `stack_top`, in the address space
// `page_table`. Returns false if the machine refused.
bool arch_cpu_start(uint32_t index, struct thread_header *header, void *stack_top,
                    uint64_t page_table);

// Prepares the calling CPU for traps, timer and interrupts. Interrupts are still off.
void arch_cpu_init(uint32_t index);

// Interrupts another CPU: it will call trap_ipi().
void arch_ipi_send(uint32_t index);

// ---- Interrupt controller ----------------------------------------------------------------------

// Lets device interrupt `irq` (the machine's own numbering) reach the CPU `index`.
void arch_irq_enable(uint32_t irq, uint32_t index);

// The number of a device-tree `interrupts` property of `cell_count` cells (already in CPU byte
// order) of the node whose interrupt-parent has the phandle `parent`.
uint32_t arch_irq_from_cells(const uint32_t *cells, uint32_t cell_count, uint32_t parent);

// The console's interrupt.
uint32_t arch_uart_irq(void);

// ---- Clock -------------------------------------------------------------------------------------

// Nanoseconds since some fixed moment before kernel_main(); the same on every CPU.
uint64_t arch_clock_now(void);

// Nanoseconds since 1970-01-01 UTC, or 0 on a machine whose clock of the day is not known. Cheap
// enough to be asked at every change of a file.
uint64_t arch_wall_clock(void);

// Calls trap_timer() on this CPU once the clock reaches `deadline` (nanoseconds); replaces the
// previous deadline. UINT64_MAX: never.
void arch_timer_set(uint64_t deadline);

// 64 bits of entropy from the machine, as good as it has.
uint64_t arch_entropy(void);

// ---- Threads -----------------------------------------------------------------------------------

// A context that, when first switched to, calls entry(argument) on the stack; entry must not
// return. Interrupts are as the switching CPU has them.
void arch_context_init(struct arch_context *context, void *stack_top, void (*entry)(void *),
                       void *argument);

// Saves the running context to `from` and continues `to`. Interrupts are off.
void arch_context_switch(struct arch_context *from, struct arch_context *to);

// The trap frame at the top of a thread's kernel stack: where a trap from user mode saves to.
struct trap_frame *arch_frame_of_stack(void *stack_top);

// Resets a frame: user mode, program counter `entry`, stack pointer `stack`, two arguments, every
// other register zero.
void arch_frame_init(struct trap_frame *frame, uint64_t entry, uint64_t stack, uint64_t argument0,
                     uint64_t argument1);

// The size of a frame, so that fork can copy it.
size_t arch_frame_size(void);

// Enters user mode with the registers of `frame`, which is the one at the top of the current
// thread's kernel stack.
_Noreturn void arch_user_enter(struct trap_frame *frame);

// Prints the frame's registers through kprintf(), for panics.
void arch_frame_print(const struct trap_frame *frame);

// ---- Memory ------------------------------------------------------------------------------------

// Makes the page table at this physical address the CPU's, and forgets stale translations.
void arch_page_table_activate(uint64_t page_table);

// Copies up to `size` bytes, where one side is user memory and access to it is opened just for
// this. Returns how many bytes were NOT copied: 0, or the rest after the first byte that faulted.
// Never resolves a fault. This is the only way to touch user memory.
size_t arch_user_copy(void *to, const void *from, size_t size);

// ---- End ---------------------------------------------------------------------------------------

// Ends the machine. `failed` tells a panic from an orderly power-off in the emulator's exit status.
_Noreturn void arch_power_off(bool failed);

// Stops the other CPUs for good, as well as the machine can. Used by panic.
void arch_stop_others(void);

// ---- Calls up: the machine calls these ---------------------------------------------------------

// The boot CPU, once: current thread is `boot_thread`'s header, stack of KERNEL_STACK_SIZE bytes,
// interrupts off, memory mapped at least as the machine's start-up code needs it.
_Noreturn void kernel_main(const struct boot_info *info);
_Noreturn void kernel_main_secondary(void);

// All with interrupts off. They return when the frame should be resumed.
void trap_syscall(struct trap_frame *frame, uint64_t number);
void trap_timer(struct trap_frame *frame);
void trap_ipi(struct trap_frame *frame);
void trap_device(struct trap_frame *frame, uint32_t irq);

// Why an instruction faulted. `address` is the address that it used, or 0.
enum fault_kind {
    FAULT_READ,
    FAULT_WRITE,
    FAULT_EXECUTE,
    FAULT_ILLEGAL,
    FAULT_ALIGNMENT,
    FAULT_BREAKPOINT,
    FAULT_OTHER
};
void trap_fault(struct trap_frame *frame, uint64_t address, enum fault_kind kind);
