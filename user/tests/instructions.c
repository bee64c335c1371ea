// SPDX-License-Identifier: MIT
// Programs of a few instructions that C cannot express: privileged ones, odd flags and registers.
// The test makes them as files of machine code; which of the tables applies, its own file's header
// says.
#include "check.h"

#include <string.h>

#define PROGRAM   "/instructions-program"
#define CODE_BASE 0x400000
#define SURVIVED  77

#define MACHINE_X86_64  62
#define MACHINE_RISCV64 243

enum expected {
    ENDS,     // the kernel ends the process: STATUS_ILLEGAL or STATUS_FAULT
    SURVIVES, // it goes on and exits with SURVIVED
    EITHER,   // the machine may or may not allow it; the kernel goes on
};

// What a program does before it exits with SURVIVED.
struct snippet {
    const char *name;
    enum expected expected;
    uint8_t size;
    uint8_t code[24];
};

#define CODE(...)                                                                                  \
    sizeof((uint8_t[]){__VA_ARGS__}), { __VA_ARGS__ }

// ---- x86_64 -------------------------------------------------------------------------------------

static const uint8_t x86_64_exit[] = {0xbf, SURVIVED, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0x0f, 0x05};
#define X86_YIELD 0xb8, 9, 0, 0, 0, 0x0f, 0x05

