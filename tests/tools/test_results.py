# SPDX-License-Identifier: MIT
"""The results of a grading in the formats of other systems, against the published rules of each; and the page."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import unittest
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from support import ROOT, TreeTest  # noqa: E402

GRADE = ROOT / "grade"
sys.path.insert(0, str(GRADE))

import results_formats as formats  # noqa: E402
import results_rules as rules  # noqa: E402
from record import ERROR, FAIL, PASS, SKIPPED, Record, TestRecord  # noqa: E402
from results_html import html_page  # noqa: E402
from trial import Step  # noqa: E402
from words import Row, TablePair  # noqa: E402

FILES = ["report.html", "results.autolab.txt", "results.classroom.json", "results.gradescope.json", "results.junit.xml"]
FILES += ["results.prairielearn.json"]
EVERYTHING = "".join(map(chr, range(0x180))) + "\ud800\udfff\ufffe\uffff\u2028\u202e🙂\x1b[31mred\x1b[0m ]]> <!-- --> </pre></style>"
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"


def make_test(name: str, outcome: str, points: int = 10, **more: object) -> TestRecord:
    return TestRecord(name, f"Title of {name}", "P3", points, outcome, 0.25, **more)  # type: ignore[arg-type]


def failing(name: str = "transfer") -> TestRecord:
    """With everything that a failed test can have."""
    steps = [Step("process 1: open(…)", "0", "0", True), Step("process 1: cap_drop(0)", "EBADF (no such token)", "0", False)]
    expected = [Row(0, 1, 3, 5, 0, 1, 0), Row(2, 1, 1, 1, 0, 1, 0)]
    actual = [Row(0, 1, 7, 5, 0, 1, 0), Row(4, 1, 1, 1, 0, 1, 0)]
    more = {"message": "cap_drop(0) gave 0 instead of EBADF", "hint": "Look at the generation.", "read": "capabilities.html"}
    pairs = [TablePair(7, expected, actual), TablePair(8, expected, None)]
    more |= {"replay": "make grade LAB=1 TEST=transfer", "steps": steps, "tables": pairs, "console": ["boot", "panic: Größe ≠ 0"]}
    return make_test(name, FAIL, **more)


def make_record(*tests: TestRecord) -> Record:
    return Record(1, "Handles", 3, "riscv64", 2, 42, list(tests), 3.5, {"boots": 1.0}, ["A note."])


def complete() -> Record:
    return make_record(make_test("open", PASS), failing(), make_test("revoke", SKIPPED, 5, message="it needs transfer"))


def incomplete() -> Record:
    """All four outcomes: what can be told is told, but there is no score."""
    broken = make_test("boot", ERROR, 20, message="the grader could not do its work: no qemu")
    return make_record(make_test("open", PASS), failing(), broken, make_test("revoke", SKIPPED, message="it needs transfer"))


def hostile(text: str) -> Record:
    """The same text wherever there may be one."""
    row = Row(0, 99, 3, 5, 0, 1, 0)
    more = {"message": text, "hint": text, "read": text, "replay": text, "steps": [Step(text, text, text, False)]}
    more |= {"tables": [TablePair(1, [row], [])], "console": [text, text]}
    tests = [TestRecord(f"{outcome}{text}", text, text, 10, outcome, 0.1, **more) for outcome in (PASS, FAIL, SKIPPED)]  # type: ignore[arg-type]
    return Record(1, text, 1, text, 2, 1, tests, 1.0, {text: 1.0}, [text])


def huge() -> Record:
    lines = ["\\\"ü" * 5000 for _ in range(500)]
    tests = [failing(f"test{number}") for number in range(40)]
    for test in tests:
        test.console, test.message = lines, "x" * 300_000
        test.steps = [Step("y" * 3000, "e", "a", False)] * 1000
    return make_record(*tests)


RECORDS: dict[str, Callable[[], Record]] = {
    "complete": complete,
    "incomplete": incomplete,
    "all pass": lambda: make_record(make_test("open", PASS)),
    "all fail": lambda: make_record(failing()),
    "all error": lambda: make_record(make_test("open", ERROR)),
    "no tests": make_record,
    "no points": lambda: make_record(make_test("open", PASS, 0)),
    "every character": lambda: hostile(EVERYTHING),
    "markup": lambda: hostile(ATTACK),
    "empty texts": lambda: hostile(""),
    "huge": huge,
}


class Rules(unittest.TestCase):
    """Every record, in every format, keeps to the rules."""

    def each(self, check: Callable[[Record], object]) -> None:
        for name, make in RECORDS.items():
            with self.subTest(name):
                check(make())

    def test_gradescope(self) -> None:
        self.each(lambda record: rules.check_gradescope(formats.gradescope(record)))

    def test_autolab(self) -> None:
        self.each(lambda record: rules.check_autolab(formats.autolab(record)))

    def test_classroom(self) -> None:
        self.each(lambda record: rules.check_classroom(formats.classroom(record)))

    def test_prairielearn(self) -> None:
        self.each(lambda record: rules.check_prairielearn(formats.prairielearn(record)))

    def test_junit(self) -> None:
        self.each(lambda record: rules.check_junit(formats.junit(record)))

    def test_page(self) -> None:
        self.each(lambda record: rules.Page(html_page(record)))

    def test_nothing_that_a_terminal_or_a_database_would_take_amiss(self) -> None:
        for write in (formats.gradescope, formats.autolab, formats.classroom, formats.prairielearn, formats.junit, html_page):
            with self.subTest(write.__name__):
                text = write(hostile(EVERYTHING))
                self.assertIsNone(re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", text))
                self.assertIn("🙂", text)

    def test_sizes(self) -> None:
        record = huge()
        for write in (formats.gradescope, formats.autolab, formats.prairielearn, formats.junit):
            self.assertLess(len(write(record).encode()), 4_000_000, write.__name__)
        self.assertLess(len(html_page(record).encode()), 20_000_000)
        # Linux takes no longer variable of an environment; the reporter gets the output as one.
        subprocess.run(["true"], env={"TESTS_RESULTS": formats.classroom_output(record)}, check=True)


class Validators(unittest.TestCase):
    """The checks are worth something: they refuse what is wrong."""

    def refused(self, check: Callable[[str], object], text: str) -> None:
        with self.assertRaises((rules.RuleError, ValueError, SyntaxError)):
            check(text)

    def test_gradescope(self) -> None:
        for change in ({"visibility": "never"}, {"score": "10"}, {"points": 1}, {"output_format": "ascii"}, {"tests": [{"status": "skipped"}]}):
            self.refused(rules.check_gradescope, json.dumps({"score": 1, "tests": []} | change))
        self.refused(rules.check_gradescope, '{"tests": [], "output": "why"}')
        self.refused(rules.check_gradescope, '{"score": NaN}')

    def test_autolab(self) -> None:
        good = '{"_presentation": "semantic", "stages": []}\n'
        for last in ("", '{"scores": {}}', '{"scores": {"A": "1"}}', "done", '{"scores": {"A": 1}}\nbye'):
            self.refused(rules.check_autolab, good + last)

    def test_classroom(self) -> None:
        table = json.loads(formats.classroom(complete()))
        for change in ({"status": "failed"}, {"status": "pass"}, {"max_score": "3"}, {"version": 2}):
            self.refused(rules.check_classroom, json.dumps(table | change))

    def test_prairielearn(self) -> None:
        for table in ({}, {"score": 1.5}, {"score": 0, "succeeded": False}, {"gradable": 0}, {"score": 1, "tests": [{"name": "a", "points": 1}]}):
            self.refused(rules.check_prairielearn, json.dumps(table))

    def test_junit(self) -> None:
        text = formats.junit(complete())
        for old, new in ((' failures="1"', ' failures="2"'), ("<failure", "<failed"), ('time="0.250"', 'time="soon"'), ("panic", "\x01")):
            self.assertIn(old, text)
            self.refused(rules.check_junit, text.replace(old, new).replace("</failure>", "</failed>" if new == "<failed" else "</failure>"))
        self.refused(rules.check_junit, re.sub(r"(?s)(<failure.*?</failure>\s*)(<system-out>.*?</system-out>)", r"\2\1", text))

    def test_page(self) -> None:
        for text in ("<p>", "<p></b>", "<script></script>", '<a href="http://x">', '<p onclick="x">', '<a href="#nowhere"></a>'):
            self.refused(rules.Page, text)


class Scores(unittest.TestCase):
    """A score is what the record says, and a failure of the grader is nowhere a zero."""

    def test_complete(self) -> None:
        record = complete()
        self.assertEqual(rules.check_gradescope(formats.gradescope(record))["score"], 10)
        self.assertEqual(rules.check_autolab(formats.autolab(record))[0], {"scores": {"Correctness": 10}})
        self.assertEqual(rules.reported_points(rules.check_classroom(formats.classroom(record))), (10, 25))
        table = rules.check_prairielearn(formats.prairielearn(record))
        self.assertEqual((table["score"], table["gradable"]), (0.4, True))
        self.assertEqual(sum(test["points"] for test in table["tests"]), 10)
        self.assertIn("Score 10 of 25", rules.Page(html_page(record)).text)

    def test_a_zero_that_is_one(self) -> None:
        record = make_record(failing())
        self.assertEqual(rules.check_gradescope(formats.gradescope(record))["score"], 0)
        self.assertEqual(rules.check_autolab(formats.autolab(record))[0], {"scores": {"Correctness": 0}})
        self.assertEqual(rules.reported_points(rules.check_classroom(formats.classroom(record))), (0, 10))
        self.assertEqual(rules.check_prairielearn(formats.prairielearn(record))["score"], 0.0)

    def test_without_a_score(self) -> None:
        for name in ("incomplete", "all error", "no tests"):
            record = RECORDS[name]()
            with self.subTest(name):
                table = rules.check_gradescope(formats.gradescope(record))
                self.assertNotIn("score", table)
                self.assertFalse([test for test in table["tests"] if "score" in test or "max_score" in test])
                self.assertEqual(rules.check_autolab(formats.autolab(record))[0], {"scores": {"Correctness": None}})
                table = rules.check_classroom(formats.classroom(record))
                self.assertEqual((table["status"], rules.reported_points(table)), ("error", None))
                table = rules.check_prairielearn(formats.prairielearn(record))
                self.assertEqual((table["gradable"], table["succeeded"]), (False, False))
                self.assertNotIn("score", table)
                self.assertIn("No score", table["format_errors"][0])
                page = rules.Page(html_page(record)).text
                self.assertIn("No score", page)
                self.assertNotIn("Score ", page)

    def test_error_is_an_error(self) -> None:
        record = incomplete()
        root = rules.check_junit(formats.junit(record))
        self.assertEqual([case.get("name") for case in root.iter("testcase") if case.find("error") is not None], ["boot"])
        self.assertEqual((root.get("errors"), root.get("failures")), ("1", "1"))
        self.assertNotIn("boot", str(rules.check_autolab(formats.autolab(record))[1]))
        tests = rules.check_prairielearn(formats.prairielearn(record))["tests"]
        self.assertEqual([test["max_points"] for test in tests], [10, 10, 0, 10])

    def test_skipped_is_marked(self) -> None:
        record = complete()
        root = rules.check_junit(formats.junit(record))
        self.assertEqual([skipped.get("message") for skipped in root.iter("skipped")], ["it needs transfer"])
        self.assertEqual(json.loads(formats.gradescope(record))["tests"][2]["tags"], ["skipped"])
        for write in (formats.gradescope, formats.classroom, formats.prairielearn):
            self.assertIn("(skipped)", json.loads(write(record))["tests"][2]["name"])
        self.assertIn('(skipped)": {"passed": false, "hint": "it needs transfer"}', formats.autolab(record))
        self.assertIn("– skipped", html_page(record))


class PageParts(unittest.TestCase):
    def test_everything_is_there(self) -> None:
        text = rules.Page(html_page(complete())).text
        parts = ["cap_drop(0)", "EBADF (no such token)", "as it should be", "as this kernel has it", "Look at the generation."]
        parts += ["the book, capabilities.html", "make grade LAB=1 TEST=transfer", "panic: Größe ≠ 0", "seed 42", "A note.", "0/5"]
        parts += ["it does not answer any more", "it needs transfer"]
        for part in parts:
            self.assertIn(part, text)

    def test_slots_that_differ_have_a_mark_besides_the_colour(self) -> None:
        rows = re.findall(r"<tr( class=\"differs\")?><td>(\*?)</td><td>(\d+)</td>", html_page(complete()).partition("process 8")[0])
        self.assertEqual([(slot, mark) for _, mark, slot in rows], [(slot, "*") for slot in "024024"])
        self.assertTrue(all(bool(kind) == bool(mark) for kind, mark, _ in rows))
        pair = TablePair(1, [Row(0, 1, 3, 5, 0, 1, 0)], [Row(0, 1, 3, 5, 0, 1, 9)])
        self.assertNotIn("<td>*</td>", html_page(make_record(make_test("a", FAIL, tables=[pair]))))

    def test_dark_and_light_can_be_read(self) -> None:
        """Each colour of text on each ground has a contrast of 4.5 to 1 at least (WCAG 2, success criterion 1.4.3)."""
        themes = re.findall(r"--back:[^}]*", html_page(complete()))
        self.assertEqual(len(themes), 2)
        for theme in themes:
            colours = dict(re.findall(r"--(\w+): #(\w+);", theme))
            for text in ("text", "pass", "fail", "skipped", "error"):
                self.assertGreater(contrast(colours[text], colours["back"]), 4.5, text)
            for ground in ("box", "mark"):
                self.assertGreater(contrast(colours["text"], colours[ground]), 4.5, ground)


def luminance(colour: str) -> float:
    digits = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class CommandLine(TreeTest):
    def run_tool(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True)

    def test_all_files(self) -> None:
        source = self.write("record.json", incomplete().to_json())
        done = self.run_tool(GRADE / "results_formats.py", source, "--out", self.root / "a/b", "--github-output", self.root / "output")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(sorted(path.name for path in (self.root / "a/b").iterdir()), FILES)
        name, _, value = (self.root / "output").read_text().strip().partition("=")
        self.assertEqual(name, "result")
        self.assertEqual(base64.b64decode(value).decode(), (self.root / "a/b/results.classroom.json").read_text())

    def test_no_record(self) -> None:
        for text in ("", "[]", "{}", '{"tests": 3}', '{"tests": []}'):
            done = self.run_tool(GRADE / "results_formats.py", self.write("record.json", text), "--out", self.root / "out")
            self.assertEqual(done.returncode, 2, text)
            self.assertIn("is no record of a grading", done.stderr)
            self.assertFalse((self.root / "out").exists())

    def test_handout_says_that_it_has_no_results(self) -> None:
        """As in a handout: the tree without grade/results_*; it says so before it builds anything."""
        for path in [*GRADE.glob("*"), *ROOT.glob("tools/*.py"), *ROOT.glob("labs/*/lab.toml")]:
            if path.is_file() and not path.name.startswith("results"):
                self.write(str(path.relative_to(ROOT)), path.read_text())
        done = self.run_tool(self.root / "grade/grade", "--lab", "0", "--out", self.root / "out")
        self.assertEqual(done.returncode, 2)
        self.assertIn("results_formats.py is not part of a handout", done.stderr)


if __name__ == "__main__":
    unittest.main()
