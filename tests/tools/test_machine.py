# SPDX-License-Identifier: MIT
"""Machine.run() against an emulator that is a script: every way in which a run can end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from support import TOOLS, TreeTest

from machine import LOG_LIMIT, Machine, Outcome, Result

# A stand-in for QEMU: finds its three channels on the command line and does what a test wants.
FAKE = """#!/usr/bin/python3
import os, re, signal, socket, sys, time
fds = dict(re.findall(r"id=(\\w+),fd=(\\d+)", " ".join(sys.argv)))
uart, control, terminal = (socket.socket(fileno=int(fds[name])) for name in ("uart", "c0", "c1"))
BODY
"""


class MachineTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        self.write("kernel.elf", "")
        path = os.environ["PATH"]
        os.environ["PATH"] = f"{self.root}:{path}"
        self.addCleanup(os.environ.__setitem__, "PATH", path)

    def run_fake(self, body: str, arch: str = "riscv64", timeout: float = 20, **options: object) -> Result:
        for program in ("qemu-system-riscv64", "qemu-system-x86_64"):
            fake = self.write(program, FAKE.replace("BODY", body))
            fake.chmod(0o755)
        machine = Machine(arch, self.root / "kernel.elf")
        return machine.run(timeout, log=self.root / "log", **options)  # type: ignore[arg-type]

    def test_status(self) -> None:
        seen: list[bytes] = []
        result = self.run_fake(
            "uart.sendall(b'log'); terminal.sendall(b'a\\x00b'); control.sendall(b'status 7\\n')",
            on_output=seen.append,
        )
        self.assertEqual((result.outcome, result.status, result.exit_status), (Outcome.FINISHED, 7, 7))
        self.assertEqual((result.output, b"".join(seen)), (b"a\0b", b"a\0b"))
        self.assertEqual((self.root / "log").read_bytes(), b"log")

    def test_status_of_the_other_machine(self) -> None:
        result = self.run_fake("control.sendall(b'status 0\\n'); sys.exit(33)", "x86_64")
        self.assertEqual((result.outcome, result.exit_status), (Outcome.FINISHED, 0))

    def test_time_out(self) -> None:
        started = time.monotonic()
        result = self.run_fake("terminal.sendall(b'so far'); time.sleep(60)", timeout=1)
        self.assertEqual((result.outcome, result.exit_status, result.output), (Outcome.TIMED_OUT, 124, b"so far"))
        self.assertLess(time.monotonic() - started, 5)

    def test_time_out_of_one_that_ignores_signals(self) -> None:
        body = "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN)"
        result = self.run_fake(body + "; terminal.close(); time.sleep(60)", timeout=1)
        self.assertEqual(result.outcome, Outcome.TIMED_OUT)

    def test_panic(self) -> None:
        log = "boot\\r\\n\\npanic on CPU 1: oh no\\r\\nstack trace:\\r\\n"
        result = self.run_fake(f"uart.sendall(b'{log}'); control.sendall(b'panic oh no\\n'); sys.exit(3)")
        self.assertEqual((result.outcome, result.exit_status), (Outcome.PANICKED, 125))
        self.assertEqual(result.message, "kernel panic: oh no")
        self.assertEqual(result.details, ["panic on CPU 1: oh no", "stack trace:"])

    def test_panic_before_there_is_a_channel(self) -> None:
        result = self.run_fake("uart.sendall(b'\\npanic on CPU 0: early\\r\\n'); sys.exit(35)", "x86_64")
        self.assertEqual((result.outcome, result.message), (Outcome.PANICKED, "kernel panic: early"))

    def test_reset(self) -> None:
        result = self.run_fake("sys.exit(0)", "x86_64")
        self.assertEqual((result.outcome, result.exit_status), (Outcome.RESET, 126))

    def test_power_off_without_a_word(self) -> None:
        self.assertEqual(self.run_fake("sys.exit(0)").outcome, Outcome.RESET)

    def test_triple_fault(self) -> None:
        result = self.run_fake("sys.stderr.write('Triple fault\\n'); sys.exit(0)", "x86_64")
        self.assertEqual(result.outcome, Outcome.RESET)
        self.assertIn("triple fault", result.message)

    def test_kernel_could_not_start(self) -> None:
        result = self.run_fake("control.sendall(b'failed no init\\n')")
        self.assertEqual((result.outcome, result.exit_status), (Outcome.FAILED, 127))
        self.assertIn("no init", result.message)

    def test_emulator_complains(self) -> None:
        result = self.run_fake("sys.stderr.write(sys.argv[0].rpartition('/')[2] + ': no such thing\\n'); sys.exit(1)")
        self.assertEqual(result.outcome, Outcome.FAILED)
        self.assertIn("no such thing", result.message)

    def test_emulator_dies(self) -> None:
        result = self.run_fake("os.kill(os.getpid(), signal.SIGSEGV)")
        self.assertEqual(result.outcome, Outcome.FAILED)
        self.assertIn("signal 11", result.message)

    def test_no_emulator(self) -> None:
        os.environ["PATH"] = str(self.root)
        result = Machine("riscv64", self.root / "kernel.elf").run()
        self.assertEqual(result.outcome, Outcome.FAILED)
        self.assertIn("qemu-system-riscv64", result.message)

    def test_bad_requests(self) -> None:
        for machine, word in (
            (Machine("vax", self.root / "kernel.elf"), "vax"),
            (Machine("riscv64", self.root / "nothing"), "nothing"),
            (Machine("riscv64", self.root / "kernel.elf", self.root / "no.tar"), "no.tar"),
            (Machine("riscv64", self.root / "kernel.elf", memory="lots"), "lots"),
            (Machine("riscv64", self.root / "kernel.elf", memory="1M"), "1M"),
            (Machine("riscv64", self.root / "kernel.elf", cpus=0), "0"),
        ):
            result = machine.run()
            self.assertEqual(result.outcome, Outcome.FAILED)
            self.assertIn(word, result.message)

    def test_keyboard(self) -> None:
        body = "terminal.sendall(terminal.recv(100)); control.sendall(b'status 0\\n')"
        self.assertEqual(self.run_fake(body, keyboard=b"ls\n").output, b"ls\n")

    def test_log_without_end_is_cut(self) -> None:
        body = "control.sendall(b'status 0\\n')\nfor _ in range(300): uart.sendall(b'x' * 65536)"
        self.assertEqual(self.run_fake(body).outcome, Outcome.FINISHED)
        self.assertLess((self.root / "log").stat().st_size, LOG_LIMIT + 100)

    def test_command_line(self) -> None:
        machine = Machine("x86_64", self.root / "kernel.elf", cpus=4, icount=True, seed=9, append="quiet")
        words = " ".join(machine.command(None))
        for part in ("-smp 1 ", "-icount shift=5,sleep=off -seed 9", "-append quiet sched_seed=9"):
            self.assertIn(part, words + " ")

    def test_runs_beside_each_other(self) -> None:
        self.run_fake("")
        body = "time.sleep(0.3); terminal.sendall(b'%d' % os.getpid()); control.sendall(b'status 0\\n')"
        for program in ("qemu-system-riscv64",):
            self.write(program, FAKE.replace("BODY", body)).chmod(0o755)
        results: list[Result] = []
        threads = [
            threading.Thread(target=lambda: results.append(Machine("riscv64", self.root / "kernel.elf").run(20)))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([result.outcome for result in results], [Outcome.FINISHED] * 6)
        self.assertEqual(len({result.output for result in results}), 6)

    def test_nothing_is_left_when_the_runner_is_killed(self) -> None:
        body = f"open('{self.root}/pid', 'w').write(str(os.getpid())); time.sleep(60)"
        self.run_fake(body, timeout=0.5)
        (self.root / "pid").unlink(missing_ok=True)
        program = (
            f"import sys; sys.path.insert(0, {str(TOOLS)!r}); from machine import *\n"
            f"Machine('riscv64', Path({str(self.root / 'kernel.elf')!r})).run(60)"
        )
        for end in (subprocess.Popen.terminate, subprocess.Popen.kill):
            runner = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "TMPDIR": str(self.root)})
            fake = self.wait_for_pid(self.root / "pid")
            end(runner)
            runner.wait()
            deadline = time.monotonic() + 10
            while Path(f"/proc/{fake}").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertFalse(Path(f"/proc/{fake}").exists())
            (self.root / "pid").unlink()

    def wait_for_pid(self, path: Path) -> int:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if path.exists() and path.read_text():
                return int(path.read_text())
            time.sleep(0.02)
        self.fail("the emulator did not start")
