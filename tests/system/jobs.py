# SPDX-License-Identifier: MIT
"""Jobs: what `make test` runs, two at a time where there are two CPUs, in an order that their needs allow."""

from __future__ import annotations

import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

LOGS = Path("build/logs/test")
COMMAND_TIMEOUT = 1200.0  # seconds; catches what hangs and judges nothing


@dataclass
class Result:
    """One test."""

    name: str
    passed: bool
    report: str = ""  # of a failure, in full
    log: Path | None = None


@dataclass
class Job:
    name: str
    run: Callable[[], Sequence[Result]]
    needs: tuple[str, ...] = ()
    weight: int = 1  # how many of the host's CPUs it keeps busy


@dataclass
class Finished:
    job: Job
    results: Sequence[Result]
    seconds: float


def check(name: str, passed: bool, report: str = "", log: Path | None = None) -> Result:
    return Result(name, passed, "" if passed else report, log)


def log_path(*parts: str) -> Path:
    LOGS.mkdir(parents=True, exist_ok=True)
    return LOGS / ("-".join(part.replace("/", "-").replace(" ", "-") for part in parts) + ".log")


def run_command(command: Sequence[str], timeout: float = COMMAND_TIMEOUT) -> subprocess.CompletedProcess[str]:
    """Runs a command with its outputs together; status 124 if it does not end."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        output = expired.stdout.decode(errors="replace") if expired.stdout else ""
        return subprocess.CompletedProcess(command, 124, output + f"\nno end after {timeout:g} seconds\n")


def command_result(name: str, command: Sequence[str], log: Path) -> Result:
    """A test that is a command: its status says whether it passed."""
    done = run_command(command)
    log.write_text(done.stdout)
    report = f"$ {' '.join(command)}\n{done.stdout}status {done.returncode}"
    return check(name, done.returncode == 0, report, log)


@dataclass
class Schedule:
    """Runs jobs, as many at a time as their weights allow. Only run() is called from outside."""

    jobs: list[Job]
    capacity: int
    on_finished: Callable[[Finished], None]
    _done: dict[str, bool] = field(default_factory=dict)  # name: everything in it passed
    _running: dict[Future[Finished], Job] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        waiting = list(self.jobs)
        with ThreadPoolExecutor(max_workers=self.capacity) as pool:
            while waiting or self._running:
                self._start_possible(waiting, pool)
                if not self._running:
                    continue  # what waited was skipped
                finished, _ = wait(self._running, return_when=FIRST_COMPLETED)
                for future in finished:
                    del self._running[future]
                    self._finish(future.result())

    def _start_possible(self, waiting: list[Job], pool: ThreadPoolExecutor) -> None:
        for job in list(waiting):
            if not all(need in self._done for need in job.needs):
                continue
            failed = [need for need in job.needs if not self._done[need]]
            if failed:
                waiting.remove(job)
                report = f"not run, because {' and '.join(failed)} failed"
                self._finish(Finished(job, [Result(job.name, False, report)], 0.0))
            elif self._load() == 0 or self._load() + job.weight <= self.capacity:
                waiting.remove(job)
                self._running[pool.submit(run_job, job)] = job

    def _load(self) -> int:
        return sum(job.weight for job in self._running.values())

    def _finish(self, finished: Finished) -> None:
        self._done[finished.job.name] = all(result.passed for result in finished.results)
        self.on_finished(finished)


def run_job(job: Job) -> Finished:
    started = time.monotonic()
    try:
        results = list(job.run())
    except Exception:  # a mistake in a test is a failure, and the other jobs go on
        results = [Result(f"{job.name}: the test itself", False, traceback.format_exc())]
    if not results:
        results = [Result(job.name, False, "the job reported no test at all")]
    return Finished(job, results, time.monotonic() - started)
