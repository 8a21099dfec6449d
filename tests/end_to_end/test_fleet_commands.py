"""Several tables by one command: `plan --tables` writes the file, `compare` reads it.

What differs is planted table by table; the findings of each must be those of its own table.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from harness import Defects, Ended, KeySchema, Monitor, Scenario, wait_until
from dynamodb_local import REGION
from judge import key_text, open_findings
from tables import create_table, enable_stream, put_items
from traffic import initial_items

SCHEMA = KeySchema()
ITEMS = 300
TABLES = [f"prod-{name}" for name in ("carts", "items", "orders", "returns", "stock", "users")]
OTHERS = ["test-orders", "products"]
MAX_LAG = ["--max-lag", "3s"]


def number_of(table: str) -> int:
    return TABLES.index(table)


class FleetCommands(Scenario):
    def setUp(self) -> None:
        number = next(self._numbers)
        accounts = f"source{number}", f"target{number}"
        self.source, self.target = map(self.local.client, accounts)
        items = list(initial_items(SCHEMA, Defects(ITEMS, 1, {})).values())
        for client in (self.source, self.target):
            for table in [*TABLES, *OTHERS]:
                create_table(client, table, SCHEMA)
        for table in TABLES:
            put_items(self.source, table, items)
            put_items(self.target, table, items)
            enable_stream(self.source, table, "NEW_AND_OLD_IMAGES")
        self.monitor = Monitor(Path(os.environ["DDM_MONITOR"]), self.folder(),
                               self.local.endpoint_url, source=accounts[0], target=accounts[1])
        self.addCleanup(self.monitor.kill)

    def access(self) -> list[str]:
        return ["--source-profile", "source", "--target-profile", "target",
                "--region", REGION,
                "--source-endpoint-url", self.local.endpoint_url,
                "--target-endpoint-url", self.local.endpoint_url]

    def plan(self, *flags: str) -> Ended:
        return self.monitor.run("plan", *flags)

    def plan_tables(self, *flags: str) -> Ended:
        return self.plan(*self.access(), "--tables", "prod-*", *flags)

    def damage(self) -> dict[str, dict[str, str]]:
        """In each target one more item is missing than in the one before; one is altered."""
        planted: dict[str, dict[str, str]] = {}
        for table in TABLES:
            planted[table] = {}
            for number in range(number_of(table)):
                key = SCHEMA.key(number)
                self.target.delete_item(TableName=table, Key=key)
                planted[table][key_text(key)] = "missing"
            key = SCHEMA.key(100)
            self.target.put_item(TableName=table, Item={**key, "of": {"S": table}})
            planted[table][key_text(key)] = "different"
        return planted

    def found(self, table: str) -> dict[str, str]:
        return open_findings(self.monitor.folder / f"{table}.monitor.findings.jsonl")

    def written_fleet(self) -> str:
        self.assert_exit(self.plan_tables("--accept", "stream", "--write-fleet", "fleet.toml"), 3)
        return str(self.monitor.folder / "fleet.toml")

    def test_each_table_that_fits_has_its_row(self) -> None:
        self.target.delete_table(TableName="prod-users")
        self.source.update_table(TableName="prod-stock",
                                 StreamSpecification={"StreamEnabled": False})
        ended = self.plan_tables("--accept", "stream")
        self.assert_exit(ended, 1)
        rows = {line.split()[0]: line for line in ended.output.splitlines()
                if line.startswith("  prod-")}
        self.assertEqual(sorted(rows), TABLES)
        self.assertRegex(rows["prod-carts"], rf" {ITEMS} +[\d.]+ KiB +1 shard .* USD +.* unknown$")
        self.assertRegex(rows["prod-stock"], " off .*in the way$")
        self.assertRegex(rows["prod-users"], "in the way$")
        self.assertRegex(ended.output, "in the way +prod-users: target table prod-users cannot be")
        self.assertRegex(ended.output, "in the way +prod-stock: the stream of source table prod-st")
        self.assertIn("setting encryption", ended.output)
        self.assertIn("and 4 more", ended.output, "what all have is told once")
        self.assertNotIn("products", ended.output)
        told = [json.loads(line) for line in
                self.plan_tables("--output", "json").output.splitlines()]
        self.assertEqual([each["migration"] for each in told], TABLES)
        self.assertGreater(told[0]["cost"]["three_weeks"]["usd_most"], 0)

    def test_the_file_that_it_writes_is_the_fleet_and_nobody_else_s(self) -> None:
        path = self.written_fleet()
        before = Path(path).read_text()
        self.assertEqual(os.stat(path).st_mode & 0o077, 0)
        again = self.plan_tables("--write-fleet", "fleet.toml")
        self.assert_exit(again, 2)
        self.assertIn("there already", again.log)
        self.assertEqual(Path(path).read_text(), before)
        planned = self.plan("--config", "fleet.toml")
        self.assert_exit(planned, 3)
        self.assertEqual(planned.output, self.plan_tables("--accept", "stream").output.replace(
            "plan --target-table NAME", "the same command with --migration NAME"))
        alone = self.plan("--config", "fleet.toml", "--migration", "prod-carts")
        self.assertIn('"Sid": "ReadTable"', alone.output, "in full, with its policies")
        watched = self.monitor.run("monitor", "--config", "fleet.toml", "--duration", "3s",
                                   "--output", "json")
        self.assert_exit(watched, 3)  # nothing was written meanwhile
        self.assertEqual([json.loads(line)["migration"] for line in watched.output.splitlines()],
                         TABLES)

    def test_nothing_that_fits_is_a_wrong_pattern(self) -> None:
        ended = self.plan(*self.access(), "--tables", "prod_*")
        self.assert_exit(ended, 2)
        self.assertIn("no table of the source has such a name", ended.log)

    def test_each_is_compared_and_a_kill_costs_nothing(self) -> None:
        planted = self.damage()
        self.written_fleet()
        command = ["--config", "fleet.toml", *MAX_LAG]
        self.monitor.flags = lambda: command  # type: ignore[method-assign]
        self.monitor.start(command="compare")
        wait_until(lambda: (self.monitor.folder / "prod-carts.monitor.db").exists())
        self.monitor.kill()
        ended = self.monitor.run("compare", *command, "--output", "json")
        self.assert_exit(ended, 1)
        told: dict[str, Any] = {}
        for line in ended.output.splitlines():
            report = json.loads(line)
            told[report["migration"]] = report
        self.assertEqual(list(told), TABLES)
        for table in TABLES:
            with self.subTest(table):
                self.assertEqual(self.found(table), planted[table])
                self.assertEqual(told[table]["mismatches"]["missing"], number_of(table))
                self.assertEqual(told[table]["compared"]["items"], ITEMS)
        self.assertRegex(ended.log, "fleet at .*6 migrations, .*ended")
        text = self.monitor.run("report", "--config", "fleet.toml")
        self.assert_exit(text, 1)

    def test_whoever_is_alerted_hears_of_one_that_does_not_begin(self) -> None:
        self.written_fleet()
        self.target.delete_table(TableName="prod-carts")
        told = self.monitor.folder / "told"
        script = self.monitor.folder / "on alert"
        script.write_text(f"#!/bin/sh\ncat >> '{told}'\n")
        script.chmod(0o755)
        self.monitor.flags = lambda: ["--config", "fleet.toml"]  # type: ignore[method-assign]
        self.monitor.start("--on-alert", f"'{script}'")

        def of_carts() -> list[dict[str, Any]]:
            lines = told.read_text().splitlines() if told.exists() else []
            return [each for each in map(json.loads, lines) if each["migration"] == "prod-carts"]
        wait_until(lambda: len(of_carts()) == 1)
        self.assertEqual(of_carts()[0]["verdict"], "WAIT")
        self.assertIn("does not begin, and is tried again", of_carts()[0]["reasons"][0])
        create_table(self.target, "prod-carts", SCHEMA)
        wait_until(lambda: len(of_carts()) == 2)
        self.assertIn("nothing has been checked yet", " ".join(of_carts()[1]["reasons"]))
        self.monitor.stop()

    def test_one_that_cannot_be_read_is_told_and_the_others_are_compared(self) -> None:
        planted = self.damage()
        self.written_fleet()
        self.target.delete_table(TableName="prod-carts")
        self.monitor.flags = lambda: ["--config", "fleet.toml", *MAX_LAG]  # type: ignore
        self.monitor.start(command="compare")
        self.monitor.wait_for_log("event=migration_paused migration=prod-carts")
        wait_until(lambda: all(
            f"event=migration_ended migration={table}" in self.monitor.log()
            for table in TABLES[1:]), 120)
        ended = self.monitor.stop()
        self.assertIn(ended.code, (2, 4), ended.log[-3000:])
        for table in TABLES[1:]:
            self.assertEqual(self.found(table), planted[table], table)
