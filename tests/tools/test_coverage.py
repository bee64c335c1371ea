# SPDX-License-Identifier: MIT
"""tools/coverage.py: from the line table and executed addresses to lines; and a plugin that the compiler takes."""

from __future__ import annotations

import subprocess

from support import GCC, TOOLS, TreeTest

from coverage import Code, FileCoverage, Row, Watcher, cover, parse_line_table, ranges, table, uncovered_lines

# As objdump prints it: two lines that begin at one address, a header within a file, the end of a sequence.
TABLE = """
build/kernel.elf:     file format elf64-littleriscv

Contents of the .debug_line section:

CU: kern/main.c:
File name                            Line number    Starting address    View    Stmt
main.c                                        36  0xffffffc080200368               x
main.c                                        37  0xffffffc080200368       1       x
main.c                                        36  0xffffffc080200368       2

./kern/lib/list.h:
list.h                                        52  0xffffffc080200370       3       x

./kern/main.c:[++]
main.c                                        38  0xffffffc080200378               x
main.c                                         -  0xffffffc080200380

CU: arch/riscv64/entry.S:
File name                            Line number    Starting address    View    Stmt
entry.S                                        9  0xffffffc080200400               x
entry.S                                        -  0xffffffc080200404

../../../../../gcc-12.2.0/libgcc/libgcc2.c:
libgcc2.c                                    100  0xffffffc080200500               x
libgcc2.c                                      -  0xffffffc080200510
"""
BASE = 0xFFFFFFC080200000


class CoverageTest(TreeTest):
    def test_line_table(self) -> None:
        rows = parse_line_table(TABLE)
        self.assertEqual(rows[0], Row("kern/main.c", 36, BASE + 0x368, BASE + 0x370))
        self.assertEqual(rows[1], Row("kern/main.c", 37, BASE + 0x368, BASE + 0x370))
        self.assertEqual(rows[2], Row("kern/lib/list.h", 52, BASE + 0x370, BASE + 0x378))
        self.assertEqual(rows[3], Row("kern/main.c", 38, BASE + 0x378, BASE + 0x380))
        self.assertEqual(rows[4], Row("arch/riscv64/entry.S", 9, BASE + 0x400, BASE + 0x404))
        self.assertEqual(len(rows), 6)

    def test_cover(self) -> None:
        """The first and the last address of a line count, and none behind it."""
        files = cover(parse_line_table(TABLE), [BASE + 0x36E, BASE + 0x378, BASE + 0x404])
        self.assertEqual(sorted(files), ["arch/riscv64/entry.S", "kern/lib/list.h", "kern/main.c"])
        self.assertEqual(files["kern/main.c"], FileCoverage({36, 37, 38}, {36, 37, 38}))
        self.assertEqual(files["kern/lib/list.h"].uncovered, [52])
        self.assertEqual(files["arch/riscv64/entry.S"].uncovered, [9])

    def test_reports(self) -> None:
        files = {"kern/a.c": FileCoverage({1, 2, 3, 5}, {5}), "kern/b.c": FileCoverage({1}, {1})}
        self.assertEqual(ranges([1, 2, 3, 7, 9, 10]), "1-3 7 9-10")
        self.assertEqual([line.split() for line in table(files)][-1], ["total", "5", "2", "40.0", "%"])
        self.write("kern/a.c", "one\ntwo\nthree\n")
        self.assertEqual(list(uncovered_lines(files, self.root)), ["\nkern/a.c: 1-3", "     1  one", "     2  two", "     3  three"])

    def test_machines_together(self) -> None:
        """Each has a file of its own; one that is not whole does not count."""
        watcher = Watcher(Code(start=0x1000, load=0x0, size=4), self.root)
        first, second = watcher.options(), watcher.options()
        self.assertNotEqual(first, second)
        self.assertIn("code=0x1000,load=0x0,size=0x4,out=", first[1])
        (self.root / "1.executed").write_bytes(b"\1\0\0\0")
        (self.root / "2.executed").write_bytes(b"\0\0\1\0")
        (self.root / "3.executed").write_bytes(b"\1\1")
        self.assertEqual(watcher.executed(), [0x1000, 0x1002])

    def test_plugin_is_compiled(self) -> None:
        command = [GCC, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", str(TOOLS / "coverage_plugin.c")]
        subprocess.run(command, check=True)
