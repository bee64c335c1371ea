# SPDX-License-Identifier: MIT
"""The floors check accepts a good tree and finds each kind of wrong arrow in a bad one."""

from __future__ import annotations

from support import TreeTest

import check_floors

ARCH_H = """// SPDX-License-Identifier: MIT
#include "abi/types.h"
#include "arch_inline.h"
void arch_timer_set(unsigned long deadline);
// ---- Calls up: the machine calls these -----
void trap_timer(void);
"""


class FloorsTree(TreeTest):
    """A good tree."""

    def setUp(self) -> None:
        super().setUp()
        self.write("kern/arch.h", ARCH_H)
        self.write("kern/abi/types.h", "#include <stdint.h>\n")
        self.write("kern/lib/string.h", '#include "abi/types.h"\n')
        self.write("kern/cap/slot.h", '#include "lib/string.h"\n#include "arch.h"\n')
        self.write("kern/fs/file.h", '#include "cap/slot.h"\n')
        self.write("kern/dev/uart.c", '#include "fs/file.h"\n')
        self.write("kern/main.c", '#include "fs/file.h"\n// #include "nothing.h"\n')


class FloorsTest(FloorsTree):
    def problems(self) -> list[str]:
        return check_floors.check(self.root, [])

    def test_good_tree(self) -> None:
        self.assertEqual(self.problems(), [])

    def test_arrow_up(self) -> None:
        self.write("kern/cap/slot.c", '#include "lib/string.h"\n\n#include "fs/file.h"\n')
        self.assert_one(self.problems(), "kern/cap/slot.c:3", "cap stands below fs")

    def test_circle_on_a_floor(self) -> None:
        self.write("kern/dev/uart.h", "")
        self.write("kern/fs/console.c", '#include "dev/uart.h"\n')
        self.assert_one(self.problems(), "dev and fs", "lean on each other")

    def test_unknown_room(self) -> None:
        self.write("kern/attic/junk.c", '#include "lib/string.h"\n')
        self.assert_one(self.problems(), "attic", "no place")

    def test_foreign_headers(self) -> None:
        self.write("kern/lib/print.c", "#include <stdio.h>\n")
        self.assert_one(self.problems(), "kern/lib/print.c:1", "stdio.h")

    def test_include_outside_of_kern(self) -> None:
        self.write("kern/lib/print.c", '#include "../user/lib/x.h"\n')
        self.assert_one(self.problems(), "not a path from kern/")

    def test_arch_inline_is_for_arch_h(self) -> None:
        self.write("kern/lib/print.c", '#include "arch_inline.h"\n')
        self.assert_one(self.problems(), "only kern/arch.h")

    def test_assembly(self) -> None:
        self.write("kern/mem/page.c", '// asm is not this\nconst char *s = "asm";\nvoid f(void) { __asm__("nop"); }\n')
        self.assert_one(self.problems(), "kern/mem/page.c:3", "assembly")

    def test_machine_macro_in_a_program(self) -> None:
        self.write("user/bin/ls.c", "#ifdef __riscv\n#endif\n")
        self.assert_one(self.problems(), "user/bin/ls.c:1", "__riscv")

    def test_programs_see_abi_only(self) -> None:
        self.write("user/bin/ls.c", '#include "abi/types.h"\n#include "cap/slot.h"\n')
        self.assert_one(self.problems(), "user/bin/ls.c:2", "abi/")

    def test_machine_includes(self) -> None:
        self.write("arch/riscv64/trap.c", '#include "lib/string.h"\n#include "fs/file.h"\n')
        self.assert_one(self.problems(), "arch/riscv64/trap.c:2", "fs/file.h")


class SymbolsTest(FloorsTree):
    """The same by what the object files use of each other."""

    def setUp(self) -> None:
        super().setUp()
        self.object("kern/lib/string.o", "void string_f(void) {}")
        self.object("kern/cap/slot.o", "void string_f(void); void slot_f(void) { string_f(); }")
        self.object("kern/sys/trap.o", "void arch_timer_set(void); void trap_timer(void) { arch_timer_set(); }")
        self.object("arch/riscv64/cpu.o", "void trap_timer(void); void arch_timer_set(void) { trap_timer(); }")

    def object(self, name: str, text: str) -> None:
        (self.root / "obj" / name).parent.mkdir(parents=True, exist_ok=True)
        self.compile(f"obj/{name}", text, "-c")
        self.write(name.replace(".o", ".c"), "")

    def problems(self) -> list[str]:
        return check_floors.check(self.root, [self.root / "obj"])

    def test_good_objects(self) -> None:
        self.assertEqual(self.problems(), [])

    def test_symbol_up(self) -> None:
        self.object("kern/lib/print.o", "void slot_f(void); void print_f(void) { slot_f(); }")
        self.assert_one(self.problems(), "kern/lib/print", "slot_f", "lib stands below cap")

    def test_symbol_of_the_machine(self) -> None:
        self.object("arch/riscv64/sbi.o", "void sbi_call(void) {}")
        self.object("kern/mem/page.o", "void sbi_call(void); void page_f(void) { sbi_call(); }")
        self.assert_one(self.problems(), "kern/mem/page", "sbi_call")

    def test_machine_reaches_up(self) -> None:
        self.object("arch/riscv64/trap.o", "void slot_f(void); void arch_trap(void) { slot_f(); }")
        self.assert_one(self.problems(), "arch/riscv64/trap", "slot_f")

    def test_object_of_a_file_that_is_gone(self) -> None:
        self.object("kern/lib/print.o", "void slot_f(void); void print_f(void) { slot_f(); }")
        (self.root / "kern/lib/print.c").unlink()
        self.assertEqual(self.problems(), [])

    def test_nothing_built(self) -> None:
        problems = check_floors.check(self.root, [self.root / "nowhere"])
        self.assert_one(problems, "nowhere", "build it first")
