# SPDX-License-Identifier: MIT
"""What uses the console for more than lines: completion at the tab key, the pager, the editor, and a console that is
good for use after them, however they end."""

from __future__ import annotations

import re
from collections.abc import Callable

from system.builds import ARCHITECTURES, DEBUG, Build
from system.console import BACKSPACE, CTRL_C, CTRL_K, CTRL_U, DOWN, HOME, LEFT, UP, Terminal, Unexpected, run_session
from system.jobs import Job, Result, log_path

TAB, RIGHT, END, DELETE, PAGE_DOWN = b"\t", b"\x1b[C", b"\x1b[F", b"\x1b[3~", b"\x1b[6~"
CTRL_F, CTRL_Q, CTRL_S = b"\x06", b"\x11", b"\x13"
SIZE_10_BY_40 = b"\x1b[10;40R"  # what a terminal of that size answers when it is asked

# A file of a hundred lines, "line 00" to "line 99".
MAKE_LINES = b"for a in 0 1 2 3 4 5 6 7 8 9; do for b in 0 1 2 3 4 5 6 7 8 9; do echo line $a$b; done; done >/tmp/lines"


def key(terminal: Terminal, keys: bytes, pattern: str) -> str:
    """Presses keys and waits for what they make the terminal show."""
    terminal.type(keys)
    return terminal.expect(pattern)


def row(number: int, text: str) -> str:
    """The pattern of a row that is drawn, counted from 1."""
    return rf"\x1b\[{number};1H\x1b\[K{text}\x1b"


def status(text: str) -> str:
    """The pattern of the last row, which is drawn last."""
    return rf"\x1b\[7m{text}\x1b\[m"


def check_lines_are_edited(terminal: Terminal) -> None:
    """Editing, completion, Ctrl-C: the console is the shell's again."""
    terminal.command(b"echo edxted" + LEFT * 3 + BACKSPACE + b"i", r"edited\n")
    key(terminal, b"ech" + TAB, r"echo $")
    terminal.command(b"completed", r"completed\n")
    terminal.type(b"sleep 100000\r")
    terminal.expect(r"sleep 100000\n")
    terminal.interrupt()


# ---- Completion ------------------------------------------------------------------------------------


def completion(terminal: Terminal) -> None:
    terminal.command(b"mkdir /tmp/c /tmp/c/one /tmp/c/two /tmp/c/two-more; cd /tmp/c", "")
    terminal.command(b"echo >'a file' >'it'\\''s' >one/inside >.hidden", "")
    key(terminal, b"ec" + TAB, r"echo $")
    key(terminal, b"on" + TAB, r"one/$")
    key(terminal, TAB, r"inside $")
    terminal.command(b"x", r"one/inside x\n")
    key(terminal, b"cat tw" + TAB, r"two$")
    key(terminal, TAB, r"\ntwo-more/ +two/ *\n\$ \r?\$ cat two\x1b\[J$")
    key(terminal, CTRL_U + b"ls a" + TAB, r"ls a\\ file $")
    key(terminal, b'"it' + TAB, r"\"it's\" $")
    terminal.command(b"", r"a file\nit's\n")
    key(terminal, b"echo 'i" + TAB, r"echo 'it'\\''s' $")
    terminal.command(b"", r"it's\n")
    key(terminal, b"echo nothing-is-called-so" + TAB, r"\a$")
    terminal.type(CTRL_C)
    terminal.expect(r"\^C\n\$ $")
    key(terminal, b"cat <on x" + LEFT * 2 + TAB, r"/ x\x1b")  # in the middle of a line
    key(terminal, TAB, r"  x\x1b")
    terminal.command(b"; echo done", r".*done x\n")
    key(terminal, b"true; wai" + TAB, r"wait $")  # a command of the shell itself
    terminal.command(b"", "")
    key(terminal, b"cat .h" + TAB, r"\.hidden $")
    terminal.command(b"", "")
    terminal.type(b"cat\r")  # in programs a tab is a tab
    terminal.expect(r"cat\n")
    terminal.type(b"a\tb\r")
    terminal.expect(r"\na\tb\n")
    terminal.interrupt()


# ---- The pager -------------------------------------------------------------------------------------


