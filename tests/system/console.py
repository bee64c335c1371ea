# SPDX-License-Identifier: MIT
"""`make qemu` as a person uses it: typing, editing, history, Ctrl-C, Ctrl-D and leaving the emulator, through a
pseudo-terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

from system.builds import ARCHITECTURES, DEBUG, Build
from system.jobs import Job, Result, log_path

TIMEOUT = 120.0  # seconds for one answer; catches what hangs and judges nothing
PROMPT = r"\$ $"
CTRL_A, CTRL_C, CTRL_D, CTRL_E, CTRL_U, CTRL_K = b"\x01", b"\x03", b"\x04", b"\x05", b"\x15", b"\x0b"
UP, DOWN, LEFT, HOME, BACKSPACE = b"\x1b[A", b"\x1b[B", b"\x1b[D", b"\x1b[H", b"\x7f"


class Unexpected(Exception):
    """The terminal did not show what it should."""


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command: list[str]) -> None:
        self.shown = b""  # since the last expect() that matched
        self.all = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.environ["TERM"] = "xterm"
                os.execvp(command[0], command)
            finally:
                os._exit(127)

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def _take(self, patience: float) -> bool:
        """More output; False at its end."""
        ready, _, _ = select.select([self.fd], [], [], patience)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side is gone
            return False
        self.shown += data
        self.all += data
        return bool(data)

    def expect(self, pattern: str, timeout: float = TIMEOUT) -> str:
        """Waits until what is shown matches; the text up to the end of the match."""
        deadline = time.monotonic() + timeout
        while True:
            text = self.shown.decode(errors="replace").replace("\r", "")
            if match := re.search(pattern, text):
                self.shown = text[match.end() :].encode()
                return text[: match.end()]
            if time.monotonic() > deadline or not self._take(1.0):
                raise Unexpected(f"expected /{pattern}/, the terminal shows {text[-600:]!r}")

    def command(self, line: bytes, pattern: str) -> str:
        """Types a line and waits for the answer and a new prompt."""
        self.type(line + b"\r")
        return self.expect(r"(?s)\n" + pattern + r".*?\$ $")

    def interrupt(self) -> None:
        """Types Ctrl-C until the shell answers: before it has started the command that has no effect."""
        for attempt in range(40):
            self.type(CTRL_C)
            self._take(0.5)
            word = f"answer-{attempt}"
            self.type(f"echo {word}\r".encode())
            try:
                self.expect(rf"(?s)\n{word}\n.*?\$ $", 3.0)
                return
            except Unexpected:
                continue
        raise Unexpected(f"expected Ctrl-C to work, the terminal shows {self.shown[-600:]!r}")

    def end(self) -> int:
        """Waits for the command to end; its exit status."""
        deadline = time.monotonic() + TIMEOUT
        while self._take(1.0):
            if time.monotonic() > deadline:
                raise Unexpected(f"expected the end, the terminal shows {self.shown[-600:]!r}")
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """Leaves the emulator if it still runs, in the usual way or by force."""
        try:
            if self.pid:
                self.type(CTRL_A + b"x")
                self.end()
        except (Unexpected, OSError):
            os.killpg(self.pid, signal.SIGKILL)  # pty.fork() has made a session of its own
            os.waitpid(self.pid, 0)
        os.close(self.fd)


# ---- What is tried, each in a session of its own at a prompt ---------------------------------------


def typing(terminal: Terminal) -> None:
    terminal.command(b"echo hello", r"hello\n")
    terminal.command(b"ls /bin | grep -c sh", r"\d+\n")
    terminal.command(b"no-such-command", r"sh: no-such-command: command not found\n")
    terminal.type(b"echo 'two\r")  # a quote goes on in the next line
    terminal.expect(r"\n> $")
    terminal.command(b"lines'", r"two\nlines\n")
    terminal.type(b"(\r")
    terminal.expect(r"\n> $")
    terminal.interrupt()
    terminal.command(b"echo again", r"again\n")


def editing(terminal: Terminal) -> None:
    terminal.command(b"ecjo" + BACKSPACE + BACKSPACE + b"ho fixed", r"fixed\n")
    terminal.command(b"cho home" + HOME + b"e", r"home\n")
    terminal.command(b"echo midle" + LEFT + LEFT + b"d", r"middle\n")
    terminal.command(b"garbage" + CTRL_U + b"echo clean", r"clean\n")
    terminal.command(b"echo cut garbage" + LEFT * 8 + CTRL_K + CTRL_E + b" short", r"cut short\n")
    terminal.command(b"echo '\xc3\xa4" + BACKSPACE + b"\xc3\xb6'", r"ö\n")


def history(terminal: Terminal) -> None:
    terminal.command(b"echo first", r"first\n")
    terminal.command(b"echo second", r"second\n")
    terminal.command(UP, r"second\n")
    terminal.command(UP + UP, r"first\n")
    terminal.command(UP + UP + UP + DOWN + DOWN + b"x", r"(firstx|secondx)\n")
    terminal.command(b"echo unfinished" + UP + DOWN, r"unfinished\n")


def interrupts(terminal: Terminal) -> None:
    terminal.type(b"sleep 100000\r")
    terminal.expect(r"sleep 100000\n")
    terminal.interrupt()
    terminal.type(b"cat /dev/zero | cat >/dev/null\r")
    terminal.expect(r"null\n")
    terminal.interrupt()
    terminal.type(b"cat\r")
    terminal.expect(r"cat\n")
    terminal.type(b"line\r")
    terminal.expect(r"line\nline\n")
    terminal.interrupt()
    terminal.type(b"echo thrown away")
    terminal.interrupt()
    terminal.command(b"echo still here", r"still here\n")
    terminal.command(b"ps", r".*\bsh\b")
    if "sleep" in terminal.command(b"ps", r".*\bsh\b").split("ps\n", 1)[-1]:
        raise Unexpected("sleep lives on after Ctrl-C")


def background(terminal: Terminal) -> None:
    terminal.command(b"sleep 100000 &", r"\[1\] \d+\n")
    terminal.type(b"sleep 200000\r")
    terminal.expect(r"sleep 200000\n")
    terminal.interrupt()
    terminal.command(b"jobs", r"\[1\] \d+ running +sleep 100000")
    terminal.command(b"kill $!", "")
    terminal.command(b"wait; echo waited", r".*waited\n")


def end_of_input(terminal: Terminal) -> None:
    terminal.type(b"cat | wc\r")
    terminal.expect(r"wc\n")
    terminal.type(b"one\rtwo\r")
    terminal.expect(r"two\n")
    terminal.type(CTRL_D)
    terminal.expect(r" 2 +2 +8\n")
    terminal.expect(PROMPT)
    terminal.type(CTRL_D)
    status = terminal.end()
    if status != 0:
        raise Unexpected(f"Ctrl-D should end the session with status 0, not {status}")


def leaving(terminal: Terminal) -> None:
    terminal.type(CTRL_A + b"x")
    status = terminal.end()
    if status != 0:
        raise Unexpected(f"Ctrl-A X should leave with status 0, not {status}")


def shutting_down(terminal: Terminal) -> None:
    terminal.type(b"shutdown\r")
    status = terminal.end()
    if status != 0:
        raise Unexpected(f"shutdown should end with status 0, not {status}")


SESSIONS: tuple[Callable[[Terminal], None], ...] = (
    typing,
    editing,
    history,
    interrupts,
    background,
    end_of_input,
    leaving,
    shutting_down,
)


def run_session(group: str, build: Build, session: Callable[[Terminal], None], *settings: str) -> Result:
    name = session.__name__.replace("_", " ")
    log = log_path(group, build.arch, name)
    terminal = Terminal(["make", "-s", "qemu", *build.settings(), *settings])
    report = ""
    try:
        terminal.expect(r"(?s)Ctrl-A X leaves.*Welcome.*\$ $")
        session(terminal)
    except Unexpected as error:
        report = str(error)
    finally:
        terminal.close()
        Path(log).write_bytes(terminal.all)
    return Result(f"{group} {build.arch}: {name}", not report, report, log)


def jobs() -> list[Job]:
    made = []
    for arch in ARCHITECTURES:
        build = DEBUG[arch]
        run = lambda build=build: [run_session("console", build, session) for session in SESSIONS]  # noqa: E731
        made.append(Job(f"console {arch}", run, (build.job_name,)))
    return made
