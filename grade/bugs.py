#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Grades the grader: builds every known-wrong kernel of the bug bank and checks that the right tests catch it.

    grade/bugs.py [--lab N ...] [--arch A ...] [--bug NAME ...] [--sample COUNT]

A bug that survives, does not build or boot, or is caught only by tests that its header does not name is a failure.
--sample takes a few of each lab, chosen by what the tree holds.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import queue
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from build import BuildError, build_images
from export import tracked_files
from functions import FunctionError, replace_c
from manifest import ROOT, Lab, LabError, read_labs
from record import FAIL
from runner import Options, grade_images
from work_tree import Files, WorkTree

ARCHITECTURES = ("riscv64", "x86_64")
FIELDS = ("function", "breaks", "caught by", "like")
BUILT_FROM = ("arch/", "kern/", "user/", "tools/", "mk/", "Makefile")


@dataclass
class Bug:
    lab: int
    name: str
    file: str
    function: str
    breaks: str
    caught_by: list[str]
    like: str
    text: str  # of the function


@dataclass
class Verdict:
    bug: Bug
    caught: dict[str, list[str]] = field(default_factory=dict)  # tests by machine
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


# ---- The bank ------------------------------------------------------------------------------------


def read_fields(head: Sequence[str]) -> dict[str, str]:
    """Fields of a header; their text may go on in the next line."""
    fields: dict[str, str] = {}
    current = ""
    for line in head:
        found = re.match(r"// (function|breaks|caught by|like): *(.*)", line)
        if found:
            current, fields[found[1]] = found[1], found[2].strip()
        elif current and line.startswith("//") and line.strip("/ "):
            fields[current] += " " + line[2:].strip()
    return fields


def read_bug(lab: Lab, path: Path) -> Bug:
    head, _, text = path.read_text().partition("\n\n")
    fields = read_fields(head.splitlines())
    missing = [name for name in FIELDS if not fields.get(name)]
    if missing:
        raise LabError(f"{path}: the header lacks '{missing[0]}'")
    file, _, function = fields["function"].partition(":")
    caught_by = fields["caught by"].split()
    unknown = set(caught_by) - {test.name for test in lab.tests}
    if unknown:
        raise LabError(f"{path}: lab {lab.number} has no test {min(unknown)}")
    return Bug(lab.number, path.stem, file, function, fields["breaks"], caught_by, fields["like"], text)


def read_bank(labs: Mapping[int, Lab]) -> list[Bug]:
    return [read_bug(lab, path) for lab in labs.values() for path in sorted((lab.directory / "bugs").glob("*.c"))]


def reference_files(root: Path = ROOT) -> Files:
    """What a kernel of the reference tree is built from."""
    names = [name for name in tracked_files(root) if name.startswith(BUILT_FROM) and not name.startswith("user/tests/")]
    return {name: ((root / name).read_bytes(), 0o755 if os.access(root / name, os.X_OK) else 0o644) for name in names}


def sample(bugs: Sequence[Bug], count: int, files: Files) -> list[Bug]:
    """Some bugs of each lab; others when the tree is another."""
    digest = hashlib.sha256(b"".join(name.encode() + data for name, (data, _) in sorted(files.items())))
    chooser = random.Random(digest.hexdigest())
    chosen: list[Bug] = []
    for lab in sorted({bug.lab for bug in bugs}):
        of_lab = [bug for bug in bugs if bug.lab == lab]
        chosen += chooser.sample(of_lab, min(count, len(of_lab)))
    return chosen


# ---- Trying --------------------------------------------------------------------------------------


