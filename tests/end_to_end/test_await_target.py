"""The monitor may start before the target exists."""

from harness import (IMPATIENT, TABLE, Report, Scenario, create_table, enable_stream, everything_judged,
                     initial_items, put_items)
from tables import read_all


class AwaitTarget(Scenario):
    def test_changes_are_counted_while_the_target_is_absent_and_checked_from_then_on(self) -> None:
        migration = self.migration(items=200)
        create_table(migration.source, TABLE, migration.schema)
        put_items(migration.source, TABLE,
                  initial_items(migration.schema, migration.world).values())
        enable_stream(migration.source, TABLE, "NEW_AND_OLD_IMAGES")
        migration.monitor.start(*IMPATIENT, "--await-target", "--output", "json")
        traffic = migration.traffic()
        traffic.run(100, rate=100)

        def counted(report: Report) -> bool:
            return bool(report["phase"] == "importing" and report["events"]["unique"] == 100)
        report = migration.monitor.wait_for(counted)
        self.assertEqual(report["checks"]["failed"], 0)

        create_table(migration.target, TABLE, migration.schema)
        put_items(migration.target, TABLE, read_all(migration.source, TABLE))
        migration.monitor.wait_for(lambda report: report["phase"] != "importing")
        migration.replicate()
        traffic.run(400, rate=60)
        migration.monitor.wait_for(everything_judged(400))
        ended = migration.monitor.stop()
        self.assert_exit(ended, 0)
        report = ended.report()
        self.assertGreaterEqual(report["checks"]["verified"] + report["checks"]["superseded"], 250)
        self.assertEqual(report["events"]["unique"], 400)
        self.assertEqual(sum(report["mismatches"].values()), 0)
