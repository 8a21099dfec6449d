"""Killed five times at random moments, the monitor counts and finds all the same."""

import random
import time
from functools import partial

from harness import IMPATIENT, TRAFFIC_SECONDS_MAX, Scenario

CHANGES = 4000
RATE = 160
KILLS = 5


class Crashes(Scenario):
    def test_after_five_kills_no_change_is_skipped_and_none_counted_twice(self) -> None:
        rng = random.Random(5)
        migration = self.migration(seed=5, missing=3, stale=3, different=3, undeleted=3)
        migration.create()
        migration.replicate()
        migration.monitor.start(*IMPATIENT)
        traffic = migration.traffic()
        writing = migration.background(partial(traffic.run, CHANGES, RATE, TRAFFIC_SECONDS_MAX))
        for _ in range(KILLS - 1):
            time.sleep(rng.uniform(1.5, 5))
            self.assertTrue(migration.monitor.running, migration.monitor.log()[-4000:])
            migration.monitor.kill()
            migration.monitor.start(*IMPATIENT)
        writing.join()
        migration.monitor.kill()
        ended = migration.finish(*IMPATIENT)
        self.assert_found_exactly(migration)
        self.assert_exit(ended, 1)
        self.assert_counted(ended.report(), traffic)
