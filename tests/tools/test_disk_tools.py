# SPDX-License-Identifier: MIT
"""Tests of mkfs and fsck as they are called: exit statuses, messages, equal images for equal input."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
BLOCK = 4096


def call(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(TREE / "build/host" / program), *arguments], capture_output=True, text=True, timeout=60)


class DiskTools(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        subprocess.run(["make", "-s", "-C", str(TREE), "host-tools"], check=True, capture_output=True, timeout=300)

    def setUp(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.image = str(Path(self.directory.name) / "disk.img")
        self.file = str(Path(self.directory.name) / "file")
        Path(self.file).write_bytes(bytes(range(256)) * 400)

    def make(self, size: str = "2M", *arguments: str, image: str | None = None) -> None:
        made = call("mkfs", image or self.image, size, *arguments)
        self.assertEqual(made.returncode, 0, made.stderr)

    def change(self, offset: int, value: bytes) -> None:
        with open(self.image, "r+b") as image:
            image.seek(offset)
            image.write(value)

    def check(self, status: int, text: str) -> None:
        checked = call("fsck", self.image)
        self.assertEqual(checked.returncode, status, checked.stdout)
        self.assertIn(text, checked.stdout + checked.stderr)

    def test_files_and_directories(self) -> None:
        self.make("8M", "bin", f"etc/a={self.file}", *(f"many/{i}-{'n' * 200}={self.file}" for i in range(40)))
        self.check(0, "is clean")

    def test_equal_input_gives_equal_images(self) -> None:
        other = self.image + ".other"
        self.make("2M", "bin", f"a={self.file}")
        self.make("2M", "bin", f"a={self.file}", image=other)
        self.assertEqual(Path(self.image).read_bytes(), Path(other).read_bytes())

    def test_mkfs_refuses(self) -> None:
        refused = {
            ("64K",): "512K at least",
            ("much",): "not a size",
            ("2M", f"a={self.file}", f"a={self.file}"): "there already",
            ("2M", f"a/../b={self.file}"): "..",
            ("2M", f"{'n' * 256}={self.file}"): "too long",
            ("2M", *(f"f{i}={self.file}" for i in range(20))): "does not fit",
            ("2M", "a=/there/is/no/such/file"): "No such file",
        }
        for arguments, text in refused.items():
            made = call("mkfs", self.image, *arguments)
            self.assertEqual(made.returncode, 1, arguments)
            self.assertIn(text, made.stderr)

    def test_fsck_cannot_check(self) -> None:
        Path(self.image).write_bytes(b"")
        self.check(2, "too short")
        Path(self.image).write_bytes(bytes(BLOCK * 100))
        self.check(2, "no file system")
        self.make()
        with open(self.image, "r+b") as image:
            image.truncate(BLOCK * 200)
        self.check(2, "smaller than its file system")
        self.make()
        self.change(8, b"\x07")
        self.check(2, "another version")
        self.assertEqual(call("fsck", self.image + ".missing").returncode, 2)
        self.assertEqual(call("fsck").returncode, 2)

    def test_fsck_finds_damage(self) -> None:
        bitmap = (3 + 64) * BLOCK  # behind super block, orphans, log header and the least log
        damages = {
            "is in use by nobody": (bitmap + 60, b"\x01"),
            "marked free": (bitmap, b"\xfe"),
            "the table of orphans is damaged": (BLOCK, b"\0"),
            "log's header is damaged": (2 * BLOCK, b"\0"),
            "inode 1: its checksum is wrong": (bitmap + 2 * BLOCK + 128 + 8, b"\x55"),
        }
        for text, (offset, value) in damages.items():
            self.make("2M", f"a={self.file}")
            self.check(0, "is clean")
            self.change(offset, value)
            self.check(1, text)


if __name__ == "__main__":
    unittest.main()
