// SPDX-License-Identifier: MIT
// The shell's variables: a list sorted by name.
#include "variables.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Where the variable is linked in, or would be.
static struct variable **find(struct variables *variables, const char *name) {
    struct variable **link = &variables->first;
    while (*link != NULL && strcmp((*link)->name, name) < 0) link = &(*link)->next;
    return link;
}

static bool is_at(struct variable *const *link, const char *name) {
    return *link != NULL && strcmp((*link)->name, name) == 0;
}

static const char *get_number(struct variables *variables, int number) {
    snprintf(variables->number, sizeof(variables->number), "%d", number);
    return variables->number;
}

static const char *get_positional(const struct variables *variables, const char *name) {
    unsigned long index = strtoul(name, NULL, 10);
    if (index == 0) return variables->zero;
    if (index > (unsigned long)variables->positional_count) return NULL;
    return variables->positional[index - 1];
}

const char *variables_get(struct variables *variables, const char *name) {
    struct variable **link;
    switch (name[0]) {
    case '?': return get_number(variables, variables->status);
    case '$': return get_number(variables, variables->process);
    case '#': return get_number(variables, variables->positional_count);
    case '!':
        return variables->background != 0 ? get_number(variables, variables->background) : NULL;
    default:
        if (isdigit(name[0])) return get_positional(variables, name);
        link = find(variables, name);
        return is_at(link, name) ? (*link)->value : NULL;
    }
}

bool variables_set(struct variables *variables, const char *name, const char *value) {
    struct variable **link = find(variables, name);
    char *copy = strdup(value);
    if (copy == NULL) return false;
    if (is_at(link, name)) {
        free((*link)->value);
        (*link)->value = copy;
        return true;
    }
    size_t size = strlen(name) + 1;
    struct variable *variable = malloc(sizeof(*variable) + size);
    if (variable == NULL) {
        free(copy);
        return false;
    }
    memcpy(variable->name, name, size);
    variable->value = copy;
    variable->exported = false;
    variable->next = *link;
    *link = variable;
    return true;
}

bool variables_export(struct variables *variables, const char *name) {
    struct variable **link = find(variables, name);
    if (!is_at(link, name) && !variables_set(variables, name, "")) return false;
    (*find(variables, name))->exported = true;
    return true;
}

bool variables_import(struct variables *variables, char *const *environment) {
    for (; *environment != NULL; environment++) {
        const char *equals = strchr(*environment, '=');
        if (equals == NULL || equals == *environment) continue;
        char *name = strdup(*environment);
        if (name == NULL) return false;
        name[equals - *environment] = '\0';
        bool done = variables_set(variables, name, equals + 1) && variables_export(variables, name);
        free(name);
        if (!done) return false;
    }
    return true;
}

char **variables_environment(const struct variables *variables) {
    size_t count = 0;
    for (const struct variable *v = variables->first; v != NULL; v = v->next) count += v->exported;
    char **environment = malloc((count + 1) * sizeof(*environment)), **next = environment;
    if (environment == NULL) return NULL;
    for (const struct variable *v = variables->first; v != NULL; v = v->next) {
        if (!v->exported) continue;
        size_t size = strlen(v->name) + strlen(v->value) + 2;
        if ((*next = malloc(size)) == NULL) return NULL;
        snprintf(*next++, size, "%s=%s", v->name, v->value);
    }
    *next = NULL;
    return environment;
}

void variables_unset(struct variables *variables, const char *name) {
    struct variable **link = find(variables, name);
    if (!is_at(link, name)) return;
    struct variable *variable = *link;
    *link = variable->next;
    free(variable->value);
    free(variable);
}

bool variables_set_positional(struct variables *variables, char *const *values, int count) {
    size_t size = ((size_t)count + 1) * sizeof(char *);
    for (int i = 0; i < count; i++) size += strlen(values[i]) + 1;
    char **memory = malloc(size);
    if (memory == NULL) return false;
    char *text = (char *)(memory + count + 1);
    for (int i = 0; i < count; i++) {
        size_t length = strlen(values[i]) + 1;
        memory[i] = memcpy(text, values[i], length);
        text += length;
    }
    memory[count] = NULL;
    // Only now: the new values may come from the old ones.
    free(variables->positional_memory);
    variables->positional_memory = variables->positional = memory;
    variables->positional_count = count;
    return true;
}
