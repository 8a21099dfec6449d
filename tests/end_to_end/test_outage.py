"""A replicator that stands still is one condition, not an alarm for every item."""

import time
from functools import partial

from harness import IMPATIENT, MAX_LAG_SECONDS, TRAFFIC_SECONDS_MAX, Scenario

CHANGES = 6000
RATE = 150
# What the monitor needs to tell an outage from single losses: so many open checks of the 3 seconds
# by which a judgement comes later than max-lag (docs/monitoring_mechanism.md, section 4).
TELLING_CHECKS = 100
TELLING_RATE = TELLING_CHECKS / 3


class Outage(Scenario):
    def test_an_outage_is_reported_as_catching_up_and_all_is_judged_afterwards(self) -> None:
        migration = self.migration(items=3000, seed=7, missing=3, stale=3, different=3, undeleted=3)
        migration.create()
        replicator = migration.replicate()
        migration.monitor.start(*IMPATIENT)
        traffic = migration.traffic()
        writing = migration.background(partial(traffic.run, CHANGES, RATE, TRAFFIC_SECONDS_MAX))
        time.sleep(6)
        replicator.pause()
        begin, before = time.monotonic(), traffic.account.changes
        time.sleep(MAX_LAG_SECONDS)
        pace = (traffic.account.changes - before) / (time.monotonic() - begin)
        if pace < 1.5 * TELLING_RATE:
            self.skipTest(f"this machine writes {pace:.0f} changes a second: too few for an outage")
        migration.monitor.wait_for_log("phase: catching up", after=len(migration.monitor.log()))
        time.sleep(MAX_LAG_SECONDS)
        report = migration.monitor.stop().report()
        self.assertEqual(report["phase"], "catching up")
        # Its first victims may be confirmed one by one. All others wait.
        alarms = len(migration.judgement().late)
        self.assertLessEqual(alarms, TELLING_CHECKS, f"a flood of findings for {report['checks']}")
        self.assertGreater(report["checks"]["pending"], 3 * alarms)

        migration.monitor.start(*IMPATIENT)
        replicator.resume()
        writing.join()
        migration.monitor.stop()
        ended = migration.finish(*IMPATIENT)
        self.assert_found_exactly(migration)
        self.assert_exit(ended, 1)
        self.assert_counted(ended.report(), traffic)
