"""A service that stops answering for a while costs time, and nothing else."""

import time

from harness import IMPATIENT, Scenario

BEFORE, AFTER = 800, 1600
OUTAGE_SECONDS = 20


class ServerOutage(Scenario):
    def test_calls_that_hang_are_made_again_and_nothing_is_lost_or_alarmed(self) -> None:
        migration = self.migration(seed=9)
        migration.create()
        migration.replicate()
        migration.monitor.start(*IMPATIENT)
        traffic = migration.traffic()
        traffic.run(BEFORE, rate=100)
        self.local.suspend()
        try:
            time.sleep(OUTAGE_SECONDS)
            self.assertTrue(migration.monitor.running, migration.monitor.log()[-4000:])
        finally:
            self.local.resume()
        traffic.run(AFTER, rate=100)
        migration.monitor.stop()
        ended = migration.finish(*IMPATIENT)
        self.assert_found_exactly(migration)
        self.assert_exit(ended, 0)
        self.assert_counted(ended.report(), traffic)
