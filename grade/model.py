# SPDX-License-Identifier: MIT
"""The specification of capabilities as a program: what every call must answer, one call at a time.

A World holds a few numbered processes with their tables. World.apply(operation) changes it as the specification
says and returns the answer: a number, negative for an error, or for `stat` a tuple. Tokens are predicted to the
bit; numbers that a kernel may choose freely (grant epochs, object numbers) are the model's own, and whoever
compares must pair them up. Operations that would have to wait raise WouldBlock, and nothing has changed.

This is meant to be read beside the specification; it takes no notice of how the kernel does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from objects import Uses
from tables import *  # noqa: F403: one specification in two files
from tables import Object, Process, Refused, Table, Waiting, WouldBlock, may_dup, open_rights

# ---- The world -----------------------------------------------------------------------------------

class World(Uses):
    """`reaper` is the number of the process that orphans go to; 0 is one outside of this world."""

    def __init__(self, reaper: int = FIRST) -> None:
        super().__init__()
        self.reaper = reaper
        self.processes: dict[int, Process] = {FIRST: Process(FIRST, reaper)}
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

    def begin(self, number: int, name: str, arguments: Sequence[int]) -> int | tuple[int, ...] | Waiting:
        """The same for a call that may wait: if it has to, what it waits for."""
        try:
            return self.apply(number, name, arguments)
        except WouldBlock:
            assert self.waiting is not None
            self.waiting.item.get()  # its pin
            return self.waiting

    def do_getpid(self, process: Process) -> int:
        return process.number

    def do_getppid(self, process: Process) -> int:
        return process.parent

    # ---- The table ----

    def do_use_up(self, process: Process, index: int, count: int) -> int:
        """`open` and `close`, again and again: how many times they succeeded with that slot."""
        for done in range(count):
            if self.apply(process.number, "open", (O_RDWR | O_GRANT,)) != index:
                return done
            if self.apply(process.number, "close", (index,)) != 0:
                return done
        return count

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

    def do_write_and_revoke(self, process: Process, index: int, token: int) -> int:
        """Both, before anybody whom the write has woken gets its turn: it finds the grant revoked (P7)."""
        written = self.apply(process.number, "write", (index,))
        revoked = self.apply(process.number, "revoke", (token,))
        assert isinstance(written, int) and isinstance(revoked, int)
        return written if written < 0 else revoked

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
                child.parent = self.reaper
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
