"""datagen writes test items, datadel takes exactly those away again."""

from harness import TABLE, KeySchema, Scenario, create_table
from tables import read_all

SCHEMAS = [KeySchema("S"), KeySchema("N"), KeySchema("B"), KeySchema("S", "N"), KeySchema("N", "B"),
           KeySchema("B", "S")]


class TestItems(Scenario):
    def test_a_round_trip_leaves_the_table_as_it_was(self) -> None:
        for schema in SCHEMAS:
            for batch in (False, True):
                with self.subTest(schema=schema, batch=batch):
                    self.round_trip(schema, ["--batch"] if batch else [])

    def round_trip(self, schema: KeySchema, batch: list[str]) -> None:
        migration = self.migration(schema)
        monitor = migration.monitor
        create_table(migration.source, TABLE, schema)
        own = schema.key(3)
        migration.source.put_item(TableName=TABLE, Item=own)
        table = ["--profile", "source", "--region", "ap-northeast-1", "--table", TABLE,
                 "--endpoint-url", migration.local.endpoint_url]
        keys = monitor.folder / "keys.csv"

        ended = monitor.run("datagen", *table, "--count", "30", "--output", str(keys), *batch)
        self.assert_exit(ended, 0)
        self.assertEqual(len(read_all(migration.source, TABLE)), 31)
        ended = monitor.run("datadel", *table, "--input", str(keys), "--dry-run", *batch)
        self.assert_exit(ended, 0)
        self.assertEqual(len(read_all(migration.source, TABLE)), 31)
        ended = monitor.run("datadel", *table, "--input", str(keys), *batch)
        self.assert_exit(ended, 0)
        self.assertEqual(read_all(migration.source, TABLE), [own])
