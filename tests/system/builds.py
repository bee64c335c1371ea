# SPDX-License-Identifier: MIT
"""Building: each machine with each compiler, and the checks that need no machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from system.jobs import Job, Result, command_result, log_path

ARCHITECTURES = ("riscv64", "x86_64")


@dataclass(frozen=True)
class Build:
    """A variant of the kernel, as the Makefile names it."""

    arch: str
    toolchain: str = "gcc"
    debug: int = 1

    @property
    def directory(self) -> Path:
        name = self.arch + ("-clang" if self.toolchain == "clang" else "") + ("" if self.debug else "-release")
        return Path("build") / name

    @property
    def job_name(self) -> str:
        return f"build {self.directory.name}"

    def settings(self) -> list[str]:
        return [f"ARCH={self.arch}", f"TOOLCHAIN={self.toolchain}", f"DEBUG={self.debug}"]

    def job(self) -> Job:
        return Job(self.job_name, self.run)

    def run(self) -> list[Result]:
        name = self.directory.name
        return [command_result(f"build {name}", ["make", "-s", "all", *self.settings()], log_path("build", name))]


DEBUG = {arch: Build(arch) for arch in ARCHITECTURES}
RELEASE = {arch: Build(arch, debug=0) for arch in ARCHITECTURES}
CLANG = {arch: Build(arch, toolchain="clang") for arch in ARCHITECTURES}
CLANG_RELEASE = {arch: Build(arch, toolchain="clang", debug=0) for arch in ARCHITECTURES}


def run_target(target: str) -> list[Result]:
    return [command_result(f"make {target}", ["make", target], log_path("make", target))]


def jobs() -> list[Job]:
    """The variants that most jobs wait for come first."""
    builds = [build.job() for kind in (DEBUG, RELEASE, CLANG, CLANG_RELEASE) for build in kind.values()]
    debug = tuple(build.job_name for build in DEBUG.values())
    # `make check` builds what it looks at itself, so it must not meet the builds of the same files.
    check = Job("check", lambda: run_target("check"), debug, weight=2)
    # After it, since both build the host's kernel.
    model = Job("model", lambda: run_target("check-model"), ("check",), weight=2)
    docs = []
    if Path("docs/conf.py").is_file():
        docs = [Job("docs", lambda: run_target("docs")), Job("docs-check", lambda: run_target("docs-check"), debug)]
    return builds + [check, model] + docs
