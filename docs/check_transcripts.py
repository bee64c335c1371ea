#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every transcript in the book is a file in docs/transcripts that begins with the command that made
it. This runs each command again and fails when what it prints has changed in substance: in words or
shape, not in numbers or spacing. --update writes the files anew from what was printed."""

from __future__ import annotations

import argparse
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "grade"))

from bugs import read_bug  # noqa: E402
from export import handout  # noqa: E402
from functions import replace_c  # noqa: E402
from labs_check import solved  # noqa: E402
from manifest import read_labs  # noqa: E402
from work_tree import WorkTree  # noqa: E402

FOLDER = ROOT / "docs" / "transcripts"
DISK = ROOT / "build" / "transcripts.img"
LAB_TREE = ROOT / "build" / "labs" / "transcripts"
LAB_STATES = re.compile(r"(?:lab-(\d+)-(start|mistake|done|handin)|(instructor))\.txt")
MISTAKE = "no-bump"  # of lab 1's bugs
PROMPT = "$ "
PATIENCE = 120.0  # seconds without a byte; only a hang takes so long
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
NUMBERS = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{6,}\b|\d+")
FIRST_LINE = re.compile(r"^capv6 on ", re.MULTILINE)


class TranscriptError(Exception):
    """What is wrong with a transcript, in one sentence."""


def plain(text: str) -> str:
    """What a terminal shows in the end: no escape sequences, no carriage returns."""
    return ESCAPES.sub("", text).replace("\r", "")


def substance(text: str) -> list[str]:
    """The lines without what changes from run to run."""
    lines = (NUMBERS.sub("#", line) for line in text.splitlines())
    return [" ".join(line.split()) for line in lines if line.strip()]


class Session:
    """`make qemu` on a pseudo-terminal, with a person's typing."""

    def __init__(self, command: str) -> None:
        self.seen = ""
        self.answered = 0  # what was seen before the last line was typed does not count
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(ROOT)
            os.execvp("sh", ["sh", "-c", "exec " + command])

    def read_until(self, wanted: str | None) -> None:
        """Reads until the text ends in `wanted`, or to the end of the session."""
        quiet_since = time.monotonic()
        while wanted is None or not plain(self.seen)[self.answered:].endswith(wanted):
            if select.select([self.terminal], [], [], 1.0)[0]:
                try:
                    data = os.read(self.terminal, 4096)
                except OSError:  # the other side is gone
                    data = b""
                if not data:
                    if wanted is None:
                        return
                    raise TranscriptError(f"the session ended before the prompt: {self.seen[-300:]!r}")
                self.seen += data.decode(errors="replace")
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > PATIENCE:
                raise TranscriptError(f"nothing came for {PATIENCE:.0f} s after {self.seen[-300:]!r}")

    def type_line(self, line: str) -> None:
        self.answered = len(plain(self.seen))
        os.write(self.terminal, line.encode() + b"\r")

    def close(self) -> None:
        try:
            os.kill(self.child, signal.SIGTERM)
        except ProcessLookupError:
            pass
        os.close(self.terminal)
        os.waitpid(self.child, 0)


def replay_session(command: str, typed: list[str]) -> str:
    session = Session(command)
    try:
        for line in typed:
            session.read_until("\n" + PROMPT)
            session.type_line(line)
        session.read_until(None)
    finally:
        session.close()
    text = plain(session.seen)
    start = FIRST_LINE.search(text)
    if not start:
        raise TranscriptError(f"the kernel's first line did not come: {text[-300:]!r}")
    return text[start.start():]


def place_for(name: str) -> Path:
    """Where a transcript's command is typed: here, or in a student's tree, which is made as its name says."""
    found = LAB_STATES.fullmatch(name)
    if not found:
        return ROOT
    labs, number, state = read_labs(ROOT), int(found[1] or 1), found[2] or "mistake"
    files = handout(number)
    if state != "start":
        files = solved(number, files, labs)
    if state == "mistake":
        bug = read_bug(labs[number], labs[number].directory / "bugs" / f"{MISTAKE}.c")
        data, mode = files[bug.file]
        files[bug.file] = (replace_c(data.decode(), bug.function, bug.text).encode(), mode)
    WorkTree(LAB_TREE).update(files)
    return ROOT if found[3] else LAB_TREE


def replay_command(command: str, place: Path) -> str:
    done = subprocess.run(["sh", "-c", command], cwd=place, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    return done.stdout


def replay(text: str, place: Path) -> str:
    """The transcript as it is today."""
    first, _, body = text.partition("\n")
    if not first.startswith("$ make "):
        raise TranscriptError("the first line is not a `$ make …` command")
    command = first[2:].replace("make ", "make -s ", 1)
    if command.startswith("make -s qemu"):
        DISK.unlink(missing_ok=True)  # a fresh one, and not the one that the user keeps
        command += f" KEPT_DISK={DISK.relative_to(ROOT)}"
        typed = [line[2:] for line in body.splitlines() if line.startswith(PROMPT)]
        return f"{first}\n{replay_session(command, typed)}"
    return f"{first}\n{replay_command(command, place)}"


def first_difference(old: list[str], new: list[str]) -> str:
    for number in range(max(len(old), len(new))):
        was = old[number] if number < len(old) else "(nothing)"
        now = new[number] if number < len(new) else "(nothing)"
        if was != now:
            return f"line {number + 1}\n      in the book: {was}\n      today:       {now}"
    return "no difference"


def check(path: Path, update: bool) -> bool:
    old = path.read_text()
    try:
        new = replay(old, place_for(path.name))
    except (TranscriptError, subprocess.TimeoutExpired) as error:
        print(f"  FAILED {path.name}: {error}")
        return False
    if update:
        path.write_text("\n".join(line.rstrip() for line in new.rstrip().splitlines()) + "\n")
        print(f"  written {path.name}")
        return True
    if substance(old) == substance(new):
        print(f"  ok {path.name}")
        return True
    print(f"  FAILED {path.name}: {first_difference(substance(old), substance(new))}")
    print(f"      if that is right: docs/check_transcripts.py --update {path.name}")
    return False


def unused(names: set[str]) -> set[str]:
    """Transcripts that no page shows."""
    pages = "".join(page.read_text() for page in [*(ROOT / "docs").rglob("*.rst"), *(ROOT / "labs").rglob("*.rst")])
    return {name for name in names if f"transcripts/{name}" not in pages}


def main() -> int:
    for name in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS"):
        os.environ.pop(name, None)  # the commands are a person's, whoever runs this
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="files in docs/transcripts; all of them if none is named")
    parser.add_argument("--update", action="store_true", help="write what is printed today")
    options = parser.parse_args()
    paths = [FOLDER / name for name in options.names] or sorted(FOLDER.glob("*.txt"))
    good = sum(check(path, options.update) for path in paths)
    lonely = unused({path.name for path in paths})
    for name in sorted(lonely):
        print(f"  FAILED {name}: no page of the book shows it")
    print(f"{good} passed, {len(paths) - good + len(lonely)} failed")
    return 0 if good == len(paths) and paths and not lonely else 1


if __name__ == "__main__":
    sys.exit(main())
