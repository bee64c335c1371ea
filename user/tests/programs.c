// SPDX-License-Identifier: MIT
// Tests of the program loader with broken files: each is refused with ENOEXEC by exec and spawn,
// and the caller goes on. The files are made from this program's own, so that they fit the machine.
#include "check.h"

#include <stdlib.h>
#include <string.h>

#define BROKEN "/broken-program"

struct header {
    uint8_t identification[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments_offset, sections_offset;
    uint32_t flags;
    uint16_t header_size, segment_size, segment_count;
    uint16_t section_size, section_count, section_names;
};

struct segment {
    uint32_t type, flags;
    uint64_t offset, address, physical_address, file_size, memory_size, alignment;
};
#define SEGMENT_LOAD 1
#define EXEC_BIT     1
#define WRITE_BIT    2
#define READ_BIT     4

static uint8_t *program; // this program's file
static size_t program_size;

static struct header *header(void) { return (struct header *)program; }

// The first loadable segment whose flags include `flag`.
static struct segment *segment_with(uint32_t flag) {
    struct segment *segment = (struct segment *)(program + header()->segments_offset);
    for (int i = 0; i < header()->segment_count; i++)
        if (segment[i].type == SEGMENT_LOAD && (segment[i].flags & flag)) return &segment[i];
    check_note("no segment with flag %u", flag);
    CHECK(false);
    return NULL;
}

static void program_read(void) {
    struct stat stat;
    int64_t slot = NEED(sys(open, check_program, O_RDONLY));
    CHECK_EQUAL(sys(fstat, slot, &stat), 0);
    program_size = stat.size;
    if (!program) program = malloc(program_size);
    CHECK(program != NULL);
    check_read_all(slot, program, program_size);
    CHECK_EQUAL(sys(close, slot), 0);
}

// Runs what is in memory, by exec in a child: its status, or exec's -ERRNO.
static int64_t program_run(void) {
    const char *argv[] = {check_program, "--helper", "started", NULL};
    check_make_file(BROKEN, program, program_size);
    int64_t pid = check_fork();
    if (pid == 0) {
        int64_t error = sys(exec, BROKEN, argv);
        sys(exit, 100 - error);
    }
    int64_t status = check_wait(pid);
    return status > 100 && status < STATUS_ENDED ? 100 - status : status;
}

static int helper_started(int argc, char **argv) {
    (void)argc, (void)argv;
    return 11;
}

// The change makes the file one that both calls refuse.
static void refused(const char *what, void (*change)(void)) {
    const char *argv[] = {"x", NULL};
    check_note("%s", what);
    program_read();
    change();
    CHECK_EQUAL(program_run(), -ENOEXEC);
    struct spawn_attributes nothing = {.inherit = SPAWN_INHERIT_NOTHING};
    CHECK_ERROR(sys(spawn, BROKEN, argv, 0, 0, &nothing), ENOEXEC);
    CHECK_EQUAL(sys(unlink, BROKEN), 0);
}

static void test_unchanged(void) {
    program_read();
    CHECK_EQUAL(program_run(), 11);
    CHECK_EQUAL(sys(unlink, BROKEN), 0);
}

static void test_truncated(void) {
    static const size_t sizes[] = {0, 1, 4, 16, 63, 64, 65, 100, 119, 120, 200};
    const char *argv[] = {"x", NULL};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_note("%lu bytes", (unsigned long)sizes[i]);
        program_read();
        program_size = sizes[i];
        CHECK_EQUAL(program_run(), -ENOEXEC);
    }
    check_note("one byte is missing from the last segment");
    program_read();
    uint64_t end = 0;
    struct segment *segment = (struct segment *)(program + header()->segments_offset);
    for (int k = 0; k < header()->segment_count; k++)
        if (segment[k].type == SEGMENT_LOAD && segment[k].offset + segment[k].file_size > end)
            end = segment[k].offset + segment[k].file_size;
    program_size = end - 1;
    CHECK_EQUAL(program_run(), -ENOEXEC);
    CHECK_ERROR(sys(exec, BROKEN, argv), ENOEXEC);
    CHECK_EQUAL(sys(unlink, BROKEN), 0);
}

