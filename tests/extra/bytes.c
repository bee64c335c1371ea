// SPDX-License-Identifier: MIT
// For the tests of `make run`: writes every byte there is, none of which may be changed on its way.
#include <unistd.h>

int main(void) {
    char all[256];
    for (int i = 0; i < 256; i++) all[i] = (char)i;
    return write_all(STDOUT_FILENO, all, sizeof(all)) < 0;
}
