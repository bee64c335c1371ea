#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks that a machine defines exactly the names that kern/arch.h declares, no more and no fewer.

check_contract.py [--root TREE] MACHINE=OBJECTS ...    for example riscv64=build/riscv64/obj/arch/riscv64

Functions are looked for in the machine's object files; the inline names, which arch.h lists in a
comment, in its arch_inline.h.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from check_floors import has_source, without_comments
from elf import STB_LOCAL, Elf

LIST_START = "---- Names that arch_inline.h defines"
CALLS_UP = "---- Calls up"


class ContractError(Exception):
    """arch.h does not look as this check expects."""


def declared_functions(text: str) -> set[str]:
    """What a machine must define out of line."""
    before, separator, _ = text.partition(CALLS_UP)
    if not separator:
        raise ContractError(f"kern/arch.h has no section '{CALLS_UP}'")
    return set(re.findall(r"\b(arch_\w+)\s*\(", without_comments(before)))


def listed_inline_names(text: str) -> set[str]:
    """The names that the comment lists: words with the contract's prefixes, constants, types."""
    _, separator, rest = text.partition(LIST_START)
    if not separator:
        raise ContractError(f"kern/arch.h has no section '{LIST_START}'")
    comment = []
    for line in rest.splitlines()[1:]:
        if line.startswith("//"):
            comment.append(line[2:])
        elif line.strip():
            break
    words = " ".join(comment)
    names = set(re.findall(r"\b(?:arch|pte)_\w+", words)) - {"arch_inline"}
    constants = re.search(r"Constants:(.*?)Types:", words, re.DOTALL)
    if not constants:
        raise ContractError("the list of inline names does not begin with Constants: … Types:")
    names.update(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", constants.group(1)))
    return names


def inline_definitions(text: str) -> set[str]:
    """What a header defines: inline functions, macros, enumerators, structures; and declares."""
    text = without_comments(text)
    names = set(re.findall(r"^\s*#\s*define\s+(\w+)", text, re.MULTILINE))
    names.update(re.findall(r"\b((?:arch|pte)_\w+)\s*\([^;{]*\)\s*[{;]", text))
    names.update(re.findall(r"\bstruct\s+(\w+)\s*\{", text))
    for body in re.findall(r"\benum\b[^{;]*\{([^}]*)\}", text):
        names.update(re.findall(r"\b([A-Z]\w+)", body))
    return names


def inline_header_text(machine: Path) -> str:
    """arch_inline.h with the machine's own headers that it includes."""
    text = (machine / "arch_inline.h").read_text()
    for name in re.findall(r'#\s*include\s*"([^"]+)"', text):
        if (machine / name).is_file():
            text += (machine / name).read_text()
    return text


def global_names(machine: Path, directory: Path) -> set[str]:
    """What the machine's object files define under the contract's prefixes."""
    return {
        symbol.name
        for path in sorted(directory.glob("*.o"))
        if has_source(machine / path.name)
        for symbol in Elf(path).symbols()
        if symbol.is_defined and symbol.binding != STB_LOCAL and symbol.name.startswith(("arch_", "pte_"))
    }


def check_machine(root: Path, machine: str, objects: Path) -> list[str]:
    contract = (root / "kern/arch.h").read_text()
    functions, inline = declared_functions(contract), listed_inline_names(contract)
    in_header = inline_definitions(inline_header_text(root / "arch" / machine))
    in_objects = global_names(root / "arch" / machine, objects)
    if not in_objects:
        return [f"{machine}: {objects} holds no object file that defines a name of the contract; build it first"]
    problems = [f"{machine}: {name} is declared in kern/arch.h and defined nowhere" for name in sorted(functions - in_objects)]
    problems += [
        f"{machine}: {name} is listed in kern/arch.h and not defined by arch/{machine}/arch_inline.h"
        for name in sorted(inline - in_header)
    ]
    extra = {name for name in in_header if name.startswith(("arch_", "pte_"))} | in_objects
    problems += [f"{machine}: {name} is defined, but kern/arch.h does not know it" for name in sorted(extra - functions - inline)]
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path("."))
    parser.add_argument("machines", nargs="+", metavar="MACHINE=OBJECTS")
    options = parser.parse_args()
    problems = []
    for argument in options.machines:
        machine, separator, objects = argument.partition("=")
        if not separator:
            parser.error(f"'{argument}' is not of the form MACHINE=OBJECTS")
        try:
            problems += check_machine(options.root, machine, Path(objects))
        except (ContractError, OSError) as error:
            problems.append(f"{machine}: {error}")
    for problem in problems:
        print(f"contract: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
