# SPDX-License-Identifier: MIT
# The programs that make and check disks, for the host. They share the format with the kernel.

HOST_TOOL_CC := $(or $(HOSTCC),cc) -std=gnu11 -O2 -g -Wall -Wextra -Werror -Ikern

build/host/mkfs: $(wildcard tools/mkfs/*.[ch])
build/host/fsck: $(wildcard tools/fsck/*.[ch])
build/host/mkfs build/host/fsck: kern/fs/disk_format.h mk/host-tools.mk
	$(call say,HOSTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_TOOL_CC) -o $@ $(filter %.c,$^)

# What looks into the emulator while it runs; see tools/qemu_plugin.h.
build/host/%_plugin.so: tools/%_plugin.c tools/qemu_plugin.h mk/host-tools.mk
	$(call say,HOSTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_TOOL_CC) -shared -fPIC -fvisibility=hidden -o $@ $<

.PHONY: host-tools
host-tools: build/host/mkfs build/host/fsck

# ---- Disks -------------------------------------------------------------------------------------
#
# A fresh one, which is never written to, and one for each machine that `make qemu` keeps.

FRESH_DISK := build/disk.img
KEPT_DISK  := disk/$(ARCH).img
DISK_SIZE  := 64M

$(FRESH_DISK): build/host/mkfs mk/host-tools.mk
	$(call say,MKFS,$@)
	$(Q)rm -f $@ && build/host/mkfs $@ $(DISK_SIZE) bin dev etc home run tests tmp

$(KEPT_DISK): | $(FRESH_DISK)
	$(call say,COPY,$@)
	$(Q)mkdir -p $(@D) && cp --sparse=always $(FRESH_DISK) $@

# Everything that was made on the machine's disk is gone then.
.PHONY: clean-disk
clean-disk:
	$(call say,CLEAN,$(KEPT_DISK))
	$(Q)rm -f $(KEPT_DISK)
