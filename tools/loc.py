#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Counts lines of code (neither blank nor only comment; C, headers, assembly, scripts), room by room,
and keeps the promise about the kernel's size: kern/ and the two machines together.

loc.py [--root TREE] [--check]    with --check only speaks, and fails, when the limit is exceeded
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from check_floors import without_comments

KERNEL_LIMIT = 16800
KERNEL_PARTS = ("kern/", "arch/riscv64/", "arch/x86_64/")
C_FILES = {".c", ".h", ".def", ".S"}
SCRIPT_FILES = {".py", ".sh", ".mk"}


def count_lines(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    if path.suffix in C_FILES:
        return sum(1 for line in without_comments(text).splitlines() if line.strip())
    return sum(1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def part_of(name: str) -> str:
    """The row of a file's count: a room of the kernel, a machine, or a directory."""
    words = name.split("/")
    if words[0] == "arch" and words[2] == "user":
        return "user/machine/"
    if words[0] in ("kern", "arch", "user", "tests") and len(words) > 2:
        return f"{words[0]}/{words[1]}/"
    return f"{words[0]}/"


def count(root: Path) -> Counter[str]:
    rows: Counter[str] = Counter()
    for directory in ("kern", "arch", "user", "tests", "tools", "mk", "bench", "labs", "grade", "verify"):
        for path in sorted((root / directory).rglob("*")):
            if path.is_file() and path.suffix in C_FILES | SCRIPT_FILES:
                rows[part_of(path.relative_to(root).as_posix())] += count_lines(path)
    return rows


def kernel_size(rows: Counter[str]) -> int:
    return sum(lines for part, lines in rows.items() if part.startswith(KERNEL_PARTS))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path("."))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    rows = count(options.root)
    kernel = kernel_size(rows)
    if not options.check:
        for part, lines in sorted(rows.items()):
            print(f"{lines:7}  {part}")
        print(f"{kernel:7}  the kernel for both machines, of at most {KERNEL_LIMIT}")
    if kernel > KERNEL_LIMIT:
        print(f"loc: kern/, arch/riscv64/ and arch/x86_64/ have {kernel} lines of code; at most {KERNEL_LIMIT}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
