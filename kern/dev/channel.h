// SPDX-License-Identifier: MIT
// The graders' channel: lines to and from a host that tests this kernel, over the second virtio
// console. Unlike a descriptor it needs no slot, so that it also works in a kernel whose
// capability tables do not work yet. A line in begins with the number of the process that it is
// for; each process takes its own.
#pragma once

#include "abi/types.h"

#define CHANNEL_LINE_MAX 256 // bytes, with the newline

// At boot, with the boot option `channel`. False if there is no second virtio console.
bool channel_init(void);

// The next line for the process, without its number and the newline, zero-terminated: its length.
// Waits for it. -ENODEV without a channel, -EINTR when the caller is killed. May sleep.
int channel_receive(int32_t pid, char line[CHANNEL_LINE_MAX]);

// Sends the process's number, a space and `size` bytes, at most CHANNEL_LINE_MAX, as one piece,
// between which those of others never come. 0, -ENODEV without a channel, -EIO if the host does not
// take them in time. May sleep.
int channel_send(int32_t pid, const char *text, size_t size);
