#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the storms again and again, with other seeds for scheduling each time: `make soak MINUTES=10`.

Processes, files, capabilities and threads are made, given, taken back and ended at random on both machines, on 2 and 4
CPUs. Each program recounts the ledger from the real structures when it has ended. A run that fails is shown with
the command that repeats it.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STORMS = ("process_storms", "cap_storms", "thread_storms", "file_storms")
TIMEOUT = 900  # seconds for one run; a storm takes a few


def command_of(arch: str, cpus: int, storm: str, seed: int) -> list[str]:
    return ["make", "-s", "run", f"ARCH={arch}", f"CPUS={cpus}", f"SEED={seed}", f"TIMEOUT={TIMEOUT}", f"CMD=/tests/{storm} --long"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="of the seeds")
    arguments = parser.parse_args()
    seeds = random.Random(arguments.seed)
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CMD")}
    end, runs, failures = time.monotonic() + 60 * arguments.minutes, 0, 0
    for storm, cpus, arch in itertools.cycle(itertools.product(STORMS, (2, 4), ("riscv64", "x86_64"))):
        if time.monotonic() > end:
            break
        command = command_of(arch, cpus, storm, seeds.randrange(1, 1 << 30))
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        runs, failures = runs + 1, failures + (done.returncode != 0)
        word = "ok    " if done.returncode == 0 else "FAILED"
        print(f"  {word} {arch:<8} {cpus} CPUs {storm:<15} {time.monotonic() - started:5.1f} s", flush=True)
        if done.returncode != 0:
            print(done.stdout.decode(errors="replace"))
            print("again: " + " ".join(f"'{word}'" if " " in word else word for word in command), flush=True)
    print(f"{runs} runs, {failures} failed; seed {arguments.seed}")
    return 1 if failures or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