// ---- The header
// ----------------------------------------------------------------------------------

#define CHANGE(name, ...)                                                                          \
    static void name(void) { __VA_ARGS__; }

CHANGE(change_magic, program[1] = 'e')
CHANGE(change_class, program[4] = 1)
CHANGE(change_encoding, program[5] = 2)
CHANGE(change_version, header()->version = 7)
CHANGE(change_type_shared, header()->type = 3)
CHANGE(change_type_object, header()->type = 1)
CHANGE(change_machine, header()->machine ^= 0x40)
CHANGE(change_no_segments, header()->segment_count = 0)
CHANGE(change_many_segments, header()->segment_count = 0xffff)
CHANGE(change_segment_size, header()->segment_size = 8)
CHANGE(change_segment_size_large, header()->segment_size = 0xffff)
CHANGE(change_segments_behind_end, header()->segments_offset = program_size)
CHANGE(change_segments_at_end, header()->segments_offset = program_size - 56)
CHANGE(change_segments_wrap, header()->segments_offset = UINT64_MAX - 100)
CHANGE(change_segments_negative, header()->segments_offset = INT64_MIN)
CHANGE(change_entry_null, header()->entry = 0)
CHANGE(change_entry_data, header()->entry = segment_with(WRITE_BIT)->address)
CHANGE(change_entry_stack, header()->entry = 0x2fe000)
CHANGE(change_entry_kernel, header()->entry = UINT64_C(0xffffffc080200000))
CHANGE(change_entry_far, header()->entry = UINT64_C(0x8000000000000000))

static void test_header(void) {
    refused("magic", change_magic);
    refused("32 bits", change_class);
    refused("big endian", change_encoding);
    refused("version", change_version);
    refused("shared object", change_type_shared);
    refused("object file", change_type_object);
    refused("another machine", change_machine);
    refused("no segments", change_no_segments);
    refused("65535 segments", change_many_segments);
    refused("size of a segment's header", change_segment_size);
    refused("large size of a segment's header", change_segment_size_large);
    refused("segment headers behind the end", change_segments_behind_end);
    refused("segment headers run over the end", change_segments_at_end);
    refused("segment headers wrap", change_segments_wrap);
    refused("segment headers at a negative offset", change_segments_negative);
    refused("entry null", change_entry_null);
    refused("entry in data", change_entry_data);
    refused("entry in the stack", change_entry_stack);
    refused("entry in the kernel", change_entry_kernel);
    refused("entry at no address", change_entry_far);
}

// ---- Segments
// ------------------------------------------------------------------------------------

CHANGE(change_both, segment_with(EXEC_BIT)->flags = READ_BIT | WRITE_BIT | EXEC_BIT)
CHANGE(change_overlap, segment_with(WRITE_BIT)->address = segment_with(EXEC_BIT)->address;
       segment_with(WRITE_BIT)->offset = segment_with(EXEC_BIT)->offset;
       segment_with(WRITE_BIT)->file_size = 0)
CHANGE(change_stack,
       segment_with(WRITE_BIT)->address = 0x2fe000 | (segment_with(WRITE_BIT)->offset & 0xfff))
CHANGE(change_kernel, segment_with(WRITE_BIT)->address = UINT64_C(0xffffffc080200000) +
                                                         (segment_with(WRITE_BIT)->offset & 0xfff))
CHANGE(change_kernel_86,
       segment_with(WRITE_BIT)->address = UINT64_C(0xffffffff80200000) +
                                          (segment_with(WRITE_BIT)->offset & 0xfff))
CHANGE(change_no_address,
       segment_with(WRITE_BIT)->address = UINT64_C(0x8000000000000000) |
                                          (segment_with(WRITE_BIT)->offset & 0xfff))
