#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the handout of a lab out of this tree, which is the solution.

    grade/export.py branch --lab N [--from DIR]     the git branch lab/N-name, without a history
    grade/export.py zip --lab N [--from DIR]        build/labs/lab-N-name.zip
    grade/export.py tree OUT --lab N [--from DIR]   a directory

In a handout the work of earlier labs is done, that of this lab is stubs, and of later labs there is nothing. The
same tree gives the same handout, to the bit. --from takes the files of earlier labs from a student's own tree.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from functions import FunctionError, remove_c, remove_python, replace_body_c
from manifest import ROOT, Lab, LabError, read_labs

# What of the tree is part of a handout; directories end with /.
INCLUDED = ["arch/riscv64/", "arch/x86_64/", "kern/", "user/bin/", "user/lib/", "user/etc/", "user/xv6/", "tools/", "mk/"]
INCLUDED += ["grade/", "labs/", "Makefile", "LICENSE", "Containerfile", ".clang-format", ".clangd", ".editorconfig", ".gitignore", ".vscode/"]
EXCLUDED = ["mk/checks.mk", "mk/labs.mk", "tools/check_", "tools/loc.py", "tools/capgraph.py", "tools/coverage", "tools/marks_plugin.c", "tools/qemu_plugin.h"]
EXCLUDED += ["grade/" + name for name in ("export.py", "labs_check.py", "bugs.py", "intake.py", "sandbox.py", "submission.py", "work_tree.py")]
EXCLUDED += ["grade/results", "labs/handout/"]
TEXTS = {"labs/handout/README.md": "README.md", "labs/handout/help.txt": "mk/help.txt"}
EXECUTABLE, PLAIN = 0o755, 0o644
WHEN = "2026-01-01T00:00:00 +0000"
WHO = {"NAME": "capv6", "EMAIL": "capv6@localhost"}

Files = dict[str, tuple[bytes, int]]


def tracked_files(root: Path) -> list[str]:
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return sorted(name for name in done.stdout.decode().split("\0") if name and (root / name).is_file())


def is_part(name: str, lab: Lab, labs: Mapping[int, Lab]) -> bool:
    if not any(name == item or (item.endswith("/") and name.startswith(item)) for item in INCLUDED):
        return False
    if any(name.startswith(item) for item in EXCLUDED):
        return False
    if not name.startswith("labs/"):
        return True
    mine = [item for item in labs.values() if name.startswith(f"labs/{item.directory.name}/")]
    return bool(mine) and mine[0].number <= lab.number and "/bugs/" not in name


def without_stubs(manifest: str) -> str:
    """A manifest without the part that says what the stubs are."""
    parts = re.split(r"(?m)^(?=\[\[)", manifest)
    return "".join(part for part in parts if not part.startswith("[[stub]]"))


def stub_file(text: str, name: str, lab: Lab, labs: Mapping[int, Lab]) -> str:
    for item in labs.values():
        if item.number < lab.number:
            continue
        for stub in item.stubs:
            if stub.file != name:
                continue
            text = remove_c(text, stub.function) if stub.body is None else replace_body_c(text, stub.function, stub.body)
    return text


def hide_model(text: str, name: str, lab: Lab, labs: Mapping[int, Lab]) -> str:
    for item in labs.values():
        for entry in item.model if item.number > lab.number else []:
            file, _, function = entry.partition(":")
            text = remove_python(text, function) if name == file else text
    return text


