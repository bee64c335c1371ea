# SPDX-License-Identifier: MIT
"""gdb commands that show the kernel's own structures: processes and threads, capability tables,
locks. Everything is read through the debug information, so nothing here knows an offset.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator

import gdb  # given by the debugger that runs this file

# What a sleeping thread is in, but is not doing.
MACHINERY = ("arch_", "sched_", "thread_", "wait_queue_", "sleep_lock_", "spinlock_", "switch_", "yield_")
FRAMES_MAX = 24
FRAMES_SHOWN = 4


# ---- Reading -------------------------------------------------------------------------------------


def text(array: gdb.Value) -> str:
    return str(array.string(errors="replace"))


def enum_name(value: gdb.Value, prefix: str, type_name: str | None = None) -> str:
    """The name of an enumerator in small letters, less a prefix; the number if it has none."""
    kind = gdb.lookup_type(type_name) if type_name else value.type.strip_typedefs()
    for field in kind.fields():
        if field.enumval == int(value):
            return field.name.removeprefix(prefix).lower()
    return str(int(value))


def elements(array: gdb.Value) -> Iterator[gdb.Value]:
    low, high = array.type.range()
    for index in range(low, high + 1):
        yield array[index]


def processes() -> Iterator[gdb.Value]:
    """Every process, by number."""
    table = gdb.parse_and_eval("'kern/proc/tree.c'::table")
    found = [entry.dereference() for entry in elements(table) if entry]
    yield from sorted(found, key=lambda process: int(process["pid"]))


def threads_of(process: gdb.Value) -> Iterator[gdb.Value]:
    """The threads of a process, in the order in which they were made."""
    kind = gdb.lookup_type("struct user_thread")
    offset = next(int(field.bitpos) // 8 for field in kind.fields() if field.name == "sibling")
    head, node = process["threads"].address, process["threads"]["next"]
    while node != head:
        yield gdb.Value(int(node) - offset).cast(kind.pointer()).dereference()
        node = node["next"]


def cpus() -> Iterator[gdb.Value]:
    count = int(gdb.parse_and_eval("cpu_count"))
    for index, cpu in enumerate(elements(gdb.parse_and_eval("cpus"))):
        if index < count:
            yield cpu


def word(address: int) -> int:
    pointer = gdb.lookup_type("unsigned long").pointer()
    return int(gdb.Value(address).cast(pointer).dereference())


def return_addresses(thread: gdb.Value) -> Iterator[int]:
    """Where a switched-out thread returns to, innermost first, by its chain of frame pointers."""
    context = thread["context"]
    names = [field.name for field in context.type.fields()]
    if "ra" in names:  # riscv64: a frame is below its pointer
        yield int(context["ra"])
        frame, caller_at, previous_at = int(context["s"][0]), -8, -16
    else:  # x86_64: a frame is at its pointer
        yield word(int(context["rsp"]))
        frame, caller_at, previous_at = int(context["rbp"]), 8, 0
    top = int(thread["stack_top"])
    for _ in range(FRAMES_MAX):
        if not top - 0x8000 < frame <= top:
            return
        yield word(frame + caller_at)
        frame = word(frame + previous_at)


def function_at(address: int) -> str | None:
    """The function that a return address is in, with its line."""
    block = gdb.block_for_pc(address - 1)
    while block and not block.function:
        block = block.superblock
    if not block:
        return None
    place = gdb.find_pc_line(address - 1)
    file = place.symtab.filename.removeprefix("./") if place.symtab else "?"
    return f"{block.function.name} ({file}:{place.line})"


def whereabouts(thread: gdb.Value) -> str:
    """What a thread that is not running is in the middle of."""
    calls = []
    for address in return_addresses(thread):
        function = function_at(address)
        if function is None:
            break
        if calls or not function.startswith(MACHINERY):
            calls.append(function)
    return " < ".join(calls[:FRAMES_SHOWN])


# ---- capv6 ---------------------------------------------------------------------------------------


class Group(gdb.Command):
    """Commands that show the kernel's structures: threads, caps, locks, type."""

    def __init__(self) -> None:
        super().__init__("capv6", gdb.COMMAND_STATUS, prefix=True)


class Command(gdb.Command):
    """One of them; `show` prints."""

    def __init__(self, name: str) -> None:
        super().__init__(f"capv6 {name}", gdb.COMMAND_STATUS)

    def invoke(self, argument: str, from_tty: bool) -> None:
        try:
            self.show(gdb.string_to_argv(argument))
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"{error} (is the kernel up yet?)") from error
        except gdb.error as error:
            if os.environ.get("CAPV6_GDB_DEBUG"):
                traceback.print_exc()
            raise gdb.GdbError(str(error)) from error

    def show(self, arguments: list[str]) -> None:
        raise NotImplementedError


def thread_line(pid: str, name: str, thread: gdb.Value) -> None:
    state = enum_name(thread["state"], "THREAD_")
    cpu = thread["header"]["cpu"]
    cpu_text = str(int(cpu["index"])) if cpu else "-"
    where = "" if state in ("running", "new", "dead") else whereabouts(thread)
    print(f"{pid:>5} {name:<16} {state:<9} {cpu_text:>3} {int(thread['priority']):>4}  {where}".rstrip())


