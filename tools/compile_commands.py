#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes compile_commands.json, for clangd and other editors, from the commands of a build.

make -n -B V=1 all | compile_commands.py OUTPUT
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path


def entry_of(line: str) -> dict[str, object] | None:
    """The entry of a command that compiles one file of the tree."""
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    if "-c" not in words or "-o" not in words:
        return None
    source, output = words[-1], words[words.index("-o") + 1]
    if not source.endswith((".c", ".S")) or source.startswith("build/"):
        return None
    return {"directory": os.getcwd(), "file": source, "output": output, "arguments": words}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    entries = [entry for entry in map(entry_of, sys.stdin) if entry]
    if not entries:
        print("compile_commands: the build has no compiler commands", file=sys.stderr)
        return 1
    Path(arguments[0]).write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    print(f"  {arguments[0]}: {len(entries)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
