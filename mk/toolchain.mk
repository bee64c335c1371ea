# SPDX-License-Identifier: MIT
# Compilers and their flags: KERNEL_CC and KERNEL_LD for the kernel, USER_CC and USER_LD for programs.

# ---- Programs ----------------------------------------------------------------------------------

# The GNU tools of the target, by their prefix. A PC's own compiler will do for x86_64.
CROSS_riscv64 := riscv64-unknown-elf- riscv64-elf-
CROSS_x86_64  := x86_64-linux-gnu- x86_64-elf- x86_64-pc-linux-gnu- x86_64-redhat-linux-
first_program = $(firstword $(shell for name in $(1); do command -v $$name; done 2>/dev/null; true))

ifeq ($(origin CROSS),undefined)
GCC   := $(notdir $(call first_program,$(addsuffix gcc,$(CROSS_$(ARCH)))))
CROSS := $(GCC:gcc=)
endif

STRIP := $(CROSS)strip
AR    := $(CROSS)ar

ifeq ($(TOOLCHAIN),gcc)
CC := $(CROSS)gcc
LD := $(CROSS)ld
else
CLANG = clang
LLD  := $(notdir $(call first_program,ld.lld ld.lld-14))
CC   := $(CLANG) --target=$(ARCH)-unknown-elf
LD   := $(or $(LLD),$(CROSS)ld)
endif

CC_VERSION = $(shell $(CC) --version | head -n 1)

# The compiler's own headers (stdint.h, stdarg.h, …), and no others.
CC_HEADERS := $(if $(filter gcc,$(TOOLCHAIN)),$(shell $(CC) -print-file-name=include 2>/dev/null),$(shell $(CC) -print-resource-dir 2>/dev/null)/include)

# ---- Flags -------------------------------------------------------------------------------------

comma := ,

COMMON_FLAGS := -std=gnu11 -O2 -g -Wall -Wextra $(if $(filter 1,$(WERROR)),-Werror) \
  -ffreestanding -nostdinc -isystem $(CC_HEADERS) -fno-common \
  $(if $(filter 1,$(DEBUG)),-fno-omit-frame-pointer,-fomit-frame-pointer) \
  -fno-strict-aliasing -fno-stack-protector -fno-asynchronous-unwind-tables \
  -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(CC_HEADERS)=compiler \
  $(if $(filter clang,$(TOOLCHAIN)),-fdebug-compilation-dir=.,-Wa$(comma)--debug-prefix-map=$(CURDIR)=.)

# riscv64: no floating point; no linker relaxation, which ld.lld 14 does not know and which would
# claim the gp register. gcc needs the older ISA numbering to accept CSR instructions under this name.
MACHINE_riscv64 := -march=rv64imac -mabi=lp64 -mcmodel=medany -mno-relax \
  $(if $(filter gcc,$(TOOLCHAIN)),-misa-spec=2.2)
KERNEL_riscv64  :=
LD_riscv64      := -m elf64lriscv

# x86_64: no vector registers; the kernel has no red zone, which an interrupt would overwrite.
MACHINE_x86_64 := -m64 -mgeneral-regs-only -fno-pic -fno-pie -fcf-protection=none
KERNEL_x86_64  := -mcmodel=kernel -mno-red-zone
LD_x86_64      := -m elf_x86_64

KERNEL_CC := $(CC) $(COMMON_FLAGS) $(MACHINE_$(ARCH)) $(KERNEL_$(ARCH)) -DCONFIG_DEBUG=$(DEBUG) \
  -Ikern -Iarch/$(ARCH)
USER_CC   := $(CC) $(COMMON_FLAGS) $(MACHINE_$(ARCH)) -ffunction-sections -fdata-sections \
  -Iuser/lib/include -Ikern

LD_FLAGS  := $(LD_$(ARCH)) -nostdlib -static --build-id=none -z max-page-size=4096 -z noexecstack
KERNEL_LD := $(LD) $(LD_FLAGS)

# What gcc cannot do with one instruction it calls for in libgcc; clang does it in place. The kernel
# of x86_64 goes without: its libgcc uses the red zone.
LIBGCC_USER   := $(if $(filter gcc,$(TOOLCHAIN)),$(shell $(CC) $(MACHINE_$(ARCH)) -print-libgcc-file-name 2>/dev/null))
LIBGCC_KERNEL := $(if $(filter riscv64,$(ARCH)),$(LIBGCC_USER))

USER_SCRIPT := arch/$(ARCH)/user/program.ld
USER_LD     := $(LD) $(LD_FLAGS) --gc-sections -T $(USER_SCRIPT)
