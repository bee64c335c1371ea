# SPDX-License-Identifier: MIT
"""One boot of a kernel that is to be tested: operations go to the interpreters in it, answers come back.

Nothing that the kernel prints counts, only answers on the channel; what it prints is kept for people. Time-outs
count the emulator's own CPU time, and notice when it does nothing at all, so they do not depend on how busy the
host is.
"""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from machine import LOG_TRIPLE_FAULT, Machine, MachineError, channel_options, dying_with_parent  # noqa: E402

BOOT_OPTIONS = "quiet channel root=memory init=/bin/interpreter"
ROOT = 1  # the process number of the first interpreter
LOG_LIMIT = 1 << 20  # bytes of the console that are kept
FLOOD_LIMIT = 512 << 10  # bytes of console after which a kernel is stopped
ANSWER_LIMIT = 1 << 20  # bytes of answers to one operation
IDLE_SAMPLES = 30  # looks in a row at which the emulator does nothing
SAMPLE = 0.1  # seconds between looks
BOOT_CPU = 8.0  # seconds of CPU time, of all CPUs together, that a boot may take
ANSWER_CPU = 4.0  # and one answer
WALL_LIMIT = 300.0  # seconds, whatever happens
TICKS = os.sysconf("SC_CLK_TCK")


class GuestError(Exception):
    """The kernel under test does not go on. `kind`: panic, hang, reset, flood or protocol."""

    def __init__(self, kind: str, message: str, details: list[str]) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.details = details


