"""The judge of the scenarios condemns a monitor that deserves it."""

from harness import IMPATIENT, Scenario, wait_until

# Its mismatches are confirmed 5 seconds after a change at the earliest, 3 of them foresight, and
# only once a listing says that nothing older is unread: on a busy machine some seconds more.
HASTY = [*IMPATIENT, "--max-lag", "2s"]
DELAY = (14, 16)
# By this even a replicator on a busy machine is in time.
TOLD_SECONDS = 60


class Judge(Scenario):
    def test_a_monitor_less_patient_than_it_was_told_to_be_raises_false_alarms(self) -> None:
        migration = self.migration(items=100)
        migration.max_lag_seconds = TOLD_SECONDS
        migration.create()
        migration.replicate(DELAY)
        migration.monitor.start(*HASTY)
        # So few at a time that they do not pass for an outage.
        migration.traffic().run(60, rate=5, seconds=30)
        wait_until(lambda: len(migration.judgement().false_alarms) > 0)
        judgement = migration.judgement()
        self.assertFalse(judgement.exact)
        self.assertIn("false alarm: ", str(judgement))
