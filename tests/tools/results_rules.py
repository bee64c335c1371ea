# SPDX-License-Identifier: MIT
"""The published rules of the formats that grade/results_formats.py writes, as checks. Written from the pages that are
named at each, and not from what the program does."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as xml
from html.parser import HTMLParser
from typing import Any


class RuleError(AssertionError):
    pass


def need(condition: object, message: str) -> None:
    if not condition:
        raise RuleError(message)


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def load(text: str) -> Any:
    """JSON as the standard has it: without NaN, without a name twice, without zero bytes in strings."""

    def refuse(name: str) -> None:
        raise RuleError(f"{name} is no JSON")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs), f"a name twice among {[name for name, _ in pairs]}")
        return dict(pairs)

    need("\\u0000" not in text and "\0" not in text, "a zero byte, which databases refuse")
    return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)


def check_keys(table: object, required: dict[str, Any], optional: dict[str, Any], what: str) -> None:
    """Each value is a type (or several), or a set of the values allowed; other keys are not."""
    need(isinstance(table, dict), f"{what}: no object")
    assert isinstance(table, dict)
    need(required.keys() <= table.keys(), f"{what}: lacks {required.keys() - table.keys()}")
    need(table.keys() <= required.keys() | optional.keys(), f"{what}: unknown {table.keys() - required.keys() - optional.keys()}")
    for key, value in table.items():
        rule = (required | optional)[key]
        if isinstance(rule, set):
            need(value in rule, f"{what}.{key}: {value!r} is none of {sorted(rule)}")
        elif rule is float:
            need(is_number(value), f"{what}.{key}: {value!r} is no number")
        else:
            need(isinstance(value, rule) and not (rule is int and isinstance(value, bool)), f"{what}.{key}: {value!r} is no {rule}")


# ---- https://gradescope-autograders.readthedocs.io/en/latest/specs/: "Output format" and the sections after it ----

VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
FORMATS = {"text", "simple_format", "html", "md", "ansi"}
GRADESCOPE = {
    "score": float,
    "execution_time": float,
    "output": str,
    "output_format": FORMATS,
    "test_output_format": FORMATS,
    "test_name_format": FORMATS,
    "visibility": VISIBILITY,
    "stdout_visibility": VISIBILITY,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
GRADESCOPE_TEST = {
    "score": float,
    "max_score": float,
    "status": {"passed", "failed"},
    "name": str,
    "name_format": FORMATS,
    "number": str,
    "output": str,
    "output_format": FORMATS,
    "tags": list,
    "visibility": VISIBILITY,
    "extra_data": dict,
}


def check_gradescope(text: str) -> Any:
    """A score on top, or on each test; or nowhere, and then no total is to be seen, and the output says why."""
    table = load(text)
    check_keys(table, {}, GRADESCOPE, "results")
    tests = table.get("tests", [])
    for index, test in enumerate(tests):
        check_keys(test, {}, GRADESCOPE_TEST, f"tests[{index}]")
        need(all(isinstance(tag, str) for tag in test.get("tags", [])), "a tag is no string")
        need(0 <= test.get("score", 0) <= test.get("max_score", test.get("score", 0)), f"tests[{index}]: score out of range")
        need("score" in test or "status" in test, f"tests[{index}]: neither a score nor a status")
    scored = [test for test in tests if "score" in test]
    if "score" not in table and not (tests and len(scored) == len(tests)):
        need(not scored, "a score on some tests only would be added up to a total")
        need(table.get("visibility") == "hidden", "without a score, a total is shown")
        need(table.get("output"), "without a score, and nothing says why")
    return table


# ---- https://docs.autolabproject.com/lab/ "Writing Autograders", and /features/formatted-feedback/ ----


def check_autolab(text: str) -> tuple[Any, Any]:
    """The autoresult and the presentation. A null is outside the page; see autolab() for why it is there."""
    lines = text.rstrip().split("\n")  # as saveAutograde() does
    # parseAutoresult() puts quotes around what looks like a name without them, wherever it stands.
    result = load(re.sub(r"([a-zA-Z0-9]+):", r'"\1":', lines[-1]))
    check_keys(result, {"scores": dict}, {"scoreboard": list}, "autoresult")
    need(result["scores"], "an empty autoresult is an error, and a zero")
    for name, score in result["scores"].items():
        need(score is None or is_number(score), f"scores[{name}]: {score!r}")
    presentation = load(lines[-2])
    need(presentation.get("_presentation") == "semantic", "no semantic presentation")
    need(set(presentation["stages"]) == presentation.keys() - {"_presentation", "stages"}, "stages and their tests differ")
    for stage in presentation["stages"]:
        for name, test in presentation[stage].items():
            if not is_number(test):
                check_keys(test, {"passed": bool}, {"hint": str}, f"{stage}.{name}")
    return result, presentation


# ---- https://github.com/classroom-resources/autograding-grading-reporter: src/main.js, src/console-results.js,
# src/notify-classroom.js; and autograding-command-grader, generateResult() ----

CLASSROOM_STATUS = {"pass", "fail", "error"}
CLASSROOM_TEST = {"name": str, "status": CLASSROOM_STATUS, "message": str, "test_code": str, "filename": str, "line_no": int, "duration": float}


def check_classroom(text: str) -> Any:
    table = load(text)
    check_keys(table, {"version": {1}, "status": CLASSROOM_STATUS, "max_score": float, "tests": list}, {}, "result")
    for index, test in enumerate(table["tests"]):
        check_keys(test, CLASSROOM_TEST, {"score": float}, f"tests[{index}]")
        need("score" in test or not table["max_score"], f"tests[{index}]: without a score the sum is no number")
    statuses = {test["status"] for test in table["tests"]}
    need(table["status"] != "pass" or statuses <= {"pass"}, "it has passed, but not all tests have")
    need("error" not in statuses or table["status"] == "error", "the error of a test is not that of the runner")
    return table


def reported_points(table: Any) -> tuple[float, float] | None:
    """What src/notify-classroom.js tells GitHub Classroom of one runner; None if nothing."""
    if not table["max_score"]:
        return None
    return sum(test["score"] for test in table["tests"]), table["max_score"]


# ---- https://prairielearn.readthedocs.io/en/latest/externalGrading/: "Grading results" ----

PRAIRIELEARN = {"score": float, "gradable": bool, "succeeded": bool, "format_errors": (str, list), "message": str, "output": str}
PRAIRIELEARN |= {"images": list, "tests": list}
PRAIRIELEARN_TEST = {"name": str, "description": str, "points": float, "max_points": float, "message": str, "output": str, "images": list}


def check_prairielearn(text: str) -> Any:
    need(len(text.encode()) <= 1_000_000, "larger than 1 MB")
    table = load(text)
    check_keys(table, {}, PRAIRIELEARN, "results")
    if table.get("gradable", True):
        need(is_number(table.get("score")) and 0.0 <= table["score"] <= 1.0, f"score: {table.get('score')!r}")
        need(table.get("succeeded", True), "gradable, but not succeeded, is a zero")
        need("format_errors" not in table, "errors of the format, but gradable")
    errors = table.get("format_errors", [])
    need(isinstance(errors, str) or all(isinstance(error, str) for error in errors), "format_errors: not strings")
    for index, test in enumerate(table.get("tests", [])):
        # A test without points or max_points takes the points from all: pl-external-grader-results.py, render().
        check_keys(test, {"name": str, "points": float, "max_points": float}, PRAIRIELEARN_TEST, f"tests[{index}]")
        need(0 <= test["points"] <= test["max_points"], f"tests[{index}]: points out of range")
    return table


# ---- https://github.com/jenkinsci/xunit-plugin: junit-10.xsd; conventions of https://github.com/testmoapp/junitxml ----

SUREFIRE_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")
TOTALS = {"tests", "failures", "errors"}
ATTRIBUTES = {
    # element: (required, allowed)
    "testsuites": (set(), {"name", "time"} | TOTALS),
    "testsuite": ({"name"} | TOTALS, {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"}),
    "properties": (set(), set()),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name"}, {"time", "classname", "group"}),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "skipped": (set(), {"type", "message"}),
    "system-out": (set(), set()),
    "system-err": (set(), set()),
}
# In this order, which is narrower than junit-10.xsd, as older readers are stricter.
CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase", "system-out", "system-err"],
    "properties": ["property"],
    "testcase": ["skipped", "error", "failure", "system-out", "system-err"],
}


def check_element(element: xml.Element) -> None:
    required, optional = ATTRIBUTES[element.tag]
    names = set(element.attrib)
    need(required <= names <= required | optional, f"<{element.tag}>: attributes {sorted(names)}")
    if "time" in names:
        need(SUREFIRE_TIME.fullmatch(element.attrib["time"]), f"<{element.tag}>: time {element.attrib['time']}")
    order = CHILDREN.get(element.tag, [])
    places = []
    for child in element:
        need(child.tag in order, f"<{child.tag}> in <{element.tag}>")
        places.append(order.index(child.tag))
        check_element(child)
    need(places == sorted(places), f"<{element.tag}>: elements out of order")
    if element.tag in ("testsuites", "testsuite", "properties", "testcase"):
        need(not (element.text or "").strip(), f"<{element.tag}>: text")


def check_junit(text: str) -> xml.Element:
    root = xml.fromstring(text)  # which refuses the characters that XML forbids
    need(root.tag == "testsuites", "not <testsuites>")
    check_element(root)
    for level in [root, *root.iter("testsuite")]:
        cases = list(level.iter("testcase"))
        for name, tag in (("tests", None), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            count = len(cases) if tag is None else sum(case.find(tag) is not None for case in cases)
            need(level.get(name, str(count)) == str(count), f"<{level.tag}> {name}={level.get(name)}, but there are {count}")
    for case in root.iter("testcase"):
        need(sum(child.tag in ("skipped", "error", "failure") for child in case) <= 1, "a case with two outcomes")
    return root


# ---- The page ----

VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """Elements closed in order, nothing that runs, nothing from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.targets: set[str] = set()
        self.words: list[str] = []
        self.feed(text)
        self.close()
        need(not self.open, f"not closed: {self.open}")
        need(self.targets <= self.ids, f"links to nowhere: {self.targets - self.ids}")

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        need(tag not in ("script", "link", "img", "iframe", "object", "embed", "form", "base", "svg"), f"<{tag}>")
        for name, value in attributes:
            need(not name.startswith("on") and name not in ("src", "style", "srcset"), f"<{tag} {name}>")
            if name == "href":
                need((value or "").startswith("#"), f"a link to {value}")
                self.targets.add((value or "")[1:])
            if name == "id":
                need(value not in self.ids, f"id {value} twice")
                self.ids.add(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        need(self.open and self.open.pop() == tag, f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)
        else:
            need("url(" not in data and "@import" not in data, "the style is not all here")

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())
