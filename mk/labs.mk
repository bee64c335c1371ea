# SPDX-License-Identifier: MIT
# Making and checking of labs, for instructors; not part of handouts.

.PHONY: lab labs lab-zip labs-check bugs
lab: which-lab
	@$(PYTHON) grade/export.py branch --lab $(LAB) $(if $(FROM),--from '$(FROM)')

labs:
	@$(PYTHON) grade/export.py branch

lab-zip: which-lab
	@$(PYTHON) grade/export.py zip --lab $(LAB) $(if $(FROM),--from '$(FROM)')

labs-check:
	@MAKEFLAGS= $(PYTHON) grade/labs_check.py $(addprefix --lab ,$(LAB)) $(if $(filter command,$(origin ARCH)),--arch $(ARCH))

bugs:
	@MAKEFLAGS= $(PYTHON) grade/bugs.py $(addprefix --lab ,$(LAB)) $(if $(filter command,$(origin ARCH)),--arch $(ARCH))
