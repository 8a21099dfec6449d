"""report tells from the state alone how a migration stands."""

from __future__ import annotations

import json
import time
from typing import Any

from go_scenario import ALL_EQUAL, INCOMPLETE, MISMATCHES, REFUSED, TO_GO, GoScenario
from harness import Migration


class Report(GoScenario):
    def report(self, side: Migration, *flags: str, code: int) -> str:
        ended = side.monitor.run("report", "--state", str(side.monitor.state), *flags)
        self.assert_exit(ended, code)
        return ended.output

    def documents(self, side: Migration, code: int) -> list[dict[str, Any]]:
        lines = self.report(side, "--output", "json", code=code).splitlines()
        return [json.loads(line) for line in lines]

    def wait_for(self, side: Migration, verdict: str) -> None:
        """Recorded with the commit after it was shown, which a busy machine makes late."""
        give_up = time.monotonic() + 60
        while True:
            ended = side.monitor.run("report", "--state", str(side.monitor.state),
                                     "--output", "json")
            if ended.report()["verdict"] == verdict:
                return
            self.assertLess(time.monotonic(), give_up, ended.output)
            time.sleep(0.5)

    def test_a_monitor_is_asked_while_it_works_and_after_its_end(self) -> None:
        side = self.equal_tables()
        side.monitor.start(*TO_GO)
        self.wait_for_verdict(side.monitor)
        self.wait_for(side, "GO")
        text = self.report(side, code=ALL_EQUAL)
        self.assertIn("goes on", text)
        self.assertIn("verdict: GO", text)
        [document] = self.documents(side, ALL_EQUAL)
        self.assertEqual((document["command"], document["verdict"], document["ended"]),
                         ("monitor", "GO", False))

        self.lose(side, range(3))
        side.monitor.wait_for_log("verdict: NO-GO")
        self.wait_for(side, "NO-GO")
        [document] = self.documents(side, MISMATCHES)
        self.assertEqual(document["verdict"], "NO-GO")

        last = side.monitor.stop().report()
        text = self.report(side, code=MISMATCHES)
        self.assertIn("ended", text)
        [document] = self.documents(side, MISMATCHES)
        self.assertTrue(document["ended"])
        for member in ("events", "checks", "mismatches", "compared", "consumed", "calls"):
            self.assertEqual(document[member], last[member], member)
        self.assertEqual([reason for reason in document["reasons"]
                          if "nobody has seen" not in reason], last["reasons"])

    def test_a_monitor_that_ended_at_go_watches_no_more(self) -> None:
        side = self.equal_tables()
        self.reach_go(side)
        [document] = self.documents(side, INCOMPLETE)
        self.assertEqual(document["verdict"], "WAIT")
        self.assertIn("nobody has seen", "\n".join(document["reasons"]))

    def test_a_comparison_speaks_for_itself(self) -> None:
        side = self.equal_tables()
        side.monitor.start("--max-lag", "1s", command="compare")
        self.assert_exit(side.monitor.wait(), ALL_EQUAL)
        [document] = self.documents(side, ALL_EQUAL)
        self.assertEqual(document["command"], "compare")
        self.assertEqual(document["compared"]["items"], 40)

    def test_what_repair_does_and_takes_back_is_known_at_once(self) -> None:
        side = self.equal_tables()
        self.lose(side, range(2))
        side.monitor.start("--max-lag", "1s", command="compare")
        self.assert_exit(side.monitor.wait(), MISMATCHES)
        self.report(side, code=MISMATCHES)
        repair = ["repair", *side.monitor.flags(), "--output", "json"]
        done = side.monitor.run(*repair, "--apply")
        self.assert_exit(done, ALL_EQUAL)
        self.report(side, code=ALL_EQUAL)
        undone = side.monitor.run(*repair, "--undo", done.report()["journal"], "--apply")
        self.assert_exit(undone, MISMATCHES)
        [document] = self.documents(side, MISMATCHES)
        self.assertEqual((document["verdict"], document["open_keys"]["all"]), ("NO-GO", 2))

    def test_what_is_no_state_is_refused(self) -> None:
        side = self.equal_tables()
        self.report(side, code=REFUSED)
        self.assertFalse(side.monitor.state.exists())
        side.monitor.state.write_text("something else, and long enough to be looked at" * 9)
        self.report(side, code=REFUSED)
