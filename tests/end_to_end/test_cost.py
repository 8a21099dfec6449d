"""`--max-usd`: what the whole run may cost, and what happens when it has."""

from __future__ import annotations

from functools import partial

from harness import IMPATIENT, TRAFFIC_SECONDS_MAX, Scenario
from judge import open_findings

CHANGES = 400
RATE = 40
# At a price of 10 USD a read unit a few changes use it up.
PRICE = ["--price-read-unit", "10000000"]


class Cost(Scenario):
    def test_reads_no_item_beyond_it_and_goes_on_when_it_is_raised(self) -> None:
        migration = self.migration(items=200, missing=2, different=2)
        migration.create()
        migration.replicate()
        traffic = migration.traffic()
        writing = migration.background(partial(traffic.run, CHANGES, RATE, TRAFFIC_SECONDS_MAX))
        monitor = migration.monitor
        monitor.start(*IMPATIENT, *PRICE, "--max-usd", "300")
        monitor.wait_for_log("event=cost_reached")
        writing.join()
        ended = monitor.stop()
        report = ended.report()
        self.assertEqual(report["verdict"], "WAIT" if ended.code == 3 else "NO-GO")
        self.assertRegex(" ".join(report["reasons"]), "--max-usd allows 300.00")
        # What was under way when it was reached is no more than some calls.
        self.assertLess(report["consumed"]["usd"], 300 + 10 * 2 * 100 * 2)
        spent = report["consumed"]["source_rcu"] + report["consumed"]["target_rcu"]
        # The next start has no more to spend, and reads nothing; the stream is read all the same.
        monitor.start(*IMPATIENT, *PRICE, "--max-usd", "300", "--until-caught-up")
        report = monitor.wait().report()
        again = report["consumed"]["source_rcu"] + report["consumed"]["target_rcu"]
        self.assertLess(again - spent, 200)
        self.assertEqual(report["events"]["unique"], traffic.account.changes)
        ended = migration.finish(*IMPATIENT, *PRICE, "--max-usd", "1000000")
        self.assert_exit(ended, 1)
        self.assert_found_exactly(migration)
        self.assert_counted(ended.report(), traffic)
        self.assertEqual(len(open_findings(monitor.findings)), 4)
        # Another setting begins other counters, and no other bill.
        before = ended.report()["consumed"]
        monitor.start(*IMPATIENT, *PRICE, "--max-usd", "300", "--until-caught-up",
                      "--sample-rate", "2")
        after = monitor.wait().report()
        self.assertEqual(after["events"]["unique"], 0)
        self.assertGreaterEqual(after["consumed"]["target_rcu"], before["target_rcu"])
        self.assertRegex(" ".join(after["reasons"]), "--max-usd allows 300.00")

    def test_asks_for_the_price_that_it_does_not_know(self) -> None:
        migration = self.migration(items=10)
        migration.create()
        ended = migration.monitor.run("monitor", *migration.monitor.flags(), "--max-usd", "5")
        self.assertEqual(ended.code, 2)
        self.assertIn("--max-usd needs --price-read-unit", ended.log)
        self.assertFalse(migration.monitor.state.exists())
