# SPDX-License-Identifier: MIT
"""What students send is taken or refused, and nothing but the hand-in files is ever looked at."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tarfile
import time
import tempfile
import unittest
import zipfile
from unittest import mock
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "grade"))

import intake  # noqa: E402
import sandbox  # noqa: E402
from handin import pack  # noqa: E402
from intake import Unacceptable, take_submission  # noqa: E402
from manifest import find_lab  # noqa: E402

LAB = find_lab(1)
GOOD = b'// nothing\n#include "cap/slot.h"\n#include <stdint.h>\n'


def tar_of(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


class Intake(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "submission"
        self.addCleanup(self.directory.cleanup)

    def take(self, data: bytes) -> intake.HandedIn:
        self.path.write_bytes(data)
        return take_submission(self.path, LAB)

    def refused(self, data: bytes, words: str) -> None:
        with self.assertRaises(Unacceptable) as caught:
            self.take(data)
        self.assertIn(words, str(caught.exception))

    # ---- What is taken ----

    def test_what_make_handin_packs(self) -> None:
        files = {name: GOOD for name in LAB.hand_in}
        handed = self.take(pack({**files, "STARTER": b"lab 1\nversion 1\n"}))
        self.assertEqual((handed.files, handed.version, handed.notes), (files, 1, []))

    def test_a_directory_around_it_and_zip(self) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("my-lab/kern/cap/slot.c", GOOD)
            archive.writestr("my-lab/Makefile", "all:\n\trm -rf /\n")
        handed = self.take(buffer.getvalue())
        self.assertEqual(handed.files, {"kern/cap/slot.c": GOOD})
        self.assertTrue(any("Makefile" in note for note in handed.notes))
        self.assertTrue(any("slot.h was not handed in" in note for note in handed.notes))

    def test_a_tree(self) -> None:
        (self.path / "kern/cap").mkdir(parents=True)
        (self.path / "kern/cap/slot.c").write_bytes(GOOD)
        self.assertEqual(take_submission(self.path, LAB).files, {"kern/cap/slot.c": GOOD})

    def test_an_older_handout(self) -> None:
        handed = self.take(pack({"kern/cap/slot.c": GOOD, "STARTER": b"lab 1\nversion 0\n"}))
        self.assertTrue(any("version 0" in note for note in handed.notes))

    # ---- What is refused ----

    def test_nothing_in_it(self) -> None:
        self.refused(b"", "empty")
        self.refused(tar_of(), "none of the files")
        self.refused(b"PK\x05\x06" + bytes(18), "none of the files")
        with self.assertRaises(Unacceptable):
            take_submission(self.path.with_name("missing"), LAB)

    def test_not_an_archive(self) -> None:
        self.refused(b"hello, this is my homework\n" * 100, "neither a directory nor")
        whole = pack({"kern/cap/slot.c": GOOD * 1000})
        self.refused(whole[: len(whole) // 2], "neither a directory nor")
        self.refused(b"PK\x03\x04 broken", "neither a directory nor")

    def test_paths_that_lead_out(self) -> None:
        for name in ("/kern/cap/slot.c", "../kern/cap/slot.c", "a/../../kern/cap/slot.c", "/etc/passwd", "a\\..\\slot.c"):
            self.refused(tar_of((member(name), GOOD)), "leads out of it")

    def test_links_and_devices(self) -> None:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            self.refused(tar_of((member("kern/cap/slot.c", kind, "/etc/passwd"), b"")), "a link")
        for kind in (tarfile.CHRTYPE, tarfile.FIFOTYPE):
            self.refused(tar_of((member("kern/cap/slot.c", kind), b"")), "a device")
        self.path.unlink()
        (self.path / "kern/cap").mkdir(parents=True)
        os.symlink("/etc/passwd", self.path / "kern/cap/slot.c")
        with self.assertRaises(Unacceptable):
            take_submission(self.path, LAB)

    def test_a_link_on_the_way(self) -> None:
        self.path.mkdir()
        os.symlink("/", self.path / "kern")
        with self.assertRaises(Unacceptable):
            take_submission(self.path, LAB)

    def test_too_much(self) -> None:
        self.refused(tar_of((member("kern/cap/slot.c"), b" " * (intake.FILE_MAX + 1))), "larger than 1 MiB")
        self.refused(tar_of((member("big"), bytes(intake.UNPACKED_MAX + 1))), "unpacked")
        self.refused(bytes(intake.ARCHIVE_MAX + 1), "larger than 16 MiB")
        many = [(member(f"x{number}"), b"") for number in range(intake.ENTRIES_MAX + 1)]
        self.refused(tar_of(*many), "entries")

    def test_a_damaged_archive(self) -> None:
        whole = bytearray(gzip.compress(bytes(range(256)) * 40, mtime=0))
        whole[10] = 0x07  # a block of a type that there is not: zlib.error
        self.refused(bytes(whole), "can be read")

    def test_twice(self) -> None:
        self.refused(tar_of((member("kern/cap/slot.c"), GOOD), (member("x/kern/cap/slot.c"), GOOD)), "twice")

    def test_includes_from_outside(self) -> None:
        for line in (
            '#include "/etc/passwd"',
            '#include "../../../etc/passwd"',
            "#include <stdio.h>",
            '#  /* */ include /* */ "/etc/passwd"',
            '#incl\\\nude "/etc/passwd"',
            '%:include "/etc/passwd"',
            '??=include "/etc/passwd"',
            '#define X "/etc/passwd"\n#include X',
            '#include_next "x.h"',
            '#import "/etc/passwd"',
            '#embed "/etc/passwd"',
            '\f#include "/etc/passwd"',
            '#incl\\ \nude "/etc/passwd"',
            '#if 0\n\' /*\n#endif\n#include "/etc/passwd"\n// */',
            "char c = '\"'; char *s = \"/*\";\n#include \"/etc/passwd\"\nchar *t = \"*/\";",
        ):
            with self.subTest(line=line):
                self.refused(pack({"kern/cap/slot.c": GOOD + line.encode() + b"\n"}), "not part of the tree")
        self.refused(pack({"kern/cap/slot.c": GOOD + b'__asm__(".incbin \\"/etc/passwd\\"");\n'}), "assembly")
        self.refused(pack({"kern/cap/slot.c": GOOD + b"char c = '\"'; asm(\"nop\");\n"}), "assembly")
        started = time.monotonic()
        intake.check_source("kern/cap/slot.c", b'\\"' * 100_000)
        self.assertLess(time.monotonic() - started, 10)
        self.take(pack({"kern/cap/slot.c": GOOD + b'// asm and #include "/etc/passwd" in a comment\nchar *s = "#include </x>, asm";\n'}))


class Sandbox(unittest.TestCase):
    """What is done where less and less can be had."""

    def wrapper(self, uid: int, working: set[str]) -> str:
        with mock.patch.object(sandbox, "works", lambda command: command[0] in working), mock.patch.object(sandbox.os, "geteuid", lambda: uid):
            with mock.patch.object(sandbox.shutil, "which", lambda name: name):
                return sandbox.wrapper(Path("/work"))[1]

    def test_ways_to_drop_privileges(self) -> None:
        self.assertEqual(self.wrapper(1000, {"bwrap"}), "in bubblewrap")
        self.assertEqual(self.wrapper(0, {"setpriv", "unshare"}), "in bubblewrap, as nobody")  # setpriv comes before bwrap
        with self.assertRaises(sandbox.SandboxError):
            self.wrapper(1000, {"setpriv", "unshare"})
        with self.assertRaises(sandbox.SandboxError):
            self.wrapper(0, set())

    def test_nothing_but_programs_is_visible(self) -> None:
        if "bubblewrap" not in sandbox.wrapper(Path("/tmp"))[1]:
            self.skipTest("no user namespaces here")
        with tempfile.TemporaryDirectory() as directory:
            Path(directory).chmod(0o755)
            done = sandbox.run(Path(directory), ["sh", "-c", "cat /etc/passwd; touch /usr/x; echo $(ls / | tr '\\n' ' '); touch here"])
            self.assertNotIn(b"root:", done.stdout)
            self.assertNotIn(b" home ", done.stdout)
            self.assertTrue((Path(directory) / "here").exists())


if __name__ == "__main__":
    unittest.main()
