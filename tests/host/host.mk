# SPDX-License-Identifier: MIT
# The host build: the portable kernel with arch/host as a library, the Check suites of tests/host
# under AddressSanitizer + UndefinedBehaviorSanitizer and under ThreadSanitizer, and the fuzz
# targets of tests/host/fuzz. Also works alone: make -f tests/host/host.mk host-test-asan

HOST_CC    = gcc
HOST_CLANG = clang

HOST_KERNEL_SOURCES := $(filter-out kern/mem/kernel_map.c,$(wildcard kern/*.c kern/*/*.c))
HOST_ARCH_SOURCES   := $(wildcard arch/host/*.c)
HOST_TEST_SOURCES   := $(wildcard tests/host/*.c)
HOST_FUZZ_SOURCES   := $(wildcard tests/host/fuzz/*.c)
HOST_USER_SOURCES   := \
  $(addprefix user/lib/,directory.c err.c error.c file.c format.c getopt.c malloc.c memory.c number.c \
    pattern.c sort.c stdio.c stream.c stream_open.c stream_text.c string.c terminal.c) user/bin/edit/text.c \
  $(addprefix user/bin/sh/,arena.c complete_word.c compound_parser.c describe.c expand.c lexer.c parser.c variables.c)
HOST_DISK_SOURCES   := tools/mkfs/build_image.c tools/fsck/check_image.c
HOST_FUZZ_TARGETS   := $(patsubst tests/host/fuzz/%.c,%,$(HOST_FUZZ_SOURCES))

HOST_FLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -fPIE -fno-common \
  -fno-omit-frame-pointer -fno-strict-aliasing -pthread -DCONFIG_DEBUG=1 \
  -Ikern -Iarch/host -Itests/host
# The kernel's own string functions, under names of their own; see arch/host/names.h.
HOST_NAMES := -fno-builtin -include arch/host/names.h

# The user library and the shell's parser, with the library's own headers.
HOST_USER_NAMES := -fno-builtin -include tests/host/user_names.h -Iuser/lib/include

HOST_asan_CC := $(HOST_CC) $(HOST_FLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_tsan_CC := $(HOST_CC) $(HOST_FLAGS) -fsanitize=thread \
  $(if $(findstring clang,$(HOST_CC)),,-Wno-tsan)
HOST_fuzz_CC := $(HOST_CLANG) $(HOST_FLAGS) -fsanitize=fuzzer-no-link,address,undefined \
  -fno-sanitize-recover=all

host_wrap     = -Wl,--wrap=$(1)
HOST_LINK    := -pie $(foreach name,page_alloc page_alloc_zeroed page_put object_cache_alloc \
  object_cache_free,$(call host_wrap,$(name)))
HOST_CHECK   := $(or $(shell pkg-config --libs check 2>/dev/null),-lcheck_pic -lsubunit -lrt -lm)
HOST_DISPLAY := @printf '  %-8s %s\n'

# The allocators may touch free memory, so AddressSanitizer does not watch them; what they call of
# the kernel's string functions is compiled a second time for them. ThreadSanitizer watches all.
HOST_RAW_SOURCES := kern/mem/page.c kern/mem/object_cache.c
HOST_RAW_FLAGS   := -DHOST_RAW_NAMES -fno-sanitize=address

host_object  = $(patsubst %.c,build/host-$(1)/%.o,$(2))
host_objects = $(call host_object,$(1),$(HOST_KERNEL_SOURCES) $(HOST_ARCH_SOURCES)) \
  $(if $(filter tsan,$(1)),,build/host-$(1)/raw-string.o)

define host_compile # variant, flags
	$(HOST_DISPLAY) HOST-CC $<
	@mkdir -p $(@D)
	@$(HOST_$(1)_CC) $(2) -MMD -MP -c -o $@ $<
endef

define host_variant
build/host-$(1)/kern/%.o: kern/%.c tests/host/host.mk
	$$(call host_compile,$(1),$$(HOST_NAMES) $$(if $$(filter tsan,$(1)),,$$(if $$(filter $$<,$$(HOST_RAW_SOURCES)),$$(HOST_RAW_FLAGS))))
build/host-$(1)/raw-string.o: kern/lib/string.c tests/host/host.mk
	$$(call host_compile,$(1),$$(HOST_NAMES) $$(HOST_RAW_FLAGS))
build/host-$(1)/arch/host/%.o: arch/host/%.c tests/host/host.mk
	$$(call host_compile,$(1),)
build/host-$(1)/user/%.o: user/%.c tests/host/host.mk
	$$(call host_compile,$(1),$$(HOST_USER_NAMES))
build/host-$(1)/tools/%.o: tools/%.c tests/host/host.mk
	$$(call host_compile,$(1),)
build/host-$(1)/tests/host/%.o: tests/host/%.c tests/host/host.mk
	$$(call host_compile,$(1),$$(HOST_NAMES))
build/host-$(1)/run-tests: $$(call host_objects,$(1)) $$(call host_object,$(1),$$(HOST_TEST_SOURCES) $$(HOST_USER_SOURCES) $$(HOST_DISK_SOURCES))
	$$(HOST_DISPLAY) HOST-LD $$@
	@$$(HOST_$(1)_CC) $$(HOST_LINK) -o $$@ $$^ $$(HOST_CHECK)
-include $$(patsubst %.o,%.d,$$(call host_objects,$(1)) $$(call host_object,$(1),$$(HOST_TEST_SOURCES) $$(HOST_USER_SOURCES) $$(HOST_DISK_SOURCES) $$(HOST_FUZZ_SOURCES)))
endef
$(foreach variant,asan tsan fuzz,$(eval $(call host_variant,$(variant))))

.PHONY: host-test-asan host-test-tsan host-fuzz-smoke
host-test-asan: build/host-asan/run-tests
	@$< $(SUITES)

# Only the tests that have several threads. gcc's runtime does not start where addresses are spread
# as widely as newer Linux does, so they are not spread at all if setarch may say so.
host-test-tsan: build/host-tsan/run-tests
	@setarch $$(uname -m) -R true 2>/dev/null && still="setarch $$(uname -m) -R"; \
	  CK_INCLUDE_TAGS=threads $$still $< $(SUITES)

# ---- Fuzzing -----------------------------------------------------------------------------------

# What the targets are linked with: the kernel, or for the shell's parser the user library.
HOST_FUZZ_SUPPORT := $(addprefix tests/host/,kernel.c image.c programs.c fs_support.c \
  disk_support.c) $(HOST_DISK_SOURCES)
HOST_FUZZ_KERNEL  := $(call host_objects,fuzz) $(call host_object,fuzz,$(HOST_FUZZ_SUPPORT))
HOST_FUZZ_USER    := $(call host_object,fuzz,tests/host/user_system.c $(HOST_USER_SOURCES))

define host_fuzz_link
	$(HOST_DISPLAY) HOST-LD $@
	@$(HOST_fuzz_CC) $(1) -fsanitize=fuzzer,address,undefined -o $@ $^ $(HOST_CHECK)
endef

build/host-fuzz/fuzz-shell: build/host-fuzz/tests/host/fuzz/shell.o $(HOST_FUZZ_USER)
	$(call host_fuzz_link,-pie)

build/host-fuzz/fuzz-%: build/host-fuzz/tests/host/fuzz/%.o $(HOST_FUZZ_KERNEL)
	$(call host_fuzz_link,$(HOST_LINK))

# ---- Against the reference model ---------------------------------------------------------------

build/host-asan/model-backend: build/host-asan/tests/host/model/backend.o $(call host_objects,asan) \
  $(call host_object,asan,$(HOST_FUZZ_SUPPORT))
	$(HOST_DISPLAY) HOST-LD $@
	@$(HOST_asan_CC) $(HOST_LINK) -o $@ $^ $(HOST_CHECK)

# Worlds of 2,000 operations each, in as many processes as there are seeds.
MODEL_WORLDS = 500
MODEL_SEEDS  = 1 10001
MODEL_RUNS   = $(addprefix host-model-,$(MODEL_SEEDS))
.PHONY: host-model $(MODEL_RUNS)
host-model: $(MODEL_RUNS)
$(MODEL_RUNS): host-model-%: build/host-asan/model-backend
	@$(or $(PYTHON),python3) tests/model.py $< --seed $* --worlds $(MODEL_WORLDS)

.SECONDARY:

# A fixed number of inputs from a fixed seed: the same ones every time.
HOST_FUZZ_RUNS = 50000
HOST_FUZZ_RUNS_disk = 2000
HOST_FUZZ_RUNS_path = 2000
host-fuzz-smoke: $(patsubst %,build/host-fuzz/fuzz-%,$(HOST_FUZZ_TARGETS))
	@for program in $^; do \
	  printf '  %-8s %s\n' FUZZ $$program; \
	  runs=$(HOST_FUZZ_RUNS); case $$program in *-disk) runs=$(HOST_FUZZ_RUNS_disk);; *-path) runs=$(HOST_FUZZ_RUNS_path);; esac; \
	  $$program -runs=$$runs -seed=1 -max_len=1024 -artifact_prefix=build/host-fuzz/ \
	    >$$program.log 2>&1 || { tail -40 $$program.log; exit 1; }; \
	done
