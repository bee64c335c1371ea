# SPDX-License-Identifier: MIT
"""Reads what the other tools need from 64-bit little-endian ELF files: segments, sections, symbols.

No program of any toolchain is asked, so it works alike for both machines on every host.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

PT_LOAD = 1
PF_EXECUTE, PF_WRITE = 1, 2
SHT_SYMTAB = 2
SHN_UNDEFINED = 0
STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STT_NOTYPE, STT_OBJECT, STT_FUNC = 0, 1, 2


class ElfError(Exception):
    """The file is not what was expected; the text names it."""


@dataclass(frozen=True)
class Segment:
    kind: int
    flags: int
    address: int
    size: int
    load_address: int = 0


@dataclass(frozen=True)
class Section:
    kind: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True)
class Symbol:
    name: str
    value: int
    binding: int
    kind: int
    section: int  # SHN_UNDEFINED: defined elsewhere

    @property
    def is_defined(self) -> bool:
        return self.section != SHN_UNDEFINED


class Elf:
    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.data = self.path.read_bytes()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ElfError(f"{path}: not a 64-bit little-endian ELF file")
        header = struct.unpack_from("<HHIQQQIHHHHHH", self.data, 16)
        self.machine, self.entry = header[1], header[3]
        self._program_offset, self._section_offset = header[4], header[5]
        self._program_count, self._section_count = header[9], header[11]

    def segments(self) -> list[Segment]:
        found = []
        for index in range(self._program_count):
            kind, flags, _, address, load_address, _, size, _ = struct.unpack_from(
                "<IIQQQQQQ", self.data, self._program_offset + 56 * index
            )
            found.append(Segment(kind, flags, address, size, load_address))
        return found

    def sections(self) -> list[Section]:
        found = []
        for index in range(self._section_count):
            _, kind, _, _, offset, size, link, _, _, _ = struct.unpack_from(
                "<IIQQQQIIQQ", self.data, self._section_offset + 64 * index
            )
            found.append(Section(kind, offset, size, link))
        return found

    def symbols(self) -> list[Symbol]:
        sections = self.sections()
        found = []
        for table in sections:
            if table.kind != SHT_SYMTAB:
                continue
            names = sections[table.link]
            for offset in range(table.offset, table.offset + table.size, 24):
                name, info, _, section, value, _ = struct.unpack_from("<IBBHQQ", self.data, offset)
                start = names.offset + name
                text = self.data[start : self.data.index(b"\0", start)].decode()
                found.append(Symbol(text, value, info >> 4, info & 15, section))
        return found
