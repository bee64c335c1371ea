# SPDX-License-Identifier: MIT
"""deps.sh on made-up systems: a PATH that holds little more than a fake apt-get."""

from __future__ import annotations

import os
import shutil
import subprocess

from support import TOOLS, TreeTest

BASICS = ("sh", "sed", "sort", "tr", "cut", "head", "uname", "env", "touch", "chmod", "cat", "rm")

# Installs what it is told to install as empty programs, and writes down how it was called.
APT_GET = """#!/bin/sh
echo "apt-get $*" >>ROOT/calls
[ -e ROOT/fails ] && { rm ROOT/fails; exit 100; }
case $* in *gcc-riscv64-unknown-elf*)
    touch ROOT/bin/riscv64-unknown-elf-gcc ROOT/bin/riscv64-unknown-elf-ld
    chmod +x ROOT/bin/riscv64-unknown-elf-gcc ROOT/bin/riscv64-unknown-elf-ld ;;
esac
"""


class DepsTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        (self.root / "bin").mkdir()
        for name in BASICS:
            (self.root / "bin" / name).symlink_to(shutil.which(name) or f"/bin/{name}")
        self.program("id", "echo 0")

    def program(self, name: str, body: str) -> None:
        self.write(f"bin/{name}", f"#!/bin/sh\n{body}\n").chmod(0o755)

    def debian(self) -> None:
        self.write("bin/apt-get", APT_GET.replace("ROOT", str(self.root))).chmod(0o755)
        self.program("dpkg", "echo amd64")
        self.program("apt-cache", 'case $2 in qemu-system-riscv) exit 100 ;; *) echo "Package: $2" ;; esac')

    def deps(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(TOOLS / "deps.sh"), *arguments],
            env={"PATH": str(self.root / "bin"), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> str:
        path = self.root / "calls"
        return path.read_text() if path.exists() else ""

    def test_installs_what_is_missing_once(self) -> None:
        self.debian()
        first = self.deps("ensure", "build-riscv64")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertIn("C compiler for riscv64", first.stderr)
        self.assertIn("install -y --no-install-recommends binutils-riscv64-unknown-elf gcc-riscv64-unknown-elf", self.calls())
        before = self.calls()
        second = self.deps("ensure", "build-riscv64")
        self.assertEqual((second.returncode, second.stderr, self.calls()), (0, "", before))

    def test_tries_again_with_a_fresh_list(self) -> None:
        self.debian()
        self.write("fails", "")
        self.assertEqual(self.deps("ensure", "build-riscv64").returncode, 0)
        self.assertIn(" update", self.calls())

    def test_takes_the_package_that_the_archive_has(self) -> None:
        self.debian()
        self.deps("ensure", "run-riscv64")
        self.assertIn("qemu-system-misc", self.calls())
        self.assertNotIn("qemu-system-riscv ", self.calls())
        self.assertNotIn("opensbi", self.calls())

    def test_says_what_is_still_missing(self) -> None:
        self.debian()
        result = self.deps("ensure", "run-x86_64")
        self.assertEqual(result.returncode, 1)
        self.assertIn("still missing", result.stderr)

    def test_without_root_or_sudo(self) -> None:
        self.debian()
        self.program("id", "echo 1000")
        result = self.deps("ensure", "build-riscv64")
        self.assertEqual(result.returncode, 1)
        self.assertIn("as root, run: ", result.stderr)
        self.assertEqual(self.calls(), "")

    def test_with_sudo(self) -> None:
        self.debian()
        self.program("id", "echo 1000")
        self.program("sudo", f'echo sudo >>{self.root}/calls; exec "$@"')
        self.assertEqual(self.deps("ensure", "build-riscv64").returncode, 0)
        self.assertIn("sudo\napt-get", self.calls())

    def test_another_system(self) -> None:
        result = self.deps("ensure", "build-riscv64")
        self.assertEqual(result.returncode, 1)
        self.assertIn("please install it", result.stderr)
        self.assertIn("gcc-riscv64-unknown-elf", result.stderr)

    def test_nothing_is_installed_against_the_users_will(self) -> None:
        self.debian()
        self.assertEqual(self.deps("ensure", "build-riscv64", DEPS="0").returncode, 1)
        self.assertEqual(self.deps("check", "build-riscv64").returncode, 1)
        self.assertEqual(self.deps("doctor").returncode, 1)
        self.assertEqual(self.calls(), "")

    def test_doctor_names_everything(self) -> None:
        result = self.deps("doctor")
        self.assertIn("MISSING (Debian: gcc-riscv64-unknown-elf)", result.stdout)
        self.assertIn("Containerfile", result.stdout)

    def test_unknown_set(self) -> None:
        result = self.deps("ensure", "coffee")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no set 'coffee'", result.stderr)

    def test_quick_when_everything_is_there(self) -> None:
        """No program is started: a PATH with nothing but what is looked for is enough."""
        for name in ("riscv64-unknown-elf-gcc", "riscv64-unknown-elf-ld", "python3"):
            self.program(name, "exit 1")
        for name in BASICS:
            (self.root / "bin" / name).unlink()
        self.assertTrue(os.path.exists("/bin/sh"))
        result = self.deps("ensure", "build-riscv64", "python")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
