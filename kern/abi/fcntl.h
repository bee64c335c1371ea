// SPDX-License-Identifier: MIT
// Flags of open(), lseek() and file kinds.
#pragma once

#define O_RDONLY    0x000
#define O_WRONLY    0x001
#define O_RDWR      0x002
#define O_ACCMODE   0x003
#define O_CREAT     0x010
#define O_EXCL      0x020
#define O_TRUNC     0x040
#define O_APPEND    0x080
#define O_DIRECTORY 0x100
#define O_CLOEXEC   0x200 // the slot is close-on-spawn from the start
#define O_GRANT     0x400 // the capability may be handed on
#define O_ALL       0x7f3

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

// The longest path that a call takes, with its terminating zero, and the longest name in it.
#define PATH_MAX 1024
#define NAME_MAX 255

// Writes of up to so many bytes go into a pipe in one piece.
#define PIPE_BUF 512

// Requests of ioctl(); only the console answers them. The foreground group is the one that Ctrl-C
// ends. With 0, for none, Ctrl-C drops the typed line, and the next read gets an empty one.
#define CONSOLE_SET_FOREGROUND 1 // argument: the process group, or 0
#define CONSOLE_SET_MODE       2 // argument: one of the three modes
#define CONSOLE_INSERT         3 // argument: a byte, or CONSOLE_REDRAW

// Modes. With CONSOLE_COMPLETE a read may also return what stands before the cursor of the line
// that is being edited, and a tab behind it: the user wants it completed. That is so until the line
// is finished, since the next one may be for a program; or until the mode is set again.
// CONSOLE_INSERT puts bytes into that line as if they had been typed; EAGAIN: not without a tab, or
// after the next key.
#define CONSOLE_LINES    0  // line editing, echo, history
#define CONSOLE_RAW      1  // bytes as they come, no echo, no Ctrl-C
#define CONSOLE_COMPLETE 2  // as CONSOLE_LINES, but for the tab key
#define CONSOLE_REDRAW   -1 // shows prompt and line again, behind other output
