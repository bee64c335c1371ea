#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the authority graph of a running system: `make capgraph CMD='...'`.

Runs the commands, then `caps -g`; the first graph that they print is drawn, so a program may run `caps -g` itself at
the moment that it wants to show. Writes an SVG file with a title and a description, and prints the same as text.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE = re.compile(r'^  ([po])(\d+) \[shape=\w+, label="((?:[^"\\]|\\.)*)"\];$')
EDGE = re.compile(r'^  p(\d+) -> ([po])(\d+) \[(style=dashed, )?label="((?:[^"\\]|\\.)*)"\];$')


def unquote(label: str) -> list[str]:
    """The lines of a label."""
    return [re.sub(r"\\(.)", r"\1", line) for line in label.split("\\n")]


def find_graph(output: str) -> str:
    match = re.search(r"^digraph authority \{\n.*?^\}$", output, re.M | re.S)
    if not match:
        raise ValueError("the commands have printed no graph, and caps -g neither:\n" + output)
    return match.group()


def describe(graph: str) -> list[str]:
    """The graph in sentences, in its own order."""
    names: dict[str, str] = {}
    sentences = []
    for line in graph.splitlines()[2:-1]:
        if node := NODE.match(line):
            names[node[1] + node[2]] = " ".join(unquote(node[3]))
        elif edge := EDGE.match(line):
            holder, target = names["p" + edge[1]], names[edge[2] + edge[3]]
            label = unquote(edge[5])
            if edge[4]:
                sentences.append(f"{holder} can revoke what {target} holds under {label[1]}.")
            else:
                slots, rights = label[0].rsplit(" ", 1)
                under = f", under {label[1]}" if len(label) > 1 else ""
                sentences.append(f"{holder} holds {target} in {'slots' if ',' in slots else 'slot'} {slots} ({rights}){under}.")
        else:
            raise ValueError(f"not a line of a graph: {line}")
    return sentences


def add_description(svg: str, title: str, sentences: list[str]) -> str:
    """Names the drawing for people who do not see it; Graphviz has put a title of its own."""
    text = f"<title>{html.escape(title)}</title>\n<desc>{html.escape(' '.join(sentences))}</desc>\n"
    start = re.search(r"<svg[^>]*>\n", svg)
    if not start:
        raise ValueError("dot has made no SVG")
    opening = start.group().replace("<svg", '<svg role="img"', 1)
    return svg[: start.start()] + opening + text + svg[start.end() :]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("build/capgraph.svg"))
    parser.add_argument("options", nargs="*", help="for tools/run.py")
    arguments = parser.parse_args()
    command = os.environ.get("CMD", "") or "true"
    run = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "run.py"), *arguments.options, "--", f"{command}\ncaps -g"],
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    if run.returncode != 0:
        sys.stdout.write(run.stdout)
        return run.returncode
    try:
        graph = find_graph(run.stdout)
        sentences = describe(graph)
        drawn = subprocess.run(["dot", "-Tsvg"], input=graph, stdout=subprocess.PIPE, text=True, check=True).stdout
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(add_description(drawn, f"Capabilities after: {command}", sentences))
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        print(f"capgraph: {error}", file=sys.stderr)
        return 1
    print("\n".join(sentences))
    print(f"capgraph: the drawing is in {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