CHANGE(change_memory_huge, segment_with(WRITE_BIT)->memory_size = INT64_MAX)
CHANGE(change_memory_wraps, segment_with(WRITE_BIT)->memory_size = UINT64_MAX - 0x1000)
CHANGE(change_memory_all, segment_with(WRITE_BIT)->memory_size = UINT64_C(1) << 47)
CHANGE(change_memory_small, segment_with(WRITE_BIT)->file_size = 100;
       segment_with(WRITE_BIT)->memory_size = 50)
CHANGE(change_file_huge, segment_with(WRITE_BIT)->file_size = INT64_MAX;
       segment_with(WRITE_BIT)->memory_size = INT64_MAX)
CHANGE(change_file_behind_end, segment_with(EXEC_BIT)->file_size = program_size + 4096;
       segment_with(EXEC_BIT)->memory_size = program_size + 4096)
CHANGE(change_offset_wraps,
       segment_with(EXEC_BIT)->offset = (segment_with(EXEC_BIT)->offset & 0xfff) - 0x1000)
CHANGE(change_offset_behind, segment_with(EXEC_BIT)->offset += UINT64_C(1) << 40)
CHANGE(change_alignment, segment_with(EXEC_BIT)->offset += 8)

static void test_segments(void) {
    refused("writable and executable", change_both);
    refused("overlapping segments", change_overlap);
    refused("a segment in the stack", change_stack);
    refused("a segment in the kernel (riscv64)", change_kernel);
    refused("a segment in the kernel (x86_64)", change_kernel_86);
    refused("a segment at no address", change_no_address);
    refused("huge size in memory", change_memory_huge);
    refused("size in memory wraps", change_memory_wraps);
    refused("size in memory fills user space", change_memory_all);
    refused("less in memory than in the file", change_memory_small);
    refused("huge size in the file", change_file_huge);
    refused("segment runs over the end of the file", change_file_behind_end);
    refused("offset wraps", change_offset_wraps);
    refused("offset behind the end", change_offset_behind);
    refused("offset and address do not fit each other", change_alignment);
}

// More memory than the machine has is no format error: it is there on demand, or there is none.
static void test_large_but_valid(void) {
    program_read();
    segment_with(WRITE_BIT)->memory_size = UINT64_C(1) << 34;
    int64_t status = program_run();
    CHECK(status == 11 || status == -ENOMEM || status == -ENOEXEC);
    CHECK_EQUAL(sys(unlink, BROKEN), 0);
}

// Random damage anywhere in the headers and the code: the program may do anything, to itself.
static void test_random_damage(void) {
    uint64_t state = 20250301;
    for (int round = 0; round < 60; round++) {
        check_note("round %d", round);
        program_read();
        size_t range =
            round % 2 ? header()->segments_offset + header()->segment_count * sizeof(struct segment)
                      : program_size;
        for (int i = 0; i < 1 + round % 5; i++)
            program[random_next(&state) % range] = (uint8_t)random_next(&state);
        int64_t pid = check_fork();
        if (pid == 0) {
            // The damaged program has nothing to do harm with, and ends within bounds.
            check_make_file(BROKEN, program, program_size);
            table_close(0, CAP_SLOTS_ORDINARY - 1);
            const char *argv[] = {check_program, "--helper", "started", NULL};
            sys(exec, BROKEN, argv);
            sys(exit, 1);
        }
        struct process_info info;
        struct patience patience = {0};
        while (sys(process_info, pid, &info) == pid && info.state == PROCESS_ALIVE)
            if (info.run_time > 500000000 || info.blocked || !patience_wait(&patience))
                sys(kill, pid);
        check_wait(pid);
    }
    CHECK_EQUAL(sys(unlink, BROKEN), 0);
}

static const struct test_helper helpers[] = {{"started", helper_started}, {NULL, NULL}};

static const struct test_case cases[] = {
    {"unchanged", test_unchanged},
    {"truncated", test_truncated},
    {"header", test_header},
    {"segments", test_segments},
    {"large_but_valid", test_large_but_valid},
    {"random_damage", test_random_damage},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, helpers); }
