"""LATEST means from the first start on: nothing before it counts, nothing after it is lost."""

from harness import IMPATIENT, TABLE, Migration, Scenario

LATEST = [flag.replace("TRIM_HORIZON", "LATEST") for flag in IMPATIENT] + ["--log-level", "debug"]
EARLIER = 30


class Latest(Scenario):
    def started(self) -> Migration:
        """Reads from LATEST on in a stream that holds earlier changes; no new one has come yet."""
        migration = self.migration(items=100)
        migration.create()
        for number in range(EARLIER):
            self.change(migration, number)
        migration.monitor.start(*LATEST)
        migration.monitor.wait_for_log("event=shard_iterator")
        return migration

    def change(self, migration: Migration, number: int) -> None:
        for client in (migration.target, migration.source):
            client.update_item(TableName=TABLE, Key=migration.schema.key(number),
                               UpdateExpression="SET touched = :one",
                               ExpressionAttributeValues={":one": {"N": "1"}})

    def test_changes_before_the_start_do_not_count(self) -> None:
        migration = self.started()
        self.change(migration, 99)
        migration.monitor.wait_for_log(" 1 read")
        migration.monitor.stop()
        ended = migration.monitor.finish(*LATEST)
        self.assert_exit(ended, 0)
        report = ended.report()
        self.assertEqual(report["events"]["unique"], 1)
        self.assertEqual(report["checks"]["verified"], 1)

    def test_a_change_between_two_runs_is_not_lost_though_nothing_had_been_read(self) -> None:
        for end in ("kill", "stop"):
            with self.subTest(end):
                migration = self.started()
                getattr(migration.monitor, end)()
                self.change(migration, 99)
                ended = migration.monitor.finish(*LATEST)
                self.assert_exit(ended, 0)
                # DynamoDB Local cuts creation times to the minute: earlier changes of the same
                # minute may count as well.
                self.assertIn(ended.report()["events"]["unique"], range(1, EARLIER + 2))