def pager(terminal: Terminal) -> None:
    terminal.command(MAKE_LINES, "")
    key(terminal, b"less /tmp/lines\r", row(23, "line 22") + ".*" + status(r"/tmp/lines  line 1  \d+%"))
    key(terminal, SIZE_10_BY_40, row(9, "line 08") + ".*" + status(r"/tmp/lines  line 1  \d+%"))
    key(terminal, b" ", row(1, "line 09") + ".*" + status(".*line 10 .*"))
    key(terminal, b"j" + DOWN + b"\r", row(1, "line 12"))
    key(terminal, UP, row(1, "line 11"))
    key(terminal, b"G", row(9, "line 99") + ".*" + status(r".*\(END\)"))
    key(terminal, b"b", row(1, "line 82"))
    key(terminal, b"g", row(1, "line 00"))
    key(terminal, b"42g", row(1, "line 41"))
    key(terminal, b"/5$\r", row(1, "line 45"))
    key(terminal, b"n", row(1, "line 55"))
    key(terminal, b"N", row(1, "line 45"))
    key(terminal, b"/none\r", status("not found below"))
    key(terminal, b"-", row(1, " +46 line 45"))
    key(terminal, b"h", row(1, " +1 space .*"))
    key(terminal, b"q", row(1, " +46 line 45"))
    key(terminal, b"q", r"\$ $")
    check_lines_are_edited(terminal)


def pager_of_other_things(terminal: Terminal) -> None:
    terminal.command(MAKE_LINES, "")
    key(terminal, b"cat /tmp/lines | more\r", row(1, "line 00") + ".*" + status("standard input .*"))
    key(terminal, b"G", row(23, "line 99"))
    key(terminal, CTRL_C, r"\$ $")
    terminal.command(b"less /tmp/lines | wc -l", r" *100\n")
    terminal.command(b"less /tmp /none; echo $?", r"less: /tmp: is a directory\nless: /none: .*\n1\n")
    terminal.command(b"less; echo $?", r"less: usage: .*\n2\n")
    key(terminal, b"less /bin/sh /tmp/lines\r", row(1, r"\^\?ELF.*") + ".*" + status("/bin/sh .*"))
    key(terminal, b":n", row(1, "line 00"))
    key(terminal, b"q", r"\$ $")
    terminal.type(b"sleep 100000 | less\r")  # it waits for its input, not for a key
    terminal.expect(r"less\n")
    terminal.interrupt()
    check_lines_are_edited(terminal)


def killed_pager(terminal: Terminal) -> None:
    terminal.command(MAKE_LINES, "")
    # Whether it has come as far as the screen or not.
    for delay in b"0", b"1":
        key(terminal, b"sh -c 'less /tmp/lines & sleep " + delay + b"; kill $!; wait'\r", r"(?s)wait'\n.*\$ $")
        check_lines_are_edited(terminal)
    killed = b"sh -c 'less /tmp/lines & sleep 1; kill $!; wait'; echo killed; cat\r"
    key(terminal, killed, r"(?s)cat\n.*killed\n")
    terminal.type(b"edxted" + LEFT * 3 + BACKSPACE + b"i\r")  # cat has a console that edits lines
    terminal.expect(r"\nedited\n")
    terminal.interrupt()


# ---- The editor ------------------------------------------------------------------------------------


def editor(terminal: Terminal) -> None:
    key(terminal, b"edit /home/text\r", status("/home/text: a new file"))
    key(terminal, b"first\rthird\ttab", row(2, "third   tab"))
    key(terminal, SIZE_10_BY_40, status(r"/home/text\*  line 2/2 .*"))
    key(terminal, UP + END + b"\rsecond", row(2, "second"))
    key(terminal, CTRL_S, status("saved 23 bytes"))
    key(terminal, HOME + DELETE + b"\xc3\xa4" + BACKSPACE + b"S" + RIGHT + b"-", row(2, "Se-cond"))
    key(terminal, CTRL_F + b"tab\r", status(r".*line 3/4  column 9 .*"))
    key(terminal, b"x" * 40, row(3, "x+tab"))  # scrolls sideways
    key(terminal, HOME + CTRL_K, row(3, "") + ".*" + status(".*line 3/3 .*"))
    key(terminal, UP * 2 + CTRL_U, row(2, "first"))
    key(terminal, CTRL_Q, status("save the changes.*"))
    key(terminal, b"y\r", r"\$ $")
    terminal.command(b"cat /home/text", r"third\tx{40}tab\nfirst\nSe-cond\n")
    terminal.command(b"ls /home | grep -c edit", r"0\n")
    key(terminal, b"edit /home/text\r", status("/home/text  line 1/4 .*"))
    key(terminal, PAGE_DOWN + BACKSPACE, status(".*line 3/3  column 8 .*"))
    key(terminal, b"!" + CTRL_C, status(r"\^Q leaves the editor"))
    key(terminal, CTRL_Q, status("save the changes.*"))
    key(terminal, b"n\r", r"\$ $")
    terminal.command(b"tail -n 1 /home/text", r"Se-cond\n")
    check_lines_are_edited(terminal)


