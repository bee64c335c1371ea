# SPDX-License-Identifier: MIT
"""The test programs and shell scripts of user/tests, many in one boot, on machines with 1, 2 and 4 CPUs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from initrd import extend_archive
from machine import Machine, Outcome, Result as Run
from system.builds import ARCHITECTURES, CLANG, CLANG_RELEASE, DEBUG, RELEASE, Build
from system.jobs import Job, Result, check, log_path

PROGRAMS = Path("user/tests")
SCRIPTS = Path("user/tests/scripts")
STORMS = ("process_storms", "file_storms", "cap_storms", "thread_storms", "calls")
# What is run once more while the scheduler is perturbed.
RACES = ("threads", "thread_memory", "delegation", "revocation", "ipc", "mutexes", "rwlocks", "waiters", "pipes", "cap_storms")
SEEDS = (1, 2)
BOOT_TIMEOUT = 900.0  # seconds; catches what hangs and judges nothing
RESTARTS_MAX = 5

BEGIN, END = "@@begin ", "@@end "


@dataclass(frozen=True)
class Item:
    """One program or script that the machine runs."""

    name: str
    command: str
    expected: bytes | None = None  # a script's output and status; programs report by themselves


@dataclass
class Transcript:
    """What an item printed."""

    item: Item
    text: bytes = b""
    status: int | None = None  # None: it did not end


@dataclass
class Session:
    """Runs items on a machine until each has ended or failed."""

    title: str
    build: Build
    cpus: int
    items: list[Item]
    seed: int = 0
    results: list[Result] = field(default_factory=list)

    def run(self) -> list[Result]:
        pending = list(self.items)
        for attempt in range(RESTARTS_MAX):
            if not pending:
                break
            pending = self._boot(pending, attempt)
        self.results += [Result(self._name(item.name), False, "not run: the machine failed too often") for item in pending]
        return self.results

    def _name(self, test: str) -> str:
        return f"{self.title}: {test}"

    def _boot(self, items: list[Item], attempt: int) -> list[Item]:
        """Boots once for as many items as it gets through; the ones that it did not come to."""
        log = log_path(self.title, str(attempt)) if attempt else log_path(self.title)
        machine = Machine(
            self.build.arch,
            self.build.directory / "kernel.elf",
            archive_with(self.build, items),
            cpus=self.cpus,
            append="run=/run/script console=virtio" + (f" sched_seed={self.seed}" if self.seed else ""),
        )
        run = machine.run(BOOT_TIMEOUT, log=log)
        with log.open("ab") as stream:
            stream.write(b"\n---- terminal ----\n" + run.output)
        transcripts = parse_output(run.output, items)
        for transcript in transcripts:
            if transcript.status is not None:
                self._judge(transcript, log)
        if run.outcome is Outcome.FINISHED and len(transcripts) == len(items):
            return []
        return self._judge_failure(run, transcripts, items, log)

    def _judge(self, transcript: Transcript, log: Path) -> None:
        if transcript.item.expected is None:
            self.results += judge_program(transcript, self._name, log)
        else:
            self.results.append(judge_script(transcript, self._name, log))

    def _judge_failure(self, run: Run, transcripts: list[Transcript], items: list[Item], log: Path) -> list[Item]:
        """The machine ended early: the item that ran then has failed. The items behind it."""
        current = transcripts[-1] if transcripts else Transcript(items[0])
        report = [run.message or "the machine ended before its script", *run.details]
        report += ["", "its last output:", *decode(current.text).splitlines()[-15:]]
        # What it had passed by then counts for nothing: cases are only worth something together.
        self.results.append(Result(self._name(current.item.name), False, "\n".join(report), log))
        return items[items.index(current.item) + 1 :]


def decode(data: bytes) -> str:
    return data.decode(errors="replace")


def archive_with(build: Build, items: list[Item]) -> bytes:
    """The build's initrd with the session's script and all test scripts in it."""
    lines = [f"echo '{BEGIN}{item.name}'\n{item.command}\necho '{END}'$?" for item in items]
    files = {"run/script": (("\n".join(lines) + "\nexit 0\n").encode(), False)}
    for script in SCRIPTS.glob("*.sh"):
        files[f"tests/scripts/{script.name}"] = (script.read_bytes(), False)
    return extend_archive((build.directory / "initrd.tar").read_bytes(), files)


def parse_output(output: bytes, items: list[Item]) -> list[Transcript]:
    by_name = {item.name: item for item in items}
    transcripts: list[Transcript] = []
    for line in output.splitlines(keepends=True):
        text = decode(line).strip()
        if text.startswith(BEGIN) and text[len(BEGIN) :] in by_name:
            transcripts.append(Transcript(by_name[text[len(BEGIN) :]]))
        elif not transcripts:
            continue
        elif match := re.search(re.escape(END.strip()) + r" (\d+)$", text):
            # A script may end without a newline.
            transcripts[-1].text += line[: line.rindex(END.encode())]
            transcripts[-1].status = int(match.group(1))
        else:
            transcripts[-1].text += line
    return transcripts


def judge_program(transcript: Transcript, name, log: Path) -> list[Result]:
    """The cases that a program reported, and whether the report is whole."""
    results: list[Result] = []
    remarks: list[str] = []
    planned = None
    for line in decode(transcript.text).splitlines():
        if match := re.match(r"ok (\w+)$", line):
            results.append(Result(name(f"{transcript.item.name} {match.group(1)}"), True))
            remarks = []
        elif match := re.match(r"not ok (\S+?): (.*)$", line):
            report = "\n".join([*remarks, line])
            results.append(Result(name(f"{transcript.item.name} {match.group(1)}"), False, report, log))
            remarks = []
        elif match := re.match(r"1\.\.(\d+)$", line):
            planned = int(match.group(1))
        else:
            remarks.append(line)
    failures = sum(not result.passed for result in results)
    if planned != len(results) or transcript.status != failures:
        report = f"{len(results)} of {planned} cases, {failures} failures, status {transcript.status}; the output:\n"
        results.append(Result(name(transcript.item.name), False, report + decode(transcript.text), log))
    return results


def judge_script(transcript: Transcript, name, log: Path) -> Result:
    actual = transcript.text + f"status {transcript.status}\n".encode()
    expected = transcript.item.expected or b""
    report = f"expected:\n{decode(expected)}got:\n{decode(actual)}"
    return check(name(transcript.item.name), actual == expected, report, log)


def program_items() -> list[Item]:
    return [Item(path.stem, f"/tests/{path.stem}") for path in sorted(PROGRAMS.glob("*.c"))]


def script_items() -> list[Item]:
    """Each script stands beside a file with what it prints, ended by a line `status N`."""
    return [
        Item(f"script {path.stem}", f"sh /tests/scripts/{path.name}", path.with_suffix(".out").read_bytes())
        for path in sorted(SCRIPTS.glob("*.sh"))
    ]


def long_storms() -> list[Item]:
    return [Item(f"{name} --long", f"/tests/{name} --long") for name in STORMS]


def session_job(title: str, build: Build, cpus: int, items: list[Item], seed: int = 0) -> Job:
    return Job(title, Session(title, build, cpus, items, seed).run, (build.job_name,), weight=min(cpus, 2))


def jobs() -> list[Job]:
    everything = program_items() + script_items()
    small = [item for item in everything if item.name in ("files", "captable", "pipes")] + script_items()
    made: list[Job] = []
    for arch in ARCHITECTURES:
        made.append(session_job(f"{arch} with 1 CPU", DEBUG[arch], 1, everything))
        made.append(session_job(f"{arch} with 2 CPUs", DEBUG[arch], 2, everything))
        made.append(session_job(f"{arch} with 4 CPUs, release", RELEASE[arch], 4, everything))
        made.append(session_job(f"{arch} storms on 4 CPUs", DEBUG[arch], 4, long_storms()))
        races = [item for item in everything if item.name in RACES]
        for seed in SEEDS:
            made.append(session_job(f"{arch} races with sched_seed={seed}", DEBUG[arch], 4, races, seed))
        made.append(session_job(f"{arch} by clang", CLANG[arch], 1, small))
        made.append(session_job(f"{arch} by clang, release", CLANG_RELEASE[arch], 1, small))
    return made
