#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Packs the files that are handed in for a lab: handin/lab-N.tar.gz."""

from __future__ import annotations

import argparse
import gzip
import io
import sys
import tarfile

from manifest import ROOT, LabError, find_lab


def pack(files: dict[str, bytes]) -> bytes:
    """An archive that depends on the files only."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lab", type=int, required=True)
    arguments = parser.parse_args()
    try:
        lab = find_lab(arguments.lab)
        files = {name: (ROOT / name).read_bytes() for name in lab.hand_in}
    except (LabError, OSError) as error:
        print(f"handin: {error}", file=sys.stderr)
        return 2
    if (ROOT / "STARTER").is_file():
        files["STARTER"] = (ROOT / "STARTER").read_bytes()
    target = ROOT / "handin" / f"lab-{lab.number}.tar.gz"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(pack(files))
    print(f"hand in {target.relative_to(ROOT)}, which holds:")
    for name, data in sorted(files.items()):
        print(f"  {name} ({len(data)} bytes)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
