# SPDX-License-Identifier: MIT
# The programs that make and check disks, for the host. They share the format with the kernel.

HOST_TOOL_CC := $(or $(HOSTCC),cc) -std=gnu11 -O2 -g -Wall -Wextra -Werror -Ikern

build/host/mkfs: $(wildcard tools/mkfs/*.[ch])
build/host/fsck: $(wildcard tools/fsck/*.[ch])
build/host/mkfs build/host/fsck: kern/fs/disk_format.h mk/host-tools.mk
	$(call say,HOSTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_TOOL_CC) -o $@ $(filter %.c,$^)

.PHONY: host-tools
host-tools: build/host/mkfs build/host/fsck
