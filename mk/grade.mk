# SPDX-License-Identifier: MIT
# Grading of labs, in the reference tree and in a handout, which knows by STARTER which lab it is.

LAB  = $(shell sed -n 's/^lab //p' STARTER 2>/dev/null)
TEST =
N    = 50
FROM =

# Where the results for other programs go.
OUT =

GRADE = $(PYTHON) grade/grade --lab $(LAB) --arch $(ARCH) --cpus $(CPUS) $(if $(SEED),--seed $(SEED)) $(addprefix --test ,$(TEST)) \
  $(if $(SUBMISSION),--submission '$(SUBMISSION)') $(if $(OUT),--out '$(OUT)')

.PHONY: grade replay grade-soak handin update which-lab
which-lab:
	@$(if $(LAB),,echo "which lab? write LAB=1" >&2; exit 2)

grade: which-lab
	@MAKEFLAGS= $(GRADE)

# The random tests again, with the seed that a report names.
replay: which-lab
	@$(if $(SEED),,echo "which seed? write SEED=, as the report has it" >&2; exit 2)
	@MAKEFLAGS= $(GRADE) --random

grade-soak: which-lab
	@MAKEFLAGS= $(GRADE) --soak $(N)

handin: which-lab
	@$(PYTHON) grade/handin.py --lab $(LAB)

update:
	@$(PYTHON) grade/update.py '$(FROM)'
