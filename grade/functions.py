# SPDX-License-Identifier: MIT
"""Finds and replaces whole functions in C and Python files, by name. The tree is formatted, so a C function's text
begins in the first column and ends with a brace there."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass


class FunctionError(Exception):
    """There is no such function, or two."""


@dataclass
class Function:
    comment: int  # the line at which its comment begins
    start: int  # its own first line
    body: int  # the line that ends with the opening brace
    end: int  # behind its last line


def find_c(lines: list[str], name: str) -> Function:
    """The definition of a function among a file's lines."""
    head = re.compile(rf"^[A-Za-z_][^;=]*\b{re.escape(name)}\(")
    found = [index for index, line in enumerate(lines) if head.match(line) and is_definition(lines, index)]
    if len(found) != 1:
        raise FunctionError(f"there are {len(found)} definitions of {name}")
    start = body = found[0]
    while "{" not in lines[body]:
        body += 1
    one_line = lines[body].rstrip().endswith("}")
    end = body
    while not one_line and lines[end] != "}":
        end += 1
    comment = start
    while comment > 0 and lines[comment - 1].startswith("//"):
        comment -= 1
    return Function(comment, start, body, end + 1)


def is_definition(lines: list[str], index: int) -> bool:
    for line in lines[index:]:
        if "{" in line:
            return True
        if line.rstrip().endswith(";") or not line.strip():
            return False
    return False


def replace_c(text: str, name: str, new: str) -> str:
    """The file's text with the function, less its comment, replaced by the text of another one."""
    lines = text.split("\n")
    function = find_c(lines, name)
    return "\n".join([*lines[: function.start], *new.rstrip("\n").split("\n"), *lines[function.end :]])


def replace_body_c(text: str, name: str, body: str) -> str:
    """The same with a new body only."""
    lines = text.split("\n")
    function = find_c(lines, name)
    head = lines[function.start : function.body + 1]
    head[-1] = head[-1][: head[-1].index("{") + 1]
    inside = ["    " + line if line and not line.startswith("    ") else line for line in body.strip("\n").split("\n")]
    return "\n".join([*lines[: function.start], *head, *inside, "}", *lines[function.end :]])


def remove_c(text: str, name: str) -> str:
    """The same without the function and its comment."""
    lines = text.split("\n")
    function = find_c(lines, name)
    before, after = lines[: function.comment], lines[function.end :]
    if before and not before[-1].strip() and after and not after[0].strip():
        after = after[1:]
    return "\n".join([*before, *after])


def body_c(text: str, name: str) -> list[str]:
    """The lines inside a function."""
    lines = text.split("\n")
    function = find_c(lines, name)
    if function.body + 1 == function.end:
        line = lines[function.body]
        return [line[line.index("{") + 1 : line.rindex("}")].strip()]
    return lines[function.body + 1 : function.end - 1]


def remove_python(text: str, path: str) -> str:
    """A Python file's text without the function or method `name` or `Class.name`."""
    nodes: list[ast.stmt] = ast.parse(text).body
    node: ast.stmt | None = None
    for part in path.split("."):
        node = next((item for item in nodes if getattr(item, "name", None) == part), None)
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            raise FunctionError(f"there is no {path}")
        nodes = node.body
    assert isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.end_lineno is not None
    lines = text.split("\n")
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
    after = lines[node.end_lineno :]
    while after and not after[0].strip():
        after = after[1:]
    return "\n".join([*lines[:start], *after])
