"""The referee of a comparison by many workers condemns what is wrong, each thing by its name."""

from __future__ import annotations

import sys
import unittest
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from array_judge import Observed, faults, read_again  # noqa: E402

TRUE = {"a": "missing", "b": "different", "c": "unexpected", "d": "expired"}
SEGMENTS = 50
BEGUN = Counter({(side, number): 1 for side in ("source", "target") for number in range(SEGMENTS)})
RIGHT = Observed(planted=TRUE, scanned=TRUE, reported=TRUE, exit_code=1, segments=SEGMENTS,
                 begun=BEGUN, units={"source": 1010.0, "target": 995.0},
                 plain_units={side: [1000.0 / SEGMENTS] * SEGMENTS
                              for side in ("source", "target")}, kills=0)


def without(key: str) -> dict[str, str]:
    return {name: kind for name, kind in TRUE.items() if name != key}


class ArrayJudge(unittest.TestCase):
    def assert_condemned(self, seen: Observed, *words: str) -> None:
        found = faults(seen)
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_has_nothing_to_say_of_what_is_right(self) -> None:
        self.assertEqual(faults(RIGHT), [])

    def test_condemns_findings_that_are_missing_invented_or_of_another_kind(self) -> None:
        self.assert_condemned(replace(RIGHT, reported=without("b")), "different b", "reported")
        self.assert_condemned(replace(RIGHT, reported=TRUE | {"e": "missing"}), "missing e")
        found = faults(replace(RIGHT, reported=TRUE | {"a": "expired"}))
        self.assertEqual(len(found), 2, found)

    def test_takes_no_alarm_for_false_whose_change_was_late_and_excuses_nothing_else(self) -> None:
        reported = TRUE | {"e": "different"}
        self.assertEqual(faults(replace(RIGHT, reported=reported, late=frozenset("e"))), [])
        self.assert_condemned(replace(RIGHT, reported=reported, late=frozenset("f")), "e")
        self.assert_condemned(replace(RIGHT, reported=without("a"), late=frozenset("a")), "a")

    def test_condemns_an_exit_code_that_does_not_fit(self) -> None:
        for code in (0, 2, 3, 4):
            self.assert_condemned(replace(RIGHT, exit_code=code), f"exit code {code}")

    def test_does_not_judge_by_tables_that_are_not_as_they_were_made(self) -> None:
        seen = replace(RIGHT, scanned=without("a"), reported=without("a"))
        self.assert_condemned(seen, "planted but not in the tables", "missing a")
        nothing = replace(RIGHT, planted={}, scanned={}, reported={})
        self.assert_condemned(nothing, "nothing was planted")

    def test_condemns_a_segment_that_nobody_has_read(self) -> None:
        begun = Counter(BEGUN)
        del begun["target", 7]
        self.assert_condemned(replace(RIGHT, begun=begun), "target", "7")

    def test_allows_one_pair_for_each_kill_to_be_read_again_and_no_other(self) -> None:
        begun = BEGUN + Counter({("source", 3): 1, ("target", 3): 1, ("source", 9): 1})
        self.assertEqual(read_again(begun), {3: 1, 9: 1})
        self.assertEqual(faults(replace(RIGHT, begun=begun, kills=2)), [])
        self.assert_condemned(replace(RIGHT, begun=begun, kills=1), "2 pairs", "1 kills")
        thrice = BEGUN + Counter({("target", 3): 2})
        self.assert_condemned(replace(RIGHT, begun=thrice, kills=1), "2 pairs")

    def test_condemns_units_that_are_too_many_or_too_few(self) -> None:
        for units in (975.0, 1025.0, 2000.0):
            self.assert_condemned(replace(RIGHT, units={"source": 1000.0, "target": units}),
                                  "target", f"{units:.1f}")
        self.assert_condemned(replace(RIGHT, units={"source": 1000.0}), "target", "0.0")

    def test_allows_for_the_units_of_what_was_read_again(self) -> None:
        begun = BEGUN + Counter({("source", 3): 1, ("target", 3): 1})
        seen = replace(RIGHT, begun=begun, kills=1, units={"source": 1035.0, "target": 1035.0})
        self.assertEqual(faults(seen), [])
        self.assertEqual(len(faults(replace(seen, begun=BEGUN))), 2)


if __name__ == "__main__":
    unittest.main()