class Bank:
    def __init__(self, labs: Mapping[int, Lab], architectures: Sequence[str], workers: int) -> None:
        self.labs = labs
        self.architectures = architectures
        self.files = reference_files()
        self.trees: queue.Queue[WorkTree] = queue.Queue()
        for worker in range(workers):
            self.trees.put(WorkTree(ROOT / "build" / "labs" / f"bugs-{worker}"))
        self.lock = threading.Lock()
        self.seconds = {"building": 0.0, "grading": 0.0}
        self.done = 0

    def try_bug(self, bug: Bug, total: int) -> Verdict:
        verdict = Verdict(bug)
        started = time.monotonic()
        tree = self.trees.get()
        try:
            data, mode = self.files[bug.file]
            wrong = replace_c(data.decode(), bug.function, bug.text).encode()
            tree.update({**self.files, bug.file: (wrong, mode)})
            for arch in self.architectures:
                self.try_on(bug, tree, arch, verdict)
        except (FunctionError, KeyError) as error:
            verdict.problems.append(f"{bug.file}: {error}")
        finally:
            self.trees.put(tree)
        verdict.seconds = time.monotonic() - started
        self.report(verdict, total)
        return verdict

    def try_on(self, bug: Bug, tree: WorkTree, arch: str, verdict: Verdict) -> None:
        with tempfile.TemporaryDirectory(prefix="capv6-images-") as directory:
            started = time.monotonic()
            try:
                images = build_images(tree.directory, arch, Path(directory))
            except BuildError as error:
                verdict.problems.append(f"does not build for {arch}: {error}")
                return
            built = time.monotonic()
            record = grade_images(self.labs[bug.lab], images, Options(shrinks=False, ignores_needs=True))
        with self.lock:
            self.seconds["building"] += built - started
            self.seconds["grading"] += time.monotonic() - built
        failed = [test for test in record.tests if test.outcome == FAIL]
        verdict.caught[arch] = [test.name for test in failed]
        missing = [name for name in bug.caught_by if name not in verdict.caught[arch]]
        if any("does not boot" in test.message for test in failed):
            verdict.problems.append(f"does not boot on {arch}: {failed[0].message}")
        elif not failed:
            verdict.problems.append(f"survives on {arch}")
        elif missing:
            verdict.problems.append(f"{', '.join(missing)} should have caught it on {arch}; {', '.join(verdict.caught[arch])} did")

    def report(self, verdict: Verdict, total: int) -> None:
        bug = verdict.bug
        with self.lock:
            self.done += 1
            word = "FAILED" if verdict.problems else "caught"
            print(f"  {word} {self.done:3}/{total} lab {bug.lab} {bug.name:<28} {verdict.seconds:5.1f} s", flush=True)
            for problem in verdict.problems:
                print(f"         {problem}", flush=True)


def print_matrix(verdicts: Sequence[Verdict], labs: Mapping[int, Lab], architectures: Sequence[str]) -> None:
    """Which test has caught which bug: X on every machine, else the machine's first letter."""
    for number in sorted({verdict.bug.lab for verdict in verdicts}):
        tests = [test.name for test in labs[number].tests]
        print(f"\nlab {number}; X: caught on every machine; (): not named in the bug's header")
        for index, name in enumerate(tests):
            print(" " * 38 + "|  " * index + name)
        for verdict in verdicts:
            if verdict.bug.lab != number:
                continue
            cells = []
            for name in tests:
                on = [arch for arch in architectures if name in verdict.caught.get(arch, [])]
                mark = "X" if len(on) == len(architectures) else "".join(arch[0] for arch in on) or "."
                cells.append(mark.ljust(3))
            print(f"  {verdict.bug.name:<30} {verdict.bug.breaks:<4} {''.join(cells)}".rstrip())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", type=int, action="append")
    parser.add_argument("--arch", choices=ARCHITECTURES, action="append")
    parser.add_argument("--bug", action="append", metavar="NAME")
    parser.add_argument("--sample", type=int, metavar="COUNT")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    started = time.monotonic()
    try:
        labs = read_labs()
        bugs = [bug for bug in read_bank(labs) if not arguments.lab or bug.lab in arguments.lab]
        bugs = [bug for bug in bugs if not arguments.bug or bug.name in arguments.bug]
    except LabError as error:
        print(f"bugs: {error}", file=sys.stderr)
        return 2
    architectures = arguments.arch or list(ARCHITECTURES)
    workers = max(1, min(os.cpu_count() or 1, 8))
    bank = Bank(labs, architectures, workers)
    if arguments.sample:
        bugs = sample(bugs, arguments.sample, bank.files)
    with ThreadPoolExecutor(workers) as pool:
        verdicts = list(pool.map(lambda bug: bank.try_bug(bug, len(bugs)), bugs))
    print_matrix(verdicts, labs, architectures)
    bad = [verdict for verdict in verdicts if verdict.problems]
    times = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in bank.seconds.items())
    print(f"\n{len(bugs)} bugs on {' and '.join(architectures)}, {len(bad)} not as they should be; {time.monotonic() - started:.0f} s ({times}, of {workers} workers together)")
    return 1 if bad or not bugs else 0


if __name__ == "__main__":
    sys.exit(main())
