# SPDX-License-Identifier: MIT
"""How operations, answers and capability tables are written for people and in manifests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import tables
from sequences import Operation

ERRORS = {value: name for name, value in vars(tables).items() if re.fullmatch(r"E[A-Z]+", name)}
ERRORS |= {2: "ENOENT", 4: "EINTR", 12: "ENOMEM", 38: "ENOSYS"}
ERROR_TEXTS = {
    "EPERM": "operation not permitted",
    "ENOENT": "no such file or directory",
    "ESRCH": "no such process",
    "EINTR": "interrupted",
    "EBADF": "no such descriptor or token",
    "EAGAIN": "try again",
    "ENOMEM": "out of memory",
    "EACCES": "may not be handed on",
    "EFAULT": "bad address",
    "EINVAL": "invalid argument",
    "EMFILE": "capability table is full",
    "ESPIPE": "cannot seek",
    "EPIPE": "no reader left",
    "ENOSYS": "no such system call",
    "EOVERFLOW": "value too large",
    "EMSGSIZE": "message too long",
    "ETIMEDOUT": "timed out",
    "ENOTCAPABLE": "capability lacks the right",
}
TYPES = {
    value: name.lower()
    for name, value in vars(tables).items()
    if name in ("FILE", "THREAD", "DELEGATE", "TIMER", "MUTEX", "CONDITION", "SEMAPHORE", "BARRIER", "RWLOCK", "QUEUE")
}
# What may stand for a number in a manifest's operations; several are added with +.
CONSTANTS = {name: value for name, value in vars(tables).items() if isinstance(value, int) and name.isupper()}
CONSTANTS |= {"HIGHEST": (1 << 63) - 1, "LOWEST": -(1 << 63), "INT64_BEYOND_32": 1 << 32}
CALLS = ("transfer", "revoke", "accept", "get_token", "drop", "setflags", "stat")


def error_name(value: int) -> str:
    return ERRORS.get(-value, f"error {-value}")


def describe_error(value: int) -> str:
    name = error_name(value)
    return f"{name} ({ERROR_TEXTS[name]})" if name in ERROR_TEXTS else name


def describe_rights(rights: int) -> str:
    text = "".join(letter if rights >> bit & 1 else "-" for bit, letter in enumerate("rwxg"))
    return text + (f"+{rights >> 4:#x}" if rights >> 4 else "")


def describe_token(token: int) -> str:
    slot = token & (1 << tables.SLOT_BITS) - 1
    kind = token >> tables.SLOT_BITS & (1 << tables.TYPE_BITS) - 1
    shift = tables.SLOT_BITS + tables.TYPE_BITS
    rights = token >> shift & (1 << tables.RIGHTS_BITS) - 1
    generation = token >> shift + tables.RIGHTS_BITS
    return f"{token} (slot {slot}, {TYPES.get(kind, f'type {kind}')}, {describe_rights(rights)}, generation {generation})"


def describe_stat(numbers: Sequence[int]) -> str:
    kind, rights, generation, flags, references, grant, _ = numbers
    text = f"{TYPES.get(kind, f'type {kind}')} {describe_rights(rights)} generation {generation} flags {flags}"
    return f"{text} references {references}" + (f" grant {grant}" if grant else "")


def describe_answer(name: str, answer: int | Sequence[int]) -> str:
    """What a call has returned, in words."""
    if isinstance(answer, int):
        answer = (answer,)
    if answer and answer[0] < 0:
        return describe_error(answer[0])
    if name == "stat" and len(answer) == 7:
        return describe_stat(answer)
    if name == "transfer" and len(answer) == 2:
        return f"token {describe_token(answer[0])}, receiver's slot {answer[1]}"
    if name == "get_token" and len(answer) == 1:
        return f"token {describe_token(answer[0])}"
    if name in ("fork", "spawn") and len(answer) == 1:
        return f"process {answer[0]}"
    if name == "pipe" and len(answer) == 1:
        return f"slots {answer[0] & 255} and {answer[0] >> 8}"
    return " ".join(map(str, answer))


def describe_operation(operation: Operation) -> str:
    process, name, *arguments = operation
    waits = name.startswith("&")
    prefix = "cap_" if name.lstrip("&") in CALLS else ""
    kinds = ARGUMENT_KINDS.get(name.lstrip("&"), "")
    shown = ", ".join(describe_argument(argument, kinds[at : at + 1]) for at, argument in enumerate(arguments))
    return f"process {process}: {prefix}{name.lstrip('&')}({shown})" + (" in the background" if waits else "")


# What the numbers of a call are: o flags of open, t a type, r rights, f flags of a slot, i a mode of spawn.
ARGUMENT_KINDS = {"open": "o", "get_token": " t", "transfer": "  r ", "setflags": " f", "spawn": "i"}


def describe_number(number: int, kind: str) -> str:
    if kind == "o" and 0 <= number & 3 < 3 and not number & ~0x603:
        mode = ("O_RDONLY", "O_WRONLY", "O_RDWR")[number & 3]
        return mode + ("|O_GRANT" if number & tables.O_GRANT else "") + ("|O_CLOEXEC" if number & tables.O_CLOEXEC else "")
    if kind == "t" and number in TYPES:
        return TYPES[number].upper()
    if kind == "r" and 0 < number < 16:
        return "|".join(name for bit, name in enumerate(("READ", "WRITE", "EXEC", "GRANT")) if number >> bit & 1)
    if kind == "i" and 0 <= number <= 2:
        return ("INHERIT_ALL", "INHERIT_NOTHING", "INHERIT_GRANTABLE")[number]
    return str(number)


def describe_argument(argument: int | str, kind: str = "") -> str:
    if isinstance(argument, int):
        return describe_number(argument, kind)
    owner, _, rest = argument.rpartition(":")
    whose = f" of process {owner}" if owner else ""
    if rest[0] == "t":
        return f"token of slot {rest[1:]}{whose}"
    if rest[0] == "b":
        slot, _, bit = rest[1:].partition(".")
        return f"token of slot {slot}{whose} with bit {bit} changed"
    return f"token no. {int(rest[1:]) + 1} that it got{whose}"


# ---- Tables --------------------------------------------------------------------------------------


@dataclass
class Row:
    """One live slot, as `stat` reports it."""

    slot: int
    kind: int
    rights: int
    generation: int
    flags: int
    references: int
    grant: int

    def cells(self) -> list[str]:
        flags = "".join(name for bit, name in ((1, "c"), (2, "R")) if self.flags & bit)
        kind = TYPES.get(self.kind, f"type {self.kind}")
        grant = f"#{self.grant}" if self.grant else "-"
        return [str(self.slot), kind, describe_rights(self.rights), str(self.generation), flags or "-", str(self.references), grant]


HEADINGS = ["slot", "type", "rights", "gen", "flags", "refs", "grant"]


@dataclass
class TablePair:
    """The table of one process: as the specification has it, and as the kernel reports it."""

    process: int
    expected: list[Row]
    actual: list[Row] | None  # None: the kernel could not say

    def differing(self) -> set[int]:
        if self.actual is None:
            return set()
        ours = {row.slot: row.cells()[:-1] for row in self.expected}
        theirs = {row.slot: row.cells()[:-1] for row in self.actual}
        return {slot for slot in ours.keys() | theirs.keys() if ours.get(slot) != theirs.get(slot)}


def draw_rows(rows: list[Row], marked: set[int]) -> list[str]:
    if not rows:
        return ["  (empty)"]
    cells = [HEADINGS] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    marks = [" "] + ["*" if row.slot in marked else " " for row in rows]
    return [f"{mark} " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for mark, line in zip(marks, cells)]


def draw_table(pair: TablePair) -> list[str]:
    """Both halves side by side; slots that differ are marked with *."""
    marked = pair.differing()
    left = [f"process {pair.process}, as it should be"] + draw_rows(pair.expected, marked)
    right = ["as this kernel has it"]
    right += ["  (there is no such process, or it does not answer)"] if pair.actual is None else draw_rows(pair.actual, marked)
    width = max(len(line) for line in left)
    height = max(len(left), len(right))
    left += [""] * (height - len(left))
    right += [""] * (height - len(right))
    return [f"{a.ljust(width)} | {b}".rstrip() for a, b in zip(left, right)]
