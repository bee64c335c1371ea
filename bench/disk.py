# SPDX-License-Identifier: MIT
"""The rows of `make bench` that need a disk. Its answers come after another time in each run, whatever the clock, so
the instructions are counted by a plugin of the emulator, between marks in bench/diskbench.c, without the
deterministic counter: the least of several rounds, which a timer tick can only raise."""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from elf import Elf
from machine import MachineError, Outcome
from run import explain, log_path, scripted_machine

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = ROOT / "build" / "host" / "marks_plugin.so"
MARK_FIRST = 0x700
FILE_SIZE = 64 << 20
START = "block_submit"  # the driver's function that starts a request: of some 4 KiB blocks, or a flush

# Row: the marks before and behind it.
ROWS = {"create a file, on disk": (0, 1), "write 4 KiB to it": (2, 3), "fsync": (4, 5), "unlink it": (6, 7)}
# What xv6-riscv needs to read 4 KiB that it has cached; it needs 38 writes of 1 KiB for create, write and unlink.
XV6_READ_4096 = 114279
XV6_WRITES = 38


@dataclass
class Mark:
    number: int
    instructions: int
    requests: int


def differences(marks: list[Mark], before: int, behind: int) -> list[tuple[int, int]]:
    """Instructions and requests between each pair of marks, less the mark itself."""
    found = []
    last: Mark | None = None
    for mark in marks:
        if mark.number == before:
            last = mark
        elif mark.number == behind and last is not None:
            found.append((mark.instructions - last.instructions - 1, mark.requests - last.requests))
            last = None
    if not found:
        raise MachineError(f"the machine has not passed the marks {before} and {behind}")
    return found


def measure(arch: str, timeout: float) -> list[Mark]:
    build = ROOT / "build" / f"{arch}-release"
    address = next((symbol.value for symbol in Elf(build / "kernel.elf").symbols() if symbol.name == START), None)
    if address is None:
        raise MachineError(f"the kernel has no function {START}, whose calls are counted")
    with tempfile.TemporaryDirectory(prefix="capv6-bench-") as directory:
        output, disk = Path(directory) / "marks", Path(directory) / "disk.img"
        subprocess.run([str(ROOT / "build/host/mkfs"), str(disk), "128M", "home"], check=True, capture_output=True)
        options = argparse.Namespace(arch=arch, build=build, cpus=1, memory="256M", append="", icount=False, seed=None)
        options.extra, options.disk = [str(ROOT / "bench" / "diskbench.c")], disk
        plugin = ["-plugin", f"{PLUGIN},watch={address:#x},out={output}"]
        machine = replace(scripted_machine(options, "diskbench", "virtio"), disk_is_kept=True, extra=plugin)
        result = machine.run(timeout, None, log_path())
        if result.outcome is not Outcome.FINISHED or result.exit_status != 0:
            explain(result, machine, build)
            raise MachineError(f"{arch}: the disk's benchmark failed: {result.output.decode(errors='replace')}")
        words = [[int(word) for word in line.split()] for line in output.read_text().splitlines()]
    return [Mark(number - MARK_FIRST, instructions, requests) for number, instructions, requests in words]


def rows(marks: list[Mark]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, (before, behind) in ROWS.items():
        found[name] = min(differences(marks, before, behind))[0]
    found["requests: create to fsync"] = min(count for _, count in differences(marks, 0, 5))
    found["requests: with unlink, sync"] = min(count for _, count in differences(marks, 0, 8))
    for name, before, behind in (("read 64 MiB", 9, 10), ("read it again", 11, 12)):
        instructions, requests = differences(marks, before, behind)[0]
        found[f"{name}: bytes per instr."] = FILE_SIZE / instructions
        found[f"{name}: requests"] = requests
    return found


def print_table(figures: dict[str, dict[str, float]]) -> None:
    """`figures` by machine."""
    print("\nwith a disk, counted by a plugin without the instruction counter")
    print(f"{'guest instructions':<32}" + "".join(f"{arch:>10}" for arch in figures))
    for name in next(iter(figures.values())):
        costs = [figures[arch][name] for arch in figures]
        print(f"{name:<32}" + "".join(f"{cost:10,.2f}" if "bytes" in name else f"{cost:10,.0f}" for cost in costs))
    print(f"A request is 1 to 8 blocks of 4 KiB or a flush; xv6-riscv: {XV6_WRITES} writes of 1 KiB for create, write and unlink,")
    print(f"and {4096 / XV6_READ_4096:.3f} bytes per instruction when it reads what it has cached.")
