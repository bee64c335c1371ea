# SPDX-License-Identifier: MIT
"""Random sequences of operations on several processes, judged by the model.

A sequence is symbolic: a token is written as what it is the token of, so that a sequence still means something
when operations are taken out of it. `render` turns it into lines for a kernel and the answers that the model
expects; `first_difference` compares; `shrink` finds the shortest sequence that still fails.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import model
from model import World, WouldBlock

Operation = tuple  # (process, name, argument…); an argument is a number or the name of a token


# ---- Names of tokens -----------------------------------------------------------------------------


class Names:
    """What the symbolic arguments of one run stand for: `t5` the present token of slot 5, `b5.20` the same with
    bit 20 changed, `h3` a token that the process got before; `2:t5` is process 2's."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.history: dict[int, list[int]] = {}

    def present(self, process: int, slot: int) -> int:
        table = self.world.processes[process].table
        return table.token(slot) if table.slots[slot].object is not None else slot

    def value(self, process: int, argument: int | str) -> int:
        if isinstance(argument, int):
            return argument
        owner, separator, rest = argument.rpartition(":")
        if separator:
            return self.value(int(owner), rest)
        if argument[0] == "t":
            return self.present(process, int(argument[1:]))
        if argument[0] == "b":
            slot, _, bit = argument[1:].partition(".")
            flipped = self.present(process, int(slot)) ^ (1 << int(bit))
            return flipped - (1 << 64) if flipped >= 1 << 63 else flipped
        seen = self.history.get(process, [])
        return seen[int(argument[1:]) % len(seen)] if seen else 0

    def note(self, process: int, name: str, answer: int | tuple[int, ...]) -> None:
        first = answer[0] if isinstance(answer, tuple) and name == "transfer" else answer
        if name in ("get_token", "transfer") and isinstance(first, int) and first > 0:
            self.history.setdefault(process, []).append(first)


@dataclass
class Rendered:
    """What was run: the operations that the model could do, as lines, and its answers."""

    operations: list[Operation] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    answers: list[int | tuple[int, ...]] = field(default_factory=list)


class Run:
    """A world and what has been done in it."""

    def __init__(self) -> None:
        self.world = World()
        self.names = Names(self.world)
        self.rendered = Rendered()

    def do(self, operation: Operation) -> bool:
        """False if the process is gone or would wait: then nothing has been done."""
        process, name, *arguments = operation
        if process not in self.world.processes:
            return False
        numbers = [self.names.value(process, argument) for argument in arguments]
        try:
            answer = self.world.apply(process, name, numbers)
        except WouldBlock:
            return False
        self.names.note(process, name, answer)
        self.rendered.operations.append(operation)
        self.rendered.lines.append(" ".join([str(process), name, *map(str, numbers)]))
        self.rendered.answers.append(answer)
        return True


def render(operations: Sequence[Operation]) -> Rendered:
    run = Run()
    for operation in operations:
        run.do(operation)
    return run.rendered


# ---- Making them up ------------------------------------------------------------------------------

WEIGHTS = {
    "open": 6,
    "pipe": 4,
    "semaphore_create": 2,
    "queue_create": 2,
    "close": 8,
    "dup": 6,
    "dup2": 6,
    "read": 5,
    "write": 5,
    "lseek": 2,
    "semaphore_post": 2,
    "semaphore_try": 2,
    "queue_send": 2,
    "queue_receive": 2,
    "get_token": 5,
    "drop": 6,
    "stat": 10,
    "setflags": 3,
    "accept": 1,
    "transfer": 12,
    "revoke": 7,
    "fork": 2,
    "spawn": 4,
    "exit": 3,
    "dup_many": 0.3,
    "deny": 0.1,
}
PROCESSES_MAX = 6
ODD_SLOTS = (-1, model.ORDINARY - 1, model.ORDINARY, model.SLOTS - 1, model.SLOTS, 1 << 32, -(1 << 63), (1 << 63) - 1)


