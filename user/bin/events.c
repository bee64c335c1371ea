// SPDX-License-Identifier: MIT
// events COMMAND ARGUMENT ...: runs a command and prints what happened to capabilities meanwhile,
// in its processes and all others but this one.
#include <err.h>
#include <events.h>
#include <capability.h>
#include <process.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const kinds[] = {
#define NAME(kind, number, text) [number] = text,
    EVENT_LIST(NAME)
#undef NAME
};

static const char *const types[] = {
#define NAME(type, code, text) [code] = text,
    CAP_TYPE_LIST(NAME)
#undef NAME
};

static void print_event(const struct event *event, uint64_t start) {
    char slot[12] = "-", grant[24] = "", other[24] = "";
    if (event->slot >= 0) snprintf(slot, sizeof(slot), "%d", event->slot);
    if (event->grant_epoch)
        snprintf(grant, sizeof(grant), ", grant %lu", (unsigned long)event->grant_epoch);
    if (event->other) snprintf(other, sizeof(other), ", process %d", event->other);
    printf("%9lu %4d %-9s %4s  %s %lu%s%s\n", (unsigned long)(event->time - start) / 1000,
           event->pid, kinds[event->kind], slot, types[event->type],
           (unsigned long)event->object_id, grant, other);
}

// Prints all behind `sequence` and says how many were overwritten first.
static void print_events(uint64_t sequence) {
    struct event events[16];
    ssize_t count;
    uint64_t start = 0, lost = 0;
    printf("%9s %4s %-9s %4s  %s\n", "us", "pid", "event", "slot", "object");
    while ((count = events_read(sequence + 1, events, 16)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            lost += events[i].sequence - sequence - 1;
            sequence = events[i].sequence;
            if (start == 0) start = events[i].time;
            if (events[i].pid != getpid()) print_event(&events[i], start);
        }
    }
    if (count < 0) warn("the record");
    if (lost > 0) printf("%lu events were lost\n", (unsigned long)lost);
}

// The newest event's number.
static uint64_t skip_events(void) {
    struct event events[16];
    uint64_t sequence = 0;
    ssize_t count;
    while ((count = events_read(sequence + 1, events, 16)) > 0)
        sequence = events[count - 1].sequence;
    return sequence;
}

static int run(char **argv) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], argv);
        err(127, "%s", argv[0]);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0) err(1, "%s", argv[0]);
    return STATUS_SHELL(status);
}

int main(int argc, char **argv) {
    if (argc < 2) errx(2, "usage: events COMMAND ARGUMENT ...");
    if (events_control(1) < 0) err(1, "the record");
    uint64_t sequence = skip_events();
    int status = run(argv + 1);
    events_control(0);
    print_events(sequence);
    return status;
}
