#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Which lines of the kernel the user-mode tests reach: `make coverage`, `make coverage ARCH=x86_64`.

The kernel is the one that `make test` tests, and the tests are those of its jobs that run on the debug build: the
programs and scripts of user/tests, boots with bad input, and the machine with a disk. A plugin of the emulator
notes which instructions were executed (coverage_plugin.c), and the kernel's debugging information says which lines
they come from. A line counts as covered when one of its instructions was executed; lines from which the compiler
made no instruction are not counted. What only a machine does that is killed in a test is not seen.
"""

from __future__ import annotations

import argparse
import bisect
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from elf import PF_EXECUTE, PT_LOAD, Elf

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = Path("build/host/coverage_plugin.so")
COUNTED = ("kern/", "arch/")
JOBS = ("{arch} with 2 CPUs", "boot {arch}", "{arch} disks, 2 CPUs")

ROW = re.compile(r"^\S+\s+(\d+|-)\s+(0x[0-9a-f]+|0)(?:\[\d+\])?\s*(?:\d+)?\s*(?:x|END)?\s*(?:x|END)?$")
HEADING = re.compile(r"^(?:CU: )?(\S.*?):(?:\[\+\+\])?$")


class CoverageError(Exception):
    """There is nothing to report; the text says why."""


@dataclass(frozen=True)
class Row:
    """A line of the line table: the code from `start` to before `end` comes from this line."""

    file: str
    line: int
    start: int
    end: int


@dataclass
class FileCoverage:
    lines: set[int] = field(default_factory=set)
    covered: set[int] = field(default_factory=set)

    @property
    def uncovered(self) -> list[int]:
        return sorted(self.lines - self.covered)


# ---- From addresses to lines -------------------------------------------------------------------


def parse_line_table(text: str) -> list[Row]:
    """What `objdump --dwarf=decodedline -w` prints. Several lines may begin at one address, for the compiler mixes
    their instructions; each of them then has what follows up to the next address."""
    found: list[Row] = []
    file = ""
    open_rows: list[tuple[str, int]] = []  # those that begin at `start`
    start = 0
    for text_line in text.splitlines():
        match = ROW.match(text_line)
        if not match:
            heading = HEADING.match(text_line)
            if heading:
                file = heading.group(1).removeprefix("./")
            continue
        address = int(match.group(2), 16)
        if address != start:
            found += [Row(name, line, start, address) for name, line in open_rows]
            open_rows, start = [], address
        if match.group(1) == "-":  # the end of a sequence; what follows is elsewhere
            found += [Row(name, line, start, address) for name, line in open_rows if start < address]
            open_rows = []
        elif (file, int(match.group(1))) not in open_rows:
            open_rows.append((file, int(match.group(1))))
    return found


def cover(rows: Iterable[Row], executed: Sequence[int]) -> dict[str, FileCoverage]:
    """`executed` has the addresses of executed instructions, in order."""
    files: dict[str, FileCoverage] = defaultdict(FileCoverage)
    for row in rows:
        if not row.file.startswith(COUNTED) or row.line == 0:
            continue
        file = files[row.file]
        file.lines.add(row.line)
        place = bisect.bisect_left(executed, row.start)
        if place < len(executed) and executed[place] < row.end:
            file.covered.add(row.line)
    return dict(files)


def read_line_table(objdump: str, kernel: Path) -> list[Row]:
    command = [objdump, "--dwarf=decodedline", "-w", str(kernel)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CoverageError(f"{objdump} did not read {kernel}: {error}") from error
    return parse_line_table(done.stdout)


# ---- Running the tests -------------------------------------------------------------------------


@dataclass(frozen=True)
class Code:
    """Where the kernel's code lies, and where it is loaded."""

    start: int
    load: int
    size: int


def code_of(kernel: Path) -> Code:
    for segment in Elf(kernel).segments():
        if segment.kind == PT_LOAD and segment.flags & PF_EXECUTE:
            return Code(segment.address, segment.load_address, segment.size)
    raise CoverageError(f"{kernel} has no code")


