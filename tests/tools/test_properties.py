# SPDX-License-Identifier: MIT
"""The book's table of properties names every property once, and only tests that exist."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = ROOT / "docs/capabilities.rst"
PROPERTIES = [f"P{number}" for number in range(1, 17)]

ROW = re.compile(r"^   \* - (P\d+)\n     - .*\n     - (.*)$", re.MULTILINE)
# ``/tests/NAME`` or suite ``NAME``, and then the names of its cases, if there are any.
REFERENCE = re.compile(r"(suite )?``(?:/tests/)?(\w+)``((?: \w+(?: \([^)]*\))?,?)*)")
NOT_A_CASE = {"and", "for", "each", "type"}


def rows() -> dict[str, str]:
    """What shows each property, in the words of the book."""
    found = ROW.findall(CHAPTER.read_text())
    if len({name for name, _ in found}) != len(found):
        raise ValueError("a property is there twice")
    return dict(found)


def cases_of_program(name: str) -> set[str]:
    source = ROOT / f"user/tests/{name}.c"
    return set(re.findall(r'\{"(\w+)", test_\w+\}', source.read_text())) if source.exists() else set()


def cases_of_suite(name: str) -> set[str]:
    for source in ROOT.glob("tests/host/*.c"):
        text = source.read_text()
        if f'suite_create("{name}")' in text:
            return set(re.findall(r"(?:START|KERNEL)_TEST\((\w+)", text))
    return set()


class PropertiesTest(unittest.TestCase):
    def test_every_property_is_there(self) -> None:
        self.assertEqual(sorted(rows(), key=lambda name: int(name[1:])), PROPERTIES)

    def test_named_tests_exist(self) -> None:
        for name, shown_by in rows().items():
            references = REFERENCE.findall(shown_by)
            self.assertTrue(references, name)
            for is_suite, test, words in references:
                with self.subTest(property=name, test=test):
                    cases = cases_of_suite(test) if is_suite else cases_of_program(test)
                    self.assertTrue(cases, "there is no such program or suite")
                    named = set(re.findall(r"\w+", re.sub(r"\([^)]*\)", "", words))) - NOT_A_CASE
                    self.assertEqual(named - cases, set(), "there are no such cases")


if __name__ == "__main__":
    unittest.main()
