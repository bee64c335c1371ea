#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks what a formatter cannot: a licence line in every file, no unfinished work, and files and
functions short enough to be read in one sitting.

check_style.py [--root TREE]
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
LICENCE = "SPDX-License-Identifier: MIT"
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")

DIRECTORIES = ("kern", "arch", "user", "tests", "tools", "bench", "labs", "grade", "verify", "docs", "mk", ".ci")
TOP_FILES = ("Makefile", "Containerfile")
# Input of tests, some of it broken on purpose.
DATA = ("user/tests/scripts/",)
C_FILES = {".c", ".h", ".def", ".S"}
OTHER_FILES = {".py", ".sh", ".mk", ".ld"}


def files(root: Path) -> Iterator[Path]:
    """Every source file; docs/ and the like have other files too, which are not looked at."""
    for name in TOP_FILES:
        if (root / name).is_file():
            yield root / name
    for directory in DIRECTORIES:
        for path in sorted((root / directory).rglob("*")):
            if path.relative_to(root).as_posix().startswith(DATA):
                continue
            if path.is_file() and (path.suffix in C_FILES | OTHER_FILES or is_script(path)):
                yield path


def is_script(path: Path) -> bool:
    if path.suffix or path.is_symlink():
        return False
    with path.open("rb") as stream:
        return stream.read(2) == b"#!"


def c_functions(lines: list[str]) -> Iterator[tuple[str, int, int]]:
    """Name, first line and length of each function: it begins with text at the line's beginning, its
    last brace stands there too."""
    head, inside = 0, False
    for number, line in enumerate(lines, 1):
        if inside:
            if line.startswith("}"):
                inside = False
                match = re.search(r"(\w+)\s*\(", lines[head - 1])
                yield match.group(1) if match else "?", head, number - head + 1
            continue
        if line and line[0].isalpha() or line.startswith("_"):
            head = number
        if head and line.rstrip().endswith("{") and not line.startswith("#"):
            text = " ".join(lines[head - 1 : number])
            inside = "(" in text and "=" not in text.partition("(")[0]


def python_functions(text: str) -> Iterator[tuple[str, int, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def check_file(path: Path, name: str) -> list[str]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    problems = []
    if lines and not any(LICENCE in line for line in lines[:2]):
        problems.append(f"{name}:1: no line '{LICENCE}' among the first two")
    if len(lines) > FILE_LINES_MAX:
        problems.append(f"{name}: {len(lines)} lines; at most {FILE_LINES_MAX}")
    for number, line in enumerate(lines, 1):
        match = UNFINISHED.search(line)
        if match:
            problems.append(f"{name}:{number}: '{match.group(1)}': unfinished work belongs into an issue")
    functions: Iterator[tuple[str, int, int]] = iter(())
    if path.suffix in (".c", ".h"):
        functions = c_functions(lines)
    elif path.suffix == ".py":
        functions = python_functions(text)
    for function, first, length in functions:
        if length > FUNCTION_LINES_MAX:
            problems.append(f"{name}:{first}: {function}() has {length} lines; at most {FUNCTION_LINES_MAX}")
    return problems


def check(root: Path) -> list[str]:
    problems = []
    for path in files(root):
        problems += check_file(path, path.relative_to(root).as_posix())
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path("."))
    problems = check(parser.parse_args().root)
    for problem in problems:
        print(f"style: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
