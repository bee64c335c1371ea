// SPDX-License-Identifier: MIT
// sync: makes everything durable that has been written.
#include <err.h>
#include <unistd.h>

int main(void) {
    if (sync() < 0) err(1, "sync");
    return 0;
}
