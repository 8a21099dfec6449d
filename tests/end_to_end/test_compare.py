"""Whole tables are compared while they are in use, and while `compare` is killed ten times.

On DynamoDB Local and on the fake (tests/support), which holds more items, shows another scan order
and keeps items whose TTL has passed. DDM_COMPARE_ITEMS sets the number of items on the former,
DDM_COMPARE_FAKE_ITEMS on the latter: 100,000 and 1,000,000 for the full proof.
"""

from __future__ import annotations

import os
import random
import time

from harness import TABLE, Defects, FakeService, Migration, Scenario
from compared_tables import SCHEMA, ComparedTables, findings_of
from judge import open_findings

ITEMS_LOCAL = int(os.environ.get("DDM_COMPARE_ITEMS", "6000"))
ITEMS_FAKE = int(os.environ.get("DDM_COMPARE_FAKE_ITEMS", "20000"))
CHANGES_PER_SECOND = 200
MAX_LAG = ["--max-lag", "6s"]
PLANTED_EACH = 20
KILLS = 10
SEGMENTS = 64


class Compare(Scenario):
    maxDiff = None
    items = ITEMS_LOCAL
    with_expired = False  # DynamoDB Local deletes them

    def slow(self) -> list[str]:
        """Slow enough that ten kills fall into the scan."""
        return ["--max-rcu", str(max(40, self.items // 150)), "--segments", str(SEGMENTS)]

    def plant(self, migration: Migration) -> ComparedTables:
        """What has to be found."""
        tables = ComparedTables(migration.source, migration.target, TABLE, self.items)
        tables.plant(PLANTED_EACH, self.with_expired)
        return tables

    def migration_of_items(self) -> Migration:
        migration = self.migration(SCHEMA, items=self.items)
        migration.create()
        return migration

    def test_finds_what_was_planted_under_traffic_and_ten_kills(self) -> None:
        migration = self.migration_of_items()
        tables = self.plant(migration)
        migration.background(lambda stopped: tables.write(CHANGES_PER_SECOND, stopped))
        rng = random.Random(3)
        monitor = migration.monitor
        for _ in range(KILLS):
            monitor.start(*MAX_LAG, *self.slow(), command="compare")
            time.sleep(rng.uniform(0.5, 1.2))
            self.assertTrue(monitor.running, monitor.log()[-3000:])
            monitor.kill()
        monitor.start(*MAX_LAG, *self.slow(), command="compare")
        ended = monitor.wait(600)
        self.assert_exit(ended, 1)
        self.assertEqual(open_findings(monitor.findings), findings_of(tables.planted))
        compared = ended.report()["compared"]
        self.assertEqual(compared["segments_done"], SEGMENTS)
        self.assertGreater(compared["attempts"], 5)
        self.assertEqual(compared["candidates_open"], 0)
        self.assertAlmostEqual(compared["items"], self.items + PLANTED_EACH,
                               delta=self.items / 100)

    def test_equal_tables_end_with_0_and_a_finished_comparison_starts_anew(self) -> None:
        migration = self.migration_of_items()
        for _ in range(2):
            migration.monitor.start(*MAX_LAG, command="compare")
            ended = migration.monitor.wait(300)
            self.assert_exit(ended, 0)
            report = ended.report()
            self.assertEqual(report["compared"]["items"], self.items)
            self.assertEqual(report["compared"]["attempts"], 1)
            self.assertEqual(report["compared"]["candidates"], 0)
            self.assertEqual(report["verdict"], "WAIT")
            scanned = report["compared"]["target_scan_rcu"]
            self.assertLess(scanned, report["compared"]["look_up_rcu"], "what a scan is for")


class CompareOnTheFake(Compare):
    items = ITEMS_FAKE
    with_expired = True

    @classmethod
    def setUpClass(cls) -> None:
        pass  # each test has a service of its own, whose tables are full from the start

    def migration_of_items(self) -> Migration:
        service = FakeService("--items", str(self.items), "--shuffled", "1")
        service.start()
        self.addCleanup(service.stop)
        migration = Migration(service, self.folder(), "", SCHEMA, Defects(self.items, 1, {}))
        self.addCleanup(migration.close)
        return migration
