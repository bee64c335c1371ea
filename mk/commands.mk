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

.PHONY: qemu run qemu-gdb gdb
qemu qemu-gdb: $(if $(filter 1,$(DISK)),$(KEPT_DISK))
run: $(if $(filter 1,$(DISK)),$(FRESH_DISK))

qemu: all
	@$(PYTHON) tools/qemu.py $(MACHINE_OPTIONS) $(call DISK_OF,$(KEPT_DISK))

run: all
	@$(PYTHON) tools/run.py $(MACHINE_OPTIONS) $(call DISK_OF,$(FRESH_DISK)) --timeout $(TIMEOUT) $(addprefix --extra ,$(EXTRA))

qemu-gdb: all
	@$(PYTHON) tools/qemu.py $(MACHINE_OPTIONS) $(call DISK_OF,$(KEPT_DISK)) --wait-for-gdb

gdb: all
	@$(PYTHON) tools/debug.py $(MACHINE_OPTIONS) $(addprefix --extra ,$(EXTRA))

# ---- Looking after the tree --------------------------------------------------------------------

.PHONY: clean compile_commands.json format deps doctor help
compile_commands.json: | $(BUILD)/
	@$(MAKE) -n -B V=1 all | $(PYTHON) tools/compile_commands.py $@

FORMATTED = $(shell find kern arch user tests bench tools -name '*.[ch]' 2>/dev/null)

format:
	@clang-format -i $(FORMATTED)

clean:
	rm -rf build compile_commands.json

# Everything, or only the sets that are named: make deps SETS='build-riscv64 run-riscv64'
deps:
	@tools/deps.sh ensure $(SETS)

doctor:
	@tools/deps.sh doctor

help:
	@cat mk/help.txt