class Threads(Command):
    """Every process and kernel thread: number, name, state, CPU, priority, and where it waits."""

    def show(self, arguments: list[str]) -> None:
        print(f"{'pid':>5} {'name':<16} {'state':<9} {'cpu':>3} {'prio':>4}  in")
        for process in processes():
            pid, name = str(int(process["pid"])), text(process["name"])
            for thread in threads_of(process):
                thread_line(pid, name, thread["thread"])
            if not int(process["thread_count"]):
                print(f"{pid:>5} {name:<16} zombie, status {int(process['exit_status'])}")
        idle = gdb.parse_and_eval("'kern/sched/thread.c'::idle_threads")
        for cpu in cpus():
            thread = idle[int(cpu["index"])]
            thread_line("-", text(thread["name"]) or "idle", thread)


RIGHTS = {"READ": "r", "WRITE": "w", "EXEC": "x", "GRANT": "g"}


def rights_text(rights: int) -> str:
    letters = "".join(letter if rights >> bit & 1 else "-" for bit, letter in enumerate(RIGHTS.values()))
    rest = rights >> len(RIGHTS)
    return letters + (f"+{rest << len(RIGHTS):#x}" if rest else "")


def object_text(target: gdb.Value) -> str:
    """What an object is, for people."""
    if text(target["type"]["name"]) == "file":
        file = target.cast(gdb.lookup_type("struct file").pointer())
        return text(file["name"]) or str(file["operations"]).partition("<")[2].rstrip(">")
    if text(target["type"]["name"]) == "thread":
        return text(target.cast(gdb.lookup_type("struct user_thread").pointer())["thread"]["name"])
    if text(target["type"]["name"]) == "delegate":
        grant = target.cast(gdb.lookup_type("struct grant").pointer())
        return f"grant {int(target['id'])} to process {int(grant['receiver'])}"
    return ""


def grant_text(grant: gdb.Value) -> str:
    """The epoch under which a slot was received, as `caps` prints it."""
    if not grant:
        return "-"
    return str(int(grant["object"]["id"])) + (" (revoked)" if int(grant["revoked"]) else "")


def live_slots(process: gdb.Value) -> Iterator[tuple[int, gdb.Value]]:
    """The slots of a process that hold an object, those under a revoked grant included."""
    slots = process["capabilities"]["slots"]
    for index in range(4096 // gdb.lookup_type("struct cap_slot").sizeof if slots else 0):
        if slots[index]["object"]:
            yield index, slots[index]


class Capabilities(Command):
    """Capability tables: `capv6 caps` of every process, `capv6 caps PID` of one."""

    def show(self, arguments: list[str]) -> None:
        wanted = int(gdb.parse_and_eval(arguments[0])) if arguments else None
        shown = 0
        for process in processes():
            if wanted is None or int(process["pid"]) == wanted:
                self.show_process(process)
                shown += 1
        if wanted is not None and not shown:
            raise gdb.GdbError(f"there is no process {wanted}")

    def show_process(self, process: gdb.Value) -> None:
        print(f"process {int(process['pid'])} {text(process['name'])}")
        print(f"  slot {'type':<10} {'rights':<8} {'generation':>10} flags grant refs names")
        for index, slot in live_slots(process):
            self.show_slot(index, slot)

    def show_slot(self, index: int, slot: gdb.Value) -> None:
        target = slot["object"]
        flags = "spawn-" if int(slot["flags"]) & 1 else "-"
        grant = grant_text(slot["grant"])
        print(
            f"  {index:>4} {text(target['type']['name']):<10} {rights_text(int(slot['rights'])):<8} "
            f"{int(slot['generation']):>10} {flags:<5} {grant:<5} {int(target['count']):>4} {object_text(target)}"
        )


class Grants(Command):
    """Who delegated what to whom: the holders of delegate handles, and who holds slots under each grant."""

    def show(self, arguments: list[str]) -> None:
        givers: dict[int, str] = {}
        holders: dict[int, list[str]] = {}
        for process in processes():
            name = f"process {int(process['pid'])} {text(process['name'])}"
            for index, slot in live_slots(process):
                if text(slot["object"]["type"]["name"]) == "delegate":
                    givers[int(slot["object"]["id"])] = f"{name} can revoke {object_text(slot['object'])}"
                if slot["grant"]:
                    what = f"{text(slot['object']['type']['name'])} {object_text(slot['object'])}".rstrip()
                    held = f"{name} holds {what} in slot {index} ({rights_text(int(slot['rights']))})"
                    holders.setdefault(int(slot["grant"]["object"]["id"]), []).append(held)
        if not givers and not holders:
            print("no capability has been delegated")
        for epoch in sorted(givers.keys() | holders.keys()):
            print(f"grant {epoch}: {givers.get(epoch, 'a gift: nobody can revoke it')}")
            for held in holders.get(epoch, []):
                print(f"  {held}")


class Locks(Command):
    """Which CPU holds which spin locks, outermost first, and where it took them (debug builds)."""

    def show(self, arguments: list[str]) -> None:
        for cpu in cpus():
            count = int(cpu["locks_held_count"])
            print(f"CPU {int(cpu['index'])}: {'no spin lock' if count == 0 else ''}".rstrip())
            for held in list(elements(cpu["locks_held"]))[:count]:
                name = enum_name(held["lock"]["class"], "LOCK_", "enum lock_class")
                print(f"  {name:<16} {int(held['lock']):#x} taken at {text(held['site'])}")


class Type(Command):
    """Types a line on the machine's console: capv6 type ls /bin"""

    def invoke(self, argument: str, from_tty: bool) -> None:
        path = os.environ.get("CAPV6_KEYBOARD")
        if path is None:
            raise gdb.GdbError("this machine has its console in another terminal: type there")
        with open(path, "w", encoding="utf-8") as keyboard:
            keyboard.write(argument + "\r")


Group()
Threads("threads")
Capabilities("caps")
Grants("grants")
Locks("locks")
Type("type")
