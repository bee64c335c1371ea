# SPDX-License-Identifier: MIT
"""A grading as one page for a browser: without scripts, and without anything from elsewhere.

Everything from a submission goes through escape(); the page also forbids the browser all but its own style, in case one
place had been forgotten.
"""

from __future__ import annotations

from html import escape as escape_html

from record import ERROR, FAIL, PASS, SKIPPED, Record, TestRecord
from results_formats import clean, property_of, shorten, summary, why_no_score
from words import HEADINGS, Row, TablePair

STEPS_SHOWN = 100
CONSOLE_SHOWN = 400
LINE_MOST = 500
CONSOLE_MOST = 40_000  # characters
WORDS = {PASS: "✓ pass", FAIL: "✗ FAIL", SKIPPED: "– skipped", ERROR: "! ERROR of the grader"}

STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1a1a1a; --line: #bbb; --box: #f4f4f4;
  --pass: #17692c; --fail: #a81818; --skipped: #6b5200; --error: #7a2aa0; --mark: #ffe7a3; }
@media (prefers-color-scheme: dark) { :root { --back: #16181b; --text: #e6e6e6; --line: #555; --box: #22262b;
  --pass: #7bd88f; --fail: #ff8f8f; --skipped: #e5c560; --error: #d9a3f5; --mark: #5a4700; } }
body { background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; max-width: 75rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; border-top: 1px solid var(--line); padding-top: 1rem; } h3 { font-size: 1rem; }
a { color: inherit; }
table { border-collapse: collapse; margin: .5rem 0; }
caption { text-align: left; font-weight: bold; padding: .2rem 0; }
th, td { border: 1px solid var(--line); padding: .15rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.pass { color: var(--pass); } .fail { color: var(--fail); } .skipped { color: var(--skipped); } .error { color: var(--error); }
.word { font-weight: bold; white-space: nowrap; }
.pair { display: flex; flex-wrap: wrap; gap: 1.5rem; }
.pair td, .pair th, .steps td, pre, code { font-family: ui-monospace, monospace; font-size: .875rem; }
.differs { background: var(--mark); font-weight: bold; }
.scroll { overflow-x: auto; }
pre { background: var(--box); padding: .5rem; overflow: auto; max-height: 30rem; white-space: pre-wrap; overflow-wrap: anywhere; }
code { background: var(--box); padding: .1rem .3rem; overflow-wrap: anywhere; }
.score { font-size: 1.2rem; font-weight: bold; }
@media print { pre { max-height: none; } }
"""


def escape(text: object, most: int = LINE_MOST) -> str:
    return escape_html(clean(shorten(str(text), most)), quote=True)


def word(outcome: str) -> str:
    return f'<span class="word {outcome}">{WORDS[outcome]}</span>'


def row_of(cells: list[str], tag: str = "td", kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f"<tr{attribute}>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


# ---- Parts ---------------------------------------------------------------------------------------


def header(record: Record) -> list[str]:
    title = f"Lab {escape(record.lab)}: {escape(record.title)}"
    facts = [f"version {record.version}", record.machine, f"{record.cpus} CPUs", f"seed {record.seed}", f"{record.seconds:.1f} s"]
    lines = [f"<h1>{title}</h1>", f"<p>{escape(', '.join(facts))}</p>"]
    lines += [f"<p>{escape(note, 2000)}</p>" for note in record.notes]
    reason = why_no_score(record)
    if reason:
        return lines + [f'<p class="score error">{escape(reason, 2000)}</p>']
    return lines + [f'<p class="score">Score {record.score} of {record.maximum}</p>']


def has_section(test: TestRecord) -> bool:
    return test.outcome in (FAIL, ERROR)


def score_table(record: Record) -> list[str]:
    lines = ['<div class="scroll"><table>', "<caption>All tests</caption>", "<thead>"]
    lines += [row_of(["outcome", "points", "property", "test", "what it tests", "seconds"], "th"), "</thead>", "<tbody>"]
    for number, test in enumerate(record.tests, 1):
        name = escape(test.name)
        title = escape(test.title)
        if has_section(test):
            name = f'<a href="#test-{number}">{name}</a>'
        elif test.message:
            title += f" <em>({escape(test.message)})</em>"
        points = f"–/{test.points}" if test.outcome == ERROR else f"{test.score}/{test.points}"
        lines.append(row_of([word(test.outcome), points, escape(test.property), name, title, f"{test.seconds:.1f}"]))
    return lines + ["</tbody>", "</table></div>"] if record.tests else ["<p>No test was run.</p>"]


def steps_table(test: TestRecord) -> list[str]:
    if not test.steps:
        return []
    hidden = max(len(test.steps) - STEPS_SHOWN, 0)
    lines = ["<h3>What was done</h3>"]
    lines += [f"<p>… {hidden} operations before these are not shown</p>"] if hidden else []
    lines += ['<div class="scroll"><table class="steps">', row_of(["", "operation", "expected", "got"], "th")]
    for step in test.steps[hidden:]:
        mark = "" if step.good else "✗"
        lines.append(row_of([mark, escape(step.text), escape(step.expected), escape(step.actual)], kind="" if step.good else "differs"))
    return lines + ["</table></div>"]


def half(caption: str, rows: dict[int, Row], slots: list[int], marked: set[int]) -> list[str]:
    """One of the two tables. Both have a line for each slot, so that the same slot stands at the same height."""
    lines = ["<table>", f"<caption>{escape(caption)}</caption>", row_of(["", *HEADINGS], "th")]
    for slot in slots:
        mark = "*" if slot in marked else ""
        cells = rows[slot].cells() if slot in rows else [str(slot), "(empty)"] + [""] * (len(HEADINGS) - 2)
        lines.append(row_of([mark, *(escape(cell) for cell in cells)], kind="differs" if mark else ""))
    return lines + ["</table>"]


def pair_of_tables(pair: TablePair) -> list[str]:
    expected = {row.slot: row for row in pair.expected}
    actual = {row.slot: row for row in pair.actual or []}
    slots, marked = sorted(expected.keys() | actual.keys()), pair.differing()
    lines = [f"<h3>Capability table of process {escape(pair.process)}</h3>"]
    lines += ["<p>Slots that differ are marked with *.</p>"] if marked else []
    lines += ['<div class="scroll pair">', *half("as it should be", expected, slots, marked)]
    if pair.actual is None:
        lines.append("<p><strong>as this kernel has it:</strong> it does not answer any more</p>")
    else:
        lines += half("as this kernel has it", actual, slots, marked)
    return lines + ["</div>"]


def console(test: TestRecord) -> list[str]:
    if not test.console:
        return []
    shown = test.console[-CONSOLE_SHOWN:]
    hidden = len(test.console) - len(shown)
    lines = [f"… {hidden} lines before these are not shown"] if hidden else []
    lines += [shorten(line, LINE_MOST) for line in shown]
    return ["<h3>The last lines that the kernel or the compiler printed</h3>", f"<pre>{escape(chr(10).join(lines), CONSOLE_MOST)}</pre>"]


def section(number: int, test: TestRecord) -> list[str]:
    lines = [f'<section id="test-{number}">', f"<h2>{word(test.outcome)} {escape(test.name)}: {escape(test.title)}</h2>"]
    lines += [f"<p>It tests {escape(property_of(test))}.</p>", f"<p><strong>{escape(test.message, 4000)}</strong></p>"]
    lines += steps_table(test)
    for pair in test.tables:
        lines += pair_of_tables(pair)
    lines += [f"<p><strong>Likely:</strong> {escape(test.hint, 4000)}</p>"] if test.hint else []
    lines += [f"<p><strong>Read:</strong> the book, {escape(test.read)}</p>"] if test.read else []
    lines += [f"<p><strong>Again:</strong> <code>{escape(test.replay)}</code></p>"] if test.replay else []
    return lines + console(test) + ["</section>"]


def html_page(record: Record) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    lines = ["<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">']
    lines += [f'<meta http-equiv="Content-Security-Policy" content="{policy}">']
    lines += ['<meta name="viewport" content="width=device-width, initial-scale=1">', '<meta name="color-scheme" content="light dark">']
    lines += [f"<title>{escape(summary(record).splitlines()[0])}</title>", f"<style>{STYLE}</style>", "</head>", "<body>"]
    lines += ["<header>", *header(record), "</header>", "<main>", *score_table(record)]
    for number, test in enumerate(record.tests, 1):
        if has_section(test):
            lines += section(number, test)
    return "\n".join([*lines, "</main>", "</body>", "</html>"]) + "\n"
