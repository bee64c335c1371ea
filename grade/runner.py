# SPDX-License-Identifier: MIT
"""Grades one kernel: boots it, runs a lab's tests, and says what came of each.

Tests share a boot as long as all is well. One that fails in a boot that others have used is run again alone, in a
fresh boot, and only that counts: no test can spoil another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from build import Images
from guest import Guest, GuestError
from machine import Machine, MachineError
from manifest import Lab, LabTest
from plan import sequences_of
from record import ERROR, FAIL, PASS, SKIPPED, Record, TestRecord
from sequences import Operation, shrink
from trial import Trace, Trial

SHRINK_ATTEMPTS = 120
SHRINK_SECONDS = 15.0
BOOTS_IN_VAIN = 2  # then a kernel is not booted any more


class NoBoot(Exception):
    """The kernel does not boot, again."""

    def __init__(self, error: GuestError) -> None:
        super().__init__(error.message)
        self.error = error


@dataclass
class Options:
    cpus: int = 2
    seed: int = 1
    only: Sequence[str] = ()
    log: Path | None = None  # the console of the last boot
    shrinks: bool = True
    ignores_needs: bool = False  # runs a test also if one that it needs has failed
    progress: Callable[[TestRecord], None] = lambda test: None


@dataclass
class Grading:
    """The grading of one kernel."""

    images: Images
    options: Options
    guest: Guest | None = None
    is_fresh: bool = True
    one_cpu: bool = False
    boots_in_vain: int = 0
    where: dict[str, float] = field(default_factory=dict)

    def spend(self, what: str, since: float) -> None:
        self.where[what] = self.where.get(what, 0.0) + time.monotonic() - since

    # ---- Boots ----

    def machine(self) -> Machine:
        cpus = 1 if self.one_cpu else self.options.cpus
        return Machine(self.images.arch, self.images.kernel, self.images.initrd, cpus=cpus, icount=self.one_cpu, icount_sleeps=True)

    def boot(self) -> Guest:
        """The running guest, or a new one."""
        if self.guest is not None and self.guest.machine.icount != self.one_cpu:
            self.end()
        if self.guest is not None:
            return self.guest
        machine = self.machine()
        guest = Guest(machine, self.options.log)
        started = time.monotonic()
        try:
            guest.__enter__()
        except GuestError as error:
            self.boots_in_vain += 1
            if self.boots_in_vain >= BOOTS_IN_VAIN:
                raise NoBoot(error) from error
            return self.boot()
        finally:
            self.spend("boots", started)
        self.boots_in_vain, self.guest, self.is_fresh = 0, guest, True
        return guest

    def end(self) -> None:
        if self.guest is not None:
            self.guest.__exit__()
            self.guest = None

    # ---- Tests ----

    def attempt(self, operations: Sequence[Operation], leaves_nothing: bool) -> Trace:
        guest = self.boot()
        trace = Trial(guest).run(operations, leaves_nothing)
        self.is_fresh = False
        if not trace.good:
            self.end()  # what this kernel is now worth, nobody knows
        return trace

    def run_sequence(self, operations: Sequence[Operation], leaves_nothing: bool) -> Trace:
        self.boot()
        was_fresh = self.is_fresh
        trace = self.attempt(operations, leaves_nothing)
        return trace if trace.good or was_fresh else self.attempt(operations, leaves_nothing)

    def run_test(self, test: LabTest) -> Trace:
        trace = Trace()
        self.one_cpu = test.one_cpu
        for operations in sequences_of(test, self.options.seed):
            trace = self.run_sequence(operations, test.leaves_nothing)
            if trace.good:
                continue
            if test.random is not None and self.options.shrinks:
                started = time.monotonic()
                trace = self.shortest(operations, test.leaves_nothing) or trace
                self.spend("shrinking", started)
            break
        return trace

    def shortest(self, operations: Sequence[Operation], leaves_nothing: bool) -> Trace | None:
        """The trace of the shortest sequence that was found to fail as well."""
        deadline, attempts, found = time.monotonic() + SHRINK_SECONDS, 0, None

        def fails(shorter: Sequence[Operation]) -> bool:
            nonlocal attempts, found
            attempts += 1
            if attempts > SHRINK_ATTEMPTS or time.monotonic() > deadline:
                return False
            trace = self.run_sequence(shorter, leaves_nothing)
            found = found if trace.good else trace
            return not trace.good

        shrink(operations, fails)
        return found

    def record_test(self, test: LabTest) -> TestRecord:
        record = TestRecord(test.name, test.title, test.property, test.points, PASS)
        started = time.monotonic()
        try:
            trace = self.run_test(test)
        except NoBoot as no_boot:
            trace = Trace(problem=f"the kernel does not boot: {no_boot.error.message}", kind=no_boot.error.kind, console=no_boot.error.details)
        except (MachineError, OSError) as error:
            record.outcome, record.message = ERROR, f"the grader could not do its work: {error}"
            return record
        record.seconds = time.monotonic() - started
        if not trace.good:
            record.outcome, record.message = FAIL, trace.problem
            record.hint, record.read = test.hint, test.read
            record.steps, record.tables, record.console = trace.steps, trace.tables, trace.console
            record.replay = f"make grade LAB={test.lab} ARCH={self.images.arch} CPUS={self.options.cpus} SEED={self.options.seed} TEST={test.name}"
        return record


def wanted(lab: Lab, only: Sequence[str]) -> list[LabTest]:
    """The tests that were asked for; by default all."""
    return [test for test in lab.tests if not only or test.name in only]


def grade_images(lab: Lab, images: Images, options: Options) -> Record:
    record = Record(lab.number, lab.title, lab.version, images.arch, options.cpus, options.seed)
    grading = Grading(images, options)
    started = time.monotonic()
    failed: set[str] = set()
    try:
        for test in wanted(lab, options.only):
            missing = [name for name in test.needs if name in failed and not options.ignores_needs]
            if missing:
                result = TestRecord(test.name, test.title, test.property, test.points, SKIPPED, message=f"it needs {missing[0]}")
            else:
                result = grading.record_test(test)
            if result.outcome in (FAIL, SKIPPED):
                failed.add(test.name)
            record.tests.append(result)
            options.progress(result)
    finally:
        grading.end()
    record.seconds = time.monotonic() - started
    grading.where["tests"] = record.seconds - sum(grading.where.values())
    record.where = grading.where
    return record


def record_for_all(lab: Lab, arch: str, options: Options, outcome: str, message: str, details: list[str]) -> Record:
    """When there is nothing to boot: every test has the same result."""
    record = Record(lab.number, lab.title, lab.version, arch, options.cpus, options.seed)
    for test in wanted(lab, options.only):
        result = TestRecord(test.name, test.title, test.property, test.points, outcome, message=message)
        record.tests.append(result)
    if record.tests:
        record.tests[0].console = details
    return record
