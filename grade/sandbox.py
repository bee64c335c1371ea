# SPDX-License-Identifier: MIT
"""Runs the grading of somebody else's work where it can do no harm: as a user without privileges, without network, in
bubblewrap where user namespaces can be had, with limits on CPU time, memory and the size of files. Where privileges
can be dropped in no way, it refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

NOBODY = 65534
VISIBLE = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
CPU_SECONDS = 300  # for each process
MEMORY_BYTES = 4 << 30  # of address space, for each process
FILE_BYTES = 512 << 20
PROCESSES = 4096
WALL_SECONDS = 1800.0


class SandboxError(Exception):
    """It cannot be done safely here, or did not come to an end."""


def works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run([*command, "true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def bubblewrap(work: Path) -> list[str]:
    """Only programs and libraries are visible, and only `work` can be written to: what a compiler can be made to read
    is nothing that anybody wants to hide."""
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    for name in VISIBLE:
        command += ["--ro-bind-try", name, name]
    return [*command, "--bind", str(work), str(work), "--chdir", str(work)]


def as_nobody() -> list[str]:
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]


def wrapper(work: Path) -> tuple[list[str], str]:
    """What to put before a command, and in words what that does."""
    is_root = os.geteuid() == 0
    first = as_nobody() if is_root else []
    if shutil.which("bwrap") and works(first + bubblewrap(work)):
        return first + bubblewrap(work), "in bubblewrap" + (", as nobody" if is_root else "")
    if is_root and works(["unshare", "--net", *as_nobody()]):
        return ["unshare", "--net", *as_nobody()], "as nobody, without network"
    if is_root and works(as_nobody()):  # in a container that may not make namespaces
        return as_nobody(), "as nobody"
    raise SandboxError(
        "a submission is graded only where privileges can be dropped: install bubblewrap on a system with user "
        "namespaces, or run as root, who can become nobody"
    )


def limits() -> list[str]:
    return ["prlimit", f"--cpu={CPU_SECONDS}", f"--as={MEMORY_BYTES}", f"--fsize={FILE_BYTES}", f"--nproc={PROCESSES}", "--core=0"]


def give_to_nobody(work: Path) -> None:
    """The work directory becomes that of the user who will use it."""
    if os.geteuid() != 0:
        return
    for directory, names, files in os.walk(work):
        for name in [*names, *files]:
            os.chown(os.path.join(directory, name), NOBODY, NOBODY, follow_symlinks=False)
    os.chown(work, NOBODY, NOBODY)


def run(work: Path, command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Runs the command there; its processes are all gone when this returns."""
    before, _ = wrapper(work)
    give_to_nobody(work)
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "HOME": str(work), "TMPDIR": str(work), "DEPS": "0"}
    process = subprocess.Popen(
        [*limits(), *before, *command],
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=WALL_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"the grading did not end in {WALL_SECONDS:g} seconds") from error
    finally:
        end_group(process)
    return subprocess.CompletedProcess(command, process.returncode, output)


def end_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, 9)
    except (ProcessLookupError, PermissionError):
        pass
    process.kill()
    process.wait()