@dataclass
class Watcher:
    """Gives every machine the plugin, with a file of its own to write to."""

    code: Code
    directory: Path
    machines: int = 0

    def options(self) -> list[str]:
        self.machines += 1
        output = self.directory / f"{self.machines}.executed"
        code = self.code
        arguments = f"code={code.start:#x},load={code.load:#x},size={code.size:#x},out={output}"
        return ["-plugin", f"{ROOT / PLUGIN},{arguments}"]

    def executed(self) -> list[int]:
        """The addresses that any of the machines executed, in order. One that was killed has written nothing."""
        maps = [path.read_bytes() for path in self.directory.glob("*.executed")]
        whole = [data for data in maps if len(data) == self.code.size]
        together = 0
        for data in whole:
            together |= int.from_bytes(data, "little")
        merged = together.to_bytes(self.code.size, "little")
        return [self.code.start + distance for distance, mark in enumerate(merged) if mark]


def run_tests(arch: str, watcher: Watcher) -> bool:
    """False if a test failed; what was executed counts all the same."""
    sys.path.insert(0, str(ROOT / "tests"))
    import machine
    from system import boot, disk, programs

    wanted = [name.format(arch=arch) for name in JOBS]
    jobs = {job.name: job for module in (programs, boot, disk) for job in module.jobs()}
    machine.WATCHERS.append(watcher.options)
    passed = True
    for name in wanted:
        results = jobs[name].run()
        failures = [result for result in results if not result.passed]
        print(f"coverage: {name}: {len(results) - len(failures)} passed, {len(failures)} failed", file=sys.stderr, flush=True)
        for failure in failures:
            print(f"coverage: FAILED: {failure.name}\n{failure.report}", file=sys.stderr)
        passed = passed and not failures
    machine.WATCHERS.remove(watcher.options)
    return passed


# ---- The report --------------------------------------------------------------------------------


def ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 7 as '1-3 7'."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(f"{first}-{last}" if first != last else str(first) for first, last in found)


def percent(covered: int, lines: int) -> str:
    return f"{100 * covered / lines:5.1f} %" if lines else "    -  "


def table(files: dict[str, FileCoverage]) -> Iterator[str]:
    width = max(len(name) for name in files)
    yield f"{'file':<{width}}  lines  covered  percent"
    for name, file in sorted(files.items()):
        lines, covered = len(file.lines), len(file.covered)
        yield f"{name:<{width}}  {lines:5}  {covered:7}  {percent(covered, lines)}"
    lines = sum(len(file.lines) for file in files.values())
    covered = sum(len(file.covered) for file in files.values())
    yield f"{'total':<{width}}  {lines:5}  {covered:7}  {percent(covered, lines)}"


def uncovered_lines(files: dict[str, FileCoverage], root: Path) -> Iterator[str]:
    for name, file in sorted(files.items()):
        if not file.uncovered:
            continue
        yield f"\n{name}: {ranges(file.uncovered)}"
        text = (root / name).read_text(encoding="utf-8").splitlines() if (root / name).is_file() else []
        yield from (f"{number:6}  {text[number - 1]}" for number in file.uncovered if number <= len(text))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", default="riscv64")
    parser.add_argument("--build", type=Path, help="build directory (default build/ARCH)")
    parser.add_argument("--objdump", default="objdump", help="the target's objdump")
    parser.add_argument("--uncovered", action="store_true", help="list the lines that were not reached")
    options = parser.parse_args()
    build = options.build or Path("build") / options.arch
    if build != Path("build") / options.arch:
        print(f"coverage: the tests run on build/{options.arch} only", file=sys.stderr)
        return 2
    kernel = build / "kernel.elf"
    try:
        rows = read_line_table(options.objdump, kernel)
        with tempfile.TemporaryDirectory(prefix="capv6-coverage-") as directory:
            watcher = Watcher(code_of(kernel), Path(directory))
            passed = run_tests(options.arch, watcher)
            executed = watcher.executed()
        if not executed:
            raise CoverageError("no machine has written what it executed; does this QEMU take plugins?")
    except CoverageError as error:
        print(f"coverage: {error}", file=sys.stderr)
        return 1
    files = cover(rows, executed)
    if options.uncovered:
        print("\n".join(uncovered_lines(files, ROOT)), end="\n\n")
    print("\n".join(table(files)))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