def handout(number: int, root: Path = ROOT, own: Path | None = None) -> Files:
    """The files of a handout. `own`: a student's tree, whose work for earlier labs is kept."""
    labs = read_labs(root)
    if number not in labs:
        raise LabError(f"there is no lab {number}; there are {', '.join(map(str, labs))}")
    lab = labs[number]
    kept = {name for item in labs.values() if item.number < number for name in item.hand_in}
    files: Files = {}
    for name in tracked_files(root):
        if not is_part(name, lab, labs):
            continue
        source = own / name if own is not None and name in kept and (own / name).is_file() else root / name
        data = source.read_bytes()
        mode = EXECUTABLE if os.access(root / name, os.X_OK) else PLAIN
        if source == root / name and name.endswith((".c", ".h")):
            data = stub_file(data.decode(), name, lab, labs).encode()
        elif name.startswith("grade/") and name.endswith(".py"):
            data = hide_model(data.decode(), name, lab, labs).encode()
        elif name.endswith("/lab.toml"):
            data = without_stubs(data.decode()).encode()
        files[name] = (data, mode)
    for source_name, target in TEXTS.items():
        text = (root / source_name).read_text().replace("@LAB@", str(number)).replace("@TITLE@", lab.title)
        text = text.replace("@DIRECTORY@", lab.directory.name).replace("@FILES@", "\n".join(f"  {name}" for name in lab.hand_in))
        files[target] = (text.encode(), PLAIN)
    files["STARTER"] = (f"lab {number}\nversion {lab.version}\n".encode(), PLAIN)
    return files


# ---- Ways out ------------------------------------------------------------------------------------


def write_tree(files: Files, target: Path) -> None:
    for name, (data, mode) in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)


def write_zip(files: Files, target: Path, prefix: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (data, mode) in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{prefix}/{name}", (2026, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            archive.writestr(entry, data)


def git(root: Path, *arguments: str, data: bytes = b"", environment: Mapping[str, str] | None = None) -> str:
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True, env={**os.environ, **(environment or {})})
    return done.stdout.decode().strip()


def write_branch(files: Files, branch: str, title: str, root: Path = ROOT) -> str:
    """The commit, whose hash depends on the files only."""
    index = root / "build" / "labs" / "index"
    index.parent.mkdir(parents=True, exist_ok=True)
    index.unlink(missing_ok=True)
    entries = []
    for name, (data, mode) in sorted(files.items()):
        blob = git(root, "hash-object", "-w", "--stdin", data=data)
        entries.append(f"100{mode:o} {blob}\t{name}\n")
    environment = {"GIT_INDEX_FILE": str(index)}
    git(root, "update-index", "--add", "--index-info", data="".join(entries).encode(), environment=environment)
    tree = git(root, "write-tree", environment=environment)
    index.unlink(missing_ok=True)
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_{key}": value for key, value in WHO.items()} | {f"GIT_{role}_DATE": WHEN}
    commit = git(root, "-c", "commit.gpgsign=false", "commit-tree", tree, "-m", title, environment=environment)
    git(root, "update-ref", f"refs/heads/{branch}", commit)
    return commit


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("branch", "zip", "tree"))
    parser.add_argument("target", type=Path, nargs="?")
    parser.add_argument("--lab", type=int, action="append", help="default: all")
    parser.add_argument("--from", type=Path, dest="own", metavar="DIR", help="a student's tree")
    return parser.parse_args()


def export(kind: str, lab: Lab, own: Path | None, target: Path | None) -> None:
    name = f"{lab.number}-{lab.name}"
    if own is not None and not own.is_dir():
        raise LabError(f"there is no directory {own}")
    files = handout(lab.number, ROOT, own)
    if kind == "branch":
        commit = write_branch(files, f"lab/{name}", f"Lab {lab.number}: {lab.title}\n\nVersion {lab.version} of the handout.")
        print(f"  branch lab/{name} at {commit[:12]}: git clone -b lab/{name} --single-branch {ROOT} my-lab")
    elif kind == "zip":
        path = ROOT / "build" / "labs" / f"lab-{name}.zip"
        write_zip(files, path, f"lab-{name}")
        print(f"  {path.relative_to(ROOT)}")
    elif target is None or (target.exists() and any(target.iterdir())):
        raise LabError("name a directory that is empty or not there yet")
    else:
        write_tree(files, target)
        print(f"  {len(files)} files in {target}")


def main() -> int:
    arguments = parse_arguments()
    try:
        labs = read_labs()
        for number in arguments.lab or list(labs):
            if number not in labs:
                raise LabError(f"there is no lab {number}; there are {', '.join(map(str, labs))}")
            export(arguments.kind, labs[number], arguments.own, arguments.target)
    except (LabError, FunctionError, OSError, subprocess.CalledProcessError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
