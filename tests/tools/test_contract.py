# SPDX-License-Identifier: MIT
"""The contract check accepts a machine that keeps kern/arch.h and names what another lacks or adds."""

from __future__ import annotations

from support import TreeTest

import check_contract

ARCH_H = """// SPDX-License-Identifier: MIT
// ---- Names that arch_inline.h defines ----------
//
// Constants: ARCH_NAME (string) · PAGE_TABLE_LEVELS
// Types: struct arch_context
// CPU: arch_current() → the thread · pte_make(physical, flags)

#include "arch_inline.h"

// Calls arch_nothing() never.
void arch_timer_set(unsigned long deadline);
_Noreturn void arch_power_off(int failed);

// ---- Calls up: the machine calls these ---------
void trap_timer(void);
"""

INLINE = """#define ARCH_NAME "toy"
enum { PAGE_TABLE_LEVELS = 3 };
struct arch_context { long sp; };
static inline long arch_current(void) { return 0; }
static inline long pte_make(long physical,
                            int flags)
{
    return physical | flags;
}
"""

MACHINE = "void arch_timer_set(unsigned long d) { (void)d; } void arch_power_off(int f) { for (;;) (void)f; }"


class ContractTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        self.write("kern/arch.h", ARCH_H)
        self.write("arch/toy/arch_inline.h", INLINE)
        self.write("arch/toy/toy.c", "")

    def problems(self, machine: str = MACHINE) -> list[str]:
        self.compile("toy.o", machine, "-c")
        return check_contract.check_machine(self.root, "toy", self.root)

    def test_kept(self) -> None:
        self.assertEqual(self.problems(), [])

    def test_function_missing(self) -> None:
        self.assert_one(self.problems("void arch_timer_set(unsigned long d) { (void)d; }"), "arch_power_off", "nowhere")

    def test_static_does_not_count(self) -> None:
        text = MACHINE.replace("void arch_power_off", "__attribute__((used)) static void arch_power_off")
        self.assert_one(self.problems(text), "arch_power_off", "nowhere")

    def test_function_too_many(self) -> None:
        self.assert_one(self.problems(MACHINE + " void arch_extra(void) {}"), "arch_extra", "does not know")

    def test_inline_missing(self) -> None:
        self.write("arch/toy/arch_inline.h", INLINE.replace("pte_make", "toy_make"))
        self.assert_one(self.problems(), "pte_make", "not defined")

    def test_constant_missing(self) -> None:
        self.write("arch/toy/arch_inline.h", INLINE.replace("PAGE_TABLE_LEVELS", "LEVELS"))
        self.assert_one(self.problems(), "PAGE_TABLE_LEVELS", "not defined")

    def test_type_missing(self) -> None:
        self.write("arch/toy/arch_inline.h", INLINE.replace("struct arch_context", "struct toy_context"))
        self.assert_one(self.problems(), "arch_context", "not defined")

    def test_inline_too_many(self) -> None:
        self.write("arch/toy/arch_inline.h", INLINE + "static inline void arch_more(void) {}\n")
        self.assert_one(self.problems(), "arch_more", "does not know")

    def test_constant_from_another_header_of_the_machine(self) -> None:
        self.write("arch/toy/layout.h", '#define ARCH_NAME "toy"\n')
        self.write("arch/toy/arch_inline.h", '#include "layout.h"\n' + INLINE.partition("\n")[2])
        self.assertEqual(self.problems(), [])

    def test_object_of_a_file_that_is_gone(self) -> None:
        (self.root / "arch/toy/toy.c").unlink()
        self.assert_one(self.problems(), "build it first")

    def test_nothing_built(self) -> None:
        problems = check_contract.check_machine(self.root, "toy", self.root / "nowhere")
        self.assert_one(problems, "build it first")
