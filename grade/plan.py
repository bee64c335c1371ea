# SPDX-License-Identifier: MIT
"""What a test of a manifest comes to: lists of operations, written down or made up from a seed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from manifest import LabTest, RandomPlan, answer_is
from model import World
from sequences import Generator, Names, Operation
from tables import Waiting

Answer = int | tuple[int, ...] | None


class LabGenerator(Generator):
    """Sequences of a lab's operations, with the ways to open that its handout supports."""

    def __init__(self, seed: int, plan: RandomPlan) -> None:
        super().__init__(seed, plan.weights)
        self.plan = plan

    def open_flags(self) -> int:
        return self.random.choice(self.plan.open_flags)


def sequences_of(test: LabTest, seed: int) -> list[list[Operation]]:
    """The sequences that a test runs, each on processes of its own."""
    if test.random is None:
        return [test.operations]
    first = seed * 1_000_003 + zlib.crc32(test.name.encode())
    plan = test.random
    return [LabGenerator(first + index, plan).sequence(plan.length).operations for index in range(plan.sequences)]


def rehearse(operations: Sequence[Operation]) -> list[Answer]:
    """What the model answers to each; None for one that has to wait."""
    world = World(reaper=0)
    names = Names(world)
    answers: list[Answer] = []
    waiting: list[Waiting] = []
    for process, name, *arguments in operations:
        if process not in world.processes:
            answers.append(None)
            continue
        numbers = [names.value(process, argument) for argument in arguments]
        begun = world.begin(process, name.lstrip("&"), numbers)
        if isinstance(begun, Waiting):
            waiting.append(begun)
            answers.append(None)
        else:
            names.note(process, name, begun)
            answers.append(begun)
        waiting = [item for item in waiting if item.settle() is None]
    return answers


def check_answers(test: LabTest) -> list[str]:
    """Where the model does not answer what the manifest has written down."""
    problems = []
    for operation, written, answer in zip(test.operations, test.answers, rehearse(test.operations)):
        right = answer is None if written == "waits" else answer is not None and (written is None or answer_is(written, answer))
        if not right:
            problems.append(f"lab {test.lab}, test {test.name}: {operation} answers {answer}, not {written}")
    return problems
