# SPDX-License-Identifier: MIT
"""The reference model itself: each property of the specification as it should be, by hand."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "grade"))

import model  # noqa: E402
from model import DELEGATE, FILE, GRANT, READ, WRITE, World, WouldBlock  # noqa: E402
from sequences import Generator, first_difference, render, shrink  # noqa: E402

OPEN_ALL = model.O_RDWR | model.O_GRANT


class ModelTest(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World()

    def do(self, process: int, name: str, *arguments: int):
        return self.world.apply(process, name, arguments)

    def family(self) -> int:
        """A child that takes from anybody."""
        child = self.do(1, "fork")
        self.assertEqual(self.do(child, "accept", model.ACCEPT_ANYBODY), 0)
        return child

    def give(self, giver: int, slot: int, receiver: int, rights: int) -> tuple[int, int]:
        token = self.do(giver, "get_token", slot, FILE)
        return self.do(giver, "transfer", token, receiver, rights, 1)


class Tables(ModelTest):
    def test_token_layout(self) -> None:
        self.assertEqual(model.make_token(5, FILE, READ, 3), 5 | 1 << 8 | 1 << 14 | 3 << 38)
        last = model.make_token(255, 63, (1 << 24) - 1, (1 << 25) - 1)
        self.assertEqual(last, (1 << 63) - 1)

    def test_every_bit_counts(self) -> None:
        self.do(1, "open", OPEN_ALL)
        token = self.do(1, "get_token", 0, FILE)
        for bit in range(63):
            self.assertEqual(self.do(1, "drop", token ^ 1 << bit), -model.EBADF)
        self.assertEqual(self.do(1, "drop", token), 0)
        self.assertEqual(self.do(1, "drop", token), -model.EBADF)

    def test_generation_outlives_the_slot(self) -> None:
        self.do(1, "open", OPEN_ALL)
        old = self.do(1, "get_token", 0, FILE)
        self.do(1, "close", 0)
        self.do(1, "open", OPEN_ALL)
        self.assertNotEqual(self.do(1, "get_token", 0, FILE), old)
        self.assertEqual(self.do(1, "drop", old), -model.EBADF)

    def test_retired_for_good(self) -> None:
        self.world.processes[1].table.slots[0].generation = model.RETIRED - 1
        self.assertEqual(self.do(1, "open", OPEN_ALL), 0)
        self.assertEqual(self.do(1, "dup2", 0, 0), 0)
        self.do(1, "close", 0)
        self.assertEqual(self.do(1, "open", OPEN_ALL), 1)
        self.assertEqual(self.do(1, "dup2", 1, 0), -model.EBADF)

    def test_gate_order(self) -> None:
        self.do(1, "open", model.O_RDONLY)
        self.do(1, "semaphore_create", 0, 1)
        self.assertEqual(self.do(1, "write", 7), -model.EBADF)
        self.assertEqual(self.do(1, "write", 1), -model.EINVAL)
        self.assertEqual(self.do(1, "write", 0), -model.ENOTCAPABLE)
        self.assertEqual(self.do(1, "read", 0), 1)

    def test_full(self) -> None:
        self.do(1, "open", OPEN_ALL)
        self.assertEqual(self.do(1, "dup_many", 0, 500), model.ORDINARY - 1)
        self.assertEqual(self.do(1, "dup", 0), -model.EMFILE)
        self.do(1, "close", 70)
        self.assertEqual(self.do(1, "pipe"), -model.EMFILE)
        self.assertEqual(self.do(1, "dup", 0), 70)

    def test_reserved_slots(self) -> None:
        self.do(1, "open", OPEN_ALL)
        self.assertEqual(self.do(1, "dup2", 0, 127), -model.EINVAL)
        self.assertEqual(self.do(1, "dup", 127), -model.EINVAL)
        self.assertEqual(self.do(1, "close", 127), -model.EINVAL)

    def test_last_writer(self) -> None:
        self.do(1, "pipe")
        self.do(1, "dup", 1)
        self.do(1, "close", 1)
        with self.assertRaises(WouldBlock):
            self.do(1, "read", 0)
        self.do(1, "close", 2)
        self.assertEqual(self.do(1, "read", 0), 0)

    def test_denied(self) -> None:
        child = self.do(1, "fork")
        self.do(child, "deny", model.DENIABLE.index("pipe"))
        grandchild = self.do(child, "fork")
        self.assertEqual(self.do(grandchild, "pipe"), -model.EPERM)
        self.assertEqual(self.do(1, "pipe"), 0 | 1 << 8)


class Delegation(ModelTest):
    def test_order_of_errors(self) -> None:
        child = self.do(1, "fork")
        stranger = self.do(child, "fork")
        self.do(1, "open", OPEN_ALL)
        self.do(1, "open", model.O_RDWR)
        good, no_grant = (self.do(1, "get_token", slot, FILE) for slot in (0, 1))
        cases = [
            (good ^ 1 << 40, child, GRANT, 0, model.EBADF),
            (no_grant, child, GRANT, 0, model.EACCES),
            (good, 1, GRANT, 0, model.EINVAL),
            (good, 1, READ, 0, model.EINVAL),
            (good, 99, READ, 0, model.ESRCH),
            (good, stranger, READ, 0, model.EPERM),
            (good, child, READ, 0, model.EFAULT),
        ]
        for token, receiver, rights, address, error in cases:
            self.assertEqual(self.do(1, "transfer", token, receiver, rights, address), (-error, -1))
        self.do(child, "open", OPEN_ALL)
        self.do(child, "dup_many", 0, 500)
        self.assertEqual(self.do(1, "transfer", good, child, READ, 1), (-model.EMFILE, -1))

    def test_single_hop(self) -> None:
        child = self.family()
        self.do(1, "open", OPEN_ALL)
        _, slot = self.give(1, 0, child, READ | WRITE)
        self.assertEqual(slot, model.ORDINARY - 1)
        self.assertEqual(self.give(child, slot, 1, READ), (-model.EACCES, -1))

    def test_limit_of_received(self) -> None:
        child = self.family()
        self.do(1, "open", OPEN_ALL)
        for _ in range(model.RECEIVED_MAX):
            self.assertGreater(self.give(1, 0, child, READ)[0], 0)
        self.assertEqual(self.give(1, 0, child, READ), (-model.EMFILE, -1))
        self.do(child, "close", model.ORDINARY - 1)
        self.assertGreater(self.give(1, 0, child, READ)[0], 0)

    def test_revocation_reaches_copies_and_nothing_else(self) -> None:
        child = self.family()
        self.do(1, "open", OPEN_ALL)
        first, slot = self.give(1, 0, child, READ)
        _, other = self.give(1, 0, child, READ)
        copy = self.do(child, "dup", slot)
        grandchild = self.do(child, "fork")
        self.assertEqual(self.do(1, "revoke", first), 0)
        self.assertEqual(self.do(1, "revoke", first), -model.EBADF)
        for process in (child, grandchild):
            for dead in (slot, copy):
                self.assertEqual(self.do(process, "read", dead), -model.EBADF)
            self.assertEqual(self.do(process, "read", other), 1)

    def test_exit_revokes_and_a_dropped_handle_does_not(self) -> None:
        giver = self.family()
        receiver = self.family()
        self.do(giver, "open", OPEN_ALL)
        gift, kept = self.give(giver, 0, receiver, READ)
        _, lost = self.give(giver, 0, receiver, READ)
        self.assertEqual(self.do(giver, "drop", gift), 0)
        self.do(giver, "exit")
        self.assertEqual(self.do(receiver, "read", kept), 1)
        self.assertEqual(self.do(receiver, "read", lost), -model.EBADF)


class Inheritance(ModelTest):
    def test_fork_keeps_all_but_handles(self) -> None:
        child = self.family()
        self.do(1, "open", OPEN_ALL)
        token, _ = self.give(1, 0, child, READ)
        handle = token & 255
        second = self.do(1, "fork")
        self.assertEqual(self.do(second, "stat", handle), -model.EBADF)
        self.assertEqual(self.world.processes[second].table.slots[handle].generation, 1)
        self.assertEqual(self.do(second, "get_token", 0, FILE), self.do(1, "get_token", 0, FILE))
        self.assertEqual(self.do(1, "get_token", handle, DELEGATE), token)

    def test_spawn_modes(self) -> None:
        self.do(1, "open", OPEN_ALL)
        self.do(1, "open", model.O_RDWR)
        self.assertEqual(self.do(1, "spawn", model.INHERIT_ALL), -model.EACCES)
        skipping = self.do(1, "spawn", model.INHERIT_GRANTABLE)
        self.assertEqual(self.do(skipping, "stat", 0)[1], READ | WRITE)
        self.assertEqual(self.do(skipping, "stat", 1), -model.EBADF)
        nothing = self.do(1, "spawn", model.INHERIT_NOTHING, model.FA_DUP2, 0, 4, 0)
        self.assertEqual(self.do(nothing, "stat", 4)[1], READ | WRITE)
        self.assertEqual(self.do(1, "spawn", model.INHERIT_NOTHING, model.FA_DUP2, 1, 4, 0), -model.EACCES)

    def test_actions_in_order(self) -> None:
        self.do(1, "open", OPEN_ALL)
        actions = (model.FA_DUP2, 0, 1, 0, model.FA_CLOSE, 0, 0, 0, model.FA_OPEN, 0, 0, model.O_RDONLY)
        child = self.do(1, "spawn", model.INHERIT_ALL, *actions)
        self.assertEqual(self.do(child, "stat", 0)[1:3], (READ | GRANT, 1))
        self.assertEqual(self.do(child, "stat", 1)[1], READ | WRITE)
        wrong_order = (*actions[4:8], *actions[:4])
        self.assertEqual(self.do(1, "spawn", model.INHERIT_ALL, *wrong_order), -model.EBADF)


class Sequences(unittest.TestCase):
    def test_repeatable(self) -> None:
        self.assertEqual(Generator(7).sequence(300).lines, Generator(7).sequence(300).lines)
        self.assertNotEqual(Generator(7).sequence(300).lines, Generator(8).sequence(300).lines)

    def test_everything_happens(self) -> None:
        """Each operation succeeds and fails somewhere, and each error of the model is met."""
        good, errors = set(), set()
        for seed in range(20):
            rendered = Generator(seed).sequence(2000)
            for operation, answer in zip(rendered.operations, rendered.answers):
                first = answer[0] if isinstance(answer, tuple) else answer
                good |= {operation[1]} if first >= 0 else set()
                errors |= {-first} if first < 0 else set()
        directed = {"queue_wait", "semaphore_wait", "getpid", "getppid", "use_up", "write_and_revoke"}  # never in random sequences
        self.assertEqual(good | directed, {name[3:] for name in dir(World) if name.startswith("do_")})
        self.assertLessEqual({1, 3, 9, 13, 14, 22, 24, 29, 32, 75, 110, 133}, errors)

    def test_differences_are_found_and_shrunk(self) -> None:
        """A kernel that forgets the mark of what is duplicated."""

        def answers(rendered):
            given = []
            marked = {}
            for operation, answer in zip(rendered.operations, rendered.answers):
                if operation[1] == "stat" and isinstance(answer, tuple) and not answer[3]:
                    marked[answer[5]] = True
                    answer = (*answer[:5], 0, answer[6])
                given.append(" ".join(map(str, answer)) if isinstance(answer, tuple) else str(answer))
            return given

        def fails(operations) -> bool:
            rendered = render(operations)
            return first_difference(rendered, answers(rendered)) is not None

        whole = next(r for r in (Generator(seed).sequence(2000) for seed in range(50)) if fails(r.operations))
        shortest = shrink(whole.operations, fails)
        self.assertLessEqual(len(shortest), 8)
        self.assertTrue(fails(shortest))
        self.assertIn("dup", " ".join(operation[1] for operation in shortest) + " fork spawn")


if __name__ == "__main__":
    unittest.main()
