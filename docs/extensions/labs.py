# SPDX-License-Identifier: MIT
"""For the chapters of labs: `.. lab-points:: N`, the table of a lab's tests made from its manifest, and
`.. folded:: TITLE`, text that a reader opens, such as a hint."""

from __future__ import annotations

import html
import sys
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "grade"))

from manifest import find_lab  # noqa: E402


class LabPoints(Directive):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        lab = find_lab(int(self.arguments[0]), ROOT)
        lines = [".. list-table::", "   :header-rows: 1", "   :widths: 18 62 10 10", ""]
        rows = [["test", "what it shows", "property", "points"]]
        rows += [[f"``{test.name}``", test.title, test.property, str(test.points)] for test in lab.tests]
        rows.append(["", "", "", f"**{lab.points}**"])
        for row in rows:
            for column, cell in enumerate(row):
                lines.append((("   * - " if column == 0 else "     - ") + cell).rstrip())
        holder = nodes.container()
        self.state.nested_parse(StringList(lines, "generated"), 0, holder)
        return holder.children


class LabFiles(Directive):
    """`.. lab-files:: N`: the functions that are the student's work, by file."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        lab = find_lab(int(self.arguments[0]), ROOT)
        lines = []
        for file in lab.hand_in:
            functions = [f"``{stub.function}``" for stub in lab.stubs if stub.file == file]
            lines.append(f"* ``{file}``: {', '.join(functions)}")
        holder = nodes.container()
        self.state.nested_parse(StringList(lines, "generated"), 0, holder)
        return holder.children


class Folded(Directive):
    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        title = html.escape(self.arguments[0])
        holder = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, holder)
        start = nodes.raw("", f"<details><summary>{title}</summary>", format="html")
        return [start, *holder.children, nodes.raw("", "</details>", format="html")]


def setup(app: object) -> dict[str, bool]:
    app.add_directive("lab-points", LabPoints)  # type: ignore[attr-defined]
    app.add_directive("lab-files", LabFiles)  # type: ignore[attr-defined]
    app.add_directive("folded", Folded)  # type: ignore[attr-defined]
    return {"parallel_read_safe": True}
