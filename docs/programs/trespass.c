// SPDX-License-Identifier: MIT
// Writes to an address that is not this program's, for the book's first chapter.

#include <stdio.h>

int main(void)
{
    volatile int *elsewhere = (int *)0x40000000;
    printf("about to write to %p\n", (void *)elsewhere);
    *elsewhere = 1;
    printf("never printed\n");
    return 0;
}
