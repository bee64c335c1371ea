#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One record of a grading in the formats of the systems that courses use.

    grade/results_formats.py RECORD.json --out DIR

    results.gradescope.json    https://gradescope-autograders.readthedocs.io/en/latest/specs/
    results.autolab.txt        https://docs.autolabproject.com/lab/ and /features/formatted-feedback/
    results.classroom.json     https://github.com/classroom-resources/autograding-grading-reporter (src/)
    results.prairielearn.json  https://prairielearn.readthedocs.io/en/latest/externalGrading/
    results.junit.xml          https://github.com/jenkinsci/xunit-plugin (junit-10.xsd), github.com/testmoapp/junitxml
    report.html                for people

A record that has no score, because the grader itself has failed, is nowhere given one: each format has another way to
say it, described at its function. Text of students is cut and cleaned before it goes anywhere.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
import xml.etree.ElementTree as xml
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from record import ERROR, FAIL, PASS, SKIPPED, Record, TestRecord, read_record  # noqa: E402
from report import explanation  # noqa: E402

Table = dict[str, Any]

TEXT_MOST = 16_000  # characters of explanation for one test
NAME_MOST = 200
CONSOLE_MOST = 400  # lines, before the text is cut
# "This file should be limited to 1 MB": PrairieLearn, externalGrading, "Grading results".
PRAIRIELEARN_BYTES = 1_000_000
# The reporter gets it, in base64, as a variable of its environment, and Linux allows 128 KiB for one: execve(2).
CLASSROOM_BYTES = 90_000
AUTOLAB_PROBLEM = "Correctness"  # the problem that the instructor defines, with the lab's points as its maximum

COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# What XML 1.0 does not allow (https://www.w3.org/TR/xml/#charsets), and the rest of the control characters.
FORBIDDEN = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


# ---- Text ----------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Text that may stand in XML, and in databases that take no zero bytes; a replaced character shows as one."""
    return FORBIDDEN.sub("\ufffd", COLOUR.sub("", text).replace("\r\n", "\n"))


