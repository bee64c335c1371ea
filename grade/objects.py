# SPDX-License-Identifier: MIT
"""The specification, continued: calls that make an object and put it into a slot, and calls that use one through the
gate. model.py has the world in which they happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from tables import *  # noqa: F403: one specification in three files
from tables import Object, Pipe, Process, Refused, Waiting, WouldBlock, open_rights


class Uses:
    """The part of a World that knows objects."""

    def __init__(self) -> None:
        self.file_size = 16  # of the one regular file that `open` opens
        self.waiting: Optional[Waiting] = None  # what the last call that had to wait waits for

    def may_wait(self, process: Process, index: int, attempt: Callable[[], int]) -> int:
        slot = process.table.slots[index]
        assert slot.object is not None
        self.waiting = Waiting(slot.object, slot.grant, attempt)
        return attempt()

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
        pipe = item.pipe

        def attempt() -> int:
            if pipe.bytes == 0 and pipe.writers:
                raise WouldBlock
            count = min(pipe.bytes, 1)
            pipe.bytes -= count
            return count

        return self.may_wait(process, index, attempt)

    def do_write(self, process: Process, index: int) -> int:
        """One byte."""
        item = process.table.pin(index, FILE, WRITE)
        if item.pipe is None:
            item.offset += 1
            self.file_size = max(self.file_size, item.offset)
            return 1
        pipe = item.pipe

        def attempt() -> int:
            if not pipe.readers:
                raise Refused(EPIPE)
            if pipe.bytes == PIPE_BYTES:
                raise WouldBlock
            pipe.bytes += 1
            return 1

        return self.may_wait(process, index, attempt)

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

    def do_semaphore_wait(self, process: Process, index: int) -> int:
        return self.take_one(process, index, process.table.pin(index, SEMAPHORE, READ), 0)

    def do_queue_wait(self, process: Process, index: int) -> int:
        return self.take_one(process, index, process.table.pin(index, QUEUE, READ), 1)

    def take_one(self, process: Process, index: int, item: Object, answer: int) -> int:
        def attempt() -> int:
            if item.value == 0:
                raise WouldBlock
            item.value -= 1
            return answer

        return self.may_wait(process, index, attempt)

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
