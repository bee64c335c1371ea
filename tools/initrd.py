#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the initial RAM disk: a ustar archive that is the same for the same contents.

initrd.py OUTPUT NAME/ ... NAME=FILE ...    directories, and files from the host
"""

from __future__ import annotations

import io
import os
import sys
import tarfile
from pathlib import Path


def make_archive(directories: set[str], files: dict[str, tuple[bytes, bool]]) -> bytes:
    """`files` maps a name to its contents and whether it is a program."""
    names = {name.rstrip("/") for name in directories}
    for name in files:
        names.update(str(parent) for parent in Path(name).parents if str(parent) != ".")
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(names | files.keys()):
            entry = tarfile.TarInfo(name)
            if name in files:
                contents, is_program = files[name]
                entry.size = len(contents)
                entry.mode = 0o755 if is_program else 0o644
                archive.addfile(entry, io.BytesIO(contents))
            else:
                entry.type = tarfile.DIRTYPE
                entry.mode = 0o755
                archive.addfile(entry)
    return output.getvalue()


def read_archive(data: bytes) -> tuple[set[str], dict[str, tuple[bytes, bool]]]:
    """What make_archive() was given."""
    directories: set[str] = set()
    files: dict[str, tuple[bytes, bool]] = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for entry in archive:
            if entry.isdir():
                directories.add(entry.name)
            else:
                stream = archive.extractfile(entry)
                assert stream is not None, entry.name
                files[entry.name] = (stream.read(), bool(entry.mode & 0o100))
    return directories, files


def extend_archive(base: bytes, files: dict[str, tuple[bytes, bool]]) -> bytes:
    """A copy of an archive with files added or replaced."""
    directories, present = read_archive(base)
    return make_archive(directories, {**present, **files})


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    directories: set[str] = set()
    files: dict[str, tuple[bytes, bool]] = {}
    for argument in arguments[1:]:
        name, separator, source = argument.partition("=")
        if separator:
            contents = Path(source).read_bytes()
            files[name] = (contents, contents.startswith(b"\x7fELF"))
        else:
            directories.add(name)
    output = Path(arguments[0])
    temporary = output.with_name(output.name + ".new")
    temporary.write_bytes(make_archive(directories, files))
    os.replace(temporary, output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
