// SPDX-License-Identifier: MIT
// The environment. What the program was started with lies on its stack; the first change moves the
// vector to the heap, and every string that is set is memory of its own.
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char **own_vector; // environ, if it was allocated here

static bool name_is_valid(const char *name) { return *name != '\0' && strchr(name, '=') == NULL; }

// The index of a name, or that of the NULL.
static size_t find(const char *name) {
    size_t length = strlen(name), i = 0;
    while (environ[i] != NULL &&
           (strncmp(environ[i], name, length) != 0 || environ[i][length] != '='))
        i++;
    return i;
}

char *getenv(const char *name) {
    if (!name_is_valid(name)) return NULL;
    size_t i = find(name);
    return environ[i] != NULL ? environ[i] + strlen(name) + 1 : NULL;
}

// Makes room for one more string behind the last.
static bool vector_grow(size_t count) {
    bool is_own = environ == own_vector;
    char **vector = realloc(own_vector, (count + 2) * sizeof(*vector));
    if (vector == NULL) return false;
    if (!is_own) memcpy(vector, environ, (count + 1) * sizeof(*vector));
    vector[count + 1] = NULL;
    environ = own_vector = vector;
    return true;
}

int setenv(const char *name, const char *value, int overwrite) {
    if (!name_is_valid(name)) {
        errno = EINVAL;
        return -1;
    }
    size_t i = find(name), length = strlen(name), size = length + strlen(value) + 2;
    if (environ[i] != NULL && !overwrite) return 0;
    char *text = malloc(size);
    if (text == NULL || (environ[i] == NULL && !vector_grow(i))) {
        free(text);
        errno = ENOMEM;
        return -1;
    }
    memcpy(text, name, length);
    text[length] = '=';
    strlcpy(text + length + 1, value, size - length - 1);
    environ[i] = text;
    return 0;
}

int unsetenv(const char *name) {
    if (!name_is_valid(name)) {
        errno = EINVAL;
        return -1;
    }
    for (size_t i = find(name); environ[i] != NULL; i++) environ[i] = environ[i + 1];
    return 0;
}

int clearenv(void) {
    environ[0] = NULL;
    return 0;
}
