#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Starts a machine with this terminal as its console; Ctrl-A X leaves it.

With --wait-for-gdb it stands still until a debugger says go: `make gdb` in another terminal, or an
editor (.vscode/launch.json), through the socket build/ARCH/gdb.sock.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from machine import EXIT_STATUS, LOG_TRIPLE_FAULT, MachineError, Outcome, dying_with_parent
from run import add_machine_options, machine_of, parse_machine_options


def gdb_options(path: Path) -> list[str]:
    """Makes QEMU stand still and listen for a debugger on a socket that is only this user's."""
    return ["-S", "-chardev", f"socket,path={path},server=on,wait=off,id=gdb", "-gdb", "chardev:gdb"]


def is_listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def kept_terminal() -> Iterator[None]:
    """Puts the terminal's settings back, however QEMU ends."""
    settings = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None
    try:
        yield
    finally:
        if settings is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, settings)


def explain(arch: str, status: int, log: str) -> int:
    """The exit status for QEMU's; says what happened if that was not the user's wish."""
    orderly, panicked = EXIT_STATUS[arch]
    if status == panicked:
        print("qemu: the kernel panicked; what it said stands above", file=sys.stderr)
        return Outcome.PANICKED.value
    if "Triple fault" in log:
        print("qemu: triple fault: the CPU could not take an exception", file=sys.stderr)
        return Outcome.RESET.value
    return 0 if status in (0, orderly) else Outcome.FAILED.value


def interact(options: argparse.Namespace, gdb_socket: Path | None) -> int:
    machine = replace(machine_of(options, options.build / "initrd.tar"), disk_is_kept=True)
    with tempfile.TemporaryDirectory(prefix="capv6-") as directory:
        log = Path(directory) / "log"
        command = machine.command(machine.initrd_file(Path(directory))) + ["-serial", "mon:stdio"]
        command += LOG_TRIPLE_FAULT + ["-D", str(log)]
        if gdb_socket is not None:
            command += gdb_options(gdb_socket)
        with kept_terminal():
            status = subprocess.call(dying_with_parent() + command)
        return explain(options.arch, status, log.read_text(errors="replace") if log.exists() else "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_machine_options(parser)
    parser.add_argument("--wait-for-gdb", action="store_true")
    options = parse_machine_options(parser)
    gdb_socket = None
    if options.wait_for_gdb:
        gdb_socket = options.build / "gdb.sock"
        if is_listening(gdb_socket):
            print(f"qemu: another machine waits for the debugger at {gdb_socket}", file=sys.stderr)
            return Outcome.FAILED.value
        print(f"The machine waits for a debugger at {gdb_socket}; run `make gdb ARCH={options.arch}`", flush=True)
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is the machine's
    try:
        return interact(options, gdb_socket)
    except (MachineError, OSError) as error:
        print(f"qemu: {error}", file=sys.stderr)
        return Outcome.FAILED.value
    finally:
        if gdb_socket is not None:
            with contextlib.suppress(OSError):
                os.unlink(gdb_socket)


if __name__ == "__main__":
    sys.exit(main())
