#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Works on the linked kernel: makes its table of function names, and checks the final image.

image.py symbols FIRST.elf OUT.S    writes the table that kern/lib/symbols.h describes
image.py check FINAL.elf FIRST.elf  fails unless the functions lie where the table says, and no
                                    segment is both writable and executable
"""

from __future__ import annotations

import sys
from pathlib import Path

from elf import PF_EXECUTE, PF_WRITE, PT_LOAD, STT_FUNC, STT_NOTYPE, Elf, ElfError

NAME_SIZE = 40  # struct kernel_symbol, with the final zero


def functions(elf: Elf) -> dict[int, str]:
    """Name by address of everything in the kernel's code that has a name of its own."""
    symbols = elf.symbols()
    bounds = {s.name: s.value for s in symbols if s.name in ("image_start", "image_text_end")}
    if len(bounds) != 2:
        raise ElfError(f"{elf.path}: the linker script does not define image_start and image_text_end")
    found: dict[int, tuple[tuple[bool, bool, str], str]] = {}
    for symbol in symbols:
        if symbol.kind not in (STT_FUNC, STT_NOTYPE) or not symbol.is_defined or not symbol.name:
            continue
        if symbol.name in bounds or symbol.name.startswith((".", "$")):
            continue
        if not bounds["image_start"] <= symbol.value < bounds["image_text_end"]:
            continue
        # Of several names for one address, a global function's is the best.
        preference = (symbol.kind != STT_FUNC, symbol.binding == 0, symbol.name)
        if symbol.value not in found or preference < found[symbol.value][0]:
            found[symbol.value] = (preference, symbol.name)
    return {address: name for address, (_, name) in sorted(found.items())}


def write_symbols(first: Path, output: Path) -> None:
    lines = ["# Made by tools/image.py from the first link.", '.section .ksyms, "aw"', ".balign 8"]
    for address, name in functions(Elf(first)).items():
        field = name.encode()[: NAME_SIZE - 1]
        lines.append(f'.quad {address:#x}\n.ascii "{field.decode()}"\n.zero {NAME_SIZE - len(field)}')
    lines.append('.section .note.GNU-stack, ""')
    output.write_text("\n".join(lines) + "\n")


def check_image(final: Path, first: Path) -> list[str]:
    image = Elf(final)
    problems = []
    for segment in image.segments():
        if segment.kind == PT_LOAD and segment.flags & PF_WRITE and segment.flags & PF_EXECUTE:
            problems.append(f"the segment at {segment.address:#x} is both writable and executable")
    before, after = functions(Elf(first)), functions(image)
    for address in sorted(before.keys() | after.keys()):
        if before.get(address) != after.get(address):
            problems.append(
                f"at {address:#x} the table says {before.get(address)}, but there is {after.get(address)}: "
                "does .ksyms stand behind .text, .rodata and .data in the linker script?"
            )
            break
    if not after:
        problems.append("there are no functions in it")
    return problems


def main(arguments: list[str]) -> int:
    if len(arguments) != 3 or arguments[0] not in ("symbols", "check"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        if arguments[0] == "symbols":
            write_symbols(Path(arguments[1]), Path(arguments[2]))
            return 0
        problems = check_image(Path(arguments[1]), Path(arguments[2]))
    except (ElfError, OSError) as error:
        print(f"image: {error}", file=sys.stderr)
        return 1
    for problem in problems:
        print(f"image: {arguments[1]}: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
