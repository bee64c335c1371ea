# SPDX-License-Identifier: MIT
# The settings that a user may give on the command line, their checks, and the tools that the wanted
# targets need. The environment does not count: a stray ARCH or DEBUG there must not change a build.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
SHELL         := /bin/sh

ARCH      = riscv64
TOOLCHAIN = gcc
DEBUG     = 1
WERROR    = 1
CPUS      = 2
MEM       = 128M
APPEND    =
CMD       =
EXTRA     =
TIMEOUT   = 60
ICOUNT    = 0
SEED      =
TESTS     =
SUBMISSION =
DISK      = 1
V         = 0

BUILD  := build/$(ARCH)$(if $(filter clang,$(TOOLCHAIN)),-clang)$(if $(filter 0,$(DEBUG)),-release)
KERNEL := $(BUILD)/kernel.elf
INITRD := $(BUILD)/initrd.tar

# ---- Checks ------------------------------------------------------------------------------------

ifeq ($(filter 4.% 5.%,$(MAKE_VERSION)),)
$(error this needs GNU make 4 or newer, and this is $(MAKE_VERSION); on macOS use the Containerfile)
endif

$(if $(filter 1,$(words $(CURDIR))),,$(error this tree lies in '$(CURDIR)': move it to a place without blanks in its path))

digits := 0 1 2 3 4 5 6 7 8 9
strip_digits = $(if $(2),$(call strip_digits,$(subst $(firstword $(2)),,$(1)),$(wordlist 2,10,$(2))),$(1))
is_number = $(if $(filter 1,$(words $(1))),$(if $(call strip_digits,$(1),$(digits)),,yes))
is_positive = $(and $(call is_number,$(1)),$(call strip_digits,$(1),0))

one_of = $(if $(filter 1,$(words $($(1)))),$(if $(filter $($(1)),$(2)),,$(call refuse,$(1),$(2))),$(call refuse,$(1),$(2)))
refuse = $(error $(1)='$($(1))' is not possible: choose one of: $(2))

$(call one_of,ARCH,riscv64 x86_64)
$(call one_of,TOOLCHAIN,gcc clang)
$(call one_of,DEBUG,0 1)
$(call one_of,WERROR,0 1)
$(call one_of,ICOUNT,0 1)
$(call one_of,DISK,0 1)
$(if $(call is_positive,$(CPUS)),,$(error CPUS='$(CPUS)' is not a number of CPUs; the kernel uses 1 to 8))
$(if $(call is_positive,$(TIMEOUT)),,$(error TIMEOUT='$(TIMEOUT)' is not a number of seconds))
$(if $(SEED),$(if $(call is_number,$(SEED)),,$(error SEED='$(SEED)' is not a number)))
$(if $(and $(filter %M %G,$(MEM)),$(call is_positive,$(patsubst %M,%,$(patsubst %G,%,$(MEM))))),,\
  $(error MEM='$(MEM)' is not a memory size; write it like 128M or 1G))

# ---- Quiet output ------------------------------------------------------------------------------

# The one-letter options that make was given.
FLAGS := $(filter-out -%,$(firstword $(MAKEFLAGS)))

# `make run` prints nothing but the commands' output on its standard output.
Q   := $(if $(filter 0,$(V)),@)
say  = $(if $(findstring s,$(FLAGS)),,@printf '  %-7s %s\n' '$(1)' '$(2)'$(if $(filter run,$(MAKECMDGOALS)), >&2))

# ---- Tools -------------------------------------------------------------------------------------

# What must be installed for each target; tools/deps.sh knows the sets and, on Debian and Ubuntu,
# installs what is missing. A target that is not listed needs the compilers only. The same stands in
# front of every build, so the check must be quick: it is, a few milliseconds.
BUILDING   := build-$(ARCH) python $(if $(filter clang,$(TOOLCHAIN)),clang)
RUNNING    := $(BUILDING) host-tools run-$(ARCH)
BOTH       := build-riscv64 build-x86_64 python
EVERYTHING := $(BOTH) labs sandbox host-tools run-riscv64 run-x86_64 debug clang host docs

NEEDS_qemu           = $(RUNNING)
NEEDS_run            = $(RUNNING)
NEEDS_capgraph       = $(RUNNING) docs
NEEDS_qemu-gdb       = $(RUNNING)
NEEDS_gdb            = $(RUNNING) debug
NEEDS_bench          = $(RUNNING)
NEEDS_coverage       = $(RUNNING)
NEEDS_test           = $(EVERYTHING)
NEEDS_soak           = $(BOTH) host-tools run-riscv64 run-x86_64
NEEDS_check          = $(BOTH) host labs sandbox
NEEDS_check-floors   = $(BOTH)
NEEDS_check-contract = $(BOTH)
NEEDS_check-host     = python host
NEEDS_check-model    = python host
NEEDS_check-tools    = python labs sandbox
NEEDS_check-style    = python
NEEDS_check-size     = python
NEEDS_docs           = docs labs
NEEDS_docs-check     = $(RUNNING) labs sandbox
NEEDS_format         = format
NEEDS_check-format   = format
NEEDS_loc            = python
NEEDS_grade          = $(RUNNING) labs $(if $(SUBMISSION),sandbox)
NEEDS_replay         = $(RUNNING) labs
NEEDS_grade-soak     = $(RUNNING) labs
NEEDS_handin         = python labs
NEEDS_update         = python labs
NEEDS_lab            = python labs sandbox
NEEDS_labs           = python labs sandbox
NEEDS_lab-zip        = python labs sandbox
NEEDS_labs-check     = $(EVERYTHING)
NEEDS_bugs           = $(EVERYTHING)

GOALS := $(filter-out clean clean-disk help deps doctor,$(or $(MAKECMDGOALS),all))
NEEDS := $(sort $(foreach goal,$(GOALS),$(or $(NEEDS_$(goal)),$(BUILDING))))

# With CROSS=prefix- the user brings the compiler.
ifneq ($(origin CROSS),undefined)
NEEDS := $(filter-out build-%,$(NEEDS))
endif

# With `make -n` nothing is installed.
ifneq ($(NEEDS),)
ifneq ($(shell tools/deps.sh $(if $(findstring n,$(FLAGS)),check,ensure) $(NEEDS) >&2 && echo ok),ok)
$(error not everything that 'make $(GOALS)' needs is installed; 'make doctor' shows what is there and what is not)
endif
endif

# Debian's own Python, because another one may stand before it in PATH.
PYTHON := $(if $(wildcard /usr/bin/python3),/usr/bin/python3,python3)
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
export LC_ALL := C.UTF-8
