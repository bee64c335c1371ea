# SPDX-License-Identifier: MIT
"""Manifests, the cutting of functions, handouts, and what students get and hand in."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "grade"))

import export  # noqa: E402
import update as updater  # noqa: E402
from bugs import read_bank, reference_files, sample  # noqa: E402
from functions import FunctionError, body_c, remove_c, remove_python, replace_body_c, replace_c  # noqa: E402
from guest import cpu_use  # noqa: E402
from labs_check import leftovers, solved  # noqa: E402
from manifest import ROOT, LabError, answer_is, parse_operations, read_lab, read_labs  # noqa: E402
from plan import rehearse, sequences_of  # noqa: E402
from words import describe_operation, describe_token  # noqa: E402

LABS = read_labs()

SOURCE = """// A file.
#include "a.h"

static int one(int x) { return x; }

// What two does,
// in two lines.
int two(int x,
        int y) {
    if (x) {
        one(y);
    }
    return two_more(x);
}

int two_more(int x);

int last(void) {
    return 0;
}
"""

GOOD = """
title = "t"
version = 1
hours = 1
properties = []
hand_in = ["a.c"]
[[test]]
name = "a"
title = "t"
property = "P1"
points = 1
hint = "h"
read = "r"
operations = "1 open O_RDWR -> 0"
"""


class Functions(unittest.TestCase):
    def test_replace(self) -> None:
        self.assertIn("// in two lines.\nint two(void) {\n}\n\nint two_more", replace_c(SOURCE, "two", "int two(void) {\n}\n"))
        self.assertIn("        int y) {\n    (void)x;\n}\n", replace_body_c(SOURCE, "two", "\n    (void)x;\n"))
        self.assertIn("static int one(int x) {\n    return 1;\n}\n", replace_body_c(SOURCE, "one", "return 1;"))

    def test_remove(self) -> None:
        text = remove_c(SOURCE, "two")
        self.assertNotIn("in two lines", text)
        self.assertIn("{ return x; }\n\nint two_more(int x);\n", text)

    def test_body(self) -> None:
        self.assertEqual(body_c(SOURCE, "one"), ["return x;"])
        self.assertEqual(body_c(SOURCE, "last"), ["    return 0;"])

    def test_what_is_not_there(self) -> None:
        for name in ("three", "two_more"):
            with self.assertRaises(FunctionError):
                body_c(SOURCE, name)

    def test_python(self) -> None:
        text = "class A:\n    x = 1\n\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n\n\ndef h():\n    pass\n"
        self.assertEqual(remove_python(text, "A.f"), "class A:\n    x = 1\n\n    def g(self):\n        return 2\n\n\ndef h():\n    pass\n")
        with self.assertRaises(FunctionError):
            remove_python(text, "A.h")


class Manifests(unittest.TestCase):
    def read(self, text: str) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "07-x" / "lab.toml"
            path.parent.mkdir()
            path.write_text(text)
            self.assertEqual(read_lab(path).number, 7)

    def refused(self, old: str, new: str, words: str) -> None:
        self.assertIn(old, GOOD)
        with self.assertRaises(LabError) as caught:
            self.read(GOOD.replace(old, new))
        self.assertIn(words, str(caught.exception))
        self.assertIn("lab.toml", str(caught.exception))

    def test_good(self) -> None:
        self.read(GOOD)

    def test_mistakes_are_named(self) -> None:
        self.refused("version = 1", "", "'version'")
        self.refused("version = 1", 'version = "1"', "'version'")
        self.refused("hours = 1", "hours = 1\ncolour = 2", "'colour'")
        self.refused('name = "a"', 'name = "A test"', "not a name")
        self.refused("points = 1", "points = -1", "-1 points")
        self.refused("1 open O_RDWR", "1 fly", "no operation fly")
        self.refused("1 open O_RDWR", "open O_RDWR", "not an operation")
        self.refused("O_RDWR", "O_SYNC", "O_SYNC")
        self.refused("[[test]]", "[[test", "")
        self.refused('read = "r"', 'read = "r"\nneeds = ["b"]', "needs b")
        self.refused('operations = "1 open O_RDWR -> 0"', "", "either operations or random")

    def test_answers(self) -> None:
        operations, answers = parse_operations("1 open O_RDWR -> 0 # x\n\n1 drop t0\n1 read -1 -> EBADF")
        self.assertEqual(operations, [(1, "open", 2), (1, "drop", "t0"), (1, "read", -1)])
        self.assertEqual(answers, ["0", None, "EBADF"])
        self.assertEqual(rehearse(operations), [0, 0, -9])
        self.assertTrue(answer_is("EBADF", -9) and answer_is("ok", 3) and answer_is("3", 3) and answer_is("ok", (5, 111)))
        self.assertFalse(answer_is("EBADF", -22) or answer_is("ok", -1) or answer_is("3", 4) or answer_is("nonsense", 0))

    def test_random_tests_come_from_the_seed(self) -> None:
        test = next(test for test in LABS[1].tests if test.random is not None)
        self.assertEqual(sequences_of(test, 3), sequences_of(test, 3))
        self.assertNotEqual(sequences_of(test, 3), sequences_of(test, 4))

    def test_words(self) -> None:
        self.assertEqual(describe_operation((1, "open", 0x602)), "process 1: open(O_RDWR|O_GRANT|O_CLOEXEC)")
        self.assertEqual(describe_operation((2, "&read", 0)), "process 2: read(0) in the background")
        self.assertIn("slot 3, file, r--g, generation 5", describe_token(3 | 1 << 8 | 9 << 14 | 5 << 38))


class Handouts(unittest.TestCase):
    def test_what_is_in_them(self) -> None:
        for number, lab in LABS.items():
            files = export.handout(number)
            self.assertEqual(files, export.handout(number))
            self.assertFalse([name for name in files if "/bugs/" in name or name.startswith(("tests/", "docs/", "user/tests/", "bench/"))])
            self.assertEqual({name for name in files if name.endswith("lab.toml")}, {f"labs/{item.directory.name}/lab.toml" for item in LABS.values() if item.number <= number})
            self.assertNotIn(b"[[stub]]", files[f"labs/{lab.directory.name}/lab.toml"][0])
            for name in ("grade/bugs.py", "grade/export.py", "grade/submission.py", "grade/results_html.py", "mk/labs.mk"):
                self.assertNotIn(name, files)
            self.assertIn(f"lab {number}\n".encode(), files["STARTER"][0])

    def test_the_model_knows_no_later_lab(self) -> None:
        model = {number: export.handout(number)["grade/model.py"][0].decode() for number in LABS}
        self.assertNotIn("def do_transfer", model[2])
        self.assertIn("def do_transfer", model[3])
        self.assertNotIn("def do_revoke", model[3])
        self.assertIn("def do_revoke", model[4])

    def test_what_is_left_of_a_solution_is_found(self) -> None:
        files = export.handout(1)
        self.assertEqual(leftovers(LABS[1], LABS, files), [])
        solution = solved(1, files, LABS)
        self.assertTrue(leftovers(LABS[1], LABS, {**files, "labs/hint.txt": solution["kern/cap/slot.c"]}))

    def test_a_students_own_work_is_kept(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            own = Path(directory)
            (own / "kern/cap").mkdir(parents=True)
            (own / "kern/cap/slot.c").write_text("// mine\n")
            (own / "kern/cap/delegation.c").write_text("// not of an earlier lab\n")
            files = export.handout(3, own=own)
            self.assertEqual(files["kern/cap/slot.c"][0], b"// mine\n")
            self.assertNotIn(b"not of an earlier lab", files["kern/cap/delegation.c"][0])

    def test_the_branch_has_one_commit_and_the_same_hash(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(["git", "init", "-q", directory], check=True)
            files = {"a": (b"1\n", 0o644), "b/c": (b"2\n", 0o755)}
            first = export.write_branch(files, "lab/x", "t", Path(directory))
            self.assertEqual(first, export.write_branch(files, "lab/x", "t", Path(directory)))
            log = subprocess.run(["git", "-C", directory, "log", "--format=%H", "lab/x"], stdout=subprocess.PIPE, text=True, check=True).stdout
            self.assertEqual(log.split(), [first])

    def test_update(self) -> None:
        with tempfile.TemporaryDirectory() as directory, mock.patch.object(updater, "ROOT", Path(directory) / "mine"):
            files = export.handout(1)
            export.write_tree(files, Path(directory) / "mine")
            newer = {**files, "STARTER": (b"lab 1\nversion 2\n", 0o644), "Makefile": (b"# new\n", 0o644), "kern/cap/slot.c": (b"// theirs\n", 0o644)}
            export.write_zip(newer, Path(directory) / "new.zip", "lab-1-handles")
            (Path(directory) / "mine/kern/cap/slot.c").write_text("// mine\n")
            self.assertIn("from version 1 to 2: 1 files", updater.update(Path(directory) / "new.zip"))
            self.assertEqual((Path(directory) / "mine/Makefile").read_text(), "# new\n")
            self.assertEqual((Path(directory) / "mine/kern/cap/slot.c").read_text(), "// mine\n")
            self.assertIn("nothing to do", updater.update(Path(directory) / "new.zip"))
            export.write_zip(export.handout(2), Path(directory) / "two.zip", "lab")
            for bad in (Path(directory) / "two.zip", Path(directory) / "missing", Path(directory) / "mine/Makefile"):
                with self.assertRaises((updater.UpdateError, OSError)):
                    updater.update(bad)


class Bank(unittest.TestCase):
    def test_there_are_enough(self) -> None:
        bank = read_bank(LABS)
        for number in LABS:
            names = [bug.name for bug in bank if bug.lab == number]
            self.assertGreaterEqual(len(names), 15 if number else 0)
            self.assertEqual(len(names), len(set(names)))

    def test_each_differs_from_the_solution_and_fits(self) -> None:
        for bug in read_bank(LABS):
            text = (ROOT / bug.file).read_text()
            self.assertNotEqual(replace_c(text, bug.function, bug.text), text, bug.name)

    def test_the_sample_depends_on_the_tree(self) -> None:
        bank, files = read_bank(LABS), reference_files()
        self.assertEqual(sample(bank, 3, files), sample(bank, 3, files))
        self.assertNotEqual(sample(bank, 3, files), sample(bank, 3, {**files, "x": (b"y", 0o644)}))


class Watching(unittest.TestCase):
    def test_cpu_use(self) -> None:
        busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        idle = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
        try:
            while (use := cpu_use(busy.pid)) is None or use[0] < 0.2:
                continue
            self.assertTrue(use[1])
            while (use := cpu_use(idle.pid)) is None or use[1]:
                continue
            self.assertFalse(use[1])
        finally:
            for process in (busy, idle):
                process.kill()
                process.wait()
            assert idle.stdin is not None
            idle.stdin.close()
        self.assertIsNone(cpu_use(busy.pid))


if __name__ == "__main__":
    unittest.main()
