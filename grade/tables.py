# SPDX-License-Identifier: MIT
"""Capability tables as the specification has them: the words of the ABI, objects, slots and what can be done with one
table. model.py makes processes and calls of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Optional

# ---- What the ABI says ---------------------------------------------------------------------------

EPERM, ESRCH, EBADF, EAGAIN, EACCES, EFAULT, EINVAL, EMFILE = 1, 3, 9, 11, 13, 14, 22, 24
ESPIPE, EPIPE, EOVERFLOW, EMSGSIZE, ETIMEDOUT, ENOTCAPABLE = 29, 32, 75, 90, 110, 133

FILE, THREAD, DELEGATE, TIMER, MUTEX, CONDITION, SEMAPHORE, BARRIER, RWLOCK, QUEUE = range(1, 11)
READ, WRITE, EXEC, GRANT = 1, 2, 4, 8
CLOSE_ON_SPAWN, RECEIVED = 1, 2
ACCEPT_NOBODY, ACCEPT_FAMILY, ACCEPT_ANYBODY = 0, 1, 2
RECEIVED_MAX = 32

SLOTS, RESERVED = 128, 16
ORDINARY = SLOTS - RESERVED
SLOT_BITS, TYPE_BITS, RIGHTS_BITS, GENERATION_BITS = 8, 6, 24, 25
RETIRED = (1 << GENERATION_BITS) - 1

O_RDONLY, O_WRONLY, O_RDWR, O_CLOEXEC, O_GRANT = 0, 1, 2, 0x200, 0x400
INHERIT_ALL, INHERIT_NOTHING, INHERIT_GRANTABLE = 0, 1, 2
FA_OPEN, FA_DUP2, FA_CLOSE = 1, 2, 3
PIPE_BYTES = 4096

# What `deny` can name; the other operations are several calls, or needed to go on.
DENIABLE = ("open", "pipe", "read", "write", "lseek", "close", "dup", "dup2", "get_token", "drop", "setflags", "accept", "revoke")

FIRST = 1  # the process that is there from the beginning and never ends


class WouldBlock(Exception):
    """The call would have to wait for somebody else."""


class Refused(Exception):
    """The call fails with this error, and nothing has changed."""

    def __init__(self, error: int) -> None:
        super().__init__(error)
        self.error = error


def make_token(slot: int, kind: int, rights: int, generation: int) -> int:
    shift = SLOT_BITS + TYPE_BITS
    return slot | kind << SLOT_BITS | rights << shift | generation << (shift + RIGHTS_BITS)


# ---- Objects, slots, tables ----------------------------------------------------------------------


@dataclass
class Pipe:
    bytes: int = 0
    readers: int = 1  # ends that still exist
    writers: int = 1


@dataclass
class Object:
    """What a capability names. `holds` are references of slots; some objects hold themselves."""

    kind: int
    holds: int = 0
    self_holds: int = 0
    pipe: Optional[Pipe] = None  # of an end of a pipe
    offset: int = 0  # of a regular file
    value: int = 0  # of a semaphore; messages in a queue
    maximum: int = 0
    revoked: bool = False  # of a grant
    on_gone: Optional[Callable[[], None]] = None
    number: int = field(default_factory=count(1).__next__)

    def get(self) -> None:
        self.holds += 1

    def put(self) -> None:
        self.holds -= 1
        assert self.holds >= 0
        if self.holds == 0 and self.on_gone is not None:
            self.on_gone()


@dataclass
class Waiting:
    """A call under way: its pin, the mark that this came under, and what it tries again and again."""

    item: Object
    grant: Optional[Object]
    attempt: Callable[[], int]

    def settle(self) -> int | None:
        """The call's answer once it has ended, None as long as it waits (P7)."""
        try:
            answer = -EBADF if self.grant is not None and self.grant.revoked else self.attempt()
        except WouldBlock:
            return None
        except Refused as refused:
            answer = -refused.error
        self.item.put()
        return answer


