# SPDX-License-Identifier: MIT
"""Labs as their manifests describe them: labs/NN-name/lab.toml. A mistake in one is a LabError that names it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    import tomllib
except ImportError:  # before Python 3.11
    import tomli as tomllib  # type: ignore[no-redef]

from model import World
from sequences import Operation
from words import CONSTANTS, ERRORS

ROOT = Path(__file__).resolve().parent.parent


class LabError(Exception):
    """A lab cannot be used as it is; the text says why."""


@dataclass
class Stub:
    """A function that the student writes. `body` replaces its own, None: it is not there at all."""

    file: str
    function: str
    body: str | None


@dataclass
class RandomPlan:
    """How random sequences of operations are made up."""

    sequences: int
    length: int
    weights: dict[str, float]
    open_flags: list[int]


@dataclass
class LabTest:
    lab: int
    name: str
    title: str
    property: str
    points: int
    hint: str
    read: str  # what to read: a place in the book
    needs: list[str]
    leaves_nothing: bool
    one_cpu: bool  # with counted instructions: nothing happens at the same time
    operations: list[Operation] = field(default_factory=list)
    answers: list[str | None] = field(default_factory=list)  # as the manifest says, to be checked
    random: RandomPlan | None = None


@dataclass
class Lab:
    number: int
    directory: Path
    name: str
    title: str
    version: int
    hours: int
    prerequisites: list[int]
    properties: list[str]
    hand_in: list[str]
    stubs: list[Stub]
    model: list[str]  # of the reference model: what belongs to this lab
    tests: list[LabTest]

    @property
    def points(self) -> int:
        return sum(test.points for test in self.tests)


# ---- Operations ----------------------------------------------------------------------------------

TOKEN = re.compile(r"([0-9]+:)?(t[0-9]+|b[0-9]+\.[0-9]+|h[0-9]+)")


def parse_argument(word: str) -> int | str:
    if re.fullmatch(r"-?[0-9]+", word):
        return int(word)
    if TOKEN.fullmatch(word):
        return word
    parts = word.split("+")
    unknown = [part for part in parts if part not in CONSTANTS]
    if unknown:
        raise LabError(f"'{unknown[0]}' is neither a number, a token nor a known name")
    return sum(CONSTANTS[part] for part in parts)


def parse_operations(text: str) -> tuple[list[Operation], list[str | None]]:
    """Lines `PROCESS NAME ARGUMENTS… [-> ANSWER]`; # begins a comment."""
    operations: list[Operation] = []
    answers: list[str | None] = []
    for line in text.splitlines():
        content, arrow, answer = line.partition("#")[0].partition("->")
        words = content.split()
        if not words:
            continue
        if len(words) < 2 or not words[0].isdigit():
            raise LabError(f"not an operation: {line.strip()}")
        if not hasattr(World, "do_" + words[1].lstrip("&")):
            raise LabError(f"there is no operation {words[1]}: {line.strip()}")
        operations.append((int(words[0]), words[1], *map(parse_argument, words[2:])))
        answers.append(answer.strip() if arrow else None)
    return operations, answers


def answer_is(written: str, answer: int | tuple[int, ...]) -> bool:
    """Whether an answer is the one that a manifest has written down."""
    first = answer[0] if isinstance(answer, tuple) else answer
    if written in ERRORS.values():
        return first < 0 and ERRORS.get(-first) == written
    if written == "ok":
        return first >= 0
    return re.fullmatch(r"-?[0-9]+", written) is not None and first == int(written)


# ---- Manifests -----------------------------------------------------------------------------------


def take(table: Mapping[str, Any], name: str, kind: type, default: Any = None) -> Any:
    value = table.get(name, default)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise LabError(f"'{name}' is missing or is not a {kind.__name__}")
    return value


def refuse_unknown(table: Mapping[str, Any], known: Sequence[str]) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise LabError(f"'{unknown[0]}' is not known here; known: {', '.join(known)}")


def read_stub(table: Mapping[str, Any]) -> Stub:
    refuse_unknown(table, ("file", "function", "body", "remove"))
    if ("body" in table) == take(table, "remove", bool, False):
        raise LabError(f"the stub of {table.get('function')} needs either a body or remove = true")
    return Stub(take(table, "file", str), take(table, "function", str), table.get("body"))


def read_random(table: Mapping[str, Any]) -> RandomPlan:
    refuse_unknown(table, ("sequences", "length", "calls", "open"))
    weights: dict[str, float] = {}
    for word in take(table, "calls", str).split():
        name, _, weight = word.partition("=")
        if not hasattr(World, "do_" + name):
            raise LabError(f"there is no operation {name}")
        weights[name] = float(weight or 1)
    flags = [int(parse_argument(word)) for word in take(table, "open", str, "O_RDWR+O_GRANT").split()]
    return RandomPlan(take(table, "sequences", int), take(table, "length", int), weights, flags)


def read_test(lab: int, table: Mapping[str, Any]) -> LabTest:
    known = ("name", "title", "property", "points", "hint", "read", "needs", "leaves_nothing", "one_cpu", "operations", "random")
    refuse_unknown(table, known)
    name = take(table, "name", str)
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise LabError(f"'{name}' is not a name of small letters, digits and -")
    if ("operations" in table) == ("random" in table):
        raise LabError(f"test {name} needs either operations or random")
    texts = [take(table, key, str) for key in ("title", "property")]
    hint, read = (take(table, key, str) for key in ("hint", "read"))
    points = take(table, "points", int)
    if points < 0:
        raise LabError(f"test {name} has {points} points")
    flags = [take(table, key, bool, False) for key in ("leaves_nothing", "one_cpu")]
    test = LabTest(lab, name, *texts, points, hint, read, take(table, "needs", list, []), *flags)
    if "random" in table:
        test.random = read_random(table["random"])
    else:
        test.operations, test.answers = parse_operations(take(table, "operations", str))
    return test


def check_names(tests: Sequence[LabTest]) -> None:
    seen: set[str] = set()
    for test in tests:
        missing = [name for name in test.needs if name not in seen]
        if missing:
            raise LabError(f"test {test.name} needs {missing[0]}, which is no test before it")
        if test.name in seen:
            raise LabError(f"there are two tests {test.name}")
        seen.add(test.name)


def read_lab(path: Path) -> Lab:
    try:
        table = tomllib.loads(path.read_text())
        refuse_unknown(table, ("title", "version", "hours", "prerequisites", "properties", "hand_in", "model", "stub", "test"))
        number = int(path.parent.name.partition("-")[0])
        tests = [read_test(number, item) for item in take(table, "test", list)]
        check_names(tests)
        return Lab(
            number,
            path.parent,
            path.parent.name.partition("-")[2],
            take(table, "title", str),
            take(table, "version", int),
            take(table, "hours", int),
            take(table, "prerequisites", list, []),
            take(table, "properties", list),
            take(table, "hand_in", list),
            [read_stub(item) for item in take(table, "stub", list, [])],
            take(table, "model", list, []),
            tests,
        )
    except (LabError, tomllib.TOMLDecodeError, ValueError) as error:
        raise LabError(f"{path}: {error}") from error


def read_labs(root: Path = ROOT) -> dict[int, Lab]:
    """All labs of a tree, by their numbers."""
    labs = [read_lab(path) for path in sorted((root / "labs").glob("[0-9][0-9]-*/lab.toml"))]
    return {lab.number: lab for lab in labs}


def find_lab(number: int, root: Path = ROOT) -> Lab:
    labs = read_labs(root)
    if number not in labs:
        raise LabError(f"there is no lab {number}; there are {', '.join(map(str, labs)) or 'none'}")
    return labs[number]