static const struct snippet x86_64_snippets[] = {
    {"nothing", SURVIVES, CODE(0x90)},
    {"hlt", ENDS, CODE(0xf4)},
    {"cli", ENDS, CODE(0xfa)},
    {"sti", ENDS, CODE(0xfb)},
    {"in", ENDS, CODE(0xe4, 0x60)},
    {"out to the debug-exit device", ENDS, CODE(0x31, 0xc0, 0xe6, 0xf4)},
    {"write cr3", ENDS, CODE(0x31, 0xc0, 0x0f, 0x22, 0xd8)},
    {"read cr0", ENDS, CODE(0x0f, 0x20, 0xc0)},
    {"write dr7", ENDS, CODE(0x0f, 0x23, 0xf8)},
    {"wrmsr", ENDS, CODE(0x0f, 0x30)},
    {"rdmsr", ENDS, CODE(0x0f, 0x32)},
    {"lgdt", ENDS, CODE(0x0f, 0x01, 0x14, 0x24)},
    {"lidt", ENDS, CODE(0x0f, 0x01, 0x1c, 0x24)},
    {"ltr", ENDS, CODE(0x31, 0xc0, 0x0f, 0x00, 0xd8)},
    {"invlpg", ENDS, CODE(0x0f, 0x01, 0x3c, 0x24)},
    {"swapgs", ENDS, CODE(0x0f, 0x01, 0xf8)},
    {"sysret", ENDS, CODE(0x48, 0x0f, 0x07)},
    {"iret of nothing", ENDS, CODE(0x31, 0xc0, 0x50, 0x50, 0x50, 0x50, 0x50, 0x48, 0xcf)},
    {"far return to the kernel's code", ENDS, CODE(0x6a, 0x08, 0x6a, 0x00, 0x48, 0xcb)},
    {"sysenter", ENDS, CODE(0x0f, 0x34)},
    {"clts", ENDS, CODE(0x0f, 0x06)},
    {"wbinvd", ENDS, CODE(0x0f, 0x09)},
    {"stac", ENDS, CODE(0x0f, 0x01, 0xcb)},
    {"xsetbv", ENDS, CODE(0x0f, 0x01, 0xd1)},
    {"vmcall", ENDS, CODE(0x0f, 0x01, 0xc1)},
    {"int 0, divide error", ENDS, CODE(0xcd, 0x00)},
    {"int 2, NMI", ENDS, CODE(0xcd, 0x02)},
    {"int 8, double fault", ENDS, CODE(0xcd, 0x08)},
    {"int 14, page fault", ENDS, CODE(0xcd, 0x0e)},
    {"int 32", ENDS, CODE(0xcd, 0x20)},
    {"int 128", ENDS, CODE(0xcd, 0x80)},
    {"int 255", ENDS, CODE(0xcd, 0xff)},
    {"int3", ENDS, CODE(0xcc)},
    {"int1", ENDS, CODE(0xf1)},
    {"ud2", ENDS, CODE(0x0f, 0x0b)},
    {"an instruction of 16 bytes", ENDS,
     CODE(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
          0x90)},
    {"division by zero", ENDS, CODE(0x31, 0xc9, 0xf7, 0xf1)},
    {"x87", ENDS, CODE(0xd9, 0xe8)},
    {"MMX", ENDS, CODE(0x0f, 0xef, 0xc0)},
    {"SSE", ENDS, CODE(0x0f, 0x28, 0xc0)},
    {"AVX", ENDS, CODE(0xc5, 0xf8, 0x28, 0xc0)},
    {"rdtsc", EITHER, CODE(0x0f, 0x31)},
    {"rdpmc", EITHER, CODE(0x0f, 0x33)},
    {"sgdt", EITHER, CODE(0x0f, 0x01, 0x44, 0x24, 0xc0)},
    {"trap flag", EITHER, CODE(0x9c, 0x80, 0x4c, 0x24, 0x01, 0x01, 0x9d, 0x90)},
    {"trap flag before a call", EITHER,
     CODE(0x9c, 0x80, 0x4c, 0x24, 0x01, 0x01, 0xb8, 9, 0, 0, 0, 0x9d, 0x0f, 0x05)},
    {"direction flag", SURVIVES, CODE(0xfd, X86_YIELD)},
    {"alignment check flag", EITHER, CODE(0x9c, 0x80, 0x4c, 0x24, 0x02, 0x04, 0x9d, X86_YIELD)},
    {"nested task flag", SURVIVES, CODE(0x9c, 0x80, 0x4c, 0x24, 0x01, 0x40, 0x9d, X86_YIELD)},
    {"I/O privilege by popf", ENDS,
     CODE(0x9c, 0x80, 0x4c, 0x24, 0x01, 0x30, 0x9d, 0x31, 0xc0, 0xe6, 0xf4)},
    {"ds of all ones", ENDS, CODE(0x6a, 0xff, 0x58, 0x8e, 0xd8)},
    {"the kernel's ss", ENDS, CODE(0x6a, 0x10, 0x58, 0x8e, 0xd0)},
    {"null gs and fs", SURVIVES, CODE(0x31, 0xc0, 0x8e, 0xe8, 0x8e, 0xe0, X86_YIELD)},
    {"write gs base", EITHER, CODE(0x48, 0xf7, 0xd0, 0xf3, 0x48, 0x0f, 0xae, 0xd8, X86_YIELD)},
    {"stack pointer 0 in a call", SURVIVES, CODE(0x31, 0xe4, X86_YIELD)},
    {"no canonical stack pointer in a call", SURVIVES,
     CODE(0x48, 0x0f, 0xba, 0xfc, 0x3f, X86_YIELD)},
    {"push to no address", ENDS, CODE(0x31, 0xe4, 0x50)},
    {"push to no canonical address", ENDS, CODE(0x48, 0x0f, 0xba, 0xfc, 0x3f, 0x50)},
    {"jump to no canonical address", ENDS, CODE(0x48, 0x0f, 0xba, 0xf8, 0x3f, 0xff, 0xe0)},
};

// ---- riscv64 ------------------------------------------------------------------------------------

#define WORD(w)  (w) & 0xff, (w) >> 8 & 0xff, (w) >> 16 & 0xff, (w) >> 24 & 0xff
#define RV_YIELD WORD(0x00900893), WORD(0x00000073)

static const uint8_t riscv64_exit[] = {WORD(0x04d00513), WORD(0x00100893), WORD(0x00000073)};

