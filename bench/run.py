#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what operations cost on both machines, in guest instructions: `make bench`.

The release kernels run bench/bench.c on one CPU under QEMU's deterministic instruction counter, so that a figure is
the same on every computer. Costs are those of a call as a program sees it, from its first instruction to its last.
A figure over its goal is marked, and is no failure.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "bench")]

import disk  # noqa: E402
from machine import ARCHITECTURES, MachineError, Outcome  # noqa: E402
from run import explain, log_path, scripted_machine  # noqa: E402

LINE = re.compile(r"^bench (.+) = (-?\d+)$", re.M)

# Guest instructions, on both machines. Gate: what a call on a capability costs more than a call without.
GOALS = {
    "null call": 120,
    "gate": 60,
    "get_token": 200,
    "dup + close": 450,
    "queue send + receive": 1200,
    "mutex lock + unlock": 500,
    "transfer": 1500,
    "open + close": 2500,
    "fstat": 400,
    "read 512 bytes": 600,
    "read 4096 bytes": 1500,
    "create a file": 25000,
    "write 4 KiB to it": 20000,
    "unlink it": 20000,
    "exec of a missing name": 4000,
    "pipe ping-pong": 2000,
    "fork + exit + wait": 15000,
    "fork ... with 64 pages more": 20000,
    "fork + exec + exit + wait": 40000,
    "first touch of a page": 1600,
    "close of a bad descriptor": 160,
    "pipe: write 1 + read 1": 700,
    "pipe: write 512 + read 512": 900,
}


def measure(arch: str, timeout: float) -> dict[str, int]:
    """Every operation's cost on one machine."""
    build = ROOT / "build" / f"{arch}-release"
    options = argparse.Namespace(arch=arch, build=build, cpus=1, memory="128M", append="", icount=True, seed=1)
    options.extra = [str(ROOT / "bench" / "bench.c")]
    machine = replace(scripted_machine(options, "bench", "virtio"), icount_shift=0)
    output = bytearray()
    result = machine.run(timeout, output.extend, log_path())
    if result.outcome is not Outcome.FINISHED:
        explain(result, machine, build)
        raise MachineError(f"{arch}: the benchmark did not end by itself")
    figures = {name: int(cost) for name, cost in LINE.findall(output.decode(errors="replace").replace("\r", ""))}
    if result.exit_status != 0 or not figures:
        raise MachineError(f"{arch}: the benchmark failed:\n{output.decode(errors='replace')}")
    return figures


def verdict(name: str, costs: list[int]) -> str:
    if name not in GOALS:
        return ""
    over = [arch for arch, cost in zip(ARCHITECTURES, costs) if cost > GOALS[name]]
    return f"{GOALS[name]:8,}  " + ("over on " + ", ".join(over) if over else "met")


def print_table(figures: dict[str, dict[str, int]]) -> None:
    print(f"{'guest instructions':<28}" + "".join(f"{arch:>10}" for arch in ARCHITECTURES) + f"{'goal':>10}")
    for name in figures[ARCHITECTURES[0]]:
        costs = [figures[arch][name] for arch in ARCHITECTURES]
        print((f"{name:<28}" + "".join(f"{cost:10,}" for cost in costs) + "  " + verdict(name, costs)).rstrip())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timeout", type=float, default=300.0, metavar="SECONDS", help="for each machine")
    options = parser.parse_args()
    figures: dict[str, dict[str, int]] = {}
    on_disk: dict[str, dict[str, float]] = {}
    try:
        for arch in ARCHITECTURES:
            print(f"bench: running {arch}", file=sys.stderr)
            figures[arch] = measure(arch, options.timeout)
            on_disk[arch] = disk.rows(disk.measure(arch, options.timeout))
    except MachineError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print_table(figures)
    disk.print_table(on_disk)
    return 0


if __name__ == "__main__":
    sys.exit(main())