@dataclass
class Slot:
    object: Optional[Object] = None
    rights: int = 0
    flags: int = 0
    generation: int = 0
    grant: Optional[Object] = None


class Table:
    def __init__(self) -> None:
        self.slots = [Slot() for _ in range(SLOTS)]
        self.received = 0
        self.accepts = ACCEPT_FAMILY

    def find(self, index: int) -> Slot:
        """The live slot with this number."""
        if not 0 <= index < SLOTS or self.slots[index].object is None:
            raise Refused(EBADF)
        return self.slots[index]

    def token(self, index: int) -> int:
        slot = self.slots[index]
        assert slot.object is not None
        return make_token(index, slot.object.kind, slot.rights, slot.generation)

    def find_token(self, token: int) -> int:
        """The live slot whose present token equals this one in every bit (P1)."""
        index = token & ((1 << SLOT_BITS) - 1)
        self.find(index)
        if self.token(index) != token:
            raise Refused(EBADF)
        return index

    def is_free(self, index: int) -> bool:
        slot = self.slots[index]
        return slot.object is None and slot.generation < RETIRED

    def lowest_free(self) -> int:
        for index in range(ORDINARY):
            if self.is_free(index):
                return index
        raise Refused(EMFILE)

    def highest_free(self) -> int:
        for index in range(ORDINARY - 1, -1, -1):
            if self.is_free(index):
                return index
        raise Refused(EMFILE)

    def may_fill(self, index: int) -> bool:
        """Whether a chosen slot can be filled, after clearing it if it is live."""
        if not 0 <= index < ORDINARY:
            return False
        return self.is_free(index) or self.slots[index].generation + 1 < RETIRED

    def fill(self, index: int, item: Object, rights: int, flags: int = 0, grant: Optional[Object] = None) -> None:
        slot = self.slots[index]
        item.get()
        if grant is not None:
            grant.get()
        slot.object, slot.rights, slot.flags, slot.grant = item, rights, flags, grant
        self.received += flags & RECEIVED != 0

    def clear(self, index: int) -> None:
        slot = self.slots[index]
        item, grant = slot.object, slot.grant
        assert item is not None
        slot.generation += 1
        self.received -= slot.flags & RECEIVED != 0
        slot.object, slot.rights, slot.flags, slot.grant = None, 0, 0, None
        item.put()
        if grant is not None:
            grant.put()

    def replace(self, index: int, item: Object, rights: int, flags: int, grant: Optional[Object]) -> None:
        item.get()  # it may be what is there
        if self.slots[index].object is not None:
            self.clear(index)
        self.fill(index, item, rights, flags, grant)
        item.holds -= 1

    def live(self) -> list[int]:
        return [index for index in range(SLOTS) if self.slots[index].object is not None]

    def pin(self, index: int, kind: int, rights: int) -> Object:
        """What the gate does with a handle argument."""
        slot = self.find(index)
        assert slot.object is not None
        if slot.object.kind != kind:
            raise Refused(EINVAL)
        if slot.rights & rights != rights:
            raise Refused(ENOTCAPABLE)
        return slot.object


@dataclass
class Process:
    number: int
    parent: int
    table: Table = field(default_factory=Table)
    denied: set[str] = field(default_factory=set)

    def add_thread(self) -> None:
        for index in range(SLOTS - 1, ORDINARY - 1, -1):
            if self.table.is_free(index):
                self.table.fill(index, Object(THREAD, self_holds=1), READ | WRITE)
                return
        raise Refused(EMFILE)


def may_dup(item: Object) -> bool:
    return item.kind not in (THREAD, DELEGATE)


def open_rights(flags: int) -> int:
    rights = {O_RDONLY: READ, O_WRONLY: WRITE, O_RDWR: READ | WRITE}.get(flags & 3)
    if rights is None or flags & ~(3 | O_CLOEXEC | O_GRANT):
        raise Refused(EINVAL)
    return rights | (GRANT if flags & O_GRANT else 0)