class Generator:
    """One sequence, made together with its run, since what comes next depends on what is there."""

    def __init__(self, seed: int, weights: dict[str, float] | None = None) -> None:
        self.random = random.Random(seed)
        self.run = Run()
        chosen = weights or WEIGHTS
        self.names = list(chosen)
        self.cumulative = [sum(list(chosen.values())[: i + 1]) for i in range(len(chosen))]

    def sequence(self, length: int) -> Rendered:
        while len(self.run.rendered.lines) < length:
            process = self.random.choice(list(self.run.world.processes))
            name = self.random.choices(self.names, cum_weights=self.cumulative)[0]
            arguments = getattr(self, "arguments_of_" + name, self.one_slot)(process)
            if arguments is not None:
                self.run.do((process, name, *arguments))
        return self.run.rendered

    def slot(self, process: int) -> int:
        table = self.run.world.processes[process].table
        kind = self.random.random()
        if kind < 0.85:
            live = [index for index, slot in enumerate(table.slots) if slot.object is not None]
            if live:
                return self.random.choice(live)
        return self.random.randrange(14) if kind < 0.95 else self.random.choice(ODD_SLOTS)

    def token(self, process: int, kind: int | None = None) -> int | str:
        table = self.run.world.processes[process].table
        chance = self.random.random()
        if chance < 0.1:
            return f"h{self.random.randrange(1000)}"
        if chance < 0.13:
            return self.random.getrandbits(64) - (1 << 63)
        live = [i for i, slot in enumerate(table.slots) if slot.object is not None and kind in (None, slot.object.kind)]
        slot = self.random.choice(live) if live else self.random.randrange(14)
        return f"b{slot}.{self.random.randrange(64)}" if chance < 0.2 else f"t{slot}"

    def someone(self) -> int:
        """A process that is there, has been or never was."""
        if self.random.random() < 0.9:
            return self.random.choice(list(self.run.world.processes))
        return self.random.choice((0, -1, 1 << 30, self.random.randint(1, self.run.world.last_number)))

    def open_flags(self) -> int:
        flags = self.random.choice((0, 1, 2, 2, 2, 3))
        if self.random.random() < 0.6:
            flags |= model.O_GRANT
        return flags | (model.O_CLOEXEC if self.random.random() < 0.15 else 0)

    # ---- The arguments of each ----

    def one_slot(self, process: int) -> list[int | str] | None:
        return [self.slot(process)]

    def arguments_of_open(self, process: int) -> list[int | str]:
        return [self.open_flags()]

    def arguments_of_pipe(self, process: int) -> list[int | str]:
        return []

    def arguments_of_semaphore_create(self, process: int) -> list[int | str]:
        return [self.random.randrange(3), self.random.randrange(4)]

    def arguments_of_queue_create(self, process: int) -> list[int | str]:
        return [self.random.choice((0, 1, 2, 64, 65)), self.random.choice((1, 1024, 0, 1025))]

    def arguments_of_lseek(self, process: int) -> list[int | str]:
        return [self.slot(process), self.random.randrange(-3, 20), self.random.randrange(4)]

    def arguments_of_dup2(self, process: int) -> list[int | str]:
        return [self.slot(process), self.slot(process) if self.random.random() < 0.5 else self.random.randrange(20)]

    def arguments_of_dup_many(self, process: int) -> list[int | str]:
        return [self.slot(process), self.random.choice((3, 200))]

    def arguments_of_get_token(self, process: int) -> list[int | str]:
        slot = self.slot(process)
        item = self.run.world.processes[process].table.slots[slot].object if 0 <= slot < model.SLOTS else None
        right = item is not None and self.random.random() < 0.8
        return [slot, item.kind if right and item is not None else self.random.randrange(12)]

    def arguments_of_drop(self, process: int) -> list[int | str]:
        return [self.token(process)]

    def arguments_of_setflags(self, process: int) -> list[int | str]:
        return [self.slot(process), self.random.choice((0, 1, 1, 2, 3, -1))]

    def arguments_of_accept(self, process: int) -> list[int | str]:
        return [self.random.choice((0, 1, 2, 2, 2, 3, -1))]

    def arguments_of_transfer(self, process: int) -> list[int | str]:
        rights = self.random.choice((0, 1, 1, 2, 3, 3, 4, 8, 9, 1 << 40))
        return [self.token(process), self.someone(), rights, int(self.random.random() < 0.95)]

    def arguments_of_revoke(self, process: int) -> list[int | str]:
        return [self.token(process, model.DELEGATE if self.random.random() < 0.9 else None)]

    def arguments_of_fork(self, process: int) -> list[int | str] | None:
        return [] if len(self.run.world.processes) < PROCESSES_MAX else None

    def arguments_of_exit(self, process: int) -> list[int | str] | None:
        return [] if process != model.FIRST else None

    def arguments_of_deny(self, process: int) -> list[int | str] | None:
        # The first one's children inherit it, and its table must stay usable.
        return [self.random.randrange(len(model.DENIABLE))] if process != model.FIRST else None

    def arguments_of_spawn(self, process: int) -> list[int | str] | None:
        if len(self.run.world.processes) >= PROCESSES_MAX:
            return None
        words: list[int | str] = [self.random.choice((0, 1, 2, 2))]
        for _ in range(self.random.randrange(4)):
            kind = self.random.choice((1, 2, 2, 3))
            slot = self.random.randrange(6) if self.random.random() < 0.9 else self.random.choice((-1, 112, 127, 128))
            words += [kind, slot, self.random.randrange(8), self.open_flags() if kind == 1 else 0]
        return words


