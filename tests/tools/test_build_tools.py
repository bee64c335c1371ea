# SPDX-License-Identifier: MIT
"""The programs that the build calls: the initrd, the symbol table and image check, the compilation
database, and what run.py does with a panic report."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from support import TreeTest

import compile_commands
import image
import initrd
import run

TWO_FUNCTIONS = """
char image_start[1] __attribute__((section(".text.a"), weak));
int first(void) { return 1; }
static int __attribute__((noinline, used)) a_function_with_a_name_that_is_too_long_for_the_table(void) { return 2; }
int _start(void) { return first(); }
"""


class InitrdTest(TreeTest):
    def test_same_contents_same_bytes(self) -> None:
        files = {"bin/ls": (b"\x7fELF", True), "etc/motd": (b"hello\n", False)}
        one = initrd.make_archive({"run", "bin"}, files)
        two = initrd.make_archive({"bin/", "run/"}, dict(reversed(files.items())))
        self.assertEqual(one, two)
        self.assertEqual(len(one) % 512, 0)
        with tarfile.open(fileobj=io.BytesIO(one)) as archive:
            self.assertEqual(archive.getnames(), ["bin", "bin/ls", "etc", "etc/motd", "run"])
            self.assertEqual({(entry.mtime, entry.uid) for entry in archive}, {(0, 0)})
            self.assertEqual(archive.getmember("bin/ls").mode, 0o755)
        self.assertEqual(one[257:265], b"ustar\x0000")

    def test_files_are_added_and_replaced(self) -> None:
        base = initrd.make_archive({"run"}, {"bin/a": (b"old", True)})
        directories, files = initrd.read_archive(
            initrd.extend_archive(base, {"bin/a": (b"new", True), "run/script": (b"ls", False)})
        )
        self.assertEqual(directories, {"bin", "run"})
        self.assertEqual(files, {"bin/a": (b"new", True), "run/script": (b"ls", False)})


class ImageTest(TreeTest):
    def link(self, name: str, *options: str, text: str = TWO_FUNCTIONS) -> Path:
        bounds = ("-Wl,--defsym=image_start=0x10000", "-Wl,--defsym=image_text_end=0x20000")
        text = text.partition("\n")[2].partition("\n")[2]
        return self.compile(name, text, "-static", "-no-pie", "-Wl,-Ttext=0x10000", *bounds, *options)

    def test_table_and_check(self) -> None:
        kernel = self.link("kernel")
        names = list(image.functions(image.Elf(kernel)).values())
        self.assertEqual(names[0], "first")
        self.assertIn("_start", names)
        image.write_symbols(kernel, self.root / "symbols.S")
        table = (self.root / "symbols.S").read_text()
        self.assertIn('.quad 0x10000\n.ascii "first"\n.zero 35', table)
        self.assertIn('.ascii "a_function_with_a_name_that_is_too_long"\n.zero 1', table)
        self.assertEqual(image.check_image(kernel, kernel), [])

    def test_moved_function(self) -> None:
        one = self.link("one")
        text = TWO_FUNCTIONS.replace("int first", "int before(void) { return 0; }\nint first")
        self.assert_one(image.check_image(self.link("two", text=text), one), "the table says first")

    def test_writable_code(self) -> None:
        kernel = self.link("kernel", "-Wl,-N")
        self.assert_one(image.check_image(kernel, kernel), "writable and executable")

    def test_not_an_image(self) -> None:
        with self.assertRaises(image.ElfError):
            image.Elf(self.write("kernel", "no ELF file\n"))


class CompileCommandsTest(TreeTest):
    def test_compilations_only(self) -> None:
        entry = compile_commands.entry_of("cc -DX='a b' -MMD -c -o build/a.o kern/a.c\n")
        assert entry is not None
        self.assertEqual((entry["file"], entry["output"]), ("kern/a.c", "build/a.o"))
        self.assertEqual(entry["arguments"], ["cc", "-DX=a b", "-MMD", "-c", "-o", "build/a.o", "kern/a.c"])
        for other in ("ld -o build/k.elf build/a.o", "printf 'CC it", "cc -c -o build/s.o build/s.S"):
            self.assertIsNone(compile_commands.entry_of(other))


class PanicReportTest(TreeTest):
    def test_return_addresses_are_behind_the_call(self) -> None:
        report = ["panic on CPU 0: x", "locks held by this CPU, outermost first:", "  pipe, taken at kern/fs/pipe.c:9"]
        report += ["stack trace:", "  ffffffff80200010 f+0x10", "  ffffffff80200020 g+0x10"]
        self.assertEqual(run.traced_addresses(report), {4: 0xFFFFFFFF8020000F, 5: 0xFFFFFFFF8020001F})

    def test_first_address_of_a_trap_is_exact(self) -> None:
        report = ["panic on CPU 0: x", "  pc 0000000000000000", "stack trace:"]
        report += ["  ffffffff80200010 f+0x10", "  ffffffff80200020 g+0x10"]
        self.assertEqual(run.traced_addresses(report), {3: 0xFFFFFFFF80200010, 4: 0xFFFFFFFF8020001F})

    def test_report_without_a_trace(self) -> None:
        self.assertEqual(run.traced_addresses(["panic on CPU 0: x"]), {})
