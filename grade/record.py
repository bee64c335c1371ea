# SPDX-License-Identifier: MIT
"""The record of one grading, from which every report is made. As JSON it is what `--json` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trial import Step
from words import Row, TablePair

PASS, FAIL, SKIPPED, ERROR = "pass", "fail", "skipped", "error"
OUTCOMES = (PASS, FAIL, SKIPPED, ERROR)


@dataclass
class TestRecord:
    """One test. `error` is the grader's own failure, and never the student's zero."""

    name: str
    title: str
    property: str
    points: int
    outcome: str
    seconds: float = 0.0
    message: str = ""  # one line, if it has not passed
    hint: str = ""
    read: str = ""
    replay: str = ""  # the command that does it again
    steps: list[Step] = field(default_factory=list)
    tables: list[TablePair] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    @property
    def score(self) -> int:
        return self.points if self.outcome == PASS else 0


@dataclass
class Record:
    lab: int
    title: str
    version: int
    machine: str
    cpus: int
    seed: int
    tests: list[TestRecord] = field(default_factory=list)
    seconds: float = 0.0
    where: dict[str, float] = field(default_factory=dict)  # seconds by what they went to
    notes: list[str] = field(default_factory=list)

    @property
    def score(self) -> int:
        return sum(test.score for test in self.tests)

    @property
    def maximum(self) -> int:
        return sum(test.points for test in self.tests)

    @property
    def is_complete(self) -> bool:
        """Without an error of the grader's own: only then is the score one."""
        return all(test.outcome != ERROR for test in self.tests)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


def record_from(table: Mapping[str, Any]) -> Record:
    """The inverse of to_json(), for reports made later."""
    values = dict(table)
    values["tests"] = [test_from(test) for test in table["tests"]]
    return Record(**values)


def test_from(table: Mapping[str, Any]) -> TestRecord:
    values = dict(table)
    values["steps"] = [Step(**step) for step in table["steps"]]
    values["tables"] = [pair_from(pair) for pair in table["tables"]]
    return TestRecord(**values)


def pair_from(table: Mapping[str, Any]) -> TablePair:
    actual = table["actual"]
    rows = None if actual is None else [Row(**row) for row in actual]
    return TablePair(table["process"], [Row(**row) for row in table["expected"]], rows)


def read_record(path: Path) -> Record:
    return record_from(json.loads(path.read_text()))
