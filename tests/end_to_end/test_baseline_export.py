"""`monitor --baseline-export`: an export in place of a scan of the source, beside the stream."""

from __future__ import annotations

import shutil
import time
from datetime import datetime, timezone
from pathlib import Path

from harness import IMPATIENT, TABLE, KeySchema, Migration, Scenario
from export_writer import scanned, write_export
from judge import key_text, open_findings

ITEMS = 600
SCHEMA = KeySchema("S", "N")
BASELINE = [*IMPATIENT, "--baseline", "--baseline-after", "2s", "--settle", "2s", "--output",
            "json"]


class BaselineExport(Scenario):
    maxDiff = None

    def made(self) -> Migration:
        migration = self.migration(SCHEMA, items=ITEMS)
        migration.create()
        return migration

    def export(self, migration: Migration, **changed: object) -> Path:
        described = migration.source.describe_table(TableName=TABLE)["Table"]
        return write_export(self.folder(), described, scanned(migration.source, TABLE), 7,
                            datetime.now(timezone.utc), **changed)

    def test_go_without_a_scan_of_the_source(self) -> None:
        migration = self.made()
        monitor = migration.monitor
        time.sleep(61)  # the stream was on a minute before
        place = self.export(migration)
        later = {number: {**SCHEMA.key(number), "later": {"N": "1"}} for number in (7, 8, ITEMS)}
        old = migration.source.get_item(TableName=TABLE, Key=SCHEMA.key(8))["Item"]
        for item in later.values():  # in no table but the source
            migration.source.put_item(TableName=TABLE, Item=item)
        migration.target.put_item(TableName=TABLE, Item=old)
        migration.source.delete_item(TableName=TABLE, Key=SCHEMA.key(9))
        migration.target.delete_item(TableName=TABLE, Key=SCHEMA.key(20))
        # From now on: what was lost before is no change that it sees.
        flags = [*BASELINE, "--iterator-type", "LATEST", "--baseline-export", str(place)]
        monitor.start(*flags, "--until-caught-up")
        monitor.wait_for_log("event=changed_keys ")
        monitor.kill()  # while it reads what has changed: nothing has begun yet
        ended = monitor.finish(*flags)
        self.assert_exit(ended, 1)
        report = ended.report()
        self.assertEqual(report["verdict"], "NO-GO")
        # After the kill it reads on from before it: then it knows the value before, too.
        found = {key: kind.replace("stale", "different")
                 for key, kind in open_findings(monitor.findings).items()}
        self.assertEqual(found, {
            key_text(SCHEMA.key(7)): "different", key_text(SCHEMA.key(8)): "different",
            key_text(SCHEMA.key(9)): "undeleted", key_text(SCHEMA.key(20)): "missing",
            key_text(SCHEMA.key(ITEMS)): "missing"})
        self.assertTrue(report["compared"]["export"].endswith("/export/01795702492398-ab12cd34"))
        self.assertEqual(report["compared"]["source_scan_rcu"], 0)
        # Two strong reads of each key that changed or differs, once as that and once as a change.
        self.assertLessEqual(report["consumed"]["source_rcu"], 2 * 2 * 5 + 4)
        self.assertIn("stands for a scan of the source", ended.log)

        for item in (*later.values(),
                     migration.source.get_item(TableName=TABLE, Key=SCHEMA.key(20))["Item"]):
            migration.target.put_item(TableName=TABLE, Item=item)
        migration.target.delete_item(TableName=TABLE, Key=SCHEMA.key(9))
        shutil.rmtree(place)
        monitor.start(*flags, "--require-go", "--duration", "20s")
        ended = monitor.wait()  # what is gone is not needed any more
        self.assert_exit(ended, 0)
        self.assertEqual(ended.report()["verdict"], "GO", ended.report()["reasons"])
        self.assertIn("event=export_given_up", ended.log)
        self.assertRegex(ended.log, r"export +not used\n.*no manifest-summary.json")

    def test_scans_the_source_where_the_export_does_not_stand_for_it(self) -> None:
        migration = self.made()
        place = self.export(migration)
        migration.source.put_item(TableName=TABLE, Item={**SCHEMA.key(7), "lost": {"N": "1"}})
        flags = [*BASELINE, "--iterator-type", "LATEST", "--baseline-export", str(place)]
        refused = migration.monitor.run("monitor", *migration.monitor.flags(), *flags)
        self.assert_exit(refused, 2)
        self.assertIn("must have been on a minute before", refused.log)
        # One that has read the stream goes on.
        migration.monitor.finish(*IMPATIENT, "--iterator-type", "LATEST")
        ended = migration.monitor.finish(*flags)
        self.assert_exit(ended, 1)
        self.assertIn("stands for no scan of the source, which is scanned", ended.log)
        self.assertIn("event=export_given_up", ended.log)
        self.assertIn("must have been on a minute before", ended.log)
        self.assertIsNone(ended.report()["compared"]["export"])
        self.assertEqual(set(open_findings(migration.monitor.findings)),
                         {key_text(SCHEMA.key(7))})

    def test_a_new_monitor_refuses_what_is_no_export_of_its_source(self) -> None:
        migration = self.made()
        monitor = migration.monitor
        another = self.export(
            migration, tableArn="arn:aws:dynamodb:eu-west-1:111111111111:table/other")
        for place, named in ((self.folder(), "no manifest-summary.json"),
                             (another, "table/other")):
            for _ in range(2):
                ended = monitor.run("monitor", *monitor.flags(), *BASELINE,
                                    "--baseline-export", str(place))
                self.assert_exit(ended, 2)
                self.assertIn(named, ended.log)
