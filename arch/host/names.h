// SPDX-License-Identifier: MIT
// Included before everything else when the kernel is compiled for the host, so that its string
// functions stand beside the C library's. HOST_RAW_NAMES makes a second set of them, compiled
// without sanitizers for the allocators, which touch free memory.
#pragma once

#ifdef HOST_RAW_NAMES
#define HOST_NAME(name)  raw_##name
#define page_clear       raw_page_clear
#define page_copy        raw_page_copy
#define string_copy      raw_string_copy
#define string_to_number raw_string_to_number
#else
#define HOST_NAME(name) kernel_##name
#endif

#define memcpy  HOST_NAME(memcpy)
#define memmove HOST_NAME(memmove)
#define memset  HOST_NAME(memset)
#define memcmp  HOST_NAME(memcmp)
#define strlen  HOST_NAME(strlen)
#define strnlen HOST_NAME(strnlen)
#define strcmp  HOST_NAME(strcmp)
#define strncmp HOST_NAME(strncmp)
#define strchr  HOST_NAME(strchr)