# ---- Comparing -----------------------------------------------------------------------------------


class Pairs:
    """Numbers of the kernel's own choice, paired with the model's: one to one, and always the same."""

    def __init__(self) -> None:
        self.ours: dict[int, int] = {0: 0}
        self.theirs: dict[int, int] = {0: 0}

    def agree(self, ours: int, theirs: int) -> bool:
        return self.ours.setdefault(ours, theirs) == theirs and self.theirs.setdefault(theirs, ours) == ours


@dataclass
class Difference:
    index: int  # of the operation
    line: str
    expected: str
    actual: str


def agrees(expected: int | tuple[int, ...], actual: str, name: str, grants: Pairs, objects: Pairs) -> bool:
    try:
        numbers = tuple(int(word) for word in actual.split())
    except ValueError:
        return False
    if isinstance(expected, int):
        return numbers == (expected,)
    if name != "stat":
        return numbers == expected
    same = len(numbers) == len(expected) and numbers[:5] == expected[:5]
    return same and grants.agree(expected[5], numbers[5]) and objects.agree(expected[6], numbers[6])


def first_difference(rendered: Rendered, actual: Sequence[str]) -> Difference | None:
    grants, objects = Pairs(), Pairs()
    for index, expected in enumerate(rendered.answers):
        given = actual[index] if index < len(actual) else "no answer"
        if not agrees(expected, given, rendered.operations[index][1], grants, objects):
            text = " ".join(map(str, expected)) if isinstance(expected, tuple) else str(expected)
            return Difference(index, rendered.lines[index], text, given)
    return None


# ---- Shrinking -----------------------------------------------------------------------------------


def without(operations: Sequence[Operation], size: int) -> Iterator[list[Operation]]:
    """The sequence less each of its parts of that size, from the end."""
    for start in range(max(len(operations) - size, 0), -1, -size):
        yield [*operations[:start], *operations[start + size :]]


def shrink(operations: Sequence[Operation], fails: Callable[[Sequence[Operation]], bool]) -> list[Operation]:
    """The shortest sequence that can be had by leaving operations out and that still fails."""
    current, size = list(operations), max(len(operations) // 2, 1)
    while size >= 1:
        for shorter in without(current, size):
            if len(shorter) < len(current) and fails(shorter):
                current = shorter
                break
        else:
            size //= 2
    return current
