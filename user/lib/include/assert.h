// SPDX-License-Identifier: MIT
// assert(): states what must be true; if it is not, says where, and aborts.

// As the standard asks, each inclusion decides anew by NDEBUG: no #pragma once for the macro.
#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition)                                                                          \
    ((condition) ? (void)0 : assert_fail(__FILE__, __LINE__, __func__, #condition))
#endif

#ifndef ASSERT_FAIL_DECLARED
#define ASSERT_FAIL_DECLARED
_Noreturn void assert_fail(const char *file, int line, const char *function, const char *condition);
#endif
