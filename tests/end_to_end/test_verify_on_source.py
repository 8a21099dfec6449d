"""The alternative strategy: the target's stream, looked up in the source."""

from harness import IMPATIENT, TABLE, Scenario, everything_judged, stream_arn

CHANGES = 1500


class VerifyOnSource(Scenario):
    def test_altered_values_and_foreign_writes_in_the_target_are_found(self) -> None:
        migration = self.migration(seed=3, different=4, unexpected=4)
        migration.create(target_view="NEW_AND_OLD_IMAGES")
        migration.monitor.start(
            *IMPATIENT, "--verify-on", "source", "--stream-profile", "target",
            "--stream-arn", stream_arn(migration.target, TABLE), "--output", "json")
        migration.replicate()
        migration.traffic().run(CHANGES, rate=80)
        # Every change arrives but those that are lost here: none. The unexpected ones come on top.
        migration.monitor.wait_for(everything_judged(CHANGES + 4))
        ended = migration.monitor.stop()
        self.assert_found_exactly(migration)
        self.assert_exit(ended, 1)
