#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Takes over a corrected handout: grade/update.py DIRECTORY|ARCHIVE.zip

The files that you hand in stay as they are; everything else becomes what the corrected handout has.
"""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

from manifest import ROOT, LabError, find_lab

STARTER = "STARTER"


class UpdateError(Exception):
    """The handout cannot be taken over; nothing was changed."""


def files_of_zip(path: Path) -> dict[str, tuple[bytes, int]]:
    files = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename.partition("/")[2]
            if info.is_dir() or not name:
                continue
            if name.startswith("/") or ".." in Path(name).parts:
                raise UpdateError(f"{path} holds {info.filename}, a path that leads out of it")
            files[name] = (archive.read(info), (info.external_attr >> 16) & 0o777 or 0o644)
    return files


def files_of_directory(path: Path) -> dict[str, tuple[bytes, int]]:
    files = {}
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if file.is_file() and not name.startswith(("build/", ".git/", "disk/", "handin/")):
            files[name] = (file.read_bytes(), file.stat().st_mode & 0o777)
    return files


def read_starter(data: bytes, where: str) -> tuple[int, int]:
    """Which lab, and which version of its handout."""
    found = re.fullmatch(r"lab (\d+)\nversion (\d+)\n", data.decode(errors="replace"))
    if found is None:
        raise UpdateError(f"{where} is not the handout of a lab: its file {STARTER} is not as it should be")
    return int(found[1]), int(found[2])


def update(source: Path) -> str:
    if not source.exists() or str(source) in ("", "."):
        raise UpdateError("say where the corrected handout is: make update FROM=DIRECTORY or FROM=ARCHIVE.zip")
    try:
        files = files_of_directory(source) if source.is_dir() else files_of_zip(source)
    except zipfile.BadZipFile as error:
        raise UpdateError(f"{source} is neither a directory nor a zip archive: {error}") from error
    own = read_starter((ROOT / STARTER).read_bytes() if (ROOT / STARTER).is_file() else b"", "this tree")
    new = read_starter(files.get(STARTER, (b"", 0))[0], str(source))
    if own[0] != new[0]:
        raise UpdateError(f"this is lab {own[0]}, and {source} is lab {new[0]}")
    if new[1] <= own[1]:
        return f"nothing to do: this is version {own[1]}, and {source} is version {new[1]}"
    mine = set(find_lab(own[0]).hand_in)
    changed = 0
    for name, (data, mode) in files.items():
        path = ROOT / name
        if name in mine or name == STARTER or (path.is_file() and path.read_bytes() == data):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)
        changed += 1
    (ROOT / STARTER).write_bytes(files[STARTER][0])  # last: if this is interrupted, it can be done again
    return f"from version {own[1]} to {new[1]}: {changed} files changed; your own ({', '.join(sorted(mine))}) are as they were"


def main() -> int:
    try:
        print(update(Path(sys.argv[1] if len(sys.argv) > 1 else "")))
    except (UpdateError, LabError, OSError) as error:
        print(f"update: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
