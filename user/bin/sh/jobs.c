// SPDX-License-Identifier: MIT
// Background jobs. Each is one process, the leader of a group of its own, so that Ctrl-C does not
// end it.
#include "jobs.h"
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "describe.h"
#include "shell.h"

static void job_poll(struct job *job) {
    if (job->number == 0 || job->ended) return;
    int status = 0;
    pid_t result = waitpid(job->process, &status, WNOHANG);
    if (result == 0) return;
    job->ended = true;
    job->status = result < 0 ? STATUS_NOT_FOUND : status;
}

static void job_print(const struct job *job) {
    char state[24];
    if (!job->ended)
        strlcpy(state, "running", sizeof(state));
    else if (!WIFEXITED(job->status))
        strlcpy(state, status_reason(job->status), sizeof(state));
    else if (job->status != 0)
        snprintf(state, sizeof(state), "exit %d", WEXITSTATUS(job->status));
    else
        strlcpy(state, "done", sizeof(state));
    dprintf(STDERR_FILENO, "[%d] %d %-10s %s\n", job->number, job->process, state, job->text);
}

struct job *jobs_reserve(struct shell *shell) {
    struct job *ended = NULL;
    for (struct job *job = shell->jobs.job; job < shell->jobs.job + JOBS_MAX; job++) {
        if (job->number == 0) return job;
        job_poll(job);
        if (job->ended && (ended == NULL || job->process < ended->process)) ended = job;
    }
    if (ended != NULL) ended->number = 0;
    return ended;
}

static int lowest_free_number(const struct jobs *jobs) {
    int number = 1;
    for (int i = 0; i < JOBS_MAX; i++) {
        if (jobs->job[i].number == number) {
            number++;
            i = -1;
        }
    }
    return number;
}

void job_start(struct shell *shell, struct job *job, int process, const struct and_or *and_or) {
    *job = (struct job){.process = process};
    job->number = lowest_free_number(&shell->jobs);
    describe_and_or(and_or, job->text, sizeof(job->text));
    if (shell->interactive) dprintf(STDERR_FILENO, "[%d] %d\n", job->number, process);
}

void jobs_report(struct shell *shell) {
    for (struct job *job = shell->jobs.job; job < shell->jobs.job + JOBS_MAX; job++) {
        job_poll(job);
        if (job->number == 0 || !job->ended || !shell->interactive) continue;
        job_print(job);
        job->number = 0;
    }
}

void jobs_print(struct shell *shell) {
    for (struct job *job = shell->jobs.job; job < shell->jobs.job + JOBS_MAX; job++) {
        job_poll(job);
        if (job->number != 0) job_print(job);
    }
}

void jobs_forget(struct shell *shell) { memset(&shell->jobs, 0, sizeof(shell->jobs)); }

void console_give(struct shell *shell, int group) {
    if (shell->interactive) tcsetpgrp(STDIN_FILENO, group);
}

void console_take(struct shell *shell) {
    if (!shell->interactive) return;
    tcsetpgrp(STDIN_FILENO, 0);
    ioctl(STDIN_FILENO, CONSOLE_SET_MODE, CONSOLE_LINES);
}

// While the user waits for it, Ctrl-C is for the job.
int job_wait(struct shell *shell, struct job *job) {
    if (!job->ended) {
        console_give(shell, job->process);
        if (waitpid(job->process, &job->status, 0) < 0) job->status = STATUS_NOT_FOUND;
        console_take(shell);
        job->ended = true;
    }
    if (shell->interactive) job_print(job);
    job->number = 0;
    return STATUS_SHELL(job->status);
}

struct job *jobs_find(struct shell *shell, const char *name) {
    bool by_number = name[0] == '%';
    char *end;
    long wanted = strtol(name + by_number, &end, 10);
    if (*end != '\0' || wanted <= 0) return NULL;
    for (struct job *job = shell->jobs.job; job < shell->jobs.job + JOBS_MAX; job++)
        if (job->number != 0 && wanted == (by_number ? job->number : job->process)) return job;
    return NULL;
}
