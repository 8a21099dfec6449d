"""`monitor --baseline`: the items at rest are compared beside the stream, under one verdict."""

import re
import sqlite3
from functools import partial

from harness import IMPATIENT, TABLE, KeySchema, Scenario, wait_until
from judge import key_text, open_findings

ITEMS = 2000
CHANGES = 1200
RATE = 80
BASELINE = ["--baseline", "--baseline-after", "2s", "--settle", "4s"]


class Baseline(Scenario):
    def test_go_when_items_at_rest_and_changes_are_right(self) -> None:
        migration = self.migration(items=ITEMS)
        migration.create()
        migration.replicate()
        traffic = migration.traffic()
        writing = migration.background(partial(traffic.run, CHANGES, RATE, 300))
        migration.monitor.start(*IMPATIENT, *BASELINE)
        migration.monitor.wait_for_log("event=baseline_finished")
        writing.join()
        migration.monitor.kill()
        ended = migration.monitor.finish(*IMPATIENT, *BASELINE, "--require-go")
        self.assert_exit(ended, 0)
        report = ended.report()
        self.assertEqual(report["verdict"], "GO", report["reasons"])
        # Some items are deleted by the traffic, before they are compared.
        self.assertGreater(report["compared"]["items"], 0.95 * ITEMS)
        self.assert_counted(report, traffic)

    def test_begins_anew_where_the_state_came_without_its_leftovers(self) -> None:
        migration = self.migration(items=ITEMS)
        migration.create()
        for number in range(0, ITEMS, 20):
            migration.target.delete_item(TableName=TABLE, Key=migration.schema.key(number))
        monitor = migration.monitor
        leftovers = monitor.folder / (monitor.state.name + ".baseline.leftovers")

        def committed() -> int:
            with sqlite3.connect(f"file:{monitor.state}?mode=ro", uri=True) as state:
                found = state.execute("SELECT value FROM number WHERE name = "
                                      "'comparison.monitor.leftover_bytes'").fetchone()
            return found[0] if found else 0

        monitor.start(*IMPATIENT, *BASELINE, "--max-rcu", "20", "--segments", "64")
        monitor.wait_for_log("event=baseline_started")
        wait_until(lambda: committed() > 0)
        monitor.kill()
        leftovers.unlink()
        ended = monitor.finish(*IMPATIENT, *BASELINE)
        self.assert_exit(ended, 1)
        self.assertNotIn("baseline_failed", ended.log)
        self.assertIn("event=comparison_begins_anew", ended.log)
        self.assertEqual(len(open_findings(monitor.findings)), ITEMS // 20)

    def test_finds_what_no_change_would_ever_show(self) -> None:
        migration = self.migration(KeySchema("N"), items=ITEMS)
        migration.create()
        schema = migration.schema
        keys = [schema.key(number) for number in (9, 10, 11, ITEMS + 50)]
        migration.target.delete_item(TableName=TABLE, Key=keys[0])
        migration.target.put_item(TableName=TABLE, Item={**keys[2], "damaged": {"BOOL": True}})
        migration.target.put_item(TableName=TABLE, Item={**keys[3], "stray": {"BOOL": True}})
        ended = migration.monitor.finish(*IMPATIENT, *BASELINE)
        self.assert_exit(ended, 1)
        self.assertEqual(ended.report()["verdict"], "NO-GO")
        self.assertEqual(open_findings(migration.monitor.findings),
                         {key_text(keys[0]): "missing", key_text(keys[2]): "different",
                          key_text(keys[3]): "unexpected"})

    def test_many_are_told_in_groups_and_rated_apart_from_changes(self) -> None:
        migration = self.migration(items=300)
        migration.create()
        keys = [migration.schema.key(number) for number in range(60)]
        for key in keys:
            migration.target.delete_item(TableName=TABLE, Key=key)
        ended = migration.monitor.finish(*IMPATIENT, *BASELINE)
        self.assert_exit(ended, 1)
        self.assertEqual(len(open_findings(migration.monitor.findings)), 60)
        told = re.findall(r"event=(mismatch|mismatches) (.*)", ended.log)
        self.assertEqual([event for event, _ in told].count("mismatch"), 20)
        grouped = [words for event, words in told if event == "mismatches"]
        self.assertEqual(len(grouped), 1)
        self.assertRegex(grouped[0], r'^count=40 groups="40 missing, as \{.*\}"$')
        report = ended.report()
        rates = report["success_rates"]
        self.assertIsNone(rates["changes"])
        self.assertEqual((rates["items_at_rest"]["n"], rates["items_at_rest"]["wrong"]), (300, 60))
        self.assertEqual(report["success_rate"]["value"], 0.8)
        self.assertEqual(report["open_keys"],
                         {"all": 60, "with_failed_changes": 0, "at_rest_alone": 60})
        self.assertRegex(ended.log, r"success +items at rest: 60 of 300 keys wrong \(20 %\)")
