// SPDX-License-Identifier: MIT
// Storms: many processes do the same few things at once, a bounded number of times. A first
// argument
// --long makes them ten times as long. The scale is set once, before any process is started.
#pragma once

#define STORM_WORKERS 6

extern int storm_scale;

// Takes --long out of main()'s arguments.
void storm_take_options(int *argc, char ***argv);

// Runs `work` in STORM_WORKERS processes and waits for all of them.
void storm(void (*work)(int worker));
