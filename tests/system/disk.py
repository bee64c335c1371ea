# SPDX-License-Identifier: MIT
"""The machine with a disk: user tests on it with a clean disk afterwards, machines that are killed while they write,
and disks that are no good."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

from initrd import extend_archive
from machine import Machine, Outcome, Result as Run
from system.builds import ARCHITECTURES, DEBUG, RELEASE, Build
from system.jobs import Job, Result, check, command_result, log_path

TIMEOUT = 600.0  # seconds; catches what hangs and judges nothing
DIRECTORIES = ["bin", "dev", "etc", "home", "run", "tests", "tmp"]
MKFS, FSCK = Path("build/host/mkfs"), Path("build/host/fsck")
BLOCK = 4096
ON_DISK = ("disk", "files", "directories", "names", "file_storms", "programs", "pointers", "exhaustion")


def tools_job() -> Job:
    return Job("disk tools", lambda: [command_result("make host-tools", ["make", "-s", "host-tools"], log_path("host-tools"))])


def make_disk(path: Path, size: str = "32M") -> Path:
    subprocess.run([str(MKFS), str(path), size, *DIRECTORIES], check=True, capture_output=True)
    return path


class Disks:
    """The tests of one build."""

    def __init__(self, build: Build, cpus: int, directory: Path) -> None:
        self.build = build
        self.cpus = cpus
        self.directory = directory
        self.title = f"{build.directory.name} with a disk and {cpus} CPUs"
        self.results: list[Result] = []

    def machine(self, script: str, disk: Path | None) -> Machine:
        archive = extend_archive(
            (self.build.directory / "initrd.tar").read_bytes(), {"run/script": (script.encode() + b"\n", False)}
        )
        kernel = self.build.directory / "kernel.elf"
        append = "run=/run/script console=virtio"
        return Machine(self.build.arch, kernel, archive, self.cpus, append=append, disk=disk, disk_is_kept=True)

    def boot(self, name: str, script: str, disk: Path | None) -> tuple[Run, str]:
        log = log_path(self.title, name)
        run = self.machine(script, disk).run(TIMEOUT, log=log)
        return run, log.read_text(errors="replace")

    def take(self, name: str, passed: bool, report: str) -> None:
        self.results.append(check(f"{self.title}: {name}", passed, report))

    def check_clean(self, name: str, disk: Path) -> None:
        done = subprocess.run([str(FSCK), str(disk)], capture_output=True, text=True, check=False)
        self.take(f"{name}: fsck", done.returncode == 0, done.stdout + done.stderr)

    # ---- Use -------------------------------------------------------------------------------------

    def user_tests(self) -> None:
        disk = make_disk(self.directory / "tests.img", "64M")
        script = "\n".join(f"echo '{name}:'; /tests/{name}" for name in ON_DISK) + "\nexit 0"
        run, log = self.boot("user tests", script, disk)
        text = run.output.decode(errors="replace")
        bad = [line for line in text.splitlines() if line.startswith("not ok")]
        whole = run.outcome is Outcome.FINISHED and text.count("\n1..") == len(ON_DISK) and "disk     " in log
        self.take("user tests", whole and not bad, "\n".join([run.message, *bad, text[-1500:], log[-1500:]]))
        self.check_clean("user tests", disk)

    def keeps(self) -> None:
        """What was written is there at the next boot, and programs can be run from the disk."""
        disk = make_disk(self.directory / "kept.img")
        first, _ = self.boot("first boot", "mkdir /home/d; echo kept >/home/d/f; cp /bin/cat /home/cat; ln /home/d/f /home/g", disk)
        self.check_clean("first boot", disk)
        second, log = self.boot("second boot", "/home/cat /home/d/f /home/g; rm -r /home/d; ls /home", disk)
        good = first.outcome is second.outcome is Outcome.FINISHED and second.output == b"kept\nkept\ncat\ng\n"
        self.take("what is written is kept", good, f"{first.message}\n{second.message}\n{second.output!r}\n{log[-1500:]}")
        self.check_clean("second boot", disk)

    # ---- Killed ----------------------------------------------------------------------------------

    def killed(self, after: int) -> None:
        """Ends the machine after so many promises; what was promised is there after the next boot."""
        disk = make_disk(self.directory / f"killed-{after}.img")
        script = """
            n=; while true; do n=${n}x; mkdir /home/$n; echo $n >/home/$n/file; mv /home/$n/file /home/$n/kept
            cp /bin/true /home/copy; rm /home/copy; sync; echo $n; done"""
        seen = bytearray()

        class Enough(Exception):
            pass

        def count(data: bytes) -> None:
            seen.extend(data)
            if seen.count(b"\n") >= after:
                raise Enough

        try:
            self.machine(script, disk).run(TIMEOUT, count, log_path(self.title, f"killed {after}"))
            self.take(f"killed after {after}", False, f"the machine ended by itself: {bytes(seen)!r}")
            return
        except Enough:
            promised = bytes(seen).decode().splitlines()[:after]
        run, log = self.boot(f"after {after}", "".join(f"cat /home/{name}/kept; " for name in promised), disk)
        good = run.outcome is Outcome.FINISHED and run.output.decode().splitlines() == promised
        self.take(f"killed after {after}", good, f"{run.message}\n{run.output!r}\nexpected {promised}\n{log[-1500:]}")
        self.check_clean(f"killed after {after}", disk)

    # ---- No good ---------------------------------------------------------------------------------

    def bad(self, name: str, disk: Path | None, in_log: str) -> None:
        """The machine goes on, with a message, whatever is on the disk."""
        run, log = self.boot(name, "echo works; ls /home; echo x >/home/x; sync; exit 5", disk)
        good = run.outcome is Outcome.FINISHED and run.status == 5 and run.output.startswith(b"works\n")
        report = f"{run.message}\n{run.output!r}\n{log[-1500:]}"
        self.take(name, good and re.search(in_log, log) is not None, report)

    def changed(self, name: str, offset: int, data: bytes) -> Path:
        disk = self.directory / f"{name.replace(' ', '-')}.img"
        shutil.copyfile(self.good, disk)
        with disk.open("r+b") as image:
            image.seek(offset)
            image.write(data)
        return disk

    def no_good(self) -> None:
        self.good = make_disk(self.directory / "good.img", "8M")
        not_used = "disk 0 is not used"
        self.bad("no disk", None, "capv6")
        zeros = self.directory / "zeros.img"
        zeros.write_bytes(bytes(1 << 20))
        self.bad("a disk of zeros", zeros, not_used)
        tiny = self.directory / "tiny.img"
        tiny.write_bytes(bytes(512))
        self.bad("a tiny disk", tiny, not_used)
        self.bad("another version", self.changed("another version", 8, struct.pack("<I", 2)), not_used)
        short = self.directory / "short.img"
        short.write_bytes(self.good.read_bytes()[: 4 << 20])
        self.bad("a truncated disk", short, not_used)
        blocks = self.good.stat().st_size // BLOCK
        used = [number for number in range(blocks) if any(self.good.read_bytes()[number * BLOCK : (number + 1) * BLOCK])]
        for number in used:
            self.bad(f"block {number} is noise", self.changed(f"block {number}", number * BLOCK, b"\xa5" * BLOCK), "")


def run_all(build: Build, cpus: int) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="capv6-disks-") as directory:
        disks = Disks(build, cpus, Path(directory))
        disks.user_tests()
        if cpus == 2:
            disks.keeps()
            for after in (1, 4, 9):
                disks.killed(after)
            disks.no_good()
        return disks.results


def jobs() -> list[Job]:
    made = [tools_job()]
    for arch in ARCHITECTURES:
        for build, cpus in ((DEBUG[arch], 1), (DEBUG[arch], 2), (RELEASE[arch], 4)):
            name = f"{build.directory.name} disks, {cpus} CPUs"
            made.append(Job(name, lambda b=build, c=cpus: run_all(b, c), (build.job_name, "disk tools"), min(cpus, 2)))
    return made
