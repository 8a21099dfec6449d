"""GO speaks for no more than what was looked at: samples, ignored attributes, and findings that
lie outside of them."""

import sqlite3
import time
from contextlib import closing

from go_scenario import (ALL_EQUAL, BASELINE, EVERY_KEY, GO, GO_SAMPLED, INCOMPLETE, ITEMS,
                         MISMATCHES, NO_GO, QUICK, REFUSED, SETTLE, TO_GO, TO_THE_END, WAIT,
                         GoScenario, text, verdicts)
from harness import TABLE, Migration, stream_arn
from judge import open_findings
from truth import read_lines

WITHOUT_BASELINE = [*QUICK, *EVERY_KEY, *SETTLE]
IGNORING_V = ["--ignore-attribute", "v"]
# So few keys that none of a test's is chosen.
HARDLY_ANY = "1000000000"


class Coverage(GoScenario):
    def test_a_denser_sample_does_not_speak_for_the_time_before_it(self) -> None:
        """Sequence 1: a baseline, unsampled changes get lost, resume with every key."""
        side = self.equal_tables()
        sparse = [*QUICK, "--sample-rate", "4", *BASELINE, *SETTLE, "--verbose"]
        self.write(side, range(ITEMS), "second")
        side.monitor.start(*sparse)
        self.wait_for_verdict(side.monitor, GO_SAMPLED)
        lost = sorted(set(range(ITEMS)) - self.sampled(side.monitor.log()))[:4]
        self.lose(side, lost)
        self.wait_for_records(side, ITEMS + len(lost))
        side.monitor.stop()
        self.assertEqual(self.wrong(side), set(lost))

        with self.subTest("without a comparison"):
            self.assert_no_plain_go(self.run_for(side, "5s", *WITHOUT_BASELINE))
        with self.subTest("with --baseline, which begins anew"):
            ended = side.monitor.finish(*TO_GO, *TO_THE_END)
            self.assert_no_go(ended, MISMATCHES)
            self.assert_found(side, lost, "different", "stale")
        with self.subTest("GO once they are right"):
            self.write(side, lost, "lost", side.target)
            self.assertEqual(self.wrong(side), set())
            side.monitor.start(*TO_GO, "--require-go")
            self.wait_for_verdict(side.monitor)
            self.assert_go(side.monitor.stop())

    def test_a_baseline_that_ignored_an_attribute_does_not_speak_for_it(self) -> None:
        """Sequence 2: a baseline with --ignore-attribute v, resume without."""
        side = self.equal_tables()
        self.write(side, (3, 4), "other", side.target)
        side.monitor.start(*TO_GO, *IGNORING_V)
        self.wait_for_verdict(side.monitor, GO)
        side.monitor.stop()
        self.assertEqual(self.wrong(side), {3, 4})

        with self.subTest("without a comparison"):
            self.assert_no_plain_go(self.run_for(side, "5s", *WITHOUT_BASELINE))
        with self.subTest("with --baseline, which begins anew"):
            ended = side.monitor.finish(*TO_GO, *TO_THE_END)
            self.assert_no_go(ended, MISMATCHES)
            self.assert_found(side, (3, 4), "different", "stale")

    def test_a_comparison_that_ignores_more_cures_no_gap(self) -> None:
        """Sequence 2: a gap, cured with --ignore-attribute v; then monitor without."""
        side = self.equal_tables()
        self.reach_go(side)
        with closing(sqlite3.connect(side.monitor.state)) as state, state:
            state.execute("INSERT INTO gap (stream_arn, shard_id, after_sequence, noticed, reason, "
                          "cured) VALUES (?, '', '', ?, 'trimmed', 0)",
                          (stream_arn(side.source, TABLE), int(time.time() * 1000)))
        self.write(side, (3, 4), "other", side.target)  # as if changes had been lost in the gap
        compared = side.monitor.run("compare", *side.monitor.flags(), "--max-lag", "1s",
                                    "--segments", "4", *IGNORING_V)
        self.assertIn(compared.code, (ALL_EQUAL, INCOMPLETE), compared.log)
        self.assertEqual(self.wrong(side), {3, 4})
        ended = self.run_for(side, "5s", *WITHOUT_BASELINE)
        self.assert_no_go(ended, INCOMPLETE)
        self.assertEqual(ended.report()["verdict"], NO_GO)

    def with_two_findings(self) -> Migration:
        side = self.equal_tables()
        self.write(side, (3, 4), "other", side.target)
        ended = side.monitor.finish(*TO_GO, *TO_THE_END)
        self.assert_no_go(ended, MISMATCHES)
        return side

    def heals_only_under_its_own_coverage(self, command: str, *flags: str) -> Migration:
        """The command with a wider --ignore-attribute; then monitor without."""
        side = self.with_two_findings()
        side.monitor.run(command, *side.monitor.flags(), *flags, "--max-lag", "1s", *IGNORING_V)
        self.assertEqual(self.wrong(side), {3, 4})
        ended = side.monitor.finish(*TO_GO, *TO_THE_END)
        self.assert_no_go(ended, MISMATCHES)
        self.assert_found(side, (3, 4), "different", "stale")
        return side

    def test_a_plan_of_repair_with_more_ignored_heals_nothing(self) -> None:
        """Sequence 12, with `repair`."""
        side = self.heals_only_under_its_own_coverage("repair")
        states = [finding["state"] for finding in read_lines(side.monitor.findings)]
        self.assertNotIn("healed", states, "a plan wrote")

    def test_a_comparison_with_more_ignored_heals_nothing(self) -> None:
        """Sequence 12, with `compare`."""
        self.heals_only_under_its_own_coverage("compare", "--segments", "4")

    def test_a_path_that_cannot_be_honoured_everywhere_is_refused(self) -> None:
        """Sequence 13: --ignore-attribute 'orders[0].price'."""
        side = self.equal_tables()
        priced = {"orders": {"L": [{"M": {"price": {"N": "1"}, "shelf": {"M": {}}}}]}}
        other = {"orders": {"L": [{"M": {"price": {"N": "2"}, "shelf": {"M": {}}}}]}}
        self.write(side, (3, 4), "first", **priced)
        self.write(side, (3, 4), "first", side.target, **other)
        self.assert_no_go(side.monitor.finish(*TO_GO, *TO_THE_END), MISMATCHES)

        with self.subTest("it heals nothing"):
            self.refused(side, "repair", "orders[0].price")
        with self.subTest("GO"):
            self.assertEqual(self.wrong(side), {3, 4})
            self.assert_no_go(side.monitor.finish(*TO_GO, *TO_THE_END), MISMATCHES)
            self.assert_found(side, (3, 4), "different", "stale")
        for command in ("monitor", "compare", "repair"):
            for path in ("orders[0].price", "a.*.b"):
                with self.subTest(f"{command} {path}"):
                    self.refused(side, command, path)

    def refused(self, side: Migration, command: str, path: str) -> None:
        short = {"monitor": ["--duration", "1s"], "compare": ["--max-lag", "1s"], "repair": []}
        ended = side.monitor.run(command, *side.monitor.flags(), *short[command],
                                 "--ignore-attribute", path)
        self.assert_exit(ended, REFUSED)
        self.assertIn(path, ended.log)

    def test_what_is_ignored_is_told_with_every_verdict(self) -> None:
        """Sequence 18: --ignore-attribute '*'."""
        side = self.equal_tables()
        self.write(side, range(ITEMS), "other", side.target)
        self.assertEqual(self.wrong(side), set(range(ITEMS)))
        ended = side.monitor.finish(*TO_GO, *TO_THE_END, "--ignore-attribute", "*")
        report = ended.report()
        told = f"{report['verdict']}: {text(report)}"
        if report["verdict"] == GO:
            self.assertIn("*", text(report) + str(report.get("ignored")), told)
            self.assertIn("*", "\n".join(verdicts(ended.log)[-1].reasons), told)
        start_block = ended.log.partition("  phase: ")[0]
        self.assertIn("*", start_block)

    def test_no_key_compared_is_nothing_checked(self) -> None:
        """Sequence 18: --accept-sampled --baseline-sample-rate 1000000000."""
        side = self.equal_tables()
        self.write(side, range(5, ITEMS), "other", side.target)
        self.write(side, range(5), "second")
        self.assertEqual(self.wrong(side), set(range(5, ITEMS)))
        ended = side.monitor.finish(*TO_GO, "--baseline-sample-rate", HARDLY_ANY,
                                    "--accept-sampled", "--duration", "5s", *TO_THE_END)
        self.assert_no_go(ended, INCOMPLETE)
        self.assertEqual(ended.report()["verdict"], WAIT)

    def test_a_finding_outside_the_sample_is_held_against_what_the_source_holds_now(self) -> None:
        """Sequence 19: the source moved on, the target became the old value."""
        side = self.equal_tables()
        self.write(side, (3,), "second", side.source)
        self.assert_no_go(side.monitor.finish(*TO_GO, *TO_THE_END), MISMATCHES)
        self.write(side, (3,), "third", side.source)
        self.write(side, (3,), "second", side.target)
        self.assertEqual(self.wrong(side), {3})
        ended = side.monitor.finish(*QUICK, "--sample-rate", HARDLY_ANY, "--accept-sampled",
                                    *BASELINE, *SETTLE, *TO_THE_END)
        self.assert_no_go(ended, MISMATCHES)
        self.assertEqual(ended.report()["verdict"], NO_GO)
        self.assertEqual(len(open_findings(side.monitor.findings)), 1)


