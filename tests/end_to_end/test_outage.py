"""A replicator that stands still is one condition, not an alarm for every item."""

import time
from functools import partial

from harness import IMPATIENT, MAX_LAG_SECONDS, Scenario
from judge import open_findings

CHANGES = 4500
RATE = 100


class Outage(Scenario):
    def test_an_outage_is_reported_as_catching_up_and_all_is_judged_afterwards(self) -> None:
        migration = self.migration(items=3000, seed=7, missing=3, stale=3, different=3, undeleted=3)
        migration.create()
        replicator = migration.replicate()
        migration.monitor.start(*IMPATIENT)
        traffic = migration.traffic()
        writing = migration.background(partial(traffic.run, CHANGES, RATE, 300))
        time.sleep(6)
        replicator.pause()
        migration.monitor.wait_for_log("phase: catching up", 40, after=len(migration.monitor.log()))
        before = set(open_findings(migration.monitor.findings))
        time.sleep(MAX_LAG_SECONDS)
        during = set(open_findings(migration.monitor.findings)) - before
        self.assertLessEqual(len(during), 2, f"a flood of findings: {during}")
        report = migration.monitor.stop().report()
        self.assertEqual(report["phase"], "catching up")

        migration.monitor.start(*IMPATIENT)
        replicator.resume()
        writing.join()
        migration.monitor.stop()
        ended = migration.monitor.finish(*IMPATIENT)
        self.assert_found_exactly(migration)
        self.assert_exit(ended, 1)
        self.assert_counted(ended.report(), traffic)