def cpu_use(pid: int) -> tuple[float, bool] | None:
    """CPU seconds that the process has used, and whether one of its threads runs or wants to; None if unknown."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used = (int(fields[11]) + int(fields[12])) / TICKS
        states = [path.read_text().rpartition(")")[2].split()[0] for path in Path(f"/proc/{pid}/task").glob("*/stat")]
        return used, any(state in "RD" for state in states)
    except (OSError, ValueError, IndexError):
        return None


class Guest:
    """A context manager; leaving it ends the emulator."""

    def __init__(self, machine: Machine, log_path: Path | None = None) -> None:
        self.machine = machine
        self.log_path = log_path
        self.log = bytearray()
        self.console_bytes = 0
        self.control = b""
        self.partial = b""
        self.lines: dict[int, list[str]] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self.sockets: dict[str, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.directory = tempfile.TemporaryDirectory(prefix="capv6-grade-")
        self.errors = tempfile.TemporaryFile()
        self.started = time.monotonic()

    def __enter__(self) -> Guest:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        for channel in self.sockets.values():
            channel.close()
        self.selector.close()
        self.errors.close()
        self.directory.cleanup()
        if self.log_path is not None:
            self.log_path.parent.mkdir(parents=True, exist_ok=True)
            self.log_path.write_bytes(self.log)

    # ---- Starting ----

    def start(self) -> None:
        self.machine.append = f"{BOOT_OPTIONS} {self.machine.append}".strip()
        command = self.machine.command(self.machine.initrd_file(Path(self.directory.name)))
        names = ("uart", "control", "terminal")
        pairs = {name: socket.socketpair() for name in names}
        try:
            theirs = [pairs[name][1].fileno() for name in names]
            command = dying_with_parent() + command + LOG_TRIPLE_FAULT + channel_options(*theirs)
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors, pass_fds=theirs, start_new_session=True
            )
        except OSError as error:
            raise MachineError(f"{command[0]}: {error.strerror}") from error
        finally:
            for name, (ours, their) in pairs.items():
                their.close()
                self.sockets[name] = ours
        for name, channel in self.sockets.items():
            channel.setblocking(False)
            self.selector.register(channel, selectors.EVENT_READ, name)
        if self.wait(ROOT, BOOT_CPU, "boot") != "ready":
            self.fail("protocol", "the interpreter did not say that it is ready")

    # ---- Talking ----

    def send(self, pid: int, operation: str) -> None:
        line = f"{pid} {operation}\n".encode()
        try:
            self.sockets["terminal"].setblocking(True)
            self.sockets["terminal"].sendall(line)
            self.sockets["terminal"].setblocking(False)
        except OSError:
            self.stopped("an operation")

    def wait(self, pid: int, cpu_limit: float, what: str) -> str:
        """The next line from that process."""
        watch = Watch(self, cpu_limit)
        while not self.lines.get(pid):
            self.take_in(SAMPLE)
            reason = None if self.lines.get(pid) else watch.look()
            if reason:
                self.fail("hang", f"no end of {what}: {reason}")
        return self.lines[pid].pop(0)

    def has_answer(self, pid: int) -> bool:
        self.take_in(0)
        return bool(self.lines.get(pid))

    def ask(self, pid: int, operation: str) -> list[str]:
        """The lines of the answer; the last one begins with =, those before it with +."""
        self.send(pid, operation)
        return self.answer(pid, operation)

    def answer(self, pid: int, operation: str) -> list[str]:
        name, lines, size = operation.split()[0], [], 0
        while not lines or lines[-1].startswith("+"):
            lines.append(self.wait(pid, ANSWER_CPU, f"`{name}`"))
            size += len(lines[-1])
            if lines[-1][:1] not in ("=", "+", "&") or size > ANSWER_LIMIT:
                self.fail("protocol", f"not an answer to `{name}`: {lines[-1][:60]!r}")
        return lines

    def numbers(self, pid: int, operation: str) -> str:
        return self.ask(pid, operation)[-1][1:].strip()

    # ---- Taking in ----

    def take_in(self, timeout: float) -> None:
        for key, _ in self.selector.select(timeout):
            channel = key.fileobj
            assert isinstance(channel, socket.socket)
            try:
                data = channel.recv(65536)
            except BlockingIOError:
                continue
            except ConnectionError:
                data = b""
            if not data:
                self.selector.unregister(channel)
            getattr(self, "take_" + key.data)(data)
        if not self.selector.get_map():
            self.stopped("its work")

    def take_uart(self, data: bytes) -> None:
        self.console_bytes += len(data)
        self.log += data[: max(LOG_LIMIT - len(self.log), 0)]
        if self.console_bytes > FLOOD_LIMIT:
            self.fail("flood", f"the kernel has printed more than {FLOOD_LIMIT >> 10} KiB")

    def take_control(self, data: bytes) -> None:
        self.control = (self.control + data)[:4096]
        if b"\n" in self.control:
            self.stopped("its work")

    def take_terminal(self, data: bytes) -> None:
        *lines, self.partial = (self.partial + data).split(b"\n")
        if len(self.partial) > 4096:
            self.fail("protocol", "an answer without end")
        for line in lines:
            number, _, text = line.decode(errors="replace").partition(" ")
            if not number.isdigit():
                self.fail("protocol", f"not an answer: {line[:60]!r}")
            if text != "ready" or int(number) == ROOT:
                self.lines.setdefault(int(number), []).append(text)

    # ---- Ends ----

    def console(self) -> list[str]:
        """The last lines that the kernel has printed."""
        return self.log.decode(errors="replace").replace("\r", "").splitlines()[-30:]

    def fail(self, kind: str, message: str) -> None:
        raise GuestError(kind, message, self.console())

    def stopped(self, during: str) -> None:
        """The machine has closed a channel or says that it ends."""
        assert self.process is not None
        word, _, rest = self.control.decode(errors="replace").partition("\n")[0].partition(" ")
        if word == "panic":
            self.finish_log()
            self.fail("panic", f"kernel panic: {rest}")
        if word == "failed":
            self.fail("hang", f"the kernel gave up: {rest}")
        if word == "status":
            self.fail("reset", f"the machine was turned off during {during}, with status {rest}")
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.fail("hang", f"the machine closed its channels during {during} and goes on")
        self.errors.seek(0)
        complaints = self.errors.read().decode(errors="replace")
        if "Triple fault" in complaints:
            self.fail("reset", f"triple fault during {during}: the CPU could not take an exception")
        reasons = [line for line in complaints.splitlines() if line.startswith(self.machine.command(None)[0])]
        if reasons and self.process.returncode == 1 and not self.log:
            raise MachineError(f"the emulator could not start: {'; '.join(reasons)}")
        self.fail("reset", f"the machine stopped or reset by itself during {during}")

    def finish_log(self) -> None:
        """A report of a panic goes on after its first line."""
        end = time.monotonic() + 5
        while time.monotonic() < end and any(key.data == "uart" for key in self.selector.get_map().values()):
            for key, _ in self.selector.select(0.2):
                try:
                    data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                except OSError:
                    data = b""
                if not data:
                    self.selector.unregister(key.fileobj)
                elif key.data == "uart":
                    self.log += data[: max(LOG_LIMIT - len(self.log), 0)]


class Watch:
    """Decides when to wait no longer."""

    def __init__(self, guest: Guest, cpu_limit: float) -> None:
        assert guest.process is not None
        self.pid = guest.process.pid
        self.cpu_limit = cpu_limit
        self.started = time.monotonic()
        self.looked = self.started
        self.first: float | None = None
        self.last = -1.0
        self.idle = 0

    def look(self) -> str | None:
        now = time.monotonic()
        if now - self.started > WALL_LIMIT:
            return f"{WALL_LIMIT:g} seconds have passed"
        if now - self.looked < SAMPLE / 2:
            return None
        self.looked = now
        use = cpu_use(self.pid)
        if use is None:
            return None
        used, runs = use
        self.first = used if self.first is None else self.first
        if used - self.first > self.cpu_limit:
            return f"the machine has computed for {self.cpu_limit:g} seconds"
        self.idle = 0 if runs or used - self.last > 0.02 else self.idle + 1
        self.last = used
        return "nothing runs any more, everybody waits" if self.idle >= IDLE_SAMPLES else None
