# SPDX-License-Identifier: MIT
"""What people type: `make run` in all its ways, and the debugger."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from system.builds import ARCHITECTURES, DEBUG, Build
from system.jobs import Job, Result, check

TIMEOUT = 300.0  # seconds; catches what hangs and judges nothing
EXTRA = Path("tests/extra")
RUN = "tools/run.py"


class Entrance:
    """Runs the entrances for one machine and collects what is not as expected."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.results: list[Result] = []

    def call(self, command: list[str], script: str | None = None) -> subprocess.CompletedProcess[bytes]:
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "CMD")}
        if script is not None:
            environment["CMD"] = script
        try:
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired as expired:
            return subprocess.CompletedProcess(command, -1, expired.stdout or b"", (expired.stderr or b"") + b"(no end)")

    def make(self, *settings: str, target: str = "run") -> subprocess.CompletedProcess[bytes]:
        return self.call(["make", target, *self.build.settings(), *settings])

    def run(self, script: str, *options: str) -> subprocess.CompletedProcess[bytes]:
        """What `make run` calls, whose exit status make does not pass on."""
        usual = ["/usr/bin/python3", RUN, "--arch", self.build.arch, "--build", str(self.build.directory)]
        return self.call(usual + list(options), script)

    def expect(
        self,
        name: str,
        done: subprocess.CompletedProcess[bytes],
        status: int,
        output: bytes | None = None,
        errors: str = "",
    ) -> None:
        """Exit status, standard output byte by byte, and a pattern in what was said besides."""
        said = done.stderr.decode(errors="replace")
        found = []
        if done.returncode != status:
            found.append(f"expected exit status {status}, got {done.returncode}")
        if output is not None and done.stdout != output:
            found.append(f"expected the output {output[:500]!r}, got {done.stdout[:500]!r}")
        if not re.search(errors, said):
            found.append(f"the messages do not say /{errors}/")
        report = "\n".join([f"$ {' '.join(map(str, done.args))}", *found, "messages:", said[-2000:]])
        self.results.append(check(f"run {self.build.arch}: {name}", not found, report))

    # ---- The tests -------------------------------------------------------------------------------

    def outputs(self) -> None:
        self.expect("output", self.make("CMD=echo a; echo 'b  c' | cat"), 0, b"a\nb  c\n")
        self.expect("dollars and quotes", self.make("CMD=x='1  2'; echo \"$x\" '$x' $x"), 0, b"1  2 $x 1 2\n")
        self.expect("several lines", self.run("echo a\necho b \\\n  c\n"), 0, b"a\nb c\n")
        self.expect("no output", self.run("true"), 0, b"")
        self.expect("no newline at the end", self.run("echo x >/run/t; cat /run/t | grep -c x"), 0, b"1\n")
        self.expect("every byte", self.run("bytes", "--extra", f"{EXTRA}/bytes.c"), 0, bytes(range(256)))
        shell = (self.build.directory / "user/bin/sh").read_bytes()
        self.expect("much output", self.run("cat /bin/sh | cat; cat /bin/sh /bin/sh"), 0, shell * 3)
        self.expect("errors of commands", self.run("cat /missing 2>&1; echo $?"), 0, b"cat: /missing: no such file or directory\n1\n")

    def statuses(self) -> None:
        for status in (0, 1, 42, 255):
            self.expect(f"status {status}", self.run(f"(exit {status})"), status, b"")
        self.expect("status of the last command", self.run("false; true"), 0, b"")
        self.expect("status of a killed command", self.run("sleep 1000 & kill $!; wait $!"), 137, b"")
        self.expect("status through make", self.make("CMD=exit 42"), 2, b"", "42")
        self.expect("shutdown", self.run("shutdown 7; sleep 1000"), 7, b"")
        self.expect("syntax error", self.run("echo 'never closed"), 2)

    def failures(self) -> None:
        log = r"log is in \S+"
        hang = self.make("CMD=echo before; sleep 1000", "TIMEOUT=4")
        self.expect("time-out through make", hang, 2, b"before\n", f"(?s)no end after 4 seconds.*{log}.*124")
        place = re.search(rb"log is in (\S+)", hang.stderr)
        whole = place is not None and b"capv6 on" in Path(place.group(1).decode()).read_bytes()
        self.results.append(check(f"run {self.build.arch}: the log of a time-out", whole, str(place)))
        self.expect("time-out", self.run("sleep 1000", "--timeout", "3"), 124, b"")
        trace = r"(?s)kernel panic: .*kernel_main.*kern/main\.c:\d+.*" + log
        self.expect("panic", self.run("echo no", "--append", "panic=boot"), 125, b"", trace)
        self.expect("nothing to run", self.run(" "), 127, b"", "nothing to run")
        self.expect("nothing to run, through make", self.make(), 2, b"", "nothing to run")
        self.expect("no such build", self.call([RUN, "--build", "build/none", "true"]), 127, b"", "make")

    def programs(self) -> None:
        source = f"{EXTRA}/arguments.c"
        made = self.make("CMD=arguments one 'two  words'", f"EXTRA={source}")
        self.expect("a program", made, 2, b"one\ntwo  words\n", "Error 2")
        two = self.run("arguments x; bytes | wc", "--extra", source, "--extra", f"{EXTRA}/bytes.c")
        self.expect("two programs", two, 0)
        self.expect("a program that is not there", self.run("true", "--extra", "none.c"), 127, b"", "none.c")
        with tempfile.TemporaryDirectory() as directory:
            wrong = Path(directory) / "wrong.c"
            wrong.write_text("int main(void) { return undeclared; }\n")
            self.expect("a compile error", self.run("echo no", "--extra", str(wrong)), 127, b"", "undeclared")
            wrong.write_text("int missing(void);\nint main(void) { return missing(); }\n")
            self.expect("a link error", self.run("echo no", "--extra", str(wrong)), 127, b"", "missing")
            same = Path(directory) / "arguments.c"
            same.write_text("int main(void) { return 0; }\n")
            both = self.run("true", "--extra", source, "--extra", str(same))
            self.expect("two programs of one name", both, 127, b"", "arguments")

    def settings(self) -> None:
        wrong = {"ARCH=z80": "z80", "CPUS=0": "CPUS", "CPUS=many": "CPUS", "MEM=12": "MEM", "TIMEOUT=0": "TIMEOUT"}
        wrong |= {"SEED=x": "SEED", "DEBUG=2": "DEBUG", "TOOLCHAIN=tcc": "TOOLCHAIN", "ICOUNT=yes": "ICOUNT"}
        for setting, word in wrong.items():
            self.expect(setting, self.call(["make", "run", "CMD=true", setting]), 2, b"", word)
        self.expect("CPUS= and MEM=", self.make("CMD=true", "CPUS=4", "MEM=64M"), 0, b"")

    def determinism(self) -> None:
        """With the instruction counter on, the clock is the number of instructions executed."""
        options = ["--icount", "--extra", f"{EXTRA}/clock.c"]
        first, second = (self.run("clock; ls / | wc; clock", *options) for _ in range(2))
        whole = first.returncode == 0 and len(first.stdout.split()) == 5
        report = f"{first.stdout!r}\n{second.stdout!r}\n{first.stderr.decode()}"
        name = f"run {self.build.arch}: with ICOUNT=1"
        self.results.append(check(f"{name} twice the same", whole and nearly_equal(first.stdout, second.stdout), report))
        self.expect("with ICOUNT=1 through make", self.make("CMD=true", "ICOUNT=1", "SEED=7"), 0, b"")

    def perturbation(self) -> None:
        """With a seed the scheduler does other things than without, and the same again with the same seed."""
        options = ["--icount", "--extra", f"{EXTRA}/interleave.c", "--seed"]
        run = {seed: self.run("interleave", *options, str(seed)) for seed in (1, 2, 3)}
        again = self.run("interleave", *options, "2")
        outputs = {done.stdout for done in run.values()}
        whole = all(sorted(output) == sorted(b"a" * 60 + b"b" * 60 + b"\n") for output in outputs)
        differ = len(outputs) > 1 and again.stdout == run[2].stdout
        self.results.append(check(f"run {self.build.arch}: sched_seed", whole and differ, f"{outputs!r}, {again.stdout!r}"))

    def debug(self, name: str, words: tuple[bytes, ...], append: str, *batch: str) -> None:
        """What the debugger prints for these commands, with these boot options."""
        command = ["/usr/bin/python3", "tools/debug.py", "--arch", self.build.arch, "--build", str(self.build.directory)]
        done = self.call(command + [f"--append={append}"] + [word for line in batch for word in ("--batch", line)])
        seen = all(word in done.stdout for word in words)
        report = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
        self.results.append(check(f"run {self.build.arch}: {name}", seen, report))

    def debugger(self) -> None:
        words = (b"gate_self_test", b"kernel_main", b"main.c")
        self.debug("the debugger", words, "", "tbreak gate_self_test", "continue", "backtrace")
        words = (b"process 1 delegation-demo can revoke grant", b"  process 2 delegation-demo holds file /demo.txt")
        batch = ("tbreak cap_revoke_commit", "continue", "capv6 grants", "capv6 caps 2", "capv6 threads")
        self.debug("the debugger's grants", words, "init=/bin/delegation-demo", *batch)

    def xv6(self) -> None:
        """Programs for xv6-riscv, unchanged: on the disk, and in memory."""
        primes = "".join(f"prime {number}\n" for number in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31))
        expected = "from exec\n-5 ff text c % 7\nto standard error\nxv6calls: 0 failures\n"
        expected += "child got p\nparent got p\n" + primes
        for disk in ("1", "0"):
            extra = "EXTRA=tests/extra/xv6calls.c tests/extra/xv6primes.c"
            done = self.make(extra, "CMD=cd /tmp; xv6calls && xv6primes", f"DISK={disk}")
            report = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
            name = f"run {self.build.arch}: programs for xv6, DISK={disk}"
            self.results.append(check(name, done.stdout.decode(errors="replace") == expected, report))

    def drawing(self) -> None:
        """make capgraph: the text twin, and a drawing with a title and a description."""
        if self.build is not DEBUG["riscv64"]:
            return  # there is one file for the drawing
        done = self.make("CMD=delegation-demo -g", target="capgraph")
        drawing = Path("build/capgraph.svg").read_text() if done.returncode == 0 else ""
        twin = b"can revoke what process 4 delegation-demo holds under grant" in done.stdout
        good = twin and "<title>" in drawing and "<desc>" in drawing and "/demo.txt" in drawing
        report = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
        self.results.append(check(f"run {self.build.arch}: capgraph", good, report))


def nearly_equal(first: bytes, second: bytes) -> bool:
    """The same numbers, but for the clock's resolution: 100 ns on riscv64."""
    pairs = zip(first.split(), second.split(), strict=True)
    return all(abs(int(one) - int(other)) <= 200 for one, other in pairs)


def run_all(build: Build) -> list[Result]:
    entrance = Entrance(build)
    for test in (
        entrance.outputs,
        entrance.statuses,
        entrance.failures,
        entrance.programs,
        entrance.settings,
        entrance.determinism,
        entrance.perturbation,
        entrance.debugger,
        entrance.drawing,
        entrance.xv6,
    ):
        test()
    return entrance.results


def jobs() -> list[Job]:
    made = []
    for arch in ARCHITECTURES:
        build = DEBUG[arch]
        made.append(Job(f"run {arch}", lambda build=build: run_all(build), (build.job_name,)))
    return made
