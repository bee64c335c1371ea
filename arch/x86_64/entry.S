// SPDX-License-Identifier: MIT
// The first instructions of every CPU. The boot CPU arrives from QEMU's PVH loader in 32-bit mode
// without paging (Xen's x86/PVH boot ABI), the others in real mode after a start-up interrupt; both
// meet in enter_long_mode. Until the kernel has its own page table all memory is mapped three times.
#include "machine_layout.h"

#define PHYSICAL(symbol) (symbol - KERNEL_IMAGE_OFFSET)
#define PVH_ENTRY_NOTE   18 // XEN_ELFNOTE_PHYS32_ENTRY

// CPUID bits without which nothing works: leaf 0x80000001 EDX, leaf 7 EBX.
#define FEATURES_EXTENDED ((1 << 20) | (1 << 26) | (1 << 29)) // no-execute, 1 GiB pages, long mode
#define FEATURES_LEAF_7   ((1 << 7) | (1 << 20))              // SMEP, SMAP

    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 4, PVH_ENTRY_NOTE
    .asciz "Xen"
    .long PHYSICAL(boot_entry)

    .section .text.start, "ax"
    .code32
    .global boot_entry
boot_entry:
    cli
    cld
    movl %ebx, %esi // the start information's physical address
    movl $0, %eax
    cpuid
    cmpl $7, %eax
    jb unsupported_cpu
    movl $0x80000001, %eax
    cpuid
    notl %edx
    testl $FEATURES_EXTENDED, %edx
    jnz unsupported_cpu
    movl $7, %eax
    xorl %ecx, %ecx
    cpuid
    notl %ebx
    testl $FEATURES_LEAF_7, %ebx
    jnz unsupported_cpu
    lgdt PHYSICAL(boot_gdt_pointer)
    movl $PHYSICAL(boot_high), %edi
    jmp enter_long_mode

// An application processor, now in 32-bit mode like the boot CPU.
secondary_entry:
    movl $PHYSICAL(secondary_high), %edi

// Goes on, in 64-bit mode and in the image's proper place, at the physical address in EDI; keeps ESI.
enter_long_mode:
    movl $SELECTOR_KERNEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $CR4_STARTING, %eax
    movl %eax, %cr4
    movl $PHYSICAL(boot_page_table), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    movl $EFER_RUNNING, %eax
    xorl %edx, %edx
    wrmsr
    movl $CR0_RUNNING, %eax
    movl %eax, %cr0
    ljmpl $SELECTOR_KERNEL_CODE, $PHYSICAL(long_mode)

unsupported_cpu:
    movl $PHYSICAL(unsupported_text), %esi
    movl $UART_PORT, %edx
1:
    lodsb
    testb %al, %al
    jz 2f
    outb %al, %dx
    jmp 1b
2:
    movl $EXIT_FAILED, %eax
    outb %al, $EXIT_PORT
3:
    hlt
    jmp 3b

    .code64
long_mode:
    movl %edi, %edi
    addq $KERNEL_IMAGE_OFFSET, %rdi
    jmp *%rdi

boot_high:
    movq $boot_stack_top, %rsp
    xorl %ebp, %ebp
    movl %esi, %edi
    call boot_main
    ud2

// A processor that was started too late, when the boot CPU no longer waits for it, stops here.
secondary_high:
    movl $1, %eax
    cpuid
    shrl $24, %ebx // its interrupt controller's number
    leaq secondary_start(%rip), %rdi
    movl %ebx, %eax
    incl %eax
    movl $SECONDARY_CLAIMED, %ecx
    lock cmpxchgl %ecx, SECONDARY_STATE(%rdi)
    jne 1f
    movq SECONDARY_PAGE_TABLE(%rdi), %rax
    movq %rax, %cr3
    movq SECONDARY_STACK_TOP(%rdi), %rsp
    xorl %ebp, %ebp
    call secondary_main
    ud2
1:
    hlt
    jmp 1b

// Copied to AP_TRAMPOLINE, where a start-up interrupt sends a processor in real mode, with CS at its
// first byte and IP 0.
    .section .rodata.trampoline, "a"
    .global ap_trampoline_start, ap_trampoline_end
    .code16
ap_trampoline_start:
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    lgdtl trampoline_gdt_pointer - ap_trampoline_start
    movl $CR0_PE | CR0_ET, %eax
    movl %eax, %cr0
    ljmpl $SELECTOR_BOOT_CODE, $PHYSICAL(secondary_entry)
    .balign 4
trampoline_gdt_pointer:
    .word boot_gdt_end - boot_gdt - 1
    .long PHYSICAL(boot_gdt)
ap_trampoline_end:
    .code64

    .section .rodata
unsupported_text:
    .asciz "capv6 needs a CPU with long mode, no-execute, 1 GiB pages, SMEP and SMAP: start QEMU with -cpu max\n"

// Flat segments: 64-bit code, data, 32-bit code.
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
    .quad 0x00cf9b000000ffff
boot_gdt_end:
boot_gdt_pointer:
    .word boot_gdt_end - boot_gdt - 1
    .long PHYSICAL(boot_gdt)

// The first 512 GiB of physical memory at 0 (for the instructions above), at DIRECT_MAP_BASE, and
// their first GiB where the image is linked. Writable and executable: gone once kernel_map_init()
// has run, except for the moment in which another CPU starts.
    .section .data
    .balign 4096
boot_page_table:
    .quad PHYSICAL(boot_all_memory) + 3
    .fill 255, 8, 0
    .quad PHYSICAL(boot_all_memory) + 3
    .fill 254, 8, 0
    .quad PHYSICAL(boot_image_memory) + 3
boot_all_memory:
    .set gigabyte, 0
    .rept 512
    .quad (gigabyte << 30) + 0x83
    .set gigabyte, gigabyte + 1
    .endr
boot_image_memory:
    .fill 510, 8, 0
    .quad 0x83
    .quad 0

// Laid out like any kernel stack: a slot of which the upper half is used.
    .section .bss
    .balign 2 * KERNEL_STACK_HALF
    .skip 2 * KERNEL_STACK_HALF
    .global boot_stack_top
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
