# SPDX-License-Identifier: MIT
"""The Makefile's refusals, each with a clear word, and how a command reaches the machine."""

from __future__ import annotations

import subprocess

from support import ROOT, TreeTest


class MakefileTest(TreeTest):
    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "--no-print-directory", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )

    def test_wrong_values(self) -> None:
        wrong = ("ARCH=vax", "ARCH=", "TOOLCHAIN=cc", "DEBUG=yes", "WERROR=2", "CPUS=0", "CPUS=two", "CPUS=-1")
        wrong += ("MEM=128", "MEM=M", "MEM=0G", "MEM=1.5G", "TIMEOUT=0", "TIMEOUT=soon", "SEED=x", "ICOUNT=2")
        for setting in wrong:
            result = self.make("-n", "help", setting)
            self.assertEqual(result.returncode, 2, setting)
            self.assertIn(setting.partition("=")[0], result.stderr)

    def test_help_names_every_setting(self) -> None:
        text = self.make("help").stdout
        for word in "ARCH CPUS MEM APPEND TOOLCHAIN DEBUG WERROR V EXTRA TIMEOUT ICOUNT SEED CMD CROSS".split():
            self.assertIn(word, text)

    def test_environment_does_not_count(self) -> None:
        result = subprocess.run(
            ["make", "-n", "help"], cwd=ROOT, env={"PATH": "/usr/bin:/bin", "ARCH": "vax"}, capture_output=True, check=False
        )
        self.assertEqual(result.returncode, 0)

    def test_commands_arrive_as_typed(self) -> None:
        probe = self.write("probe.mk", "include mk/settings.mk\ninclude mk/commands.mk\nprobe:\n\t@printf %s \"$$CMD\"\n")
        typed = "echo $? '$HOME' \"a  b\" | wc; x=$(y) # no"
        result = self.make("-f", str(probe), "probe", f"CMD={typed}")
        self.assertEqual(result.stdout, typed, result.stderr)
