"""Command lines of the earlier monitor of this name start unchanged."""

from harness import IMPATIENT, TABLE, KeySchema, Migration, Scenario, enable_stream, stream_arn

QUICK = {"DDB_VALIDATION_INTERVAL": "1s", "DDB_REPLICATION_WAIT_TIME": "1s",
         "DDB_RETRY_WAIT_TIME": "500ms", "DDB_BATCH_SIZE": "100", "DDB_STATS_INTERVAL": "2s",
         "DDB_VALIDATION_BUFFER_SIZE": "100", "DDB_VALIDATION_CHANNEL_SIZE": "10"}


class CommandLines(Scenario):
    def changed(self) -> Migration:
        """Thirty changes that have arrived on the other side, in the streams of both."""
        migration = self.migration(KeySchema("S", "N"), items=100)
        migration.create(target_view="NEW_AND_OLD_IMAGES")
        for number in range(30):
            item = migration.schema.key(number) | {"total": {"N": "1"}}
            for client in (migration.source, migration.target):
                client.put_item(TableName=TABLE, Item=item)
        return migration

    def run_flags(self, migration: Migration, *flags: str):
        """A command line of flags alone; the server stands in the environment, as it did for the
        earlier program. Only what ends it after a while is ours."""
        return migration.monitor.run(
            "--source-profile", "source", "--target-profile", "target", *flags,
            "--target-table", TABLE, "--partition-key", "order_id", "--sort-key", "line",
            "--region", "ap-northeast-1", "--until-caught-up", "--output", "json",
            AWS_ENDPOINT_URL=migration.local.endpoint_url, **QUICK)

    def test_the_targets_stream_looked_up_in_the_source(self) -> None:
        migration = self.changed()
        ended = self.run_flags(
            migration, "--stream-profile", "target",
            "--stream-arn", stream_arn(migration.target, TABLE), "--sample-rate", "1",
            "--verify-on", "source", "--iterator-type", "TRIM_HORIZON", "--verbose", "true")
        self.assert_exit(ended, 0)
        report = ended.report()
        self.assertEqual(report["events"]["unique"], 30)
        self.assertEqual(report["checks"]["verified"], 30)

    def test_the_sources_stream_looked_up_in_the_target(self) -> None:
        migration = self.changed()
        ended = self.run_flags(
            migration, "--stream-profile", "source",
            "--stream-arn", stream_arn(migration.source, TABLE), "--sample-rate", "1",
            "--verify-on", "target", "--iterator-type", "TRIM_HORIZON", "--verbose")
        self.assert_exit(ended, 0)
        self.assertEqual(ended.report()["checks"]["verified"], 30)

    def test_a_check_against_the_own_stream_is_refused_with_the_corrected_command(self) -> None:
        migration = self.changed()
        ended = self.run_flags(
            migration, "--stream-arn", stream_arn(migration.source, TABLE), "--verify-on", "source")
        self.assert_exit(ended, 2)
        self.assertIn("--verify-on target", ended.log)

    def test_one_account_for_everything_is_refused_as_one_table(self) -> None:
        migration = self.changed()
        ended = migration.monitor.run(
            "--source-profile", "source", "--target-profile", "source",
            "--target-table", TABLE, AWS_ENDPOINT_URL=migration.local.endpoint_url)
        self.assert_exit(ended, 2)

    def test_help_of_each_command_has_examples(self) -> None:
        migration = self.migration()
        for command in ("", "monitor", "state", "datagen", "datadel"):
            with self.subTest(command):
                ended = migration.monitor.run(*command.split(), "--help")
                self.assert_exit(ended, 0)
                self.assertIn("dynamodb-migration-monitor", ended.output)
                self.assertEqual(ended.log, "")

    def test_nothing_checked_is_incomplete(self) -> None:
        migration = self.migration()
        migration.create()
        self.assert_exit(migration.monitor.finish(*IMPATIENT), 3)
        report = migration.monitor.finish(*IMPATIENT).report()
        self.assertEqual(report["verdict"], "WAIT")
        self.assertIsNone(report["success_rate"])
