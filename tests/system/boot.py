# SPDX-License-Identifier: MIT
"""Booting with bad input: options, memory, CPUs, images. Each gets a clear message, and where the machine
can go on it goes on. And the end: the status that is carried out, and what a panic reports."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from initrd import make_archive, read_archive
from machine import Machine, Outcome, Result as Run
from system.builds import ARCHITECTURES, DEBUG, Build
from system.jobs import Job, Result, log_path

TIMEOUT = 180.0  # seconds; catches what hangs and judges nothing
ENDLESS = 8.0  # what a script without end is given
SCRIPT_OPTIONS = "run=/run/script console=virtio"


@dataclass
class Expected:
    outcome: Outcome
    status: int | None = None
    in_log: tuple[str, ...] = ()  # patterns that the kernel's log must match
    in_message: str = ""  # a pattern that the outcome's message must match
    output: bytes | None = None


@dataclass
class Case:
    name: str
    machine: Machine
    expected: Expected
    timeout: float = TIMEOUT


def complaints(run: Run, log: str, expected: Expected) -> list[str]:
    """What is not as expected."""
    found = []
    if run.outcome is not expected.outcome:
        found.append(f"expected the outcome {expected.outcome.name}, got {run.outcome.name}")
    if expected.status is not None and run.status != expected.status:
        found.append(f"expected status {expected.status}, got {run.status}")
    for pattern in expected.in_log:
        if not re.search(pattern, log):
            found.append(f"the log does not say /{pattern}/")
    if not re.search(expected.in_message, run.message):
        found.append(f"the message does not say /{expected.in_message}/")
    if expected.output is not None and run.output != expected.output:
        found.append(f"expected the output {expected.output!r}, got {run.output!r}")
    return found


def run_case(arch: str, case: Case) -> Result:
    name = f"boot {arch}: {case.name}"
    path = log_path("boot", arch, case.name)
    run = case.machine.run(case.timeout, log=path)
    log = path.read_text(errors="replace") if path.exists() else "(there is none)"
    found = complaints(run, log, case.expected)
    report = "\n".join([*found, f"outcome {run.outcome.name}: {run.message}", *run.details, "log:", log[-1500:]])
    return Result(name, not found, report if found else "", path)


class Cases:
    """The cases for one machine."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.arch = build.arch
        self.initrd = (build.directory / "initrd.tar").read_bytes()
        self.directories, self.files = read_archive(self.initrd)

    def machine(self, **changes) -> Machine:
        """A machine that runs `echo works` and ends, but for the changes."""
        usual = Machine(
            self.arch,
            self.build.directory / "kernel.elf",
            self.archive({"run/script": (b"echo works\nexit 5\n", False)}),
            append=SCRIPT_OPTIONS,
        )
        return replace(usual, **changes)

    def archive(self, changed: dict[str, tuple[bytes, bool]]) -> bytes:
        return make_archive(self.directories, {**self.files, **changed})

    def script(self, text: str) -> bytes:
        return self.archive({"run/script": (text.encode(), False)})

    def smallest(self) -> bytes:
        """What `echo works` needs and no more, whatever else the initrd grows to."""
        needed = {name: self.files[name] for name in ("bin/init", "bin/sh", "bin/echo")}
        return make_archive(self.directories, {**needed, "run/script": (b"echo works\nexit 5\n", False)})

    def works(self, name: str, machine: Machine, *in_log: str) -> Case:
        return Case(name, machine, Expected(Outcome.FINISHED, 5, in_log, output=b"works\n"))

    # ---- Options ---------------------------------------------------------------------------------

    def options(self) -> list[Case]:
        unknown = self.machine(append=f"frobnicate {SCRIPT_OPTIONS} colour=blue")
        long_option = self.machine(append=f"{SCRIPT_OPTIONS} {'x' * 1500}=1")
        no_script = self.machine(append="run=/run/missing console=virtio")
        no_init = self.machine(append=f"{SCRIPT_OPTIONS} init=/bin/missing")
        quiet = self.machine(append=f"{SCRIPT_OPTIONS} quiet")
        return [
            self.works("unknown options", unknown, "frobnicate", "colour=?"),
            self.works("a very long option", long_option),
            Case("a script that is not there", no_script, Expected(Outcome.FINISHED, 127)),
            Case("init= names no file", no_init, Expected(Outcome.FAILED, in_log=("/bin/missing",), in_message="missing")),
            self.works("quiet", quiet),
        ]

    # ---- Memory and CPUs -------------------------------------------------------------------------

    def sizes(self) -> list[Case]:
        cases = [
            Case("no memory to speak of", self.machine(memory="3M"), Expected(Outcome.FAILED, in_message="too little memory")),
            self.works("little memory that suffices", self.machine(memory="10M", initrd=self.smallest())),
            self.works("much memory", self.machine(memory="3G")),
        ]
        if self.arch == "x86_64":  # on riscv64 firmware and device tree leave no such size
            initrd = self.archive({"etc/large": (bytes(3 << 20), False)})
            expected = Expected(Outcome.PANICKED, in_log=("too little memory: [0-9]+ KiB free",))
            cases.append(Case("too little memory", self.machine(memory="8M", initrd=initrd), expected))
        for cpus in (1, 8):
            cases.append(self.works(f"{cpus} CPUs", self.machine(cpus=cpus), rf"{cpus} of {cpus} running"))
        more = self.machine(cpus=9)
        cases.append(self.works("more CPUs than are supported", more, r"9 CPUs found.*at most 8", "8 of 9 running"))
        return cases

    # ---- Images ----------------------------------------------------------------------------------

    def images(self) -> list[Case]:
        return self.archives() + self.first_programs()

    def archives(self) -> list[Case]:
        failed = Outcome.FAILED
        whole = self.script("echo works\nexit 5\n")
        return [
            Case("no initrd", self.machine(initrd=None), Expected(failed, in_log=("no initrd",), in_message="init")),
            Case(
                "an initrd that is no archive",
                self.machine(initrd=bytes(range(256)) * 40),
                Expected(failed, in_log=("not a whole ustar archive",)),
            ),
            Case(
                "an initrd of zeros",
                self.machine(initrd=bytes(20 * 512)),
                Expected(failed, in_message="cannot start /bin/init"),
            ),
            Case(
                "an initrd that is cut off early",
                self.machine(initrd=whole[:700]),
                Expected(failed, in_log=("not a whole ustar archive",)),
            ),
            self.works(
                "an initrd that is cut off late",
                self.machine(initrd=whole[: whole.rindex(b"tests/") + 600]),
                "not a whole ustar archive",
            ),
        ]

    def first_programs(self) -> list[Case]:
        init = self.files["bin/init"][0]
        failed = Outcome.FAILED
        wrong_type = bytearray(init)
        wrong_type[18] ^= 0x40  # another e_machine
        return [
            Case(
                "init is no program",
                self.machine(initrd=self.archive({"bin/init": (b"#!/bin/sh\necho no\n", True)})),
                Expected(failed, in_message="cannot start /bin/init: not an executable"),
            ),
            Case(
                "init is cut off",
                self.machine(initrd=self.archive({"bin/init": (init[: len(init) // 2], True)})),
                Expected(failed, in_message="cannot start /bin/init: not an executable"),
            ),
            Case(
                "init is empty",
                self.machine(initrd=self.archive({"bin/init": (b"", True)})),
                Expected(failed, in_message="cannot start /bin/init"),
            ),
            Case(
                "init is for another machine",
                self.machine(initrd=self.archive({"bin/init": (bytes(wrong_type), True)})),
                Expected(failed, in_message="cannot start /bin/init: not an executable"),
            ),
            Case(
                "init is a directory",
                self.machine(append=f"{SCRIPT_OPTIONS} init=/bin"),
                Expected(failed, in_message="cannot start /bin:"),
            ),
            Case(
                "init ends by itself",
                self.machine(append=f"{SCRIPT_OPTIONS} init=/bin/true"),
                Expected(Outcome.FINISHED, 0, in_log=("first process ended with status 0",)),
            ),
            Case(
                "there is no shell",
                self.machine(initrd=self.archive({"bin/sh": (b"not a shell", True)})),
                Expected(Outcome.FINISHED, 126),
            ),
        ]

    # ---- Ends ------------------------------------------------------------------------------------

    def ends(self) -> list[Case]:
        cases = [
            Case(f"status {status}", self.machine(initrd=self.script(f"exit {status}\n")), Expected(Outcome.FINISHED, status))
            for status in (0, 1, 127, 255)
        ]
        scripts = {
            "a script that sleeps for ever": "echo works\nsleep 1000000\n",
            "a script that computes for ever": "echo works\ncat /dev/zero >/dev/null\n",
            "a script that calls itself for ever": "echo works\nsh -c 'sh /run/endless'\n",
        }
        for name, text in scripts.items():
            endless = self.archive({"run/script": (text.encode(), False), "run/endless": (b"sleep 1\nsh /run/endless\n", False)})
            expected = Expected(Outcome.TIMED_OUT, output=b"works\n", in_message="no end after")
            cases.append(Case(name, self.machine(initrd=endless), expected, ENDLESS))
        shutdown = self.machine(initrd=self.script("echo works\n(sleep 1000) &\nshutdown\nsleep 1000\n"))
        cases.append(Case("shutdown", shutdown, Expected(Outcome.FINISHED, 0, output=b"works\n")))
        return cases

    def panics(self) -> list[Case]:
        """A panic names the CPU and the locks, shows a stack trace with names, and has a status of its own."""
        trace = (r"panic on CPU \d+", r"\n  [0-9a-f]{16} \S*kernel_main")
        reasons = {"boot": "asked for", "assert": "asked for", "fault": "0x0*8", "stack": "(?i)stack"}
        return [
            Case(
                f"panic={kind}",
                self.machine(append=f"{SCRIPT_OPTIONS} panic={kind}"),
                Expected(Outcome.PANICKED, in_log=trace + (reason,), in_message="kernel panic: .", output=b""),
            )
            for kind, reason in reasons.items()
        ]

    def log_of_one_screen(self) -> list[Case]:
        first = r"(?m)^capv6 on .*Ctrl-A X"
        found = ("memory +[0-9]+ MiB", "2 of 2 running")
        return [self.works("the boot log", self.machine(), first, *found)]


GROUPS: dict[str, Callable[[Cases], list[Case]]] = {
    "options": Cases.options,
    "sizes": Cases.sizes,
    "archives": Cases.archives,
    "first programs": Cases.first_programs,
    "ends": Cases.ends,
    "panics": Cases.panics,
    "log": Cases.log_of_one_screen,
}


def run_all(build: Build) -> list[Result]:
    cases = Cases(build)
    return [run_case(build.arch, case) for group in GROUPS.values() for case in group(cases)]


def jobs() -> list[Job]:
    made = []
    for arch in ARCHITECTURES:
        build = DEBUG[arch]
        made.append(Job(f"boot {arch}", lambda build=build: run_all(build), (build.job_name,)))
    return made