static const struct snippet riscv64_snippets[] = {
    {"nothing", SURVIVES, CODE(WORD(0x00000013))},
    {"read sstatus", ENDS, CODE(WORD(0x10002573))},
    {"write sstatus", ENDS, CODE(WORD(0x10051073))},
    {"write satp", ENDS, CODE(WORD(0x18001073))},
    {"write stvec", ENDS, CODE(WORD(0x10501073))},
    {"write sscratch", ENDS, CODE(WORD(0x14001073))},
    {"read mhartid", ENDS, CODE(WORD(0xf1402573))},
    {"sret", ENDS, CODE(WORD(0x10200073))},
    {"mret", ENDS, CODE(WORD(0x30200073))},
    {"uret", ENDS, CODE(WORD(0x00200073))},
    {"wfi", EITHER, CODE(WORD(0x10500073))},
    {"sfence.vma", ENDS, CODE(WORD(0x12000073))},
    {"hfence.vvma", ENDS, CODE(WORD(0x22000073))},
    {"hlv.b", ENDS, CODE(WORD(0x60054573))},
    {"read hstatus", ENDS, CODE(WORD(0x60002573))},
    {"ebreak", ENDS, CODE(WORD(0x00100073))},
    {"c.ebreak", ENDS, CODE(0x02, 0x90, 0x01, 0x00)},
    {"zeros", ENDS, CODE(WORD(0x00000000))},
    {"ones", ENDS, CODE(WORD(0xffffffff))},
    {"custom-0", ENDS, CODE(WORD(0x0000000b))},
    {"floating point", ENDS, CODE(WORD(0xf0000053))},
    {"double", ENDS, CODE(WORD(0xf2000053))},
    {"fcsr", ENDS, CODE(WORD(0x00302573))},
    {"compressed floating point store", ENDS, CODE(0x22, 0xa0, 0x01, 0x00)},
    {"vector", ENDS, CODE(WORD(0x0c0572d7))},
    {"rdcycle", EITHER, CODE(WORD(0xc0002573))},
    {"rdtime", EITHER, CODE(WORD(0xc0102573))},
    {"rdinstret", EITHER, CODE(WORD(0xc0202573))},
    {"fence.i", SURVIVES, CODE(WORD(0x0000100f))},
    {"fence", SURVIVES, CODE(WORD(0x0ff0000f))},
    {"load across words", EITHER, CODE(WORD(0xff913503))},
    {"lr at an odd address", ENDS, CODE(WORD(0xff910593), WORD(0x1005a52f))},
    {"amo at an odd address", ENDS, CODE(WORD(0xff910593), WORD(0x0005a52f))},
    {"amo on code", ENDS, CODE(WORD(0x00000597), WORD(0x0005a52f))},
    {"lr at no address", ENDS, CODE(WORD(0x1000252f))},
    {"jump to an odd address", EITHER, CODE(WORD(0x00300067))},
    {"stack pointer 0 in a call", SURVIVES, CODE(WORD(0x00000113), RV_YIELD)},
    {"stack pointer -1 in a call", SURVIVES, CODE(WORD(0xfff00113), RV_YIELD)},
    {"stack pointer 0 in a fault", ENDS, CODE(WORD(0x00000113), WORD(0x00013503))},
    {"thread pointer -1", SURVIVES, CODE(WORD(0xfff00213), RV_YIELD)},
    {"global pointer -1", SURVIVES, CODE(WORD(0xfff00193), RV_YIELD)},
    {"thread pointer 0 in a fault", ENDS, CODE(WORD(0x00000213), WORD(0x00003503))},
    {"jump to a kernel address", ENDS, CODE(WORD(0xc0000537), WORD(0x00050067))},
};

// ---- Files of machine code ----------------------------------------------------------------------

