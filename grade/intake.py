# SPDX-License-Identifier: MIT
"""Takes the hand-in files, and nothing else, out of what a student has sent: a directory, a tar archive (also
compressed) or a zip. Whatever it is, nothing is written; an Unacceptable says what is wrong with it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from manifest import Lab

ARCHIVE_MAX = 16 << 20  # bytes of an archive as it was sent
UNPACKED_MAX = 64 << 20  # and of a tar archive without compression
FILE_MAX = 1 << 20  # of one file
ENTRIES_MAX = 10_000
OTHERS_SHOWN = 5
STARTER = "STARTER"

COMPILER_HEADERS = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "stdatomic.h", "limits.h"}
DIRECTIVE = re.compile(r"^[ \t\f\v]*(?:#|%:|\?\?=)[ \t\f\v]*(include\w*|import|embed)\b[ \t]*(.*)$", re.MULTILINE)
# A comment; or, kept, a string or character, in which nothing is a comment.
# One without an end goes to the end of the line, as for the compiler; so the time is linear, too.
LEXEME = re.compile(r"""//[^\n]*|/\*.*?(?:\*/|\Z)|("(?:\\.|[^"\\\n])*(?:"|\\?)|'(?:\\.|[^'\\\n])*(?:'|\\?))""", re.DOTALL)
ASSEMBLY = re.compile(r"\b(asm|__asm__|__asm)\b")
MAGIC: list[tuple[bytes, Callable[[io.BytesIO], io.IOBase]]] = [
    (b"\x1f\x8b", lambda data: gzip.GzipFile(fileobj=data)),  # type: ignore[list-item, return-value]
    (b"BZh", lambda data: bz2.BZ2File(data)),
    (b"\xfd7zXZ\x00", lambda data: lzma.LZMAFile(data)),
]


class Unacceptable(Exception):
    """The submission cannot be graded; the text is for the student."""


@dataclass
class HandedIn:
    files: dict[str, bytes] = field(default_factory=dict)
    version: int | None = None  # of the handout that the student has begun with
    notes: list[str] = field(default_factory=list)


@dataclass
class Entry:
    """One thing in a submission. `read` is called only for what is wanted."""

    name: str
    kind: str  # file, directory, link, other
    read: Callable[[], bytes]


# ---- Where it comes from -------------------------------------------------------------------------


def entries_of_directory(directory: Path, wanted: set[str]) -> Iterator[Entry]:
    for name in sorted(wanted):
        path, kind = directory, "file"
        for part in PurePosixPath(name).parts:
            path = path / part
            try:
                mode = path.lstat().st_mode
            except OSError:
                kind = ""
                break
            if stat.S_ISLNK(mode):
                kind = "link"
                break
            kind = "file" if stat.S_ISREG(mode) else "directory" if stat.S_ISDIR(mode) else "other"
        if kind:
            yield Entry(name, kind, lambda path=path: read_limited(path))  # type: ignore[misc]


