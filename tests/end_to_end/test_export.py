"""An export to S3 in place of a scan of the source.

The files are written by tools/export_writer.py out of what botocore read, while the table is in
use. Many items lie on the fake: DDM_EXPORT_ITEMS=1000000 for the full proof.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

from harness import (IMPATIENT, TABLE, Ended, FakeService, KeySchema, Migration, Monitor,
                     Scenario)
from export_writer import scanned, write_export
from fault_proxy import FaultProxy
from judge import key_text, open_findings

ITEMS = 4000
ITEMS_FAKE = int(os.environ.get("DDM_EXPORT_ITEMS", "20000"))
FILES = 7
MAX_LAG = ["--max-lag", "4s"]
SCHEMA = KeySchema("S", "N")


def damage(migration: Migration) -> dict[str, str]:
    """Of the target; what a comparison has to find."""
    expected = {}
    for number in range(10):
        key = SCHEMA.key(number)
        migration.target.delete_item(TableName=TABLE, Key=key)
        expected[key_text(key)] = "missing"
    for number in range(10, 20):
        key = SCHEMA.key(number)
        migration.target.put_item(TableName=TABLE, Item={**key, "damaged": {"BOOL": True}})
        expected[key_text(key)] = "different"
    for number in range(ITEMS + 10, ITEMS + 20):
        key = SCHEMA.key(number)
        migration.target.put_item(TableName=TABLE, Item={**key, "stray": {"B": b"\x00\xff"}})
        expected[key_text(key)] = "unexpected"
    return expected


class Export(Scenario):
    maxDiff = None

    def made(self, items: int = ITEMS) -> Migration:
        migration = self.migration(SCHEMA, items=items)
        migration.create()
        return migration

    def export(self, migration: Migration, **changed: object) -> Path:
        at = datetime.now(timezone.utc)
        described = migration.source.describe_table(TableName=TABLE)["Table"]
        return write_export(self.folder(), described, scanned(migration.source, TABLE), FILES, at,
                            **changed)

    def compare(self, migration: Migration, place: Path, *flags: str) -> Ended:
        return migration.monitor.run("compare", *migration.monitor.flags(), *MAX_LAG,
                                     "--source-export", str(place), "--output", "json", *flags,
                                     timeout=300)

    def test_what_differs_is_found_and_what_has_changed_since_is_no_alarm(self) -> None:
        migration = self.made()
        place = self.export(migration)
        expected = damage(migration)
        for number in range(30, 60):  # written since, and arrived
            item = {**SCHEMA.key(number), "later": {"N": str(number)}}
            for client in (migration.source, migration.target):
                client.put_item(TableName=TABLE, Item=item)
        for number in range(60, 70):
            for client in (migration.source, migration.target):
                client.delete_item(TableName=TABLE, Key=SCHEMA.key(number))
        ended = self.compare(migration, place)
        self.assert_exit(ended, 1)
        self.assertEqual(open_findings(migration.monitor.findings), expected)
        report = ended.report()
        self.assertEqual(report["compared"]["source_items"], ITEMS)
        self.assertTrue(report["compared"]["export"].endswith("/export/01795702492398-ab12cd34"))
        self.assertEqual(report["compared"]["source_scan_rcu"], 0)
        # Two strong reads of each candidate, a unit each.
        candidates = report["compared"]["candidates"]
        self.assertEqual(candidates, 30 + 30 + 10)
        self.assertLessEqual(report["consumed"]["source_rcu"], 2 * candidates + 20)
        self.assertIn("counts towards no GO", ended.log)

    def test_a_kill_reads_no_finished_part_again(self) -> None:
        migration = self.made()
        place = self.export(migration)
        expected = damage(migration)
        monitor = migration.monitor
        slow = [*MAX_LAG, "--source-export", str(place), "--max-rcu", str(max(20, ITEMS // 150))]
        for _ in range(3):
            monitor.start(*slow, command="compare")
            monitor.wait_for_log("counts towards no GO")
            time.sleep(1.5)
            monitor.kill()
        monitor.start(*slow, command="compare")
        ended = monitor.wait(300)
        self.assert_exit(ended, 1)
        self.assertEqual(open_findings(monitor.findings), expected)
        self.assertEqual(ended.report()["compared"]["attempts"], 4)
        # Another export is another comparison.
        another = self.compare(migration, self.export(
            migration, exportArn="arn:aws:dynamodb:ddblocal:000000000000:table/orders/export/2"))
        self.assertEqual(another.report()["compared"]["attempts"], 1)
        self.assertEqual(open_findings(monitor.findings), expected)

    def test_with_a_stream_that_is_younger_it_is_no_proof_and_cures_nothing(self) -> None:
        """A change of the importing phase that was lost is in no export, and looks equal."""
        migration = self.made(items=200)
        monitor = migration.monitor
        place = self.export(migration)
        migration.source.put_item(TableName=TABLE,
                                  Item={**SCHEMA.key(7), "lost": {"BOOL": True}})
        compared = self.compare(migration, place)
        self.assert_exit(compared, 0)
        self.assertIn("counts towards no GO, and cures no gap", compared.log)
        self.assertIn("must have been on a minute before",
                      compared.report()["compared"]["export_withheld"])
        ended = monitor.finish(*IMPATIENT, "--iterator-type", "LATEST", "--settle", "1s",
                               timeout=120)
        self.assertEqual(ended.report()["verdict"], "WAIT")
        self.assert_exit(self.compare_live(migration), 1)

    def test_it_counts_where_the_stream_tells_of_all_that_changed_since(self) -> None:
        migration = self.made(items=300)
        monitor = migration.monitor
        proxy = self.fault_proxy()
        monitor.endpoint_url = proxy.endpoint_url
        time.sleep(61)  # the stream was on a minute before
        place = self.export(migration)
        self.check_a_stream_that_cannot_be_read(migration, place, proxy)
        older = {number: migration.source.get_item(TableName=TABLE, Key=SCHEMA.key(number))["Item"]
                 for number in (8, 9)}
        for number in (7, 8, 300):
            migration.source.put_item(
                TableName=TABLE, Item={**SCHEMA.key(number), "later": {"N": "1"}})
        migration.source.delete_item(TableName=TABLE, Key=SCHEMA.key(9))
        # 7 and 300 are lost; the loader puts 8 and 9 as the export has them.
        for item in older.values():
            migration.target.put_item(TableName=TABLE, Item=item)
        patient = [*IMPATIENT, "--iterator-type", "LATEST", "--settle", "1s"]
        ended = monitor.finish(*patient)
        self.assertEqual(ended.report()["verdict"], "WAIT", "nothing was compared")
        compared = self.compare(migration, place)
        self.assert_exit(compared, 1)
        self.assertEqual(open_findings(monitor.findings), {
            key_text(SCHEMA.key(7)): "different", key_text(SCHEMA.key(8)): "different",
            key_text(SCHEMA.key(9)): "undeleted", key_text(SCHEMA.key(300)): "missing"})
        self.assertIn("4 keys changed since", compared.log)
        self.assertEqual(monitor.finish(*patient).report()["verdict"], "NO-GO")
        for number in (7, 8, 300):
            migration.target.put_item(
                TableName=TABLE, Item={**SCHEMA.key(number), "later": {"N": "1"}})
        migration.target.delete_item(TableName=TABLE, Key=SCHEMA.key(9))
        compared = self.compare(migration, place)
        self.assert_exit(compared, 0)
        self.assertIn("counts as a comparison that began at", compared.log)
        report = compared.report()["compared"]
        self.assertIsNone(report["export_withheld"])
        self.assertEqual(report["as_of"], report["started"])
        monitor.start(*patient, "--duration", "20s")
        ended = monitor.wait()
        self.assertEqual(ended.report()["verdict"], "GO", ended.report()["reasons"])

    def check_a_stream_that_cannot_be_read(self, migration: Migration, place: Path,
                                           proxy: FaultProxy) -> None:
        monitor = migration.monitor
        proxy.orders.throttle("DescribeStream")
        monitor.start(*MAX_LAG, "--source-export", str(place), command="compare")
        monitor.wait_for_log("event=changed_keys ")
        monitor.signal(signal.SIGINT)
        self.assert_exit(monitor.wait(30), 3)
        proxy.orders.relieve("DescribeStream")
        proxy.orders.refuse_as("GetRecords", 400, "AccessDeniedException")
        denied = self.compare(migration, place)
        self.assert_exit(denied, 0)
        self.assertEqual(denied.report()["compared"]["attempts"], 1)
        self.assertIn("AccessDenied", denied.report()["compared"]["export_withheld"])
        proxy.orders.relieve("GetRecords")

    def compare_live(self, migration: Migration) -> Ended:
        return migration.monitor.run("compare", *migration.monitor.flags(), *MAX_LAG, timeout=300)

    def refused(self, migration: Migration, place: Path, code: int, *named: str) -> None:
        ended = self.compare(migration, place)
        self.assert_exit(ended, code)
        for name in named:
            self.assertIn(name, ended.log)
        if code == 2:
            self.assertFalse(migration.monitor.state.exists(), "what is refused leaves nothing")

    def test_what_is_not_whole_or_not_of_this_table_is_refused(self) -> None:
        migration = self.made(items=200)
        self.refused(migration, self.folder(), 2, "no manifest-summary.json")
        self.refused(migration, self.export(migration, outputFormat="ION"), 2, "DYNAMODB_JSON")
        self.refused(migration, self.export(migration, exportType="INCREMENTAL_EXPORT"), 2,
                     "FULL_EXPORT")
        self.refused(migration, self.export(migration, itemCount=201), 2, "says 201")
        self.refused(migration, self.export(
            migration, tableArn="arn:aws:dynamodb:eu-west-1:111111111111:table/other"), 2,
            "table/other")
        self.refused(migration, self.export(migration, exportTime="2099-01-01T00:00:00.000Z"), 2,
                     "is to come")
        damaged = self.export(migration)
        (damaged / "manifest-files.json").write_text("{}")
        self.refused(migration, damaged, 2, "manifest-files.json of the export is damaged")
        for spoil, named in ((lambda path: path.unlink(), "cannot be read"),
                             (lambda path: path.write_bytes(path.read_bytes()[:-20]), "damaged"),
                             (lambda path: path.write_bytes(gzip.compress(b"")), "damaged")):
            place = self.export(migration)
            spoil(next((place / "data").iterdir()))
            self.refused(migration, place, 4, named)


class ManyItems(Scenario):
    """On the fake, whose tables are full from the start; no DynamoDB Local takes part."""

    @classmethod
    def setUpClass(cls) -> None:
        pass

    def test_planted_defects_are_found_and_only_they_are_read_of_the_source(self) -> None:
        with FakeService("--items", str(ITEMS_FAKE)) as service:
            client = service.client("source")
            place = write_export(self.folder(), client.describe_table(TableName=TABLE)["Table"],
                                 scanned(client, TABLE), 32, datetime.now(timezone.utc))
            self.assertEqual(service.command("drop 100 30"), "done")
            self.assertEqual(service.command("change 2000 40"), "done")
            monitor = Monitor(Path(os.environ["DDM_MONITOR"]), self.folder(),
                              service.endpoint_url, TABLE)
            self.addCleanup(monitor.kill)
            ended = monitor.run("compare", *monitor.flags(), *MAX_LAG, "--output", "json",
                                "--max-rcu", "unlimited", "--source-export", str(place),
                                timeout=900)
            self.assert_exit(ended, 1)
            report = ended.report()
            self.assertEqual(report["compared"]["equal"], ITEMS_FAKE - 70)
            kinds = Counter(line["kind"] for line in
                            map(json.loads, monitor.findings.read_text().splitlines()))
            self.assertEqual(kinds, {"missing": 30, "different": 40})
            self.assertLessEqual(report["consumed"]["source_rcu"], 2 * 70)
