# SPDX-License-Identifier: MIT
"""The directive `.. syscall-table::`: the manual's table of system calls, made from
kern/abi/syscalls.def, and `.. error-table::`, made from kern/abi/errno.h."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

ABI = Path(__file__).resolve().parent.parent.parent / "kern" / "abi"
SYSCALL = re.compile(r'^SYSCALL\(\s*(\d+), (\w+),\s*"(\w*)",\s*(CAP\([^)]*\)|\w+),\s*(CAP\([^)]*\)|\w+), "([^"]*)"\)', re.M)
ERROR = re.compile(r'ERROR\((\w+), (\d+), "([^"]*)"\)')


def gate_text(first: str, second: str) -> str:
    """What the gate wants of a call's handles, in words."""
    wants = []
    for rule in (first, second):
        kind, _, inside = rule.partition("(")
        if kind == "TABLE":
            wants.append("the table itself")
        elif kind == "CAP":
            of_type, right = (word.strip(" )").lower() for word in inside.split(","))
            wants.append(of_type if right == "any" else f"{of_type} with {right}")
    return ", ".join(wants) or "–"


class TableDirective(Directive):
    """A list-table from rows of text."""

    head: list[str] = []

    def rows(self) -> list[list[str]]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        lines = [".. list-table::", "   :header-rows: 1", ""]
        for row in [self.head, *self.rows()]:
            for column, cell in enumerate(row):
                lines.append(("   * - " if column == 0 else "     - ") + cell)
        holder = nodes.container()
        self.state.nested_parse(StringList(lines, "generated"), 0, holder)
        return holder.children


class SyscallTable(TableDirective):
    head = ["call", "number", "the gate wants", "what it does"]

    def rows(self) -> list[list[str]]:
        text = (ABI / "syscalls.def").read_text()
        return [[f"``{name}``", number, gate_text(first, second), summary]
                for number, name, _, first, second, summary in SYSCALL.findall(text)]


class ErrorTable(TableDirective):
    head = ["error", "number", "meaning"]

    def rows(self) -> list[list[str]]:
        return [[f"``{name}``", number, text]
                for name, number, text in ERROR.findall((ABI / "errno.h").read_text())]


def setup(app: object) -> dict[str, bool]:
    app.add_directive("syscall-table", SyscallTable)  # type: ignore[attr-defined]
    app.add_directive("error-table", ErrorTable)  # type: ignore[attr-defined]
    return {"parallel_read_safe": True}
