#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compares the kernel's capability calls with the reference model: random operations of several processes, on the
portable kernel as a program of this machine (tests/host/model), under its sanitizers.

    tests/model.py BACKEND                         many worlds; N operations agree, or the shortest that do not
    tests/model.py BACKEND --seed S --worlds 1     one of them again
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "grade"))

from sequences import Difference, Generator, Operation, Rendered, first_difference, render, shrink  # noqa: E402

LENGTH = 2000  # operations of one world
END = "1 end"
NOTHING_LEFT = "0 0 0 0 0"  # objects; and in the ledger objects, slots, processes, pages


class Backend:
    """The kernel that is asked; one process for all worlds, until one of them ends it."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None

    def answers(self, lines: Sequence[str]) -> list[str]:
        """What a fresh kernel answers to these lines; the last answer says how the kernel ended."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen([str(self.program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin is not None and self.process.stdout is not None
        text = ("\n".join(lines) + "\n").encode()
        self.process.stdin.write(f"{len(text)}\n".encode() + text)
        self.process.stdin.flush()
        answers: list[str] = []
        for line in iter(self.process.stdout.readline, b""):
            answers.append(line.decode().strip())
            if answers[-1].startswith("world "):
                return answers
        return [*answers, "the kernel's program ended"]

    def difference(self, rendered: Rendered) -> Difference | None:
        """Where kernel and model differ first."""
        answers = self.answers([*rendered.lines, END])
        found = first_difference(rendered, answers[: len(rendered.lines)])
        if found is None and answers[len(rendered.lines) :] != [NOTHING_LEFT, "world 0"]:
            rest = ", ".join(answers[len(rendered.lines) :])
            found = Difference(len(rendered.lines), END, f"{NOTHING_LEFT}, world 0", rest)
        return found


def explain(backend: Backend, program: str, seed: int, rendered: Rendered, length: int) -> None:
    def fails(operations: Sequence[Operation]) -> bool:
        return backend.difference(render(operations)) is not None

    shortest = render(shrink(rendered.operations, fails))
    difference = backend.difference(shortest)
    assert difference is not None
    print(f"kernel and model differ; of {len(rendered.lines)} operations these are needed:")
    for line, answer in zip(shortest.lines, shortest.answers):
        print(f"  {line:<50} {answer}")
    print(f"at `{difference.line}` the model answers {difference.expected}, the kernel {difference.actual}")
    print(f"again: tests/model.py {program} --seed {seed} --worlds 1 --length {length}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backend", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--length", type=int, default=LENGTH)
    options = parser.parse_args()
    backend = Backend(options.backend)
    done = 0
    for seed in range(options.seed, options.seed + options.worlds):
        rendered = Generator(seed).sequence(options.length)
        if backend.difference(rendered) is not None:
            explain(backend, str(options.backend), seed, rendered, options.length)
            return 1
        done += len(rendered.lines)
    print(f"{done} operations in {options.worlds} worlds: kernel and model agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
