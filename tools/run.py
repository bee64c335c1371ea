#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Boots a machine without a terminal, runs shell commands in it and prints just their output.

The commands come from the environment variable CMD (as `make run` has them) or the command line. The
exit status is the last command's, or 124 time-out, 125 kernel panic, 126 reset or triple fault,
127 when nothing could be run.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from initrd import extend_archive
from machine import ARCHITECTURES, Machine, MachineError, Outcome, Result

SCRIPT = "run/script"
LOGS = Path("build/logs")
LOGS_KEPT = 100


def read_commands(build: Path) -> dict[str, list[str]]:
    """The compilers' command lines that the build used."""
    try:
        lines = (build / "commands.txt").read_text().splitlines()
    except OSError as error:
        raise MachineError(f"{build} is not built yet: run `make` first ({error.strerror})") from error
    return {name: words.split() for name, _, words in (line.partition(": ") for line in lines)}


def compile_program(source: str, build: Path, directory: Path) -> tuple[str, bytes]:
    """The name and contents of a program of one C file. The compiler prints its own errors."""
    name = Path(source).stem
    if not Path(source).is_file():
        raise MachineError(f"there is no file {source}")
    if not source.endswith(".c") or not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        raise MachineError(f"{source}: programs are C files, with a name of letters, digits, '.', '_' and '-'")
    commands = read_commands(build)
    # A program for xv6-riscv is compiled with its headers, and linked with what translates its calls.
    kind = "xv6" if re.search(r'#\s*include\s*"user/user\.h"', Path(source).read_text(errors="replace")) else "user"
    output, target = directory / f"{name}.o", directory / name
    steps = [
        commands[f"{kind}-cc"] + ["-c", "-o", str(output), source],
        commands["user-ld"] + ["-o", str(target), str(output)] + commands[f"{kind}-libraries"],
        commands["strip"] + [str(target)],
    ]
    for step in steps:
        if subprocess.run(step, stdout=sys.stderr, check=False).returncode != 0:
            raise MachineError(f"{source} was not compiled, so nothing was run")
    return name, target.read_bytes()


def make_initrd(build: Path, script: str, sources: list[str]) -> bytes:
    """The build's initrd with the script and programs of the given C files in it."""
    try:
        base = (build / "initrd.tar").read_bytes()
    except OSError as error:
        raise MachineError(f"there is no {build}/initrd.tar: run `make` first") from error
    files = {SCRIPT: (script.encode() + b"\n", False)}
    with tempfile.TemporaryDirectory(prefix="capv6-") as directory:
        for source in sources:
            name, contents = compile_program(source, build, Path(directory))
            if f"bin/{name}" in files:
                raise MachineError(f"two of the given files would both be /bin/{name}")
            files[f"bin/{name}"] = (contents, True)
    return extend_archive(base, files)


def log_path() -> Path:
    """Where this run's log goes; old logs are removed."""
    LOGS.mkdir(parents=True, exist_ok=True)
    for old in sorted(LOGS.glob("run-*.log"))[:-LOGS_KEPT]:
        old.unlink(missing_ok=True)
    return LOGS / f"run-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"


def traced_addresses(report: list[str]) -> dict[int, int]:
    """The address in each line of a panic report's stack trace. All are return addresses, behind the
    call, but for the first if it comes from a trap, whose registers then stand before the trace."""
    start = report.index("stack trace:") if "stack trace:" in report else len(report)
    before = [line for line in report[1:start] if "taken at" not in line and "locks held" not in line]
    found = {}
    for number, line in enumerate(report[start + 1 :], start + 1):
        match = re.match(r"  ([0-9a-f]{16})\b", line)
        if match:
            is_exact = not found and bool(before)
            found[number] = int(match.group(1), 16) - (0 if is_exact else 1)
    return found


def source_lines(kernel: Path, build: Path, report: list[str]) -> list[str]:
    """A panic report with file and line behind each address of its stack trace."""
    addresses = traced_addresses(report)
    program = read_commands(build)["strip"][0].removesuffix("strip") + "addr2line"
    command = [program, "-e", str(kernel)] + [f"{address:#x}" for address in addresses.values()]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return report
    places = dict(zip(addresses, answer))
    return [f"{line}  {places.get(number, '').removeprefix('./')}".rstrip() for number, line in enumerate(report)]


def explain(result: Result, machine: Machine, build: Path) -> None:
    print(f"run: {result.message}", file=sys.stderr)
    if result.outcome is Outcome.PANICKED:
        for line in source_lines(machine.kernel, build, result.details):
            print(f"run: | {line}", file=sys.stderr)
    if result.log is not None and result.log.exists() and result.log.stat().st_size > 0:
        print(f"run: the kernel's whole log is in {result.log}", file=sys.stderr)


def write_output(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    """The options that Makefile's MACHINE_OPTIONS gives."""
    parser.add_argument("--arch", choices=ARCHITECTURES, default="riscv64")
    parser.add_argument("--build", type=Path, help="build directory (default build/ARCH)")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", default="128M")
    parser.add_argument("--append", default="", help="more boot options for the kernel")
    parser.add_argument("--icount", action="store_true", help="count instructions: one CPU, the same every time")
    parser.add_argument("--disk", type=Path, metavar="IMAGE", help="a disk; what is written to it is kept by qemu.py only")
    parser.add_argument("--seed", type=int, help="for sched_seed= and, with --icount, the emulator")


def parse_machine_options(parser: argparse.ArgumentParser) -> argparse.Namespace:
    options = parser.parse_args()
    if options.build is None:
        options.build = Path("build") / options.arch
    return options


def machine_of(options: argparse.Namespace, initrd: Path | bytes, append: str = "") -> Machine:
    return Machine(
        options.arch,
        options.build / "kernel.elf",
        initrd,
        cpus=options.cpus,
        memory=options.memory,
        append=f"{append} {options.append}".strip(),
        icount=options.icount,
        seed=options.seed,
        disk=getattr(options, "disk", None),
    )


def scripted_machine(options: argparse.Namespace, script: str, console: str) -> Machine:
    """A machine that runs a script and powers off."""
    archive = make_initrd(options.build, script, options.extra)
    return machine_of(options, archive, f"run=/{SCRIPT} console={console}")


def run(options: argparse.Namespace, script: str) -> int:
    try:
        machine = scripted_machine(options, script, "virtio")
    except MachineError as error:
        print(f"run: {error}", file=sys.stderr)
        return Outcome.FAILED.value
    result = machine.run(options.timeout, write_output, log_path())
    if result.outcome is not Outcome.FINISHED:
        explain(result, machine, options.build)
    return result.exit_status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", default=os.environ.get("CMD", ""))
    add_machine_options(parser)
    parser.add_argument("--extra", action="append", default=[], metavar="FILE.c", help="a C file to add to /bin")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    options = parse_machine_options(parser)
    if not options.command.strip():
        print("run: there is nothing to run; say for example: make run CMD='ls | wc; caps'", file=sys.stderr)
        return Outcome.FAILED.value
    # Whoever ends this program ends the machine first: exceptions pass through Machine.run().
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(128 + signal.SIGHUP))
    try:
        return run(options, options.command)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


if __name__ == "__main__":
    sys.exit(main())
