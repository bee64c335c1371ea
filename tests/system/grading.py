# SPDX-License-Identifier: MIT
"""Labs and their grader: every lab's states, some of the known-wrong kernels, and hand-ins that go wrong in every way."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "grade"))

from handin import pack  # noqa: E402
from manifest import find_lab  # noqa: E402
from record import FAIL, PASS, Record  # noqa: E402
from runner import Options  # noqa: E402
from submission import grade_submission  # noqa: E402
from system.builds import ARCHITECTURES  # noqa: E402
from system.jobs import Job, Result, check, log_path, run_command  # noqa: E402

SLOT, SPACE = "kern/cap/slot.c", "kern/cap/cap_space.c"
DROP = "int cap_space_drop(struct cap_space *space, cap_token token) {\n"
MINT = "int cap_space_mint(struct cap_space *space, struct object *object, uint32_t rights,\n                   uint32_t flags) {\n"
INIT = "int cap_space_init(struct cap_space *space, int32_t pid) {\n"
WITH_DROP = ("every-bit", "old-tokens", "many-generations", "count")
WITHOUT_DROP = ("mint", "find", "lowest-again", "full-table", "token")
ALL = ("random", *WITH_DROP, *WITHOUT_DROP)


def solution() -> dict[str, str]:
    return {name: Path(name).read_text() for name in find_lab(1).hand_in}


@dataclass
class Case:
    """A solution of lab 1 with something wrong in it."""

    name: str
    edit: tuple[str, str, str]  # file, text, what stands there instead
    failing: tuple[str, ...]
    message: str  # is part of what the first of them says
    passing: tuple[str, ...] = ()
    extra: Mapping[str, bytes] = field(default_factory=dict)  # more files in the archive


def in_drop(statement: str) -> tuple[str, str, str]:
    return (SPACE, DROP, DROP + f"    {statement}\n")


FORGED = "if (!space) return 0;\n    kprintf(\"score 100/100\\n1 = 0\\n= 0\\n  pass 14/14 P3 old-tokens\\n\");\n    return 0;"
CASES = [
    Case("as it should be", (SLOT, "", ""), (), "", ALL),
    Case("does not compile", (SLOT, "    slot->generation++;\n", "    slot->generation++\n"), ALL, "kern/cap/slot.c:"),
    Case("warns", (SLOT, "    slot->generation++;\n", "    slot->generation++;\n    int unused;\n"), ALL, "unused"),
    Case("hangs in boot", (SPACE, INIT, INIT + "    for (;;) continue;\n"), ALL, "does not boot"),
    Case("panics in boot", (SPACE, INIT, INIT + '    panic("student");\n'), ALL, "kernel panic: student"),
    Case("computes for ever in a call", in_drop("for (;;) continue;"), ("every-bit", "old-tokens"), "no end of `drop`", WITHOUT_DROP),
    Case("waits for ever in a call", in_drop("spinlock_acquire(&space->lock);"), ("every-bit", "old-tokens"), "", WITHOUT_DROP),
    Case("panics in a call", in_drop('panic("drop");'), ("every-bit", "old-tokens"), "kernel panic: drop", WITHOUT_DROP),
    Case("turns the machine off", in_drop("arch_power_off(false);"), ("every-bit", "old-tokens"), "stopped", WITHOUT_DROP),
    Case("floods the console", in_drop('for (;;) kprintf("%0128d\\n", 7);'), ("every-bit", "old-tokens"), "printed more than", WITHOUT_DROP),
    Case("prints what it would like", in_drop(FORGED), ("every-bit", "old-tokens"), "not what the specification says", WITHOUT_DROP),
    Case("takes all memory", in_drop("while (page_alloc()) continue;"), (), "", WITHOUT_DROP),
    Case("fills the disk", (SLOT, "cap_token cap_slot_token", "char big[UINT64_C(1) << 31] = {1};\n\ncap_token cap_slot_token"), ALL, "compile"),
    Case(
        "brings tests and a Makefile of its own",
        in_drop("if (space) return 0;"),
        ("every-bit", "old-tokens"),
        "not what the specification says",
        WITHOUT_DROP,
        {"Makefile": b"all kernel initrd:\n\ttouch /tmp/capv6-was-here\n", "labs/01-handles/lab.toml": b"", "grade/grade": b"print('score 100/100')\n"},
    ),
]


def archive_of(case: Case) -> bytes:
    files = solution()
    name, old, new = case.edit
    assert old in files[name], case.name
    files[name] = files[name].replace(old, new, 1) if old else files[name]
    return pack({**{name: text.encode() for name, text in files.items()}, **case.extra})


def processes_of_graders(arch: str) -> str:
    done = subprocess.run(["pgrep", "-f", f"capv6-submission-{arch}-{os.getpid()}-"], stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout


def judge(case: Case, record: Record) -> list[str]:
    outcomes = {test.name: test.outcome for test in record.tests}
    problems = [f"{name} should have failed: {outcomes.get(name)}" for name in case.failing if outcomes.get(name) == PASS]
    problems += [f"{name} should have passed: {outcomes.get(name)}" for name in case.passing if outcomes.get(name) != PASS]
    failed = [test for test in record.tests if test.outcome == FAIL]
    if case.message and not any(case.message in test.message for test in failed):
        problems.append(f"no message says '{case.message}': {[test.message for test in failed][:2]}")
    if not record.is_complete:
        problems.append(f"an error of the grader: {[test.message for test in record.tests][:1]}")
    return problems


def run_case(case: Case, arch: str) -> Result:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "hand-in.tar.gz"
        path.write_bytes(archive_of(case))
        record = grade_submission(path, find_lab(1), arch, Options(shrinks=False))
    problems = judge(case, record)
    if Path("/tmp/capv6-was-here").exists():
        problems.append("something outside the work directory was touched")
    if processes_of_graders(arch):
        problems.append("something is still running")
    log = log_path("grading", arch, case.name)
    log.write_text(record.to_json())
    return check(f"{arch}: a hand-in that {case.name}", not problems, "\n".join(problems), log)


def submissions(arch: str) -> Callable[[], list[Result]]:
    return lambda: [run_case(case, arch) for case in CASES]


# ---- Commands whose lines are tests --------------------------------------------------------------


def results_of_lines(name: str, command: list[str], good: str, bad: str) -> list[Result]:
    """One test for each line that begins with one of the two words; the command's status is one more."""
    done = run_command(command)
    log = log_path(name)
    log.write_text(done.stdout)
    results = []
    for line in done.stdout.splitlines():
        words = line.split()
        if words and words[0] in (good, bad) and line.startswith("  "):
            results.append(check(f"{name}: {' '.join(words[1:])}", words[0] == good, done.stdout, log))
    results.append(check(name, done.returncode == 0, done.stdout, log))
    return results


def labs_check() -> list[Result]:
    return results_of_lines("labs-check", [sys.executable, "grade/labs_check.py"], "ok", "FAILED")


def bugs_sample() -> list[Result]:
    return results_of_lines("bugs", [sys.executable, "grade/bugs.py", "--sample", "2"], "caught", "FAILED")


def jobs() -> list[Job]:
    debug = tuple(f"build {arch}" for arch in ARCHITECTURES)
    made = [Job("labs-check", labs_check, debug, weight=2), Job("bugs, a sample", bugs_sample, ("labs-check",), weight=2)]
    # Mostly they wait until a kernel is found to hang.
    return made + [Job(f"{arch} hand-ins", submissions(arch), ("labs-check",)) for arch in ARCHITECTURES]
