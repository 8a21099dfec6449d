"""The monitor may start before the target exists."""

from harness import (IMPATIENT, TABLE, Scenario, create_table, enable_stream, initial_items,
                     put_items)
from tables import read_all


class AwaitTarget(Scenario):
    def test_changes_are_counted_while_the_target_is_absent_and_checked_from_then_on(self) -> None:
        migration = self.migration(items=200)
        create_table(migration.source, TABLE, migration.schema)
        put_items(migration.source, TABLE,
                  initial_items(migration.schema, migration.world).values())
        enable_stream(migration.source, TABLE, "NEW_AND_OLD_IMAGES")
        flags = [*IMPATIENT, "--await-target"]
        migration.monitor.start(*flags)
        traffic = migration.traffic()
        traffic.run(100, rate=100)
        migration.monitor.wait_for_log("phase: importing")
        report = migration.monitor.stop().report()
        self.assertEqual(report["phase"], "importing")
        self.assertEqual(sum(report["mismatches"].values()), 0)

        migration.monitor.start(*flags)
        create_table(migration.target, TABLE, migration.schema)
        put_items(migration.target, TABLE, read_all(migration.source, TABLE))
        migration.replicate()
        # From now on every change is checked; those before may be left to the baseline.
        migration.monitor.wait_for_log("phase: (catching up|steady)",
                                       after=len(migration.monitor.log()))
        traffic.run(400, rate=60)
        migration.monitor.stop()
        ended = migration.finish(*flags)
        self.assert_found_exactly(migration)
        self.assert_exit(ended, 0)
        report = ended.report()
        self.assertEqual(report["events"]["unique"], 400)
        self.assertGreaterEqual(
            report["checks"]["verified"] + report["checks"]["superseded"], 300)
        self.assertEqual(sum(report["mismatches"].values()), 0)
