// SPDX-License-Identifier: MIT
// Checks a file system in memory: fsck does so with a mapped file, the host's tests with an array.
#pragma once

#include "fs/disk_format.h"

// Called with each thing that is wrong.
typedef void image_report(void *context, const char *what);

enum image_state { IMAGE_CLEAN, IMAGE_DAMAGED, IMAGE_UNREADABLE };

// Replays the log in the image, which therefore changes, and then checks everything. *records is
// how many records were replayed.
enum image_state image_check(uint8_t *image, uint64_t blocks, image_report *report, void *context,
                             uint32_t *records);
