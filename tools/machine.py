# SPDX-License-Identifier: MIT
"""The emulated machines: the one place that knows QEMU's command lines, and a way to run a kernel.

    machine = Machine("riscv64", kernel=Path("build/riscv64/kernel.elf"), initrd=archive, append="...")
    result = machine.run(timeout=60, log=Path("build/logs/mine.log"))

A run has three lines out of the machine, each a socket pair that nobody else can reach: the UART with
the firmware's and the kernel's log, the control channel on which the kernel says how it ended, and the
terminal with exactly the bytes that the programs wrote. When run() returns, by whatever way, QEMU is gone.
"""

from __future__ import annotations

import enum
import os
import re
import selectors
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ARCHITECTURES = ("riscv64", "x86_64")
OUTPUT_LIMIT = 64 << 20  # what a Result keeps of the terminal
LOG_LIMIT = 16 << 20  # what is kept of the UART
MEMORY_MIN = 8 << 20  # below that firmware, kernel and initrd overlap before the kernel can complain
PATIENCE = 5.0  # seconds that a machine has to stop after it said how it ended

RISCV64 = ["qemu-system-riscv64", "-M", "virt", "-cpu", "rv64", "-bios", "default"]
X86_64 = ["qemu-system-x86_64", "-M", "microvm,pic=off,pit=off,rtc=on", "-cpu", "max"]
X86_64 += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
COMMON = ["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]
COMMON += ["-global", "virtio-mmio.force-legacy=false"]

# Lets QEMU log the words "Triple fault": its exit status is 0, as after Ctrl-A X.
LOG_TRIPLE_FAULT = ["-d", "cpu_reset"]

# Places on the machine's bus; the lower is the first console that the kernel finds.
CONTROL, TERMINAL, DISK, ENTROPY = 0, 1, 2, 3

# Asked for more options for QEMU at each start; a tool that watches every machine puts itself in here.
WATCHERS: list[Callable[[], list[str]]] = []

# What QEMU's exit status says: (orderly power-off, panic).
EXIT_STATUS = {"riscv64": (0, 3), "x86_64": (33, 35)}


class MachineError(Exception):
    """The machine cannot be run as asked; the text says why."""


class Outcome(enum.Enum):
    """How a run ended; the value is the exit status that `make run` gives it."""

    FINISHED = 0  # an orderly power-off; Result.status is what the programs gave
    TIMED_OUT = 124
    PANICKED = 125
    RESET = 126  # the machine stopped by itself: triple fault, reset, or power-off without a word
    FAILED = 127  # QEMU or the kernel could not start; nothing was run


@dataclass
class Result:
    outcome: Outcome
    status: int | None = None  # FINISHED: 0 to 255
    output: bytes = b""  # what came out of the terminal
    message: str = ""  # one line; empty if FINISHED
    details: list[str] = field(default_factory=list)  # PANICKED: the report in the log
    log: Path | None = None
    seconds: float = 0.0

    @property
    def exit_status(self) -> int:
        return self.outcome.value if self.status is None else self.status


def dying_with_parent() -> list[str]:
    """What to put before a command so that it ends even if this process is killed."""
    program = shutil.which("setpriv")
    if program is None or "busybox" in os.path.realpath(program):
        return []
    return [program, "--pdeathsig", "KILL"]


@dataclass
class Machine:
    arch: str
    kernel: Path
    initrd: Path | bytes | None = None
    cpus: int = 2
    memory: str = "128M"
    append: str = ""  # boot options
    icount: bool = False  # count instructions: one CPU, the same run every time
    icount_shift: int = 5  # an instruction takes 2**shift nanoseconds; 0 is for measuring
    # Without timers an idle machine would go straight to the end of time, for the firmware's timer is set there; one
    # that waits for somebody outside must sleep.
    icount_sleeps: bool = False
    seed: int | None = None  # of the emulator's random numbers with icount, and of sched_seed=
    disk: Path | None = None  # an image
    disk_is_kept: bool = False  # what the machine writes stays in it; otherwise the image stays as it is
    extra: list[str] = field(default_factory=list)  # more options for QEMU

    def boot_options(self) -> str:
        words = [self.append] if self.append else []
        if self.seed is not None:
            words.append(f"sched_seed={self.seed}")
        return " ".join(words)

    def command(self, initrd: str | None) -> list[str]:
        """QEMU's command line but for the channels."""
        if self.arch not in ARCHITECTURES:
            raise MachineError(f"there is no machine '{self.arch}', only {' and '.join(ARCHITECTURES)}")
        if not re.fullmatch(r"[1-9][0-9]*[MG]", self.memory):
            raise MachineError(f"'{self.memory}' is not a memory size; write it like 128M or 1G")
        if self.memory_bytes() < MEMORY_MIN:
            raise MachineError(f"{self.memory} is too little memory to load a kernel; the least is {MEMORY_MIN >> 20}M")
        if self.cpus < 1:
            raise MachineError(f"a machine with {self.cpus} CPUs is not possible")
        if not Path(self.kernel).is_file():
            raise MachineError(f"there is no kernel {self.kernel}: build it with `make ARCH={self.arch}`")
        command = list(RISCV64 if self.arch == "riscv64" else X86_64) + COMMON
        command += ["-smp", str(1 if self.icount else self.cpus), "-m", self.memory]
        if self.icount:
            seed = 1 if self.seed is None else self.seed
            command += ["-icount", f"shift={self.icount_shift},sleep={'on' if self.icount_sleeps else 'off'}", "-seed", str(seed)]
            command += ["-rtc", "base=2026-01-01,clock=vm"]
        command += ["-kernel", str(self.kernel)]
        if initrd:
            command += ["-initrd", initrd]
        command += self.disk_options()
        if self.boot_options():
            command += ["-append", self.boot_options()]
        return command + self.extra + [option for watcher in WATCHERS for option in watcher()]

    def disk_options(self) -> list[str]:
        """The disk and, where the machine need not be the same in each run, the host's random numbers."""
        options = [] if self.icount else ["-device", f"virtio-rng-device,bus=virtio-mmio-bus.{ENTROPY}"]
        if self.disk is None:
            return options
        if not Path(self.disk).is_file():
            raise MachineError(f"there is no disk {self.disk}: `make` makes one when it starts the machine")
        snapshot = "off" if self.disk_is_kept else "on"
        options += ["-drive", f"file={self.disk},format=raw,if=none,id=disk,snapshot={snapshot}"]
        return options + ["-device", f"virtio-blk-device,drive=disk,bus=virtio-mmio-bus.{DISK}"]

    def memory_bytes(self) -> int:
        return int(self.memory[:-1]) << (20 if self.memory.endswith("M") else 30)

    def initrd_file(self, directory: Path) -> str | None:
        """The initrd as a file's name; what is not a file yet is put into `directory`."""
        if self.initrd is None:
            return None
        if isinstance(self.initrd, bytes):
            path = directory / "initrd.tar"
            path.write_bytes(self.initrd)
            return str(path)
        if not self.initrd.is_file():
            raise MachineError(f"there is no initrd {self.initrd}: build it with `make ARCH={self.arch}`")
        return str(self.initrd)

    def run(
        self,
        timeout: float = 60.0,
        on_output: Callable[[bytes], None] | None = None,
        log: Path | None = None,
        keyboard: bytes = b"",
    ) -> Result:
        """Boots and waits for the end. `on_output` gets the terminal's bytes as they come; `keyboard`
        is typed on the terminal. The UART's log goes to the file `log`. Threads may run machines at
        the same time."""
        with tempfile.TemporaryDirectory(prefix="capv6-") as directory:
            try:
                command = self.command(self.initrd_file(Path(directory)))
            except MachineError as error:
                return Result(Outcome.FAILED, message=str(error))
            return _Run(self, command, on_output, log, keyboard).result(timeout)




def channel_options(uart: int, control: int, terminal: int) -> list[str]:
    """Connects the machine's three channels to inherited sockets."""
    options = ["-monitor", "none", "-chardev", f"socket,id=uart,fd={uart}", "-serial", "chardev:uart"]
    # QEMU's virtconsole drops what its socket does not take at once; a virtserialport, which has to be
    # port 1 of a device of several, waits.
    ports = ((CONTROL, control, 1, "virtconsole"), (TERMINAL, terminal, 2, "virtserialport,nr=1"))
    for place, fd, max_ports, port in ports:
        options += ["-chardev", f"socket,id=c{place},fd={fd}"]
        options += ["-device", f"virtio-serial-device,id=vs{place},max_ports={max_ports},bus=virtio-mmio-bus.{place}"]
        options += ["-device", f"{port},chardev=c{place},bus=vs{place}.0"]
    return options


class _Run:
    """One run of a machine; used once."""

    def __init__(
        self,
        machine: Machine,
        command: list[str],
        on_output: Callable[[bytes], None] | None,
        log: Path | None,
        keyboard: bytes,
    ) -> None:
        self.machine = machine
        self.command = command
        self.on_output = on_output
        self.log_path = log
        self.keyboard = keyboard
        self.output = bytearray()
        self.log = bytearray()
        self.control = bytearray()
        self.deadline = 0.0
        self.timed_out = False

    def result(self, timeout: float) -> Result:
        started = time.monotonic()
        self.deadline = started + timeout
        pairs = [socket.socketpair() for _ in range(3)]
        try:
            with tempfile.TemporaryFile() as errors:
                status = self._run_process(pairs, errors)
                errors.seek(0)
                complaints = errors.read().decode(errors="replace")
        finally:
            for pair in pairs:
                for end in pair:
                    end.close()
            self._write_log()
        result = self._judge(status, complaints, timeout)
        result.output = bytes(self.output)
        result.log = self.log_path
        result.seconds = time.monotonic() - started
        return result

    def _run_process(self, pairs: list[tuple[socket.socket, socket.socket]], errors: IO[bytes]) -> int | None:
        """QEMU's exit status; None if it could not be started."""
        theirs = [pair[1].fileno() for pair in pairs]
        try:
            process = subprocess.Popen(
                dying_with_parent() + self.command + LOG_TRIPLE_FAULT + channel_options(*theirs),
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                pass_fds=theirs,
                start_new_session=True,
            )
        except OSError as error:
            errors.write(f"{self.command[0]}: {error.strerror}".encode())
            return None
        try:
            for pair in pairs:
                pair[1].close()
            self._follow([pair[0] for pair in pairs])
            if not self.timed_out:  # it has closed its channels and is about to exit
                process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.timed_out = True
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        return process.returncode

    def _follow(self, sockets: list[socket.socket]) -> None:
        """Takes in what comes until the machine closes its channels or the time is up."""
        uart, control, terminal = sockets
        takers = {uart: self._take_log, control: self._take_control, terminal: self._take_output}
        with selectors.DefaultSelector() as selector:
            for channel in sockets:
                channel.setblocking(False)
                selector.register(channel, selectors.EVENT_READ)
            if self.keyboard:
                selector.modify(terminal, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while selector.get_map():
                remaining = self.deadline - time.monotonic()
                if remaining <= 0:
                    self.timed_out = True
                    return
                for key, events in selector.select(remaining):
                    channel = key.fileobj
                    assert isinstance(channel, socket.socket)
                    if events & selectors.EVENT_WRITE:
                        self._type(channel, selector)
                    if events & selectors.EVENT_READ and not self._take(channel, takers[channel]):
                        selector.unregister(channel)

    def _take(self, channel: socket.socket, taker: Callable[[bytes], None]) -> bool:
        """False when nothing more will come."""
        try:
            data = channel.recv(65536)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        if data:
            taker(data)
        return bool(data)

    def _type(self, channel: socket.socket, selector: selectors.BaseSelector) -> None:
        try:
            self.keyboard = self.keyboard[channel.send(self.keyboard[:512]) :]
        except BlockingIOError:
            return
        except ConnectionError:
            self.keyboard = b""
        if not self.keyboard:
            selector.modify(channel, selectors.EVENT_READ)

    def _take_log(self, data: bytes) -> None:
        room = LOG_LIMIT - len(self.log)
        self.log += data[:room]

    def _take_output(self, data: bytes) -> None:
        self.output += data[: OUTPUT_LIMIT - len(self.output)]
        if self.on_output:
            self.on_output(data)

    def _take_control(self, data: bytes) -> None:
        self.control += data
        if b"\n" in data:  # the kernel has said how it ended, and stops at once
            self.deadline = min(self.deadline, time.monotonic() + PATIENCE)

    def _write_log(self) -> None:
        if self.log_path is None:
            return
        if len(self.log) >= LOG_LIMIT:
            self.log += b"\n[the log was cut here]\n"
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self.log_path.write_bytes(self.log)

    def _judge(self, status: int | None, complaints: str, timeout: float) -> Result:
        word, _, rest = self.control.decode(errors="replace").partition("\n")[0].partition(" ")
        orderly, panicked = EXIT_STATUS[self.machine.arch]
        if status is None:
            return Result(Outcome.FAILED, message=f"the emulator could not be started: {complaints}")
        if word == "panic" or (status == panicked and not self.timed_out):
            return self._judge_panic(rest)
        if self.timed_out and word:
            return Result(Outcome.TIMED_OUT, message=f"the kernel said '{word} {rest}' but the machine did not stop")
        if self.timed_out:
            return Result(Outcome.TIMED_OUT, message=f"no end after {timeout:g} seconds; the machine was stopped")
        if status == orderly and word == "status" and rest.isdigit():
            return Result(Outcome.FINISHED, status=int(rest))
        if status == orderly and word == "failed":
            return Result(Outcome.FAILED, message=f"the kernel says: {rest}")
        return self._judge_stop(status, complaints)

    def _judge_panic(self, message: str) -> Result:
        text = self.log.decode(errors="replace").replace("\r", "")
        start = text.rfind("\npanic on CPU") + 1
        details = text[start:].rstrip().splitlines() if start else text.rstrip().splitlines()[-20:]
        if not message and start:
            message = details[0].partition(": ")[2]
        return Result(Outcome.PANICKED, message=f"kernel panic: {message or 'no message'}", details=details)

    def _judge_stop(self, status: int, complaints: str) -> Result:
        program = self.command[0]
        reasons = [line for line in complaints.splitlines() if line.startswith(program)]
        if status == 1 and reasons:
            hint = " (too little memory for kernel and initrd?)" if "overlapping" in complaints else ""
            return Result(Outcome.FAILED, message=f"the emulator could not start: {'; '.join(reasons)}{hint}")
        if status < 0:
            return Result(Outcome.FAILED, message=f"the emulator was ended by signal {-status}")
        if "Triple fault" in complaints:
            return Result(Outcome.RESET, message="triple fault: the CPU could not take an exception")
        return Result(
            Outcome.RESET,
            message=f"the machine stopped or reset without saying how it ended (emulator's status {status})",
        )
