#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks every lab, on both machines: the handout builds and boots, all its tests fail in it and those of earlier labs
pass; with the solution's functions in it all tests pass; and nothing of the solution is left in it.

    grade/labs_check.py [--lab N ...] [--arch A]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from build import BuildError, build_images
from export import Files, handout
from functions import FunctionError, body_c
from manifest import ROOT, Lab, LabError, read_labs
from plan import check_answers
from record import PASS, Record
from runner import Options, grade_images
from work_tree import WorkTree

ARCHITECTURES = ("riscv64", "x86_64")
COMMON_LINES = 3  # a line that stands in so many functions of the tree is an idiom, and no secret
LETTERS = 12  # fewer letters and digits than this say nothing
ROW = 3  # lines in a row that must not survive


# ---- The manifests -------------------------------------------------------------------------------


def check_manifests(labs: Mapping[int, Lab], root: Path = ROOT) -> list[str]:
    problems: list[str] = []
    owners: dict[tuple[str, str], int] = {}
    for lab in labs.values():
        for stub in lab.stubs:
            key = (stub.file, stub.function)
            if key in owners:
                problems.append(f"{stub.file}:{stub.function} belongs to labs {owners[key]} and {lab.number}")
            owners[key] = lab.number
            if stub.file not in lab.hand_in:
                problems.append(f"lab {lab.number}: {stub.file} has a stub, but is not handed in")
            try:
                body_c((root / stub.file).read_text(), stub.function)
            except (FunctionError, OSError) as error:
                problems.append(f"lab {lab.number}: {stub.file}:{stub.function}: {error}")
        for test in lab.tests:
            problems += check_answers(test)
        if lab.points != 100:
            problems.append(f"lab {lab.number} has {lab.points} points")
    return problems


# ---- Nothing of the solution ---------------------------------------------------------------------


def significant(lines: Sequence[str], common: frozenset[str] = frozenset()) -> list[str]:
    stripped = (line.strip() for line in lines)
    return [line for line in stripped if sum(c.isalnum() for c in line) >= LETTERS and line not in common]


def common_lines(files: Files) -> frozenset[str]:
    counts = Counter(line.strip() for name, (data, _) in files.items() if name.endswith((".c", ".h")) for line in data.decode().splitlines())
    return frozenset(line for line, count in counts.items() if count >= COMMON_LINES)


def leftovers(lab: Lab, labs: Mapping[int, Lab], files: Files, root: Path = ROOT) -> list[str]:
    """Removed functions of which some lines in a row stand somewhere in the handout."""
    common = common_lines(files)
    texts = {}
    for name, (data, _) in files.items():
        try:
            texts[name] = "\n".join(significant(data.decode().splitlines(), common))
        except UnicodeDecodeError:
            continue
    problems = []
    for other in labs.values():
        for stub in other.stubs if other.number >= lab.number else []:
            body = significant(body_c((root / stub.file).read_text(), stub.function), common)
            for at in range(len(body) - ROW + 1):
                rows = "\n".join(body[at : at + ROW])
                problems += [f"lab {lab.number}: lines of {stub.function} stand in {name}: {body[at]}" for name, text in texts.items() if rows in text]
    return problems


# ---- States --------------------------------------------------------------------------------------


def solved(number: int, files: Files, labs: Mapping[int, Lab]) -> Files:
    """The handout with the work of its lab done."""
    if number + 1 in labs:
        following = handout(number + 1)
    else:
        following = {name: ((ROOT / name).read_bytes(), mode) for name, (_, mode) in files.items() if (ROOT / name).is_file()}
    done = dict(files)
    for name in labs[number].hand_in:
        done[name] = following[name]
    return done


class Checker:
    """Checks labs on one machine."""

    def __init__(self, arch: str, labs: Mapping[int, Lab], say: threading.Lock) -> None:
        self.arch = arch
        self.labs = labs
        self.lock = say
        self.tree = WorkTree(ROOT / "build" / "labs" / f"check-{arch}")
        self.problems: list[str] = []

    def say(self, lab: Lab, text: str, problems: Sequence[str]) -> None:
        self.problems += problems
        with self.lock:
            print(f"  {'ok' if not problems else 'FAILED':<6} lab {lab.number} {self.arch:<8} {text}", flush=True)
            for problem in problems:
                print(f"         {problem}", flush=True)

    def grade(self, lab: Lab, files: Files, numbers: Sequence[int]) -> dict[int, Record] | str:
        """The records of labs in a state, or why there are none."""
        self.tree.update(files)
        with tempfile.TemporaryDirectory(prefix="capv6-images-") as directory:
            try:
                images = build_images(self.tree.directory, self.arch, Path(directory))
            except BuildError as error:
                return f"does not build: {error}"
            options = Options(shrinks=False, ignores_needs=True)
            return {number: grade_images(self.labs[number], images, options) for number in numbers}

    def check_start(self, lab: Lab, files: Files) -> None:
        earlier = [number for number in self.labs if number < lab.number]
        records = self.grade(lab, files, [*earlier, lab.number])
        if isinstance(records, str):
            self.say(lab, "start state", [records])
            return
        problems = [f"{test.name} passes in the start state" for test in records[lab.number].tests if test.outcome == PASS]
        problems += [f"the start state does not boot: {test.message}" for test in records[lab.number].tests if "does not boot" in test.message]
        problems += failures(records, earlier)
        self.say(lab, f"start state: boots, all {len(lab.tests)} tests fail, those of earlier labs pass", problems)

    def check_solution(self, lab: Lab, files: Files) -> None:
        numbers = [number for number in self.labs if number <= lab.number]
        records = self.grade(lab, solved(lab.number, files, self.labs), numbers)
        problems = [records] if isinstance(records, str) else failures(records, numbers)
        self.say(lab, "solution: 100 of 100 points, and in earlier labs", problems)

    def check(self, lab: Lab) -> None:
        files = handout(lab.number)
        self.check_start(lab, files)
        self.check_solution(lab, files)


def failures(records: Mapping[int, Record], numbers: Sequence[int]) -> list[str]:
    return [
        f"lab {number}'s {test.name} does not pass: {test.message}" for number in numbers for test in records[number].tests if test.outcome != PASS
    ]


def check_texts(labs: Mapping[int, Lab], wanted: Sequence[int]) -> int:
    problems = check_manifests(labs)
    for number in wanted:
        files = handout(number)
        problems += leftovers(labs[number], labs, files)
        if files != handout(number):
            problems.append(f"lab {number}: the handout is not the same twice")
    for problem in problems:
        print(f"  FAILED {problem}")
    if not problems:
        print(f"  ok     manifests; nothing of a solution in {len(wanted)} handouts", flush=True)
    return len(problems)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", type=int, action="append")
    parser.add_argument("--arch", choices=ARCHITECTURES, action="append")
    arguments = parser.parse_args()
    try:
        labs = read_labs()
        wanted = arguments.lab or list(labs)
        problems = check_texts(labs, wanted)
        lock = threading.Lock()
        checkers = [Checker(arch, labs, lock) for arch in arguments.arch or ARCHITECTURES]
        with ThreadPoolExecutor(len(checkers)) as pool:
            list(pool.map(lambda checker: [checker.check(labs[number]) for number in wanted], checkers))
    except (LabError, KeyError) as error:
        print(f"labs-check: {error}", file=sys.stderr)
        return 2
    problems += sum(len(checker.problems) for checker in checkers)
    print(f"labs-check: {problems} problems" if problems else "labs-check: all labs are as they should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
