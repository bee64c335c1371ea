// SPDX-License-Identifier: MIT
// For programs written for xv6-riscv. The library translates these into capv6's.
#pragma once

#define O_RDONLY 0x000
#define O_WRONLY 0x001
#define O_RDWR   0x002
#define O_CREATE 0x200
#define O_TRUNC  0x400