def read_limited(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(FILE_MAX + 1)


def unpacked(data: bytes) -> bytes:
    for magic, opener in MAGIC:
        if data.startswith(magic):
            with opener(io.BytesIO(data)) as stream:
                data = stream.read(UNPACKED_MAX + 1)  # type: ignore[attr-defined]
            if len(data) > UNPACKED_MAX:
                raise Unacceptable(f"unpacked the archive is larger than {UNPACKED_MAX >> 20} MiB")
    return data


def entries_of_tar(data: bytes) -> Iterator[Entry]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for number, member in enumerate(archive):
            if number >= ENTRIES_MAX:
                raise Unacceptable(f"the archive holds more than {ENTRIES_MAX} entries")
            kind = "file" if member.isreg() else "directory" if member.isdir() else "link" if member.issym() or member.islnk() else "other"

            def read(member: tarfile.TarInfo = member) -> bytes:
                stream = archive.extractfile(member)
                return stream.read(FILE_MAX + 1) if stream else b""

            yield Entry(member.name, kind, read)


def entries_of_zip(data: bytes) -> Iterator[Entry]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if len(archive.infolist()) > ENTRIES_MAX:
            raise Unacceptable(f"the archive holds more than {ENTRIES_MAX} entries")
        for info in archive.infolist():
            mode = info.external_attr >> 16
            kind = "directory" if info.is_dir() else "link" if stat.S_ISLNK(mode) else "file"
            if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
                kind = "other"

            def read(info: zipfile.ZipInfo = info) -> bytes:
                if info.flag_bits & 1:
                    raise Unacceptable(f"{info.filename} is encrypted")
                with archive.open(info) as stream:
                    return stream.read(FILE_MAX + 1)

            yield Entry(info.filename, kind, read)


def entries_of(path: Path, wanted: set[str]) -> Iterator[Entry]:
    if path.is_dir():
        yield from entries_of_directory(path, wanted)
        return
    if not path.is_file():
        raise Unacceptable(f"there is no file or directory {path}")
    if path.stat().st_size > ARCHIVE_MAX:
        raise Unacceptable(f"the archive is larger than {ARCHIVE_MAX >> 20} MiB")
    data = path.read_bytes()
    if not data:
        raise Unacceptable("the archive is empty")
    yield from entries_of_zip(data) if data.startswith(b"PK") else entries_of_tar(unpacked(data))


# ---- What is taken of it -------------------------------------------------------------------------


def place_in_tree(name: str, wanted: set[str]) -> str | None:
    """The hand-in file that an entry is, perhaps in one directory around all; None if it is something else."""
    if "\\" in name or "\0" in name or name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise Unacceptable(f"the archive holds {name[:80]!r}, a path that leads out of it")
    parts = PurePosixPath(name).parts
    for start in (0, 1):
        path = "/".join(parts[start:])
        if path in wanted:
            return path
    return None


def check_source(name: str, data: bytes) -> None:
    """A hand-in file is C text that includes nothing but the tree's headers, and holds no assembly."""
    if len(data) > FILE_MAX:
        raise Unacceptable(f"{name} is larger than {FILE_MAX >> 20} MiB")
    text = re.sub(r"(?:\\|\?\?/)[ \t\f\v]*\n", "", data.decode(errors="replace").replace("\r", ""))
    plain = re.sub(LEXEME, lambda match: match[1] or " ", text)
    for match in DIRECTIVE.finditer(plain):
        quoted = re.fullmatch(r'"([A-Za-z0-9_./-]+)"', match[2].strip())
        system = re.fullmatch(r"<([a-z.]+)>", match[2].strip())
        inside = quoted is not None and not quoted[1].startswith("/") and ".." not in quoted[1].split("/")
        if match[1] != "include" or not (inside or (system is not None and system[1] in COMPILER_HEADERS)):
            raise Unacceptable(f"{name} includes {match[2].strip()[:80]}, which is not part of the tree")
    strings_out = re.sub(LEXEME, lambda match: '""' if match[1] else " ", text)
    if ASSEMBLY.search(strings_out):
        raise Unacceptable(f"{name} holds assembly")


def read_version(data: bytes) -> int | None:
    found = re.search(rb"^version (\d{1,6})$", data, re.MULTILINE)
    return int(found[1]) if found else None


def take_submission(path: Path, lab: Lab) -> HandedIn:
    wanted = {*lab.hand_in, STARTER}
    handed, others = HandedIn(), []
    try:
        for entry in entries_of(path, wanted):
            name = place_in_tree(entry.name, wanted)
            if name is None:
                others += [entry.name] if entry.kind != "directory" else []
                continue
            if entry.kind != "file":
                raise Unacceptable(f"{name} is not a plain file but a {entry.kind if entry.kind != 'other' else 'device or the like'}")
            if name in handed.files:
                raise Unacceptable(f"{name} is there twice")
            handed.files[name] = entry.read()
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, lzma.LZMAError, NotImplementedError, RuntimeError,
            ValueError, IndexError, OverflowError, struct.error) as error:
        raise Unacceptable(f"it is neither a directory nor a tar or zip archive that can be read: {error}") from error
    starter = handed.files.pop(STARTER, None)
    handed.version = read_version(starter) if starter is not None else None
    return check_handed(handed, lab, others)


def check_handed(handed: HandedIn, lab: Lab, others: list[str]) -> HandedIn:
    if not handed.files:
        raise Unacceptable(f"it holds none of the files to hand in: {', '.join(lab.hand_in)}")
    for name, data in handed.files.items():
        check_source(name, data)
    for name in lab.hand_in:
        if name not in handed.files:
            handed.notes.append(f"note: {name} was not handed in; the handout's own was taken")
    if others:
        shown = ", ".join(ascii(name)[1:-1][:80] for name in others[:OTHERS_SHOWN]) + (", …" if len(others) > OTHERS_SHOWN else "")
        handed.notes.append(f"note: other files were not taken: {shown}")
    if handed.version is not None and handed.version < lab.version:
        handed.notes.append(f"note: begun with version {handed.version} of the handout; graded with version {lab.version}")
    return handed
