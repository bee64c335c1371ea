// SPDX-License-Identifier: MIT
// The kernel's command line: words, some of them name=value. What is not known is reported in the
// boot log, and the boot goes on.
#pragma once

#include "abi/types.h"

struct boot_options {
    char init[64];       // init=PATH: the first program; default /bin/init
    char run[64];        // run=PATH: a script for init to run instead of a terminal session
    char root[16];       // root=disk|memory: memory does not use the disk
    char console[16];    // console=uart|virtio: what /dev/console is
    bool channel;        // channel: opens the graders' channel, see dev/channel.h
    bool quiet;          // quiet: no boot log, only errors
    char panic[16];      // panic=boot|assert|fault|stack: fails so at the end of the boot
    uint64_t sched_seed; // sched_seed=N: perturbs scheduling, for replaying races
};

extern struct boot_options boot_options;
void boot_options_parse(const char *command_line);
