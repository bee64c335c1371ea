# SPDX-License-Identifier: MIT
# What people type. Kernel and initrd are built before anything that starts a machine.

# Handed over as the user typed it: make does not look for $ in it.
override CMD := $(value CMD)
export CMD

MACHINE_OPTIONS := --build $(BUILD) --arch $(ARCH) --cpus $(CPUS) --memory $(MEM) \
  $(if $(filter 1,$(ICOUNT)),--icount) $(if $(SEED),--seed $(SEED)) $(if $(APPEND),--append '$(APPEND)')

# ---- Running and debugging ---------------------------------------------------------------------

# With the instruction counter there is no disk, which would answer after another time in each run.
DISK_OF = $(if $(filter 1,$(DISK)),$(if $(filter 1,$(ICOUNT)),,--disk $(1)))

.PHONY: qemu run capgraph qemu-gdb gdb
qemu qemu-gdb: $(if $(filter 1,$(DISK)),$(KEPT_DISK))
run: $(if $(filter 1,$(DISK)),$(FRESH_DISK))

qemu: all
	@$(PYTHON) tools/qemu.py $(MACHINE_OPTIONS) $(call DISK_OF,$(KEPT_DISK))

run: all
	@$(PYTHON) tools/run.py $(MACHINE_OPTIONS) $(call DISK_OF,$(FRESH_DISK)) --timeout $(TIMEOUT) $(addprefix --extra ,$(EXTRA))

capgraph: all
	@$(PYTHON) tools/capgraph.py -- $(MACHINE_OPTIONS) --timeout $(TIMEOUT) $(addprefix --extra ,$(EXTRA))

qemu-gdb: all
	@$(PYTHON) tools/qemu.py $(MACHINE_OPTIONS) $(call DISK_OF,$(KEPT_DISK)) --wait-for-gdb

gdb: all
	@$(PYTHON) tools/debug.py $(MACHINE_OPTIONS) $(addprefix --extra ,$(EXTRA))

# ---- Testing -----------------------------------------------------------------------------------

.PHONY: test check check-floors check-contract check-style check-size check-tools check-host check-model bench
# All tests, or those that TESTS names (tests/run.py --list). They call make themselves, afresh.
test:
	@MAKEFLAGS= $(PYTHON) tests/run.py $(TESTS)

# What needs no machine.
check: check-style check-size check-floors check-contract check-tools check-host
	@echo "  checks passed"

check-style:
	@$(PYTHON) tools/check_style.py

check-size:
	@$(PYTHON) tools/loc.py --check

# The next two look at the kernels of both machines, which are built first.
MACHINES      := riscv64 x86_64
BOTH_KERNELS  := $(addprefix kernel-of-,$(MACHINES))
.PHONY: $(BOTH_KERNELS)
$(BOTH_KERNELS): kernel-of-%:
	@$(MAKE) ARCH=$* TOOLCHAIN=gcc DEBUG=1 kernel

check-floors: $(BOTH_KERNELS)
	@$(PYTHON) tools/check_floors.py $(foreach machine,$(MACHINES),build/$(machine)/obj)

check-contract: $(BOTH_KERNELS)
	@$(PYTHON) tools/check_contract.py $(foreach machine,$(MACHINES),$(machine)=build/$(machine)/obj/arch/$(machine))

# The tools' own tests, among them a bad tree for each check.
check-tools:
	@$(PYTHON) -m unittest discover -q -s tests/tools

# The portable kernel as a library, under sanitizers.
check-host:
	@$(MAKE) $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc)) -f tests/host/host.mk \
	  host-test-asan host-test-tsan host-fuzz-smoke

# The kernel against the reference model: a million random operations from each seed.
check-model:
	@$(MAKE) $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc)) -f tests/host/host.mk host-model

bench:
	@$(MAKE) --no-print-directory DEBUG=0 ARCH=riscv64 all
	@$(MAKE) --no-print-directory DEBUG=0 ARCH=x86_64 all
	@$(PYTHON) bench/run.py

# ---- Looking after the tree --------------------------------------------------------------------

.PHONY: loc clean compile_commands.json format check-format docs docs-check deps doctor help
loc:
	@$(PYTHON) tools/loc.py

compile_commands.json: | $(BUILD)/
	@$(MAKE) -n -B V=1 all | $(PYTHON) tools/compile_commands.py $@

FORMATTED = $(shell find kern arch user tests bench tools -name '*.[ch]' 2>/dev/null)

format:
	@clang-format -i $(FORMATTED)

# Versions of clang-format differ in details; 14 is the one that counts.
check-format:
	@clang-format --dry-run --Werror $(FORMATTED)

docs:
	@sphinx-build -W --keep-going -q -b html docs build/docs
	@echo "  the book is in build/docs/index.html"

docs-check: all
	@$(PYTHON) docs/check_transcripts.py

clean:
	rm -rf build compile_commands.json

# Everything, or only the sets that are named: make deps SETS='build-riscv64 run-riscv64'
deps:
	@tools/deps.sh ensure $(SETS)

doctor:
	@tools/deps.sh doctor

help:
	@cat mk/help.txt
