#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks that the kernel's rooms lean only on what lies below them.

check_floors.py [--root TREE] [OBJECTS_OF_THE_KERNEL ...]

Looks at what every file includes and, given a build's object directories (build/ARCH/obj), at which
object file uses a name of which: an arrow that runs up is an error, and so is a circle between rooms
of one floor. Also: kern/ and user/bin are free of assembly and of macros that tell the machine.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from elf import STB_LOCAL, STB_WEAK, Elf

# Lowest first. Files that lie in kern/ itself are the top floor, but for the machine's contract.
FLOORS = [("abi", "lib", "arch.h"), ("sync",), ("mem",), ("sched",), ("cap",), ("fs", "ipc", "dev"), ("proc",), ("sys",)]
FLOORS += [("main",)]
FLOOR_OF = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}

COMPILER_HEADERS = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "stdatomic.h", "limits.h"}

# What a machine may use of the kernel beside the calls up that arch.h declares.
MACHINE_MAY_USE = {"abi", "lib", "arch.h", "sync"}
MACHINE_MAY_INCLUDE = {"dev/device_tree.h", "mem/page.h", "lib/image.h", "mem/kernel_map.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
ASSEMBLY = re.compile(r"\b(asm|__asm__|__asm)\b")
MACHINE_MACRO = re.compile(r"\b(__riscv\w*|__x86_64__|__x86_64|__amd64\w*|__i386\w*|__aarch64__)\b")


def room_of(path: str) -> str:
    """The room of a file, given by its path below kern/."""
    first, separator, _ = path.partition("/")
    if separator:
        return first
    return "arch.h" if path == "arch.h" else "main"


def without_comments(text: str) -> str:
    """The text with comments blanked, strings kept, and every line where it was."""

    def blank(match: re.Match[str]) -> str:
        token = match.group(0)
        return token if token[0] in "\"'" else re.sub(r"[^\n]", " ", token)

    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.DOTALL)


def without_strings(text: str) -> str:
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def sources(directory: Path) -> list[Path]:
    return sorted(path for pattern in ("*.c", "*.h", "*.def", "*.S") for path in directory.rglob(pattern))