def shorten(text: str, most: int) -> str:
    """The beginning and the end, if it is too long: what was done stands first, and the console last."""
    if len(text) <= most:
        return text
    half = max(most // 2, 1)
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def one_line(text: str, most: int = NAME_MOST) -> str:
    line = " ".join(clean(text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def details(test: TestRecord, most: int = TEXT_MOST) -> str:
    """What is to be said about a test; of one that has passed, nothing. Cut twice, as cleaning is slow."""
    return "" if test.outcome == PASS else shorten(clean(shorten("\n".join(explanation(test)), 2 * TEXT_MOST)), most)


def name_of(test: TestRecord) -> str:
    """Says of a skipped test, or one that the grader could not do, that it is one: most formats have no other place."""
    marks = {SKIPPED: " (skipped)", ERROR: " (not graded: the grader's own failure)"}
    return one_line(f"{test.name}: {test.title}") + marks.get(test.outcome, "")


def property_of(test: TestRecord) -> str:
    """Which property of the specification it tests; in the first labs there is none, written -."""
    return f"property {one_line(test.property)}" if test.property.strip("- ") else "no property of its own"


def why_no_score(record: Record) -> str:
    """Empty, if there is a score."""
    failed = [one_line(test.name, 60) for test in record.tests if test.outcome == ERROR]
    if failed:
        return f"No score: the grader itself has failed at {', '.join(failed[:10])}. This says nothing about the submission; it has to be graded again."
    if record.maximum <= 0:
        return "No score: no test with points was asked for."
    return ""


def summary(record: Record) -> str:
    head = f"Lab {record.lab}, {one_line(record.title)} (version {record.version}), on {one_line(record.machine)}"
    head += f", {record.cpus} CPUs, seed {record.seed}: "
    counts = {outcome: sum(test.outcome == outcome for test in record.tests) for outcome in (PASS, FAIL, SKIPPED, ERROR)}
    head += ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) or "no tests"
    last = why_no_score(record) or f"Score {record.score}/{record.maximum}"
    return "\n".join([head, *(one_line(note, 1000) for note in record.notes), last])


def encode(table: Table, indent: int | None = 1) -> str:
    return json.dumps(table, ensure_ascii=False, allow_nan=False, indent=indent) + "\n"


def fitted(build: Callable[[int], str], most: int) -> str:
    """What build() makes of the longest explanations with which it is not too large."""
    limit = TEXT_MOST
    while len((text := build(limit)).encode()) > most and limit:
        limit //= 2
    return text


# ---- Gradescope ----------------------------------------------------------------------------------


def gradescope_test(test: TestRecord, has_score: bool) -> Table:
    entry: Table = {"name": name_of(test), "status": "passed" if test.outcome == PASS else "failed", "tags": [test.outcome]}
    if has_score:
        entry |= {"score": test.score, "max_score": test.points}
    text = details(test)
    return entry | ({"output": text, "output_format": "text"} if text else {})


def gradescope(record: Record) -> str:
    """results.json. Without a score: "Test case status" lets tests stand without one, as checks for information, and
    of hidden tests "students will not be able to see their total score"; the output on top is shown and says why."""
    has_score = not why_no_score(record)
    table: Table = {"output": summary(record), "output_format": "text", "execution_time": round(record.seconds, 3)}
    if has_score:
        table["score"] = record.score
    table["visibility"] = "visible" if has_score else "hidden"
    table["stdout_visibility"] = "hidden"  # there is nothing in it that is not in the tests
    table["tests"] = [gradescope_test(test, has_score) for test in record.tests]
    table["extra_data"] = {"lab": record.lab, "version": record.version, "seed": record.seed, "complete": has_score}
    return encode(table)


# ---- Autolab -------------------------------------------------------------------------------------


def autolab_stage(record: Record) -> Table:
    """The tests for "Semantic Feedback with Test Cases"; one that the grader could not do has neither passed nor failed."""
    stage: Table = {}
    for test in record.tests:
        if test.outcome == ERROR:
            continue
        entry: Table = {"passed": test.outcome == PASS}
        if test.outcome != PASS:
            entry["hint"] = one_line(test.message or test.hint or "failed", 400)
        stage[name_of(test)] = entry
    return stage


def autolab(record: Record) -> str:
    """What an autograder prints: feedback, the JSON for its presentation, and as the last line the autoresult.

    Without a score it is null. Autolab's page knows only numbers; but an autoresult that is missing, empty or cannot be
    parsed becomes a zero in every problem (saveAutograde() in app/controllers/assessment/autograde.rb, and
    https://github.com/autolab/Autolab/pull/1643), while a null is stored as "not graded"."""
    lines = []
    for test in record.tests:
        score = "–" if test.outcome == ERROR else test.score
        lines.append(f"{test.outcome:<8}{score:>3}/{test.points:<3} {name_of(test)}")
    for test in record.tests:
        if test.outcome in (FAIL, ERROR):
            lines += ["", *details(test).splitlines()]
    lines += ["", *summary(record).splitlines()]
    stages = ["Tests"] if record.tests else []
    presentation = {"_presentation": "semantic", "stages": stages} | ({"Tests": autolab_stage(record)} if stages else {})
    result = {"scores": {AUTOLAB_PROBLEM: None if why_no_score(record) else record.score}}
    return "\n".join(lines) + "\n" + encode(presentation, None) + encode(result, None)


# ---- GitHub Classroom ----------------------------------------------------------------------------

# What the reporter knows; all else it takes for a failure.
CLASSROOM_STATUS = {PASS: "pass", FAIL: "fail", SKIPPED: "fail", ERROR: "error"}


def classroom_test(test: TestRecord, has_score: bool, most: int) -> Table:
    """The reporter prints `message` of errors and `test_code` of all, so that the explanation stands there."""
    entry: Table = {
        "name": name_of(test),
        "status": CLASSROOM_STATUS[test.outcome],
        "message": one_line(test.message, 400),
        "test_code": details(test, most) if test.outcome in (FAIL, SKIPPED) else "",
        "filename": "",
        "line_no": 0,
        "duration": round(test.seconds * 1000),
    }
    return entry | ({"score": test.score} if has_score else {})


def classroom(record: Record) -> str:
    """The result of one runner, as the graders of the same publisher make it (generateResult() of
    autograding-command-grader) and the reporter reads it (src/console-results.js, src/notify-classroom.js).

    Without a score `max_score` is 0: then notify-classroom.js adds nothing up and reports no points, and `error`
    makes the step fail."""
    has_score = not why_no_score(record)
    passed = all(test.outcome == PASS for test in record.tests)
    status = "error" if not has_score else "pass" if passed else "fail"

    def build(most: int) -> str:
        tests = [classroom_test(test, has_score, most) for test in record.tests]
        return encode({"version": 1, "status": status, "max_score": record.maximum if has_score else 0, "tests": tests})

    return fitted(build, CLASSROOM_BYTES)


def classroom_output(record: Record) -> str:
    """The line for the file $GITHUB_OUTPUT; the reporter's step gets steps.ID.outputs.result as ID_RESULTS."""
    return f"result={base64.b64encode(classroom(record).encode()).decode()}\n"


# ---- PrairieLearn --------------------------------------------------------------------------------


def prairielearn_test(test: TestRecord, most: int) -> Table:
    """pl-external-grader-results shows a test of 0/0 points in grey, as neither right nor wrong."""
    maximum = 0 if test.outcome == ERROR else test.points
    entry: Table = {"name": name_of(test), "points": test.score, "max_points": maximum, "message": one_line(test.message, 1000)}
    text = details(test, most)
    return entry | {"description": f"It tests {property_of(test)}."} | ({"output": text} if text else {})


def prairielearn(record: Record) -> str:
    """results.json. Without a score it is "gradable": false: "no points will be awarded or lost, and the student will
    not be penalized an attempt". "succeeded": false goes along, but alone it would be a zero
    (apps/prairielearn/src/lib/externalGrader.ts)."""
    reason = why_no_score(record)

    def build(most: int) -> str:
        table: Table = {"gradable": not reason, "succeeded": not reason}
        table |= {"format_errors": [reason]} if reason else {"score": record.score / record.maximum}
        table |= {"message": summary(record), "tests": [prairielearn_test(test, most) for test in record.tests]}
        return encode(table)

    return fitted(build, PRAIRIELEARN_BYTES)


# ---- JUnit ---------------------------------------------------------------------------------------


def junit_case(suite: xml.Element, test: TestRecord, group: str) -> None:
    """The outcome first and the output last, as every reader of the format takes them."""
    case = xml.SubElement(suite, "testcase", name=one_line(test.name), classname=group, time=f"{test.seconds:.3f}")
    tags = {FAIL: "failure", SKIPPED: "skipped", ERROR: "error"}
    if test.outcome == PASS:
        return
    kinds = {FAIL: property_of(test), SKIPPED: "needs another test", ERROR: "failure of the grader"}
    outcome = xml.SubElement(case, tags[test.outcome], type=kinds[test.outcome], message=one_line(test.message, 1000))
    outcome.text = details(test)
    if test.console:
        xml.SubElement(case, "system-out").text = clean(shorten("\n".join(test.console[-CONSOLE_MOST:]), TEXT_MOST))


def junit(record: Record) -> str:
    """One suite. A failure of the grader is an <error>: "an unanticipated problem", where <failure> is a test's answer."""
    count = {outcome: str(sum(test.outcome == outcome for test in record.tests)) for outcome in (FAIL, SKIPPED, ERROR)}
    totals = {"tests": str(len(record.tests)), "failures": count[FAIL], "errors": count[ERROR], "time": f"{record.seconds:.3f}"}
    root = xml.Element("testsuites", name="capv6", **totals)
    group = f"lab{record.lab}.{one_line(record.machine)}"
    suite = xml.SubElement(root, "testsuite", name=group, skipped=count[SKIPPED], **totals)
    properties = xml.SubElement(suite, "properties")
    values = {"title": record.title, "version": record.version, "cpus": record.cpus, "seed": record.seed, "summary": summary(record)}
    for name, value in values.items():
        xml.SubElement(properties, "property", name=name, value=one_line(str(value), 1000))
    for test in record.tests:
        junit_case(suite, test, group)
    xml.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


# ---- All -----------------------------------------------------------------------------------------


def write_all(record: Record, target: Path) -> list[Path]:
    from results_html import html_page  # which needs clean() of here

    writers = {
        "results.gradescope.json": gradescope,
        "results.autolab.txt": autolab,
        "results.classroom.json": classroom,
        "results.prairielearn.json": prairielearn,
        "results.junit.xml": junit,
        "report.html": html_page,
    }
    texts = {name: writer(record) for name, writer in writers.items()}  # all or nothing
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8", newline="\n")
    return [target / name for name in texts]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", type=Path, metavar="RECORD.json", help="what grade --json has written")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go; it is made")
    parser.add_argument("--github-output", type=Path, metavar="FILE", help="append result=…, for GitHub Classroom; as a rule $GITHUB_OUTPUT")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    try:
        record = read_record(arguments.record)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"results_formats: {arguments.record} is no record of a grading: {error!r}", file=sys.stderr)
        return 2
    try:
        for path in write_all(record, arguments.out):
            print(f"  {path}")
        if arguments.github_output:
            with arguments.github_output.open("a", encoding="utf-8") as stream:
                stream.write(classroom_output(record))
    except OSError as error:
        print(f"results_formats: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
