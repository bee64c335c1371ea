// SPDX-License-Identifier: MIT
// Background jobs: numbers, processes and how they ended.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOBS_MAX     64
#define JOB_TEXT_MAX 64

struct shell;
struct and_or;

struct job {
    int number; // 1 …; 0: the entry is free
    int process;
    bool ended;
    int status; // as wait() reports it
    char text[JOB_TEXT_MAX];
};

struct jobs {
    struct job job[JOBS_MAX];
};

// A free entry; makes room by forgetting a job that has ended. NULL: all are running.
struct job *jobs_reserve(struct shell *shell);
// Notes the process that a reserved entry stands for, and tells the user its number.
void job_start(struct shell *shell, struct job *job, int process, const struct and_or *and_or);

// Finds out which jobs have ended; an interactive shell says so and forgets them.
void jobs_report(struct shell *shell);
// Prints all jobs.
void jobs_print(struct shell *shell);
// In a subshell: the jobs are its parent's.
void jobs_forget(struct shell *shell);

// Waits for a job and forgets it. Its status as the shell sees it.
int job_wait(struct shell *shell, struct job *job);
// The job that "%N" or a process number names, or NULL.
struct job *jobs_find(struct shell *shell, const char *name);

// For an interactive shell: a group becomes the one that Ctrl-C ends, and when it has ended none
// is, and the console edits lines, in whatever mode a program has left it.
void console_give(struct shell *shell, int group);
void console_take(struct shell *shell);