// ELF header and one program header; the code begins behind them in the same page.
struct image {
    uint8_t identification[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments_offset, sections_offset;
    uint32_t flags;
    uint16_t header_size, segment_size, segment_count, section_size, section_count, section_names;
    uint32_t segment_type, segment_flags;
    uint64_t offset, address, physical_address, file_size, memory_size, alignment;
    uint8_t code[1024];
};

static struct image image;
static size_t code_size;

// Begins an image with this program's own header, which fits the machine.
static void image_begin(void) {
    int64_t slot = NEED(sys(open, check_program, O_RDONLY));
    check_read_all(slot, &image, 64);
    table_close(slot, slot);
    image.segments_offset = 64;
    image.segment_count = 1;
    image.segment_type = 1;
    image.segment_flags = 4 | 1;
    image.offset = 0;
    image.address = CODE_BASE;
    image.alignment = 4096;
    image.entry = CODE_BASE + offsetof(struct image, code);
    code_size = 0;
}

static void image_add(const void *code, size_t size) {
    CHECK(code_size + size <= sizeof(image.code));
    memcpy(image.code + code_size, code, size);
    code_size += size;
}

static void image_add_word(uint32_t word) { image_add(&word, sizeof(word)); }

static void image_add_exit(void) {
    if (image.machine == MACHINE_X86_64)
        image_add(x86_64_exit, sizeof(x86_64_exit));
    else
        image_add(riscv64_exit, sizeof(riscv64_exit));
}

static int64_t image_run(void) {
    image.file_size = image.memory_size = offsetof(struct image, code) + code_size;
    check_make_file(PROGRAM, &image, image.file_size);
    int64_t pid = check_fork();
    if (pid == 0) {
        const char *argv[] = {PROGRAM, NULL};
        NEED(sys(exec, PROGRAM, argv));
    }
    int64_t status = check_wait(pid);
    CHECK_EQUAL(sys(unlink, PROGRAM), 0);
    return status;
}

static void snippet_check(const struct snippet *snippet) {
    check_note("%s", snippet->name);
    image_begin();
    image_add(snippet->code, snippet->size);
    image_add_exit();
    int64_t status = image_run();
    bool ended = status == STATUS_ILLEGAL || status == STATUS_FAULT;
    bool right = snippet->expected == ENDS       ? ended
                 : snippet->expected == SURVIVES ? status == SURVIVED
                                                 : ended || status == SURVIVED;
    if (!right) CHECK_EQUAL(status, snippet->expected == SURVIVES ? SURVIVED : STATUS_ILLEGAL);
}

static void test_instructions(void) {
    image_begin();
    CHECK(image.machine == MACHINE_X86_64 || image.machine == MACHINE_RISCV64);
    if (image.machine == MACHINE_X86_64)
        for (size_t i = 0; i < sizeof(x86_64_snippets) / sizeof(x86_64_snippets[0]); i++)
            snippet_check(&x86_64_snippets[i]);
    else
        for (size_t i = 0; i < sizeof(riscv64_snippets) / sizeof(riscv64_snippets[0]); i++)
            snippet_check(&riscv64_snippets[i]);
}

// ---- Registers ----------------------------------------------------------------------------------

enum { RA = 1, SP = 2, A0 = 10, A1 = 11, A7 = 17 };
enum { RAX = 0, RCX = 1, RBX = 3, RSP = 4, RSI = 6, RDI = 7, R11 = 11 };

// riscv64: addi rd, rs, value; or ra, ra, rs.
static void riscv64_add(uint32_t rd, uint32_t rs, int32_t value) {
    image_add_word((uint32_t)value << 20 | rs << 15 | rd << 7 | 0x13);
}

static void riscv64_or_to_ra(uint32_t rs) {
    image_add_word(rs << 20 | RA << 15 | 6 << 12 | RA << 7 | 0x33);
}

// x86_64: add reg, value; or rbx, reg.
static void x86_64_add(uint8_t reg, int32_t value) {
    const uint8_t code[] = {(uint8_t)(0x48 | reg >> 3), 0x81, (uint8_t)(0xc0 | (reg & 7))};
    image_add(code, sizeof(code));
    image_add(&value, sizeof(value));
}

static void x86_64_or_to_rbx(uint8_t reg) {
    const uint8_t code[] = {(uint8_t)(0x48 | (reg >> 3) << 2), 0x09,
                            (uint8_t)(0xc0 | (reg & 7) << 3 | RBX)};
    image_add(code, sizeof(code));
}

// Exits with SURVIVED if what has been gathered is zero, else runs into an illegal instruction.
static void image_add_verdict(void) {
    static const uint8_t x86_64_branch[] = {0x48, 0x85, 0xdb, 0x75, sizeof(x86_64_exit)};
    static const uint8_t x86_64_illegal[] = {0x0f, 0x0b};
    if (image.machine == MACHINE_X86_64)
        image_add(x86_64_branch, sizeof(x86_64_branch));
    else
        image_add_word(0x00009863); // bne ra, zero, 16
    image_add_exit();
    if (image.machine == MACHINE_X86_64)
        image_add(x86_64_illegal, sizeof(x86_64_illegal));
    else
        image_add_word(0);
}

static void test_registers_at_start(void) {
    // A new program finds nothing of the old one, or of the kernel, in its registers. On x86_64 the
    // way into user mode itself uses RCX and R11, for the program's own address and flags.
    image_begin();
    for (uint8_t i = 0; i < 32; i++) {
        if (image.machine == MACHINE_RISCV64 && i != SP && i != A0 && i != A1) riscv64_or_to_ra(i);
        if (image.machine == MACHINE_X86_64 && i < 16 && i != RAX && i != RCX && i != RSP &&
            i != RSI && i != RDI && i != R11)
            x86_64_or_to_rbx(i);
    }
    image_add_verdict();
    CHECK_EQUAL(image_run(), SURVIVED);
}

static bool is_kept(uint8_t reg) {
    if (image.machine == MACHINE_RISCV64) {
        bool temporary = (reg >= 5 && reg <= 7) || reg >= 28; // they die in a call
        return reg > 0 && reg != SP && reg != A0 && reg != A7 && !temporary;
    }
    return reg < 16 && reg != RAX && reg != RCX && reg != RSP && reg != RDI && reg != R11;
}

// Adds sign * (100 + its number) to each register that a call keeps.
static void add_pattern(int sign) {
    for (uint8_t i = 0; i < 32; i++) {
        if (!is_kept(i)) continue;
        if (image.machine == MACHINE_RISCV64)
            riscv64_add(i, i, sign * (100 + i));
        else
            x86_64_add(i, sign * (100 + i));
    }
}

static void test_registers_kept(void) {
    // sleep(1): the thread is switched out and back. RSI or A1 holds argv at first, and is cleared.
    static const uint8_t x86_64_call[] = {0xbf, 1, 0, 0, 0, 0xb8, 10, 0, 0, 0, 0x0f, 0x05};
    static const uint8_t x86_64_clear[] = {0x31, 0xf6};
    image_begin();
    if (image.machine == MACHINE_X86_64)
        image_add(x86_64_clear, sizeof(x86_64_clear));
    else
        riscv64_add(A1, 0, 0);
    add_pattern(1);
    if (image.machine == MACHINE_X86_64) {
        image_add(x86_64_call, sizeof(x86_64_call));
    } else {
        riscv64_add(A0, 0, 1);
        riscv64_add(A7, 0, 10);
        image_add_word(0x00000073);
    }
    add_pattern(-1);
    for (uint8_t i = 0; i < 32; i++) {
        if (!is_kept(i)) continue;
        if (image.machine == MACHINE_RISCV64)
            riscv64_or_to_ra(i);
        else
            x86_64_or_to_rbx(i);
    }
    image_add_verdict();
    CHECK_EQUAL(image_run(), SURVIVED);
}

static const struct test_case cases[] = {
    {"instructions", test_instructions},
    {"registers_at_start", test_registers_at_start},
    {"registers_kept", test_registers_kept},
};

int main(int argc, char **argv) { return check_main(argc, argv, cases, NULL); }
