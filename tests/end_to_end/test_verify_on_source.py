"""The alternative strategy: the target's stream, looked up in the source."""

from harness import IMPATIENT, TABLE, Scenario, stream_arn, wait_until

CHANGES = 1500


class VerifyOnSource(Scenario):
    def test_altered_values_and_foreign_writes_in_the_target_are_found(self) -> None:
        migration = self.migration(seed=3, different=4, unexpected=4)
        migration.create(target_view="NEW_AND_OLD_IMAGES")
        flags = [*IMPATIENT, "--verify-on", "source", "--stream-profile", "target",
                 "--stream-arn", stream_arn(migration.target, TABLE)]
        migration.monitor.start(*flags)
        replicator = migration.replicate()
        migration.traffic().run(CHANGES, rate=80)
        wait_until(lambda: replicator.idle_seconds() >= 2)
        migration.monitor.stop()
        ended = migration.finish(*flags)
        self.assert_found_exactly(migration)
        self.assert_exit(ended, 1)