class Arrows:
    """Arrows between rooms: those that run up are problems at once, those within a floor are kept
    until it is known whether they make a circle."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.beside: dict[tuple[str, str], str] = {}

    def add(self, where: str, source: str, target: str, what: str) -> None:
        for room in (source, target):
            if room not in FLOOR_OF:
                self.problems.append(f"{where}: the room '{room}' has no place in FLOORS of {Path(__file__).name}")
                return
        if FLOOR_OF[target] > FLOOR_OF[source]:
            self.problems.append(f"{where}: {source} stands below {target}, but {what}")
        elif source != target and FLOOR_OF[target] == FLOOR_OF[source]:
            self.beside.setdefault((source, target), f"{where}: {what}")

    def circles(self) -> list[str]:
        found = []
        for (source, target), where in sorted(self.beside.items()):
            if source < target and self.reaches(target, source):
                found.append(f"{where}: and so {source} and {target}, on one floor, lean on each other")
        return found

    def reaches(self, source: str, target: str) -> bool:
        seen, waiting = {source}, [source]
        while waiting:
            room = waiting.pop()
            for first, second in self.beside:
                if first == room and second not in seen:
                    seen.add(second)
                    waiting.append(second)
        return target in seen


def check_kernel_includes(root: Path, arrows: Arrows) -> None:
    kern = root / "kern"
    for path in sources(kern):
        name = path.relative_to(kern).as_posix()
        for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                check_kernel_include(kern, name, f"{path.relative_to(root)}:{number}", match, arrows)


def check_kernel_include(kern: Path, name: str, where: str, match: re.Match[str], arrows: Arrows) -> None:
    quote, target = match.groups()
    if quote == "<":
        if target not in COMPILER_HEADERS:
            arrows.problems.append(f"{where}: <{target}> is not one of the compiler's own headers")
    elif target == "arch_inline.h":
        if name != "arch.h":
            arrows.problems.append(f"{where}: only kern/arch.h includes arch_inline.h")
    elif not (kern / target).is_file():
        arrows.problems.append(f'{where}: "{target}" is not a path from kern/: nothing else may be included')
    else:
        arrows.add(where, room_of(name), room_of(target), f'includes "{target}"')


def check_machine_includes(root: Path, problems: list[str]) -> None:
    for machine in sorted((root / "arch").glob("*")):
        for path in sources(machine):
            if "user" in path.relative_to(machine).parts or machine.name == "host":
                continue
            for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1):
                match = INCLUDE.match(line)
                if not match or match.group(1) == "<" or (machine / match.group(2)).is_file():
                    continue
                target = match.group(2)
                if room_of(target) not in MACHINE_MAY_USE and target not in MACHINE_MAY_INCLUDE:
                    problems.append(f'{path.relative_to(root)}:{number}: a machine may not include "{target}"')


def check_user_includes(root: Path, problems: list[str]) -> None:
    for path in sources(root / "user"):
        for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1):
            match = INCLUDE.match(line)
            if match and (root / "kern" / match.group(2)).is_file() and not match.group(2).startswith("abi/"):
                if not (path.parent / match.group(2)).is_file() and not (root / "user/lib/include" / match.group(2)).is_file():
                    problems.append(f"{path.relative_to(root)}:{number}: of kern/, programs see only abi/")


def check_portability(root: Path, problems: list[str]) -> None:
    for directory in ("kern", "user/bin"):
        for path in sources(root / directory):
            text = without_strings(without_comments(path.read_text()))
            if path.suffix == ".S":
                problems.append(f"{path.relative_to(root)}: assembly belongs into arch/")
            for number, line in enumerate(text.splitlines(), 1):
                for pattern, name in ((ASSEMBLY, "assembly"), (MACHINE_MACRO, "a macro that tells the machine")):
                    match = pattern.search(line)
                    if match:
                        problems.append(f"{path.relative_to(root)}:{number}: {name} ({match.group(1)}) belongs into arch/")


def calls_up(root: Path) -> set[str]:
    """The functions of the kernel that arch.h lets a machine call."""
    text = (root / "kern/arch.h").read_text()
    _, separator, rest = text.partition("---- Calls up")
    return set(re.findall(r"\b(\w+)\(", without_comments("//" + rest))) if separator else set()


def has_source(path: Path) -> bool:
    """Whether the file that an object was made from, given without its suffix, is still there."""
    return path.with_suffix(".c").is_file() or path.with_suffix(".S").is_file()


def objects_of(root: Path, directory: Path) -> Iterator[tuple[str, Elf]]:
    """The kernel's object files with their rooms; a machine's have the room 'arch'. What is left of
    files that are gone does not count."""
    for path in sorted(directory.rglob("*.o")):
        parts = path.relative_to(directory).parts
        if not has_source(root / path.relative_to(directory)):
            continue
        if parts[0] == "kern":
            yield room_of("/".join(parts[1:])), Elf(path)
        elif parts[0] == "arch" and "user" not in parts:
            yield "arch", Elf(path)


def promised_words(root: Path, objects: list[tuple[str, Elf]]) -> set[str]:
    """Names beside arch_* that the kernel may take from the machine: what arch_inline.h's functions
    use, their callers use; and lib/image.h declares what linker scripts and start-up code define."""
    machines = {elf.path.parent.name for room, elf in objects if room == "arch"}
    headers = [root / "arch" / machine / "arch_inline.h" for machine in machines] + [root / "kern/lib/image.h"]
    return {word for header in headers if header.is_file() for word in re.findall(r"\w+", header.read_text())}


def check_symbols(root: Path, directory: Path, arrows: Arrows) -> None:
    objects = list(objects_of(root, directory))
    if not objects:
        arrows.problems.append(f"{directory}: there are no object files of the kernel in it; build it first")
    home: dict[str, tuple[str, Path]] = {}
    for room, elf in objects:
        for symbol in elf.symbols():
            if symbol.is_defined and symbol.binding != STB_LOCAL and (symbol.name not in home or symbol.binding != STB_WEAK):
                home[symbol.name] = (room, elf.path)
    may_call, promised = calls_up(root), promised_words(root, objects)
    device_tree = directory / "kern/dev/device_tree.o"
    for room, elf in objects:
        for symbol in elf.symbols():
            if symbol.is_defined or symbol.name not in home:
                continue
            target, target_path = home[symbol.name]
            where = str(elf.path.relative_to(directory).with_suffix(""))
            if room == "arch":
                allowed = target in MACHINE_MAY_USE | {"arch"} or symbol.name in may_call or target_path == device_tree
                if not allowed:
                    arrows.problems.append(f"{where}: a machine may not use {symbol.name} of {target}")
            elif target == "arch":
                if not symbol.name.startswith("arch_") and symbol.name not in promised:
                    arrows.problems.append(f"{where}: uses {symbol.name} of the machine, which arch.h does not promise")
            else:
                arrows.add(where, room, target, f"uses {symbol.name} of {target}")


def check(root: Path, objects: list[Path]) -> list[str]:
    arrows = Arrows()
    check_kernel_includes(root, arrows)
    check_machine_includes(root, arrows.problems)
    check_user_includes(root, arrows.problems)
    check_portability(root, arrows.problems)
    for directory in objects:
        check_symbols(root, directory, arrows)
    return list(dict.fromkeys(arrows.problems + arrows.circles()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path("."))
    parser.add_argument("objects", type=Path, nargs="*")
    options = parser.parse_args()
    problems = check(options.root, options.objects)
    for problem in problems:
        print(f"floors: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
