# SPDX-License-Identifier: MIT
"""The report of a grading for a terminal or a log."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TextIO

from record import ERROR, FAIL, PASS, SKIPPED, Record, TestRecord
from words import draw_table

WORDS = {PASS: "pass", FAIL: "FAIL", SKIPPED: "skipped", ERROR: "ERROR"}
COLOURS = {PASS: "32", FAIL: "31", SKIPPED: "33", ERROR: "35"}
STEPS_SHOWN = 24
CONSOLE_SHOWN = 12
WIDTH = 110


def paint(text: str, outcome: str, stream: TextIO) -> str:
    """Colour says nothing that the text does not say."""
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{COLOURS[outcome]}m{text}\033[0m"


def line_of(test: TestRecord, stream: TextIO = sys.stdout) -> str:
    word = paint(WORDS[test.outcome].ljust(8), test.outcome, stream)
    return f"  {word} {test.score:3}/{test.points:<3} {test.property:<4} {test.name:<18} {test.title}"


def explanation(test: TestRecord) -> list[str]:
    """What a student should see of a test that has not passed."""
    lines = [f"{test.name}: {test.title} ({test.property})", f"  {test.message}"]
    if test.steps:
        lines += ["", "  What was done:"]
        hidden = max(len(test.steps) - STEPS_SHOWN, 0)
        lines += [f"    … {hidden} operations that went well"] if hidden else []
        for step in test.steps[hidden:]:
            lines.append(f"    {step.text:<48} {step.actual}")
            if not step.good:
                lines.append(f"    {'':<48} expected: {step.expected}")
    for pair in test.tables:
        lines += [""] + ["    " + line for line in draw_table(pair)]
    if test.console:
        lines += ["", "  The last lines that the kernel printed:"]
        lines += ["    " + line[:160] for line in test.console[-CONSOLE_SHOWN:]]
    if test.hint:
        lines += ["", *textwrap.wrap(test.hint, WIDTH, initial_indent="  Likely: ", subsequent_indent="          ")]
    if test.read:
        lines.append(f"  Read:   the book, {test.read}")
    if test.replay:
        lines.append(f"  Again:  {test.replay}")
    return lines


def print_summary(record: Record, stream: TextIO = sys.stdout) -> None:
    for test in record.tests:
        if test.outcome in (FAIL, ERROR):
            print("", *explanation(test), sep="\n", file=stream)
            if test.message.startswith(("the kernel does not boot", "it does not compile", "the grader")):
                break  # it is the same for all
    print(file=stream)
    counts = {outcome: sum(test.outcome == outcome for test in record.tests) for outcome in WORDS}
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    times = ", ".join(f"{what} {seconds:.1f}" for what, seconds in record.where.items())
    print(f"lab {record.lab} on {record.machine}, {record.cpus} CPUs, seed {record.seed}: {words}; {record.seconds:.1f} s ({times})", file=stream)
    for note in record.notes:
        print(note, file=stream)
    if record.is_complete:
        print(f"score {record.score}/{record.maximum}", file=stream)
    else:
        print("no score: the grader could not do all of its work; see ERROR above", file=stream)
