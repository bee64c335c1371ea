#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs all tests: `make test`.

    tests/run.py               everything
    tests/run.py NAME...       the jobs whose names begin so, or match as a pattern, and what they need
    tests/run.py --list        the jobs

One line is printed for each job as it ends; failures are reported in full at the end. The last line is
`N passed, M failed`; the exit status is 0 if there were tests and all of them passed.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.chdir(ROOT)
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]

from system import boot, builds, console, disk, entrances, grading, programs, screens  # noqa: E402
from system.jobs import Finished, Job, Result, Schedule  # noqa: E402


def all_jobs() -> list[Job]:
    made = builds.jobs()
    for module in (programs, boot, entrances, console, screens, disk, grading):
        made += module.jobs()
    return made


def select(jobs: list[Job], patterns: list[str]) -> list[Job]:
    """The named jobs and all that they need, in their order."""
    by_name = {job.name: job for job in jobs}
    wanted: set[str] = set()
    for pattern in patterns:
        found = [name for name in by_name if name.startswith(pattern) or fnmatch.fnmatch(name, pattern)]
        if not found:
            sys.exit(f"run.py: no job is called '{pattern}'; --list shows them all")
        wanted.update(found)
    while missing := {need for name in wanted for need in by_name[name].needs} - wanted:
        wanted |= missing
    return [job for job in jobs if job.name in wanted]


class Report:
    """Prints progress and, at the end, the failures."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.jobs_done = 0
        self.passed = 0
        self.failures: list[Result] = []
        self.colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self.started = time.monotonic()

    def colour(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colours else text

    def take(self, finished: Finished) -> None:
        failures = [result for result in finished.results if not result.passed]
        passed = len(finished.results) - len(failures)
        self.jobs_done += 1
        self.passed += passed
        self.failures += failures
        word = self.colour("FAILED", 31) if failures else self.colour("ok    ", 32)
        counts = f"{passed} passed" + (f", {len(failures)} failed" if failures else "")
        place = f"{self.jobs_done}/{self.total}"
        print(f"{place:>7}  {word}  {finished.job.name:<34} {counts}, {finished.seconds:.0f} s", flush=True)

    def print_failures(self) -> None:
        for result in self.failures:
            print(f"\n{self.colour('FAILED', 31)}: {result.name}")
            print("\n".join("    " + line for line in result.report.splitlines()))
            if result.log is not None:
                print(f"    log: {result.log}")

    def print_summary(self) -> None:
        print(f"\n{time.monotonic() - self.started:.0f} seconds")
        print(f"{self.passed} passed, {len(self.failures)} failed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names of the jobs")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4), help="how many CPUs to use")
    options = parser.parse_args()
    jobs = all_jobs()
    if options.names:
        jobs = select(jobs, options.names)
    if options.list:
        print("\n".join(job.name for job in jobs))
        return 0
    # Ends the machines as well: they end with this process.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(128 + signal.SIGTERM))
    report = Report(len(jobs))
    try:
        Schedule(jobs, max(options.jobs, 1), report.take).run()
    except KeyboardInterrupt:
        print("\ninterrupted", flush=True)
        os._exit(128 + signal.SIGINT)
    report.print_failures()
    report.print_summary()
    return 0 if report.passed > 0 and not report.failures else 1


if __name__ == "__main__":
    sys.exit(main())
