# SPDX-License-Identifier: MIT
"""The specification of capabilities as a program: what every call must answer, one call at a time.

A World holds a few numbered processes with their tables. World.apply(operation) changes it as the specification
says and returns the answer: a number, negative for an error, or for `stat` a tuple. Tokens are predicted to the
bit; numbers that a kernel may choose freely (grant epochs, object numbers) are the model's own, and whoever
compares must pair them up. Operations that would have to wait raise WouldBlock, and nothing has changed.

This is meant to be read beside the specification; it takes no notice of how the kernel does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


# ---- The world -----------------------------------------------------------------------------------

class World:
    def __init__(self) -> None:
        self.file_size = 16  # of the one regular file that `open` opens
        self.processes: dict[int, Process] = {FIRST: Process(FIRST, FIRST)}
        self.processes[FIRST].add_thread()
        self.last_number = FIRST

    def apply(self, number: int, name: str, arguments: Sequence[int]) -> int | tuple[int, ...]:
        """Process `number` makes the call `name`."""
        process = self.processes[number]
        if name in process.denied:
            return -EPERM
        try:
            return getattr(self, "do_" + name)(process, *arguments)
        except Refused as refused:
            return -refused.error

    # ---- Constructors ----

    def mint(self, process: Process, item: Object, rights: int, flags: int = 0) -> int:
        index = process.table.lowest_free()
        process.table.fill(index, item, rights, flags)
        return index

    def do_open(self, process: Process, flags: int) -> int:
        if flags & ~0x7F3:
            raise Refused(EINVAL)
        process.table.lowest_free()  # a slot is reserved before the file is opened
        return self.mint(process, Object(FILE), open_rights(flags), CLOSE_ON_SPAWN if flags & O_CLOEXEC else 0)

    def do_pipe(self, process: Process) -> int:
        free = [index for index in range(ORDINARY) if process.table.is_free(index)][:2]
        if len(free) < 2:
            raise Refused(EMFILE)
        pipe = Pipe()

        def reader_gone() -> None:
            pipe.readers = 0

        def writer_gone() -> None:
            pipe.writers = 0

        process.table.fill(free[0], Object(FILE, pipe=pipe, on_gone=reader_gone), READ | GRANT)
        process.table.fill(free[1], Object(FILE, pipe=pipe, on_gone=writer_gone), WRITE | GRANT)
        return free[0] | free[1] << 8

    def do_semaphore_create(self, process: Process, value: int, maximum: int) -> int:
        if not 0 < maximum <= 0x7FFFFFFF or not 0 <= value <= maximum:
            raise Refused(EINVAL)
        return self.mint(process, Object(SEMAPHORE, value=value, maximum=maximum), READ | WRITE | GRANT)

    def do_queue_create(self, process: Process, messages: int, size: int) -> int:
        if not 0 < messages <= 64 or not 0 < size <= 1024:
            raise Refused(EINVAL)
        return self.mint(process, Object(QUEUE, maximum=messages), READ | WRITE | GRANT)

    # ---- Use, through the gate (P15) ----

    def do_read(self, process: Process, index: int) -> int:
        """One byte."""
        item = process.table.pin(index, FILE, READ)
        if item.pipe is None:
            count = 1 if item.offset < self.file_size else 0
            item.offset += count
            return count
        if item.pipe.bytes == 0 and item.pipe.writers:
            raise WouldBlock
        count = min(item.pipe.bytes, 1)
        item.pipe.bytes -= count
        return count

    def do_write(self, process: Process, index: int) -> int:
        """One byte."""
        item = process.table.pin(index, FILE, WRITE)
        if item.pipe is None:
            item.offset += 1
            self.file_size = max(self.file_size, item.offset)
            return 1
        if not item.pipe.readers:
            raise Refused(EPIPE)
        if item.pipe.bytes == PIPE_BYTES:
            raise WouldBlock
        item.pipe.bytes += 1
        return 1

    def do_lseek(self, process: Process, index: int, offset: int, whence: int) -> int:
        item = process.table.pin(index, FILE, 0)
        if item.pipe is not None:
            raise Refused(ESPIPE)
        if not 0 <= whence <= 2:
            raise Refused(EINVAL)
        target = (0, item.offset, self.file_size)[whence] + offset
        if target < 0:
            raise Refused(EINVAL)
        item.offset = target
        return target

    def do_semaphore_post(self, process: Process, index: int) -> int:
        item = process.table.pin(index, SEMAPHORE, WRITE)
        if item.value == item.maximum:
            raise Refused(EOVERFLOW)
        item.value += 1
        return 0

    def do_semaphore_try(self, process: Process, index: int) -> int:
        item = process.table.pin(index, SEMAPHORE, READ)
        if item.value == 0:
            raise Refused(ETIMEDOUT)
        item.value -= 1
        return 0

    def do_queue_send(self, process: Process, index: int) -> int:
        """A message of one byte, without waiting."""
        item = process.table.pin(index, QUEUE, WRITE)
        if item.value == item.maximum:
            raise Refused(ETIMEDOUT)
        item.value += 1
        return 0

    def do_queue_receive(self, process: Process, index: int) -> int:
        item = process.table.pin(index, QUEUE, READ)
        if item.value == 0:
            raise Refused(ETIMEDOUT)
        item.value -= 1
        return 1

    # ---- The table ----

    def do_close(self, process: Process, index: int) -> int:
        process.table.find(index)
        if index >= ORDINARY:
            raise Refused(EINVAL)
        process.table.clear(index)
        return 0

    def do_dup(self, process: Process, index: int) -> int:
        slot = process.table.find(index)
        assert slot.object is not None
        if not may_dup(slot.object):
            raise Refused(EINVAL)
        target = process.table.lowest_free()
        process.table.fill(target, slot.object, slot.rights, 0, slot.grant)
        return target

    def do_dup_many(self, process: Process, index: int, count: int) -> int:
        """`dup` again and again; how many succeeded."""
        for done in range(count):
            if self.apply(process.number, "dup", (index,)) < 0:
                return done
        return count

    def do_dup2(self, process: Process, index: int, target: int) -> int:
        return self.dup_onto(process.table, index, target)

    def dup_onto(self, table: Table, index: int, target: int) -> int:
        slot = table.find(index)
        assert slot.object is not None
        if not 0 <= target < SLOTS:
            raise Refused(EBADF)
        if not may_dup(slot.object) or target >= ORDINARY:
            raise Refused(EINVAL)
        if index == target:
            return target
        there = table.slots[target].object
        if there is not None and not may_dup(there):
            raise Refused(EINVAL)
        if not table.may_fill(target):
            raise Refused(EBADF)
        table.replace(target, slot.object, slot.rights, 0, slot.grant)
        return target

    def do_get_token(self, process: Process, index: int, kind: int) -> int:
        slot = process.table.find(index)
        assert slot.object is not None
        if slot.object.kind != kind:
            raise Refused(EINVAL)
        return process.table.token(index)

    def do_drop(self, process: Process, token: int) -> int:
        process.table.clear(process.table.find_token(token))
        return 0

    def do_setflags(self, process: Process, index: int, flags: int) -> int:
        slot = process.table.find(index)
        if flags & ~CLOSE_ON_SPAWN:
            raise Refused(EINVAL)
        slot.flags = slot.flags & RECEIVED | flags
        return 0

    def do_stat(self, process: Process, index: int) -> tuple[int, ...]:
        """Type, rights, generation, flags, references; then the grant and the object, which the kernel numbers."""
        slot = process.table.find(index)
        item = slot.object
        assert item is not None
        grant = slot.grant.number if slot.grant is not None else 0
        return (item.kind, slot.rights, slot.generation, slot.flags, item.holds + item.self_holds, grant, item.number)

    # ---- Delegation ----

    def do_accept(self, process: Process, who: int) -> int:
        if not 0 <= who <= ACCEPT_ANYBODY:
            raise Refused(EINVAL)
        process.table.accepts = who
        return 0

    def check_receiver(self, giver: Process, number: int) -> Process:
        if number == giver.number:
            raise Refused(EINVAL)
        if number not in self.processes:
            raise Refused(ESRCH)
        receiver = self.processes[number]
        is_family = receiver.parent == giver.number or giver.parent == number
        accepts = receiver.table.accepts
        if accepts == ACCEPT_NOBODY or (accepts == ACCEPT_FAMILY and not is_family):
            raise Refused(EPERM)
        return receiver

    def do_transfer(self, giver: Process, token: int, number: int, rights: int, good_address: int) -> tuple[int, ...]:
        """The delegate token, and the slot that the receiver has got."""
        try:
            return self.transfer(giver, token, number, rights, good_address)
        except Refused as refused:
            return (-refused.error, -1)

    def transfer(self, giver: Process, token: int, number: int, rights: int, good_address: int) -> tuple[int, ...]:
        slot = giver.table.slots[giver.table.find_token(token)]
        assert slot.object is not None
        if not slot.rights & GRANT:
            raise Refused(EACCES)
        if rights & ~slot.rights or rights & GRANT or not may_dup(slot.object):
            raise Refused(EINVAL)
        receiver = self.check_receiver(giver, number)
        if not good_address:
            raise Refused(EFAULT)
        handle = giver.table.lowest_free()
        target = receiver.table.highest_free()
        if receiver.table.received >= RECEIVED_MAX:
            raise Refused(EMFILE)
        grant = Object(DELEGATE)
        receiver.table.fill(target, slot.object, rights, RECEIVED, grant)
        giver.table.fill(handle, grant, WRITE)
        return (giver.table.token(handle), target)

    def do_revoke(self, process: Process, token: int) -> int:
        index = process.table.find_token(token)
        item = process.table.slots[index].object
        assert item is not None
        if item.kind != DELEGATE:
            raise Refused(EBADF)
        self.revoke(process.table, index)
        return 0

    def revoke(self, table: Table, index: int) -> None:
        """Consumes the handle and takes back every copy under its grant, wherever it went (P6)."""
        grant = table.slots[index].object
        assert grant is not None
        grant.revoked = True
        table.clear(index)
        for process in self.processes.values():
            for other in process.table.live():
                if process.table.slots[other].grant is grant:
                    process.table.clear(other)

    # ---- Processes ----

    def new_process(self, parent: Process) -> Process:
        return Process(self.last_number + 1, parent.number, denied=set(parent.denied))

    def do_deny(self, process: Process, call: int) -> int:
        """Gives up the call with this place in DENIABLE, for good, also for its children to come."""
        process.denied.add(DENIABLE[call])
        return 0

    def publish(self, child: Process) -> int:
        self.last_number = child.number
        self.processes[child.number] = child
        return child.number

    def do_fork(self, parent: Process) -> int:
        child = self.new_process(parent)
        child.table.accepts = parent.table.accepts
        for index, source in enumerate(parent.table.slots):
            slot = child.table.slots[index]
            slot.generation = source.generation
            if source.object is None:
                continue
            if may_dup(source.object):
                child.table.fill(index, source.object, source.rights, source.flags, source.grant)
            else:
                slot.generation += 1
        child.add_thread()
        return self.publish(child)

    def do_exit(self, process: Process) -> int:
        assert process.number != FIRST
        for index in range(ORDINARY):
            item = process.table.slots[index].object
            if item is not None and item.kind == DELEGATE:
                self.revoke(process.table, index)
        for index in process.table.live():
            process.table.clear(index)
        del self.processes[process.number]
        for child in self.processes.values():
            if child.parent == process.number:
                child.parent = FIRST
        return 0

    def do_spawn(self, parent: Process, mode: int, *words: int) -> int:
        """Words are actions of four numbers: kind, slot, target, flags."""
        child = self.new_process(parent)
        try:
            if mode != INHERIT_NOTHING:
                self.inherit(parent.table, child.table, mode)
            for at in range(0, len(words), 4):
                self.act(parent.table, child.table, mode, *words[at : at + 4])
            child.add_thread()
        except Refused:
            for index in child.table.live():
                child.table.clear(index)
            raise
        return self.publish(child)

    def inherit(self, parent: Table, child: Table, mode: int) -> None:
        lacking = False
        for index in range(ORDINARY):
            slot = parent.slots[index]
            if slot.object is None or slot.object.kind != FILE or slot.flags & CLOSE_ON_SPAWN:
                continue
            if slot.rights & GRANT:
                child.fill(index, slot.object, slot.rights & ~GRANT, 0, slot.grant)
            else:
                lacking = True
        if lacking and mode == INHERIT_ALL:
            raise Refused(EACCES)

    def act(self, parent: Table, child: Table, mode: int, kind: int, index: int, target: int, flags: int) -> None:
        if kind == FA_OPEN:
            rights = open_rights(flags)
            if not child.may_fill(index):
                raise Refused(EBADF)
            child.replace(index, Object(FILE), rights | GRANT, CLOSE_ON_SPAWN if flags & O_CLOEXEC else 0, None)
        elif kind == FA_DUP2 and mode == INHERIT_NOTHING:
            self.inherit_one(parent, index, child, target)
        elif kind == FA_DUP2:
            self.dup_onto(child, index, target)
        elif kind == FA_CLOSE:
            child.find(index)
            child.clear(index)
        else:
            raise Refused(EINVAL)

    def inherit_one(self, parent: Table, index: int, child: Table, target: int) -> None:
        slot = parent.find(index)
        assert slot.object is not None
        if not child.may_fill(target):
            raise Refused(EBADF)
        if slot.object.kind != FILE:
            raise Refused(EINVAL)
        if not slot.rights & GRANT:
            raise Refused(EACCES)
        child.replace(target, slot.object, slot.rights & ~GRANT, 0, slot.grant)
