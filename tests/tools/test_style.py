# SPDX-License-Identifier: MIT
"""The style and size checks accept good files and name what is wrong with bad ones."""

from __future__ import annotations

from support import TreeTest

import check_style
import loc

LICENCE = "// SPDX-License-Identifier: MIT\n"


def function(lines: int) -> str:
    """A C function of so many lines."""
    return "static int long_one(int x) {\n" + "    x++;\n" * (lines - 2) + "}\n"


class StyleTest(TreeTest):
    def problems(self) -> list[str]:
        return check_style.check(self.root)

    def test_good_files(self) -> None:
        self.write("kern/a.c", LICENCE + function(60))
        self.write("tools/a.py", "#!/usr/bin/python3\n# SPDX-License-Identifier: MIT\n")
        self.write("tools/notes.txt", "no licence needed\n")
        self.assertEqual(self.problems(), [])

    def test_licence(self) -> None:
        self.write("kern/a.c", "int x;\n")
        self.assert_one(self.problems(), "kern/a.c:1", "SPDX")

    def test_licence_of_a_script_without_suffix(self) -> None:
        self.write(".ci/run", "#!/bin/sh\n\n")
        self.assert_one(self.problems(), ".ci/run:1", "SPDX")

    def test_long_function(self) -> None:
        self.write("user/bin/a.c", LICENCE + "\n" + function(61))
        self.assert_one(self.problems(), "user/bin/a.c:3", "long_one()", "61 lines")

    def test_long_function_with_arguments_on_two_lines(self) -> None:
        text = function(61).replace("(int x)", "(int x,\n             int y)")
        self.write("user/bin/a.c", LICENCE + text)
        self.assert_one(self.problems(), "user/bin/a.c:2", "long_one()", "62 lines")

    def test_long_function_with_its_brace_on_a_line_of_its_own(self) -> None:
        self.write("user/bin/a.c", LICENCE + function(61).replace(" {\n", "\n{\n"))
        self.assert_one(self.problems(), "user/bin/a.c:2", "long_one()", "62 lines")

    def test_tables_are_no_functions(self) -> None:
        table = "static struct pair list[] = {\n" + "    F(1),\n" * 70 + "};\nstruct big {\n" + "    int (*f)(int);\n" * 70 + "};\n"
        self.write("kern/a.c", LICENCE + table)
        self.assertEqual(self.problems(), [])

    def test_data_of_tests(self) -> None:
        self.write("user/tests/scripts/a.sh", "echo\n")
        self.write("tests/system/__init__.py", "")
        self.assertEqual(self.problems(), [])

    def test_long_python_function(self) -> None:
        self.write("tools/a.py", "# SPDX-License-Identifier: MIT\ndef f():\n" + "    x = 1\n" * 60)
        self.assert_one(self.problems(), "tools/a.py:2", "f()", "61 lines")

    def test_long_file(self) -> None:
        self.write("kern/a.h", LICENCE + "\n" * 400)
        self.assert_one(self.problems(), "kern/a.h", "401 lines")

    def test_unfinished(self) -> None:
        self.write("arch/x/a.S", LICENCE + "\n// FIX" + "ME: soon\n")
        self.assert_one(self.problems(), "arch/x/a.S:3", "unfinished")


class SizeTest(TreeTest):
    def test_counts_code_only(self) -> None:
        self.write("kern/cap/a.c", '// one\n\nint x; // two\n/* three\n four */\nchar *s = "// no";\n')
        self.write("arch/riscv64/b.S", "    nop\n")
        self.write("arch/riscv64/user/c.S", "    nop\n    nop\n")
        self.write("tools/d.py", "# no\n\nx = 1\n")
        rows = loc.count(self.root)
        self.assertEqual(rows["kern/cap/"], 2)
        self.assertEqual(rows["arch/riscv64/"], 1)
        self.assertEqual(rows["user/machine/"], 2)
        self.assertEqual(rows["tools/"], 1)
        self.assertEqual(loc.kernel_size(rows), 3)

    def test_limit_counts_the_whole_kernel(self) -> None:
        self.write("kern/a.c", "int x;\n" * loc.KERNEL_LIMIT)
        self.assertEqual(loc.kernel_size(loc.count(self.root)), loc.KERNEL_LIMIT)
        self.write("arch/x86_64/b.c", "int x;\n")
        self.assertGreater(loc.kernel_size(loc.count(self.root)), loc.KERNEL_LIMIT)
