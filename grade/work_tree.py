# SPDX-License-Identifier: MIT
"""A tree that is put into one state after another, in which only what changes is built again."""

from __future__ import annotations

from pathlib import Path

Files = dict[str, tuple[bytes, int]]


class WorkTree:
    """`build/` in it is the tree's own; everything else is what the last update said."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def update(self, files: Files) -> None:
        for path in sorted(self.directory.rglob("*"), reverse=True):
            name = path.relative_to(self.directory).as_posix()
            if name == "build" or name.startswith("build/"):
                continue
            if path.is_file() and name not in files:
                path.unlink()
        for name, (data, mode) in files.items():
            path = self.directory / name
            if path.is_file() and path.read_bytes() == data:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(mode)
