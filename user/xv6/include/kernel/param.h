// SPDX-License-Identifier: MIT
// For programs written for xv6-riscv: limits, those of capv6.
#pragma once

#define NPROC   512
#define NCPU    8
#define NOFILE  112
#define MAXARG  256
#define MAXPATH 1024
