# SPDX-License-Identifier: MIT
"""One test on one kernel: the same operations go to the kernel and to the model, and the answers must agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from guest import ROOT, Guest, GuestError
from model import FIRST, World
from sequences import Names, Operation, Pairs, agrees
from tables import Waiting
from words import Row, TablePair, describe_answer, describe_operation

NOBODY = 1 << 29  # a process number that no kernel gives out
MAKES_PROCESS = ("fork", "spawn")


@dataclass
class Step:
    """An operation and what came of it, in words."""

    text: str
    expected: str
    actual: str
    good: bool


@dataclass
class Trace:
    """What happened. Without a failure `problem` is empty."""

    steps: list[Step] = field(default_factory=list)
    tables: list[TablePair] = field(default_factory=list)
    problem: str = ""
    kind: str = ""  # of a problem: answer, or a GuestError's
    console: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.problem


class Mismatch(Exception):
    def __init__(self, step: Step) -> None:
        super().__init__(step.text)
        self.step = step


def integers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in text.split())
    except ValueError:
        return ()


class Trial:
    """A world in the model and its twin in the kernel, both new."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.world = World(reaper=0)
        self.names = Names(self.world)
        self.trace = Trace()
        self.grants, self.objects = Pairs(), Pairs()
        self.waiting: dict[int, tuple[Operation, Waiting]] = {}
        self.pids: dict[int, int] = {0: ROOT}
        self.current: Operation | None = None  # which has no answer yet
        self.strays: list[int] = []  # processes that should not be there

    # ---- All of it ----

    def run(self, operations: Sequence[Operation], leaves_nothing: bool = False) -> Trace:
        try:
            before = self.objects_live()
            self.pids[FIRST] = self.begin()
            for operation in operations:
                self.do(operation)
            self.check_nothing_ends()
            self.end()
            if leaves_nothing and self.objects_live() != before:
                difference = self.objects_live() - before
                raise Mismatch(Step("all processes end", "nothing is left of what they had", f"{difference:+} objects", False))
        except Mismatch as mismatch:
            self.trace.steps.append(mismatch.step)
            self.trace.problem, self.trace.kind = "the answer is not what the specification says", "answer"
            self.finish_after_mismatch()
        except GuestError as error:
            self.note_end(error)
        return self.trace

    def begin(self) -> int:
        answer = integers(self.guest.numbers(ROOT, "begin"))
        if len(answer) != 1 or answer[0] <= 0:
            raise Mismatch(Step("the first process of the test", "starts", describe_answer("begin", answer), False))
        return answer[0]

    def objects_live(self) -> int:
        answer = integers(self.guest.numbers(ROOT, "resources"))
        return answer[1] if len(answer) == 2 else -1

    def note_end(self, error: GuestError) -> None:
        self.trace.problem, self.trace.kind, self.trace.console = error.message, error.kind, error.details
        if self.current is not None:
            self.trace.steps.append(Step(describe_operation(self.current), "an answer", "none", False))

    def finish_after_mismatch(self) -> None:
        """The tables of everybody, and then the end of all processes, as far as the kernel still goes on."""
        try:
            self.trace.tables = [self.table(number) for number in sorted(self.world.processes)]
            self.end()
        except GuestError as error:
            self.trace.console = error.details

    def end(self) -> None:
        live = [self.pids[number] for number in self.world.processes if number in self.pids]
        for pid in live + self.strays:
            self.guest.numbers(ROOT, f"kill {pid}")
            self.guest.numbers(ROOT, f"ended {pid}")

    # ---- One operation ----

    def do(self, operation: Operation) -> None:
        process, name, *arguments = operation
        if process not in self.world.processes:
            return
        self.current = operation
        numbers = [self.names.value(process, argument) for argument in arguments]
        line = " ".join([name, *map(str, self.translate(name, numbers))])
        if name.startswith("&"):
            self.do_waiting(operation, line, numbers)
        else:
            self.do_now(operation, line, numbers)
        self.settle()
        self.current = None

    def translate(self, name: str, numbers: list[int]) -> list[int]:
        """The model's process number in a transfer becomes the kernel's."""
        if name == "transfer" and numbers[1] > 0:
            numbers = [numbers[0], self.pids.get(numbers[1], NOBODY), *numbers[2:]]
        return numbers

    def do_now(self, operation: Operation, line: str, numbers: list[int]) -> None:
        process, name, *_ = operation
        expected = self.world.apply(process, name, numbers)
        if name == "exit":
            self.guest.send(self.pids[process], line)
            actual = self.guest.numbers(ROOT, f"ended {self.pids[process]}")
        else:
            actual = self.guest.numbers(self.pids[process], line)
        self.names.note(process, name, expected)
        self.judge(operation, expected, actual)

    def do_waiting(self, operation: Operation, line: str, numbers: list[int]) -> None:
        process, name, *_ = operation
        expected = self.world.begin(process, name[1:], numbers)
        self.guest.send(self.pids[process], line)
        self.guest.answer(self.pids[process], line)  # that it has begun
        if not isinstance(expected, Waiting):
            self.judge((process, name[1:], *operation[2:]), expected, self.guest.answer(self.pids[process], line)[-1][1:])
            return
        self.waiting[process] = (operation, expected)
        self.trace.steps.append(Step(describe_operation(operation), "waits", "waits", True))

    def judge(self, operation: Operation, expected: int | tuple[int, ...], actual: str) -> None:
        process, name, *_ = operation
        numbers = integers(actual)
        if name in MAKES_PROCESS:
            good = self.meet(expected, numbers)
        elif name in ("getpid", "getppid"):
            good = isinstance(expected, int) and numbers == (self.pids.get(expected, expected),)
        else:
            good = agrees(expected, actual, name, self.grants, self.objects)
        if name in MAKES_PROCESS and good and isinstance(expected, int) and expected > 0:
            numbers = (expected,)  # the test's own number for it
        shown = describe_answer(name, numbers) if numbers else f"no number: {actual[:60]!r}"
        step = Step(describe_operation(operation), describe_answer(name, expected), shown, good)
        if not good:
            raise Mismatch(step)
        self.trace.steps.append(step)

    def meet(self, expected: int | tuple[int, ...], numbers: tuple[int, ...]) -> bool:
        """A new process, or an error."""
        if len(numbers) != 1 or not isinstance(expected, int):
            return False
        if expected < 0:
            self.strays += [numbers[0]] if numbers[0] > 0 else []
            return numbers[0] == expected
        self.pids[expected] = numbers[0] if numbers[0] > 0 else NOBODY
        return numbers[0] > 0

    # ---- Operations in the background ----

    def settle(self) -> None:
        """Those that have now ended must answer, and those that wait must not."""
        for process, (operation, waiting) in list(self.waiting.items()):
            if process not in self.world.processes:
                del self.waiting[process]
                continue
            answer = waiting.settle()
            if answer is None:
                self.check_waits(process, operation)
                continue
            del self.waiting[process]
            self.expect_end(process, operation, answer)

    def expect_end(self, process: int, operation: Operation, answer: int) -> None:
        pid, name = self.pids[process], operation[1][1:]
        self.guest.numbers(ROOT, f"asleep {pid}")
        if not self.guest.has_answer(pid):
            # It may have been woken and not yet have run; the next look is final.
            self.guest.numbers(ROOT, f"asleep {pid}")
        if not self.guest.has_answer(pid):
            step = Step(describe_operation(operation), f"ends with {describe_answer(name, answer)}", "still waits", False)
            raise Mismatch(step)
        self.judge((process, name, *operation[2:]), answer, self.guest.answer(pid, name)[-1][1:])

    def check_waits(self, process: int, operation: Operation) -> None:
        pid, name = self.pids[process], operation[1][1:]
        self.guest.numbers(ROOT, f"asleep {pid}")
        if self.guest.has_answer(pid):
            actual = integers(self.guest.answer(pid, name)[-1][1:])
            raise Mismatch(Step(describe_operation(operation), "waits", f"ended with {describe_answer(name, actual)}", False))

    def check_nothing_ends(self) -> None:
        for process, (operation, _) in self.waiting.items():
            self.check_waits(process, operation)

    # ---- Tables ----

    def table(self, number: int) -> TablePair:
        process = self.world.processes[number]
        expected = [Row(index, *self.world.do_stat(process, index)[:6]) for index in process.table.live()]
        pid = self.pids.get(number, NOBODY)
        if pid == NOBODY or number in self.waiting:
            return TablePair(number, expected, None)
        rows = [integers(line[1:]) for line in self.guest.ask(pid, "table")[:-1]]
        return TablePair(number, expected, [Row(*row[:7]) for row in rows if len(row) == 8])
