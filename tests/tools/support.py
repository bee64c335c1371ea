# SPDX-License-Identifier: MIT
"""What the tests of tools/ share: where the tools are, and little trees of files to try them on."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
if str(TOOLS) not in sys.path:
    sys.path.insert(0, str(TOOLS))

GCC = shutil.which("x86_64-linux-gnu-gcc") or shutil.which("gcc") or "gcc"


class TreeTest(unittest.TestCase):
    """A test with an empty directory of its own, self.root."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="capv6-test-")
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    compiled: dict[tuple[str, ...], bytes] = {}

    def compile(self, name: str, text: str, *options: str) -> Path:
        """Compiles C text to self.root/name; the same text only once."""
        output = self.root / name
        key = (text, *options)
        if key not in self.compiled:
            source = self.write(name + ".c", text)
            command = [GCC, "-ffreestanding", "-nostdlib", *options, "-o", str(output), str(source)]
            subprocess.run(command, stderr=subprocess.PIPE, check=True)
            source.unlink()
            self.compiled[key] = output.read_bytes()
        output.write_bytes(self.compiled[key])
        return output

    def assert_one(self, problems: list[str], *words: str) -> None:
        """Exactly one problem, which says all these words."""
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])