def editor_and_newlines(terminal: Terminal) -> None:
    """Bytes that nobody has touched stay as they are, and what is new ends in a newline."""
    terminal.command(b"cp /bin/sh /tmp/program; cat /dev/null >/tmp/empty", "")
    key(terminal, b"edit /tmp/program\r", status("/tmp/program .*"))
    key(terminal, b"x" + BACKSPACE + CTRL_S, status("saved .*"))
    key(terminal, CTRL_Q, r"\$ $")
    terminal.command(b"od /bin/sh >/tmp/od1; od /tmp/program >/tmp/od2; cat /tmp/od1 /tmp/od2 | sort | uniq -c >/tmp/od3", "")
    terminal.command(b"grep -c '^ *1 ' /tmp/od3", r"0\n")  # no line is in one of the two only
    key(terminal, b"edit /tmp/empty\r", status("/tmp/empty  line 1/1 .*"))
    key(terminal, CTRL_S, status("saved 0 bytes"))
    key(terminal, b"end" + CTRL_S, status("saved 4 bytes"))
    key(terminal, CTRL_Q, r"\$ $")
    terminal.command(b"wc /tmp/empty", r" +1 +1 +4 /tmp/empty\n")


def editor_refusals(terminal: Terminal) -> None:
    for line, message, number in (
        (b"edit", r"edit: usage: edit FILE", 2),
        (b"edit /bin", r"edit: /bin: is a directory", 1),
        (b"edit /dev/null", r"edit: /dev/null: is not a regular file", 1),
        (b"echo | edit x", r"edit: standard input is not a console", 2),
        (b"(edit x; echo $? >/tmp/s) | cat; cat /tmp/s", r"edit: standard output is not a console", 2),
    ):
        found = terminal.command(line + b"; echo $?", message + r"\n(\d+\n)+")
        if str(number) not in re.findall(r"\n(\d+)", found):
            raise Unexpected(f"expected the status {number}, the terminal shows {found!r}")
    key(terminal, b"edit /none/x\r", status("/none/x: a new file"))
    key(terminal, b"kept" + CTRL_S, status("NOT SAVED: no such file or directory"))
    terminal.type(CTRL_Q)
    key(terminal, b"y\r", row(1, "kept") + ".*" + status("NOT SAVED: .*"))
    key(terminal, CTRL_Q, status("save the changes.*"))
    key(terminal, b"n\r", r"\$ $")
    # A disk that is full: the old file stays, and so does the text on the screen.
    terminal.command(b"echo old >/home/f; cat /dev/zero >/home/fill", "cat: standard output: no space left\n")
    key(terminal, b"edit /home/f\r", status("/home/f .*"))
    key(terminal, b"new " + CTRL_S, status("NOT SAVED: no space left"))
    terminal.type(CTRL_Q)
    key(terminal, b"n\r", r"\$ $")
    terminal.command(b"cat /home/f; rm /home/fill; ls /home", r"old\nf\n")


SESSIONS: tuple[Callable[[Terminal], None], ...] = (
    completion,
    pager,
    pager_of_other_things,
    killed_pager,
    editor,
    editor_and_newlines,
    editor_refusals,
)


def run_with_fresh_disk(build: Build, session: Callable[[Terminal], None]) -> Result:
    """The user's disk has nothing to do with these."""
    disk = log_path("screens", build.arch).with_suffix(".img")
    disk.unlink(missing_ok=True)
    try:
        return run_session("screens", build, session, f"KEPT_DISK={disk}")
    finally:
        disk.unlink(missing_ok=True)


def jobs() -> list[Job]:
    made = []
    for arch in ARCHITECTURES:
        build = DEBUG[arch]
        run = lambda build=build: [run_with_fresh_disk(build, session) for session in SESSIONS]  # noqa: E731
        made.append(Job(f"screens {arch}", run, (build.job_name,)))
    return made
