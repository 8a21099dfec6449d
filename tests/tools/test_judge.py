"""The judge of the end-to-end tests, fed with made-up records: it must be able to condemn.

Times are seconds after noon; max-lag is 8. Each case is one key's story: when it was written, when
it arrived, what the monitor said about it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from judge import Finding, Judgement, Planted, judge, key_text  # noqa: E402
from truth import NEVER, Truth  # noqa: E402

MAX_LAG = 8
NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc).timestamp()
KEY = key_text({"id": {"S": "a"}})


def truth(*changes: tuple[float, float | None], key: str = KEY) -> Truth:
    """Pairs of written and arrived; None: lost on purpose; NEVER: not arrived yet."""
    return Truth([{"key": key, "begin": NOON + written} for written, _ in changes],
                 [{"key": key, "end": None if arrived is None else NOON + arrived}
                  for _, arrived in changes if arrived != NEVER])


def finding(confirmed_at: float, first_seen: float = 0, kind: str = "stale", confirmed: bool = True,
            key: str = KEY) -> Finding:
    return Finding(key, kind, confirmed, NOON + first_seen, NOON + confirmed_at)


def judged(records: Truth, *findings: Finding, planted: dict[str, Planted] | None = None
           ) -> Judgement:
    return judge(findings, planted or {}, records, MAX_LAG)


class Unplanted(unittest.TestCase):
    def assert_counts(self, result: Judgement, *, false_alarms: int = 0, late: int = 0,
                      unhealed: int = 0) -> None:
        self.assertEqual((len(result.false_alarms), len(result.late), len(result.unhealed)),
                         (false_alarms, late, unhealed), str(result))
        self.assertEqual(result.exact, not (false_alarms or unhealed))

    def test_an_alarm_about_a_change_that_came_in_time_is_false(self) -> None:
        self.assert_counts(judged(truth((0, 7.9)), finding(12)), false_alarms=1)

    def test_a_false_alarm_stays_false_when_it_heals(self) -> None:
        result = judged(truth((0, 2)), finding(12), finding(12, confirmed=False))
        self.assert_counts(result, false_alarms=1)

    def test_an_alarm_about_a_change_that_came_late_is_late_and_must_heal(self) -> None:
        records = truth((0, 13))
        self.assert_counts(judged(records, finding(12), finding(12, confirmed=False)), late=1)
        self.assert_counts(judged(records, finding(12)), late=1, unhealed=1)

    def test_a_change_that_has_not_arrived_at_all_is_late_and_not_healed(self) -> None:
        self.assert_counts(judged(truth((0, NEVER)), finding(12)), late=1, unhealed=1)

    def test_a_change_that_was_late_at_another_time_excuses_nothing(self) -> None:
        self.assert_counts(judged(truth((0, 13), (40, 41)), finding(52, first_seen=40)),
                           false_alarms=1)
        self.assert_counts(judged(truth((0, 1), (40, 60)), finding(12, first_seen=0)),
                           false_alarms=1)

    def test_a_late_change_that_arrived_within_max_lag_of_being_read_excuses_nothing(self) -> None:
        # Written at 0, read at 5, arrived at 12: the monitor may judge it from 13 on.
        self.assert_counts(judged(truth((0, 12)), finding(16, first_seen=5)), false_alarms=1)

    def test_a_late_change_of_another_key_excuses_nothing(self) -> None:
        other = key_text({"id": {"S": "b"}})
        self.assert_counts(judged(truth((0, 13), key=other), finding(12)), false_alarms=1)

    def test_a_key_that_was_never_written_is_a_false_alarm(self) -> None:
        self.assert_counts(judged(truth(), finding(12)), false_alarms=1)

    def test_arrivals_belong_to_writes_in_their_order(self) -> None:
        # The first arrived, the second is on its way: only the second can be late.
        self.assert_counts(judged(truth((0, 1), (10, NEVER)), finding(15)), false_alarms=1)
        self.assert_counts(judged(truth((0, 1), (10, NEVER)), finding(22, first_seen=10)),
                           late=1, unhealed=1)


class PlantedDefects(unittest.TestCase):
    PLANTED = {KEY: Planted("stale", NOON + 20)}

    def test_found_with_its_kind(self) -> None:
        result = judged(truth((0, 1), (19, None)), finding(31, 19), planted=self.PLANTED)
        self.assertEqual((len(result.found), result.exact), (1, True), str(result))

    def test_missed_when_nothing_was_reported_or_it_healed(self) -> None:
        for findings in ([], [finding(31, 19), finding(31, 19, confirmed=False)]):
            result = judged(truth((0, 1), (19, None)), *findings, planted=self.PLANTED)
            self.assertEqual((len(result.missed), result.exact), (1, False), str(result))

    def test_a_wrong_kind(self) -> None:
        result = judged(truth((0, 1), (19, None)), finding(31, 19, kind="missing"),
                        planted=self.PLANTED)
        self.assertEqual((len(result.wrong_kind), result.exact), (1, False), str(result))

    def test_an_alarm_about_the_key_before_it_was_spoiled_is_false(self) -> None:
        result = judged(truth((0, 1), (19, None)), finding(12), finding(31, 19),
                        planted=self.PLANTED)
        self.assertEqual((len(result.found), len(result.false_alarms)), (1, 1), str(result))
        self.assertFalse(result.exact)

    def test_a_kind_that_a_late_change_explains(self) -> None:
        result = judged(truth((0, 40), (19, None)), finding(31, 1, kind="missing"),
                        planted=self.PLANTED)
        self.assertTrue(result.exact, str(result))


class CommandLine(unittest.TestCase):
    """The files as monitor, traffic and replicator write them."""

    def run_judge(self, *findings: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            def write(name: str, lines: list[dict[str, Any]]) -> str:
                path = Path(folder, name)
                path.write_text("".join(json.dumps(line) + "\n" for line in lines))
                return str(path)
            return subprocess.run(
                [TOOLS / "judge.py", write("findings", list(findings)),
                 write("planted", [{"key": {"id": {"S": "p"}}, "kind": "missing", "at": NOON}]),
                 "--written", write("written", [{"key": KEY, "begin": NOON, "end": NOON}]),
                 "--arrivals", write("arrivals", [{"key": KEY, "end": NOON + 2}]),
                 "--max-lag", str(MAX_LAG)], capture_output=True, text=True, timeout=60)

    @staticmethod
    def line(name: str, kind: str) -> dict[str, Any]:
        return {"key": {"id": {"S": name}}, "kind": kind, "state": "confirmed",
                "first_seen": "2026-01-31T12:00:01Z", "confirmed_at": "2026-01-31T12:00:12.500Z"}

    def test_exact(self) -> None:
        ended = self.run_judge(self.line("p", "missing"))
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_a_false_alarm_fails_and_is_named(self) -> None:
        ended = self.run_judge(self.line("p", "missing"), self.line("a", "stale"))
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("false alarm: stale " + KEY, ended.stdout)

    def test_a_missed_defect_fails_and_is_named(self) -> None:
        ended = self.run_judge()
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("missed: missing", ended.stdout)


if __name__ == "__main__":
    unittest.main()
