#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Starts a machine under gdb, stopped where the kernel's C code begins, and with the commands of
tools/gdb/capv6.py (say `help capv6` there).

What the kernel and the programs print appears in this terminal; `capv6 type TEXT` types a line on
the machine's console. With CMD in the environment the machine runs these shell commands instead of a
session. If a machine of `make qemu-gdb` waits in another terminal, that one is debugged.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from machine import Machine, MachineError, Outcome, dying_with_parent
from qemu import gdb_options, is_listening
from run import add_machine_options, machine_of, parse_machine_options, scripted_machine

TOOLS = Path(__file__).resolve().parent
START_PATIENCE = 10.0  # seconds


def gdb_command(kernel: Path, gdb_socket: Path, batch: list[str]) -> list[str]:
    program = next((name for name in ("gdb-multiarch", "gdb") if shutil.which(name)), None)
    if program is None:
        raise MachineError("there is no gdb-multiarch; `make deps` installs it")
    commands = ["set confirm off", "set pagination off", "set trust-readonly-sections on"]
    commands += [f"target remote {gdb_socket}", f"source {TOOLS}/gdb/capv6.py"]
    commands += ["tbreak kernel_main", "continue"] + batch
    command = [program, "-q", str(kernel)] + (["-batch"] if batch else [])
    for text in commands:
        command += ["-ex", text]
    return command


def copy_output(uart: socket.socket) -> None:
    """Shows what the machine prints until it is gone. gdb's own output stays whole: both write to
    the terminal in lines."""
    with contextlib.suppress(OSError):
        while data := uart.recv(4096):
            os.write(sys.stdout.fileno(), data.replace(b"\r", b""))


def copy_keyboard(fifo: int, uart: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := os.read(fifo, 4096):
            uart.sendall(data)


def start_machine(machine: Machine, directory: Path, uart: socket.socket) -> subprocess.Popen[bytes]:
    """Starts QEMU, standing still, and returns when it listens for the debugger."""
    gdb_socket = directory / "gdb.sock"
    command = machine.command(machine.initrd_file(directory)) + gdb_options(gdb_socket)
    command += ["-monitor", "none", "-chardev", f"socket,id=uart,fd={uart.fileno()}", "-serial", "chardev:uart"]
    process = subprocess.Popen(
        dying_with_parent() + command, stdin=subprocess.DEVNULL, pass_fds=[uart.fileno()], start_new_session=True
    )
    deadline = time.monotonic() + START_PATIENCE
    while not gdb_socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise MachineError("the emulator could not be started")
        time.sleep(0.02)
    return process


def debug_own_machine(machine: Machine, batch: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="capv6-") as name:
        directory = Path(name)
        ours, theirs = socket.socketpair()
        process = start_machine(machine, directory, theirs)
        theirs.close()
        keyboard = directory / "keyboard"
        os.mkfifo(keyboard)
        fifo = os.open(keyboard, os.O_RDWR)
        threading.Thread(target=copy_output, args=(ours,), daemon=True).start()
        threading.Thread(target=copy_keyboard, args=(fifo, ours), daemon=True).start()
        try:
            environment = {**os.environ, "CAPV6_KEYBOARD": str(keyboard)}
            return subprocess.call(gdb_command(machine.kernel, directory / "gdb.sock", batch), env=environment)
        finally:
            process.kill()
            process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_machine_options(parser)
    parser.add_argument("--extra", action="append", default=[], metavar="FILE.c", help="a C file to add to /bin")
    parser.add_argument("--batch", action="append", default=[], metavar="COMMAND", help="run gdb commands and leave")
    options = parse_machine_options(parser)
    script = os.environ.get("CMD", "")
    waiting = options.build / "gdb.sock"
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is gdb's
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if is_listening(waiting):
            return subprocess.call(gdb_command(options.build / "kernel.elf", waiting, options.batch))
        if script.strip() or options.extra:
            machine = scripted_machine(options, script, "uart")
        else:
            machine = machine_of(options, options.build / "initrd.tar")
        return debug_own_machine(machine, options.batch)
    except (MachineError, OSError) as error:
        print(f"gdb: {error}", file=sys.stderr)
        return Outcome.FAILED.value


if __name__ == "__main__":
    sys.exit(main())
