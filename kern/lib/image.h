// SPDX-License-Identifier: MIT
// The kernel image's sections, as the linker scripts lay them out; every boundary is page aligned.
#pragma once

extern char image_start[];      // first byte; code from here, read and execute
extern char image_text_end[];   // read-only data from here
extern char image_rodata_end[]; // data and bss from here, read and write
extern char image_end[];

// Top of the boot CPU's stack, which lies in a slot like every kernel stack: guard below, stack
// above.
extern char boot_stack_top[];
