# SPDX-License-Identifier: MIT
"""Grades what a student has handed in: the hand-in files are put over a pristine handout, in a work directory of their
own, and that is built and run in the sandbox."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import sandbox
from build import BuildError, only_one, run_make
from export import handout
from intake import HandedIn, Unacceptable, take_submission
from manifest import ROOT, Lab
from record import ERROR, FAIL, Record, read_record
from runner import Options, record_for_all
from work_tree import WorkTree


def copy_base(lab: Lab, arch: str, target: Path) -> None:
    """The handout, built once, so that for a submission only what it changes is compiled."""
    base = ROOT / "build" / "labs" / f"base-{lab.number}-{arch}"
    tree = WorkTree(base)
    with only_one(base):
        tree.update(handout(lab.number))
        run_make(base, f"ARCH={arch}", "kernel", "initrd")
        shutil.copytree(base, target, symlinks=True)


def make_work(lab: Lab, arch: str, handed: HandedIn, work: Path) -> None:
    copy_base(lab, arch, work / "tree")
    for name, data in handed.files.items():
        (work / "tree" / name).write_bytes(data)


def python() -> str:
    """The system's own, since one in somebody's home cannot be seen from the sandbox."""
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable


def grade_in(work: Path, lab: Lab, arch: str, options: Options) -> Record:
    result = work / "record.json"
    command = [python(), str(work / "tree" / "grade" / "grade"), "--lab", str(lab.number), "--arch", arch]
    command += ["--cpus", str(options.cpus), "--seed", str(options.seed), "--json", str(result)]
    for name in options.only:
        command += ["--test", name]
    done = sandbox.run(work, command)
    try:
        return read_record(result)
    except (OSError, ValueError, KeyError, TypeError) as error:
        tail = done.stdout.decode(errors="replace").splitlines()[-20:]
        message = f"the grader could not do its work: no result came out of the sandbox ({error})"
        return record_for_all(lab, arch, options, ERROR, message, tail)


def grade_submission(path: Path, lab: Lab, arch: str, options: Options) -> Record:
    try:
        handed = take_submission(path, lab)
    except Unacceptable as error:
        return record_for_all(lab, arch, options, FAIL, f"it is not accepted: {error}", [])
    work = Path(tempfile.mkdtemp(prefix=f"capv6-submission-{arch}-{os.getpid()}-"))
    try:
        work.chmod(0o755)
        make_work(lab, arch, handed, work)
        record = grade_in(work, lab, arch, options)
    except (sandbox.SandboxError, BuildError, OSError) as error:
        record = record_for_all(lab, arch, options, ERROR, f"the grader could not do its work: {error}", [])
    finally:
        shutil.rmtree(work, ignore_errors=True)
    record.notes = handed.notes + record.notes
    return record


def save_record(record: Record, path: Path) -> None:
    """Written as a whole or not at all."""
    text = record.to_json()
    json.loads(text)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text)
    os.replace(temporary, path)
