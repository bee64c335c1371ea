// SPDX-License-Identifier: MIT
// What the two parts of the buffer cache share: finding buffers, and their transfers and states.
#pragma once

#include "fs/buffer.h"

struct buffer *buffer_find_locked(struct buffer_cache *cache, uint32_t block);

// Puts a buffer on the right list, after its references or flags have changed.
void buffer_sort_locked(struct buffer *buffer);

// Prepares a transfer of a buffer that has none in flight; the caller submits the request, without
// the lock.
void buffer_start_locked(struct buffer *buffer, enum block_request_kind kind, uint64_t block);

// Writes up to so many dirty buffers that are not in use, and waits.
void buffer_write_some(struct buffer_cache *cache, uint32_t count);

// Waits until no transfer at all is in flight.
void buffer_wait_all(struct buffer_cache *cache);
