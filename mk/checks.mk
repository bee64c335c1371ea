# SPDX-License-Identifier: MIT
# Tests, benchmarks and the book.

.PHONY: capgraph loc docs docs-check check-format
capgraph: all
	@$(PYTHON) tools/capgraph.py -- $(MACHINE_OPTIONS) --timeout $(TIMEOUT) $(addprefix --extra ,$(EXTRA))

.PHONY: test check check-floors check-contract check-style check-size check-tools check-host check-model coverage bench
# All tests, or those that TESTS names (tests/run.py --list). They call make themselves, afresh.
test:
	@MAKEFLAGS= $(PYTHON) tests/run.py $(TESTS)

# The storms with ever new seeds.
MINUTES = 5
.PHONY: soak
soak:
	@MAKEFLAGS= $(PYTHON) tests/soak.py --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

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

# The kernel is the one that is tested: nothing is compiled into it for this.
coverage: all host-tools build/host/coverage_plugin.so
	@$(PYTHON) tools/coverage.py --arch $(ARCH) --build $(BUILD) --objdump $(CROSS)objdump $(if $(filter 1,$(V)),--uncovered)

bench: host-tools build/host/marks_plugin.so
	@$(MAKE) --no-print-directory DEBUG=0 ARCH=riscv64 all
	@$(MAKE) --no-print-directory DEBUG=0 ARCH=x86_64 all
	@$(PYTHON) bench/run.py

# ---- Lines, form, the book ---------------------------------------------------------------------

loc:
	@$(PYTHON) tools/loc.py

# Versions of clang-format differ in details; 14 is the one that counts.
check-format:
	@clang-format --dry-run --Werror $(FORMATTED)

docs:
	@sphinx-build -W --keep-going -q -b html docs build/docs
	@echo "  the book is in build/docs/index.html"

docs-check: all
	@$(PYTHON) docs/check_transcripts.py
