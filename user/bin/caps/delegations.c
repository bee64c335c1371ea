// SPDX-License-Identifier: MIT
// Every grant, who gave it, and the slots that stand under it, wherever they have gone.
#include <stdio.h>

#include "caps.h"

static void print_received(const struct snapshot *snapshot, const struct holding *holding) {
    char rights[16];
    format_rights(rights, sizeof(rights), holding->info.rights);
    printf("    %s  slot %3d of process %d (%s)%s\n", rights, holding->slot, holding->pid,
           process_name(snapshot, holding->pid),
           holding->info.flags & CAP_RECEIVED ? ", received" : ", a copy");
}

static void print_grant(const struct snapshot *snapshot, size_t first) {
    const struct holding *holding = &snapshot->holdings[first];
    uint64_t grant = holding->info.grant_epoch;
    const struct holding *giver = find_giver(snapshot, grant);
    printf("grant %lu of %s %s, ", grant, cap_type_name(holding->info.type), holding->info.name);
    if (giver != NULL)
        printf("revocable by slot %d of process %d (%s)\n", giver->slot, giver->pid,
               process_name(snapshot, giver->pid));
    else
        printf("a gift: nobody can revoke it\n");
    for (size_t i = first; i < snapshot->holding_count; i++)
        if (snapshot->holdings[i].info.grant_epoch == grant)
            print_received(snapshot, &snapshot->holdings[i]);
}

static bool is_first_of_its_grant(const struct snapshot *snapshot, size_t index) {
    uint64_t grant = snapshot->holdings[index].info.grant_epoch;
    if (grant == 0) return false;
    for (size_t i = 0; i < index; i++)
        if (snapshot->holdings[i].info.grant_epoch == grant) return false;
    return true;
}

void print_delegations(const struct snapshot *snapshot) {
    bool any = false;
    for (size_t i = 0; i < snapshot->holding_count; i++) {
        if (!is_first_of_its_grant(snapshot, i)) continue;
        print_grant(snapshot, i);
        any = true;
    }
    if (!any) printf("no capability has been delegated\n");
}
