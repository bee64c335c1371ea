# SPDX-License-Identifier: MIT
"""Builds the kernel of a tree that is to be graded."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FIRST_ERROR = re.compile(r"^(?:\./)?([^\s:]+):(\d+):(?:\d+:)? (?:fatal )?error: (.*)$", re.MULTILINE)
LINK_ERROR = re.compile(r"^.*(undefined reference|multiple definition|undefined symbol).*$", re.MULTILINE)
TIMEOUT = 300  # seconds; a build takes a few


class BuildError(Exception):
    """The tree does not compile. The message is the compiler's first error; `output` all that was printed."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


@dataclass
class Images:
    """Copies of what was built, so that another build of the tree does not change them."""

    arch: str
    kernel: Path
    initrd: Path


@contextmanager
def only_one(tree: Path) -> Iterator[None]:
    """Keeps graders of one tree from building at the same time."""
    (tree / "build").mkdir(exist_ok=True)
    with open(tree / "build" / "grade.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def first_error(output: str) -> str:
    found = FIRST_ERROR.search(output)
    if found:
        return f"{found[1]}:{found[2]}: {found[3]}"
    found = LINK_ERROR.search(output)
    lines = [line for line in output.splitlines() if line.strip()]
    return found[0].strip() if found else (lines[-1] if lines else "make failed without a word")


def clean_environment() -> dict[str, str]:
    """Of what the caller's make has set, nothing is for this one."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}


def run_make(tree: Path, *arguments: str) -> None:
    command = ["make", "-C", str(tree), f"-j{os.cpu_count() or 1}", "--no-print-directory", *arguments]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False, env=clean_environment()
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"the compiler did not come to an end in {TIMEOUT} seconds", "") from error
    output = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise BuildError(first_error(output), output)


def build_images(tree: Path, arch: str, directory: Path) -> Images:
    """Builds kernel and initrd, and copies them into a directory."""
    with only_one(tree):
        run_make(tree, f"ARCH={arch}", "kernel", "initrd")
        images = Images(arch, directory / f"{arch}-kernel.elf", directory / f"{arch}-initrd.tar")
        shutil.copy(tree / "build" / arch / "kernel.elf", images.kernel)
        shutil.copy(tree / "build" / arch / "initrd.tar", images.initrd)
    return images
