# SPDX-License-Identifier: MIT
# The one entrance: `make help` lists what it can do. Settings and checks stand in mk/settings.mk,
# compilers and flags in mk/toolchain.mk; this file says what is built from what.

include mk/settings.mk
include mk/toolchain.mk
include mk/host-tools.mk

.PHONY: all kernel user initrd
all: kernel initrd user
kernel: $(KERNEL)
initrd: $(INITRD)

# ---- Sources -----------------------------------------------------------------------------------

objects_of = $(sort $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1))))

KERNEL_SOURCES   := $(wildcard kern/*.c kern/*/*.c arch/$(ARCH)/*.c arch/$(ARCH)/*.S)
LIBRARY_SOURCES  := $(wildcard user/lib/*.c arch/$(ARCH)/user/*.S)
TEST_LIB_SOURCES := $(wildcard user/tests/lib/*.c)
XV6_LIB_SOURCES  := $(wildcard user/xv6/*.c)

# A program of several files is a directory.
SMALL_PROGRAMS := $(patsubst user/bin/%.c,%,$(wildcard user/bin/*.c))
BIG_PROGRAMS   := $(sort $(patsubst user/bin/%/,%,$(dir $(wildcard user/bin/*/*.c))))
TEST_PROGRAMS  := $(patsubst user/tests/%.c,%,$(wildcard user/tests/*.c))

KERNEL_OBJECTS  := $(call objects_of,$(KERNEL_SOURCES))
LIBRARY_OBJECTS := $(call objects_of,$(LIBRARY_SOURCES))
TEST_OBJECTS    := $(call objects_of,$(TEST_LIB_SOURCES))
XV6_OBJECTS     := $(call objects_of,$(XV6_LIB_SOURCES))
PROGRAM_OBJECTS := $(call objects_of,$(wildcard user/bin/*.c user/bin/*/*.c user/tests/*.c))

USER_LIBRARY := $(BUILD)/user/libc.a
TEST_LIBRARY := $(BUILD)/user/libcheck.a
XV6_LIBRARY  := $(BUILD)/user/libxv6.a
PROGRAMS     := $(patsubst %,$(BUILD)/user/bin/%,$(SMALL_PROGRAMS) $(BIG_PROGRAMS)) \
                $(patsubst %,$(BUILD)/user/tests/%,$(TEST_PROGRAMS))
# Second names of programs, which look at how they were called.
ALIASES      := [=test hexdump=od more=less
ETC_FILES    := $(wildcard user/etc/*)

user: $(PROGRAMS) $(XV6_LIBRARY)

# ---- What was built with what ------------------------------------------------------------------
#
# These files change only when their text does; what depends on them is then made again: everything
# after a change of compiler or flags, a link or archive after one of its files came or went.

# The compiler's version counts, so that an upgrade is a change. tools/run.py reads this too.
define COMMANDS_TEXT
kernel-cc: $(KERNEL_CC)
kernel-ld: $(KERNEL_LD)
user-cc: $(USER_CC)
user-ld: $(USER_LD)
user-libraries: $(USER_LIBRARY) $(LIBGCC_USER)
xv6-cc: $(USER_CC) -Iuser/xv6/include
xv6-libraries: $(XV6_LIBRARY) $(USER_LIBRARY) $(LIBGCC_USER)
strip: $(STRIP)
version: $(CC_VERSION)
endef

# Where the tree lies does not count: the compilers map that away.
$(BUILD)/commands.txt:     TEXT = $(subst $(CURDIR),.,$(COMMANDS_TEXT))
$(BUILD)/kernel.txt:       TEXT = $(KERNEL_OBJECTS)
$(BUILD)/library.txt:      TEXT = $(LIBRARY_OBJECTS)
$(BUILD)/test-library.txt: TEXT = $(TEST_OBJECTS)
$(BUILD)/xv6-library.txt:  TEXT = $(XV6_OBJECTS)
$(BUILD)/programs.txt:     TEXT = $(PROGRAM_OBJECTS) $(ETC_FILES)

# Several makes may look at one build at the same time.
MAKE_ID := $(shell echo $$PPID)

LISTS := $(patsubst %,$(BUILD)/%.txt,commands kernel library test-library xv6-library programs)
$(LISTS): FORCE | $(BUILD)/
	@$(file >$@.$(MAKE_ID),$(TEXT))cmp -s $@.$(MAKE_ID) $@ && rm $@.$(MAKE_ID) || mv $@.$(MAKE_ID) $@

$(BUILD)/:
	@mkdir -p $@

.PHONY: FORCE
FORCE:

# ---- Compiling ---------------------------------------------------------------------------------

define compile # kind, compiler
	$(call say,$(1),$<)
	@mkdir -p $(@D)
	$(Q)$(2) -MMD -MP -c -o $@ $<
endef

$(BUILD)/obj/%.o: %.c $(BUILD)/commands.txt
	$(call compile,CC,$(KERNEL_CC))

$(BUILD)/obj/%.o: %.S $(BUILD)/commands.txt
	$(call compile,AS,$(KERNEL_CC))

$(BUILD)/obj/user/%.o: user/%.c $(BUILD)/commands.txt
	$(call compile,CC,$(USER_CC))

$(BUILD)/obj/arch/$(ARCH)/user/%.o: arch/$(ARCH)/user/%.S $(BUILD)/commands.txt
	$(call compile,AS,$(USER_CC))

-include $(patsubst %.o,%.d,$(KERNEL_OBJECTS) $(LIBRARY_OBJECTS) $(TEST_OBJECTS) $(XV6_OBJECTS) $(PROGRAM_OBJECTS))

# ---- The kernel: linked twice ------------------------------------------------------------------
#
# The first link gives the addresses of all functions. The table of their names, for stack traces,
# goes behind code and data, so that nothing moves in the second link; image.py makes sure of that,
# and that no segment is both writable and executable.

KERNEL_SCRIPT := arch/$(ARCH)/kernel.ld

$(BUILD)/kernel.first.elf: $(KERNEL_OBJECTS) $(KERNEL_SCRIPT) $(BUILD)/kernel.txt
	$(call say,LD,$@)
	$(Q)$(KERNEL_LD) -T $(KERNEL_SCRIPT) -o $@ $(KERNEL_OBJECTS) $(LIBGCC_KERNEL)

$(BUILD)/symbols.S: $(BUILD)/kernel.first.elf tools/image.py tools/elf.py
	$(call say,SYMBOLS,$@)
	$(Q)$(PYTHON) tools/image.py symbols $< $@

$(BUILD)/symbols.o: $(BUILD)/symbols.S
	$(Q)$(KERNEL_CC) -g0 -c -o $@ $<

$(KERNEL): $(BUILD)/symbols.o tools/image.py
	$(call say,LD,$@)
	$(Q)$(KERNEL_LD) -T $(KERNEL_SCRIPT) -o $@.new $(KERNEL_OBJECTS) $< $(LIBGCC_KERNEL)
	$(Q)$(PYTHON) tools/image.py check $@.new $(BUILD)/kernel.first.elf
	@mv $@.new $@

# ---- Programs and the initial RAM disk ---------------------------------------------------------

$(USER_LIBRARY): $(LIBRARY_OBJECTS) $(BUILD)/library.txt
$(TEST_LIBRARY): $(TEST_OBJECTS) $(BUILD)/test-library.txt
$(XV6_LIBRARY): $(XV6_OBJECTS) $(BUILD)/xv6-library.txt
$(USER_LIBRARY) $(TEST_LIBRARY) $(XV6_LIBRARY):
	$(call say,AR,$@)
	@mkdir -p $(@D) && rm -f $@
	$(Q)$(AR) rcsD $@ $(filter %.o,$^)

define link_program
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(USER_LD) -o $@.elf $(filter %.o %.a,$^) $(LIBGCC_USER)
	$(Q)$(STRIP) -o $@ $@.elf
endef

.SECONDEXPANSION:
program_parts = $(if $(filter $(1),$(BIG_PROGRAMS)),\
  $(call objects_of,$(wildcard user/bin/$(1)/*.c)) $(BUILD)/programs.txt,$(BUILD)/obj/user/bin/$(1).o)

$(BUILD)/user/bin/%: $$(call program_parts,$$*) $(USER_LIBRARY) $(USER_SCRIPT)
	$(link_program)

$(BUILD)/user/tests/%: $(BUILD)/obj/user/tests/%.o $(TEST_LIBRARY) $(USER_LIBRARY) $(USER_SCRIPT)
	$(link_program)

.SECONDARY:

$(INITRD): $(PROGRAMS) $(ETC_FILES) tools/initrd.py $(BUILD)/programs.txt
	$(call say,INITRD,$@)
	$(Q)$(PYTHON) tools/initrd.py $@ bin/ etc/ run/ tests/ \
	  $(foreach alias,$(ALIASES),'bin/$(firstword $(subst =, ,$(alias)))=$(BUILD)/user/bin/$(lastword $(subst =, ,$(alias)))') \
	  $(foreach file,$(PROGRAMS),$(file:$(BUILD)/user/%=%)=$(file)) $(foreach file,$(ETC_FILES),$(file:user/%=%)=$(file))

include mk/commands.mk
include mk/grade.mk
# Not in the handouts of labs.
-include mk/checks.mk mk/labs.mk
