"""From planted defects to equal tables, and back by the journal."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from harness import TABLE, Ended, Migration, Scenario, put_items, wait_until

QUICK = ["--max-lag", "2s", "--output", "json"]
COUNT = 60
NIGHT = Path(__file__).resolve().parents[2] / "docs" / "night.md"


class Repair(Scenario):
    def setUp(self) -> None:
        self.side = self.migration(items=COUNT)
        self.side.create()
        self.plant(self.side)
        self.assert_exit(self.command("compare"), 1)

    def plant(self, side: Migration) -> None:
        """Two items missing, two different, two that only the target holds."""
        keys = [side.schema.key(number) for number in range(6)]
        for key in keys[:2]:
            side.target.delete_item(TableName=TABLE, Key=key)
        for key in keys[2:4]:
            side.target.update_item(
                TableName=TABLE, Key=key, UpdateExpression="SET damaged = :d",
                ExpressionAttributeValues={":d": {"L": [{"N": "1"}, {"NULL": True}]}})
        for key in keys[4:]:
            side.source.delete_item(TableName=TABLE, Key=key)

    def command(self, name: str, *flags: str) -> Ended:
        return self.side.monitor.run(name, *self.side.monitor.flags(), *QUICK, *flags)

    def items(self, client: Any) -> dict[str, Any]:
        found = client.scan(TableName=TABLE, ConsistentRead=True)["Items"]
        return {json.dumps({name: item[name] for name in sorted(self.side.schema.key(0))}): item
                for item in found}

    def test_a_plan_writes_nothing(self) -> None:
        before = self.items(self.side.target)
        planned = self.command("repair")
        self.assert_exit(planned, 1)
        report = planned.report()
        self.assertEqual((report["applied"], report["put"], report["changed"], report["left"]),
                         (False, 2, 2, 2))
        self.assertIn("--allow-deletes", planned.log)
        self.assertEqual(self.items(self.side.target), before)

    def test_apply_makes_the_tables_equal_and_the_journal_undoes_it(self) -> None:
        before = self.items(self.side.target)
        repaired = self.command("repair", "--apply", "--allow-deletes")
        self.assert_exit(repaired, 0)
        report = repaired.report()
        self.assertEqual((report["put"], report["changed"], report["deleted"]), (2, 2, 2))
        self.assertEqual((report["unequal_afterwards"], report["open_mismatches"]), (0, 0))
        self.assertEqual(self.items(self.side.target), self.items(self.side.source))
        self.assert_exit(self.command("compare"), 0)

        undone = self.command("repair", "--undo", report["journal"], "--apply",
                              "--allow-deletes")
        self.assert_exit(undone, 1)
        self.assertEqual(undone.report()["open_mismatches"], 6)
        self.assertEqual(self.items(self.side.target), before)
        watched = self.command("monitor", "--until-caught-up")
        self.assert_exit(watched, 1)
        self.assertEqual(watched.report()["verdict"], "NO-GO")
        self.assertEqual(sum(watched.report()["mismatches"].values()), 6)
        self.assert_exit(self.command("compare"), 1)

    def test_what_was_written_to_the_target_since_is_left_as_it_is(self) -> None:
        written = {}
        for number in (0, 2, 4):
            item = self.side.schema.key(number) | {"by": {"S": "the application"}}
            put_items(self.side.target, TABLE, [item])
            written[json.dumps(self.side.schema.key(number))] = item
        repaired = self.command("repair", "--apply", "--allow-deletes")
        self.assert_exit(repaired, 1)
        report = repaired.report()
        self.assertEqual((report["left"], report["put"], report["changed"], report["deleted"]),
                         (3, 1, 1, 1))
        self.assertIn("changed since the mismatch was found: left as it is", repaired.log)
        self.assertEqual([item for item in written.values()
                          if item not in self.items(self.side.target).values()], [])
        self.assert_exit(self.command("compare"), 1)
        judged_anew = self.command("repair").report()
        self.assertEqual((judged_anew["changed"], judged_anew["left"]), (2, 1))

    def test_ignored_members_of_a_map_stay_as_the_target_has_them(self) -> None:
        changed, lacking = self.side.schema.key(20), self.side.schema.key(21)
        ours = {"m": {"M": {"seen": {"N": "1"}, "value": {"N": "2"}}}}
        put_items(self.side.source, TABLE, [changed | ours, lacking | ours])
        theirs = {"m": {"M": {"seen": {"N": "9"}, "value": {"N": "1"}}}}
        put_items(self.side.target, TABLE, [changed | theirs, lacking])
        ignoring = ["--ignore-attribute", "m.seen", "--ignore-attribute", "aws:rep:*"]
        self.assert_exit(self.command("compare", *ignoring), 1)
        repaired = self.command("repair", "--apply", "--allow-deletes", *ignoring)
        self.assertEqual((repaired.report()["changed"], repaired.report()["unequal_afterwards"]),
                         (4, 0))
        held = list(self.items(self.side.target).values())
        self.assertIn(changed | {"m": {"M": {"seen": {"N": "9"}, "value": {"N": "2"}}}}, held)
        self.assertIn(lacking | {"m": {"M": {"value": {"N": "2"}}}}, held)

    def test_an_undo_without_apply_is_a_plan(self) -> None:
        journal = Path(self.command("repair", "--apply", "--allow-deletes").report()["journal"])
        put_items(self.side.target, TABLE, [self.side.schema.key(0) | {"theirs": {"S": "x"}}])
        with journal.open("a") as file:
            file.write('{"schema":1,"event":"inten')
        noted, held = journal.read_bytes(), self.items(self.side.target)
        planned = self.command("repair", "--undo", str(journal), "--allow-deletes")
        self.assert_exit(planned, 0)
        self.assertIn("would be taken back", planned.log)
        self.assertNotIn("is taken back", planned.log)
        self.assertIn("(planned, not done)", planned.log)
        self.assertEqual((planned.report()["applied"], planned.report()["left"]), (False, 1))
        self.assertEqual(journal.read_bytes(), noted)
        self.assertEqual(self.items(self.side.target), held)
        undone = self.command("repair", "--undo", str(journal), "--apply", "--allow-deletes")
        self.assert_exit(undone, 1)
        self.assertEqual(undone.report()["open_mismatches"], 5)

    def test_no_file_of_another_kind_is_taken_for_a_journal(self) -> None:
        folder = self.folder()
        notes, note, link = folder / "notes.txt", folder / "note.txt", folder / "link"
        notes.write_text("one\ntwo\n")
        note.write_text("no line break")
        link.symlink_to(self.side.monitor.findings)
        for file in (notes, note, link, self.side.monitor.findings):
            before = file.read_bytes()
            for flags in (["--undo", str(file)], ["--undo", str(file), "--apply"],
                          ["--journal", str(file), "--apply", "--allow-deletes"]):
                with self.subTest(flags):
                    self.assert_exit(self.command("repair", *flags), 2)
                    self.assertEqual(file.read_bytes(), before)
        moved_to = self.side.monitor.findings.with_name(self.side.monitor.findings.name + ".old")
        for file in (self.side.monitor.state, Path("/dev/null"), folder, moved_to):
            for flags in (["--undo", str(file), "--apply"],
                          ["--journal", str(file), "--apply", "--allow-deletes"]):
                with self.subTest(flags):
                    self.assert_exit(self.command("repair", *flags), 2)
        self.assertEqual(self.command("repair").report()["open_mismatches"], 6)

    def test_a_place_where_no_journal_can_be_is_told_by_the_plan_too(self) -> None:
        for flags in ([], ["--apply"]):
            with self.subTest(flags):
                ended = self.command("repair", "--journal", "/nonexistent/j.jsonl", *flags)
                self.assert_exit(ended, 2)
                self.assertNotIn("make room", ended.log)

    def documented_count(self) -> int:
        """Open mismatches, counted as the manual says."""
        found = re.search(r"^jq -cs '(.*)' FINDINGS > open.jsonl$", NIGHT.read_text(), re.M)
        assert found
        counted = subprocess.run(["jq", "-cs", found[1], str(self.side.monitor.findings)],
                                 capture_output=True, text=True, check=True)
        return len(counted.stdout.splitlines())

    def test_a_key_counts_once_whether_hashed_or_not(self) -> None:
        self.assertEqual(self.documented_count(), 6)
        self.assert_exit(self.command("compare", "--hash-keys"), 1)
        self.assertEqual(self.documented_count(), 6)
        self.assert_exit(self.command("compare"), 1)
        self.assertEqual(self.documented_count(), 6)
        self.assert_exit(self.command("repair", "--apply", "--allow-deletes"), 0)
        self.assertEqual(self.documented_count(), 0)

    def test_a_kill_leaves_nothing_taken_back_without_its_finding(self) -> None:
        for number in range(10, COUNT):
            self.side.target.delete_item(TableName=TABLE, Key=self.side.schema.key(number))
        self.assert_exit(self.command("compare"), 1)
        journal = self.command("repair", "--apply", "--allow-deletes").report()["journal"]
        source = self.items(self.side.source)
        self.assertEqual(self.items(self.side.target), source)

        self.side.monitor.start("--undo", journal, "--apply", "--allow-deletes", "--max-wcu", "10",
                                command="repair")
        wait_until(lambda: len(self.items(self.side.target)) < COUNT - 20)
        self.side.monitor.kill()
        self.assert_exit(self.command("repair"), 1)
        found = [json.loads(line) for line in self.side.monitor.findings.read_text().splitlines()]
        last = {json.dumps(line["key"], sort_keys=True): line["state"] for line in found}
        target = self.items(self.side.target)
        wrong = [key for key, item in source.items() if target.get(key) != item]
        self.assertTrue(20 <= len(wrong) < COUNT - 10, len(wrong))
        self.assertEqual([key for key in wrong if last.get(key) != "confirmed"], [])

    def test_with_more_ignored_neither_plan_nor_repair_nor_compare_closes_a_finding(self) -> None:
        wide = ["--ignore-attribute", "damaged"]
        planned = self.command("repair", *wide)
        self.assert_exit(planned, 1)
        self.assertEqual(planned.report()["equal"], 2)
        self.assertEqual(planned.report()["open_mismatches"], 6)
        self.assert_exit(self.command("repair", "--apply", "--allow-deletes", *wide), 1)
        self.assert_exit(self.command("compare", *wide), 1)
        self.assertEqual(self.items(self.side.target).keys(), self.items(self.side.source).keys())
        closed = self.command("repair", "--apply", "--allow-deletes")
        self.assert_exit(closed, 0)
        self.assertEqual((closed.report()["equal"], closed.report()["changed"]), (4, 2))

    def test_a_plan_closes_nothing(self) -> None:
        put_items(self.side.target, TABLE, list(self.items(self.side.source).values()))
        planned = self.command("repair")
        self.assertEqual(planned.report()["equal"], 4)
        self.assertEqual(self.command("repair").report()["open_mismatches"], 6)
        self.assertEqual(self.command("repair", "--apply").report()["open_mismatches"], 2)

    def test_without_leave_to_delete_the_rest_is_repaired(self) -> None:
        repaired = self.command("repair", "--apply")
        self.assert_exit(repaired, 1)
        self.assertEqual(repaired.report()["open_mismatches"], 2)
        self.assertEqual(len(self.items(self.side.target)), COUNT)

    def test_undo_leaves_what_was_written_since(self) -> None:
        journal = self.command("repair", "--apply", "--allow-deletes").report()["journal"]
        theirs = self.side.schema.key(0) | {"theirs": {"S": "x"}}
        put_items(self.side.target, TABLE, [theirs])
        undone = self.command("repair", "--undo", journal, "--apply", "--allow-deletes")
        self.assert_exit(undone, 1)
        self.assertEqual((undone.report()["left"], undone.report()["open_mismatches"]), (1, 5))
        self.assertIn(theirs, self.items(self.side.target).values())

    def test_a_failure_in_the_middle_tells_what_was_done(self) -> None:
        proxy = self.fault_proxy()
        monitor, folder = self.side.monitor, self.folder()
        monitor.target_endpoint_url = proxy.endpoint_url  # another migration for a state
        monitor.state, monitor.findings = folder / "monitor.db", folder / "findings.jsonl"
        self.assert_exit(self.command("compare"), 1)
        proxy.orders.refuse_as("PutItem", 400, "AccessDeniedException")
        failed = self.command("repair", "--apply")
        self.assert_exit(failed, 4)
        report = failed.report()
        self.assertEqual((report["put"], report["stopped"]), (0, True))
        self.assertIn("stopped before the end", failed.log)
        self.assertLess(failed.log.index("stopped before"), failed.log.index("error: "))

    def test_nothing_is_written_beside_a_comparison(self) -> None:
        journal = self.command("repair", "--apply").report()["journal"]
        before = self.items(self.side.target)
        self.side.monitor.start("--max-lag", "20s", command="compare")
        lock = Path(f"{self.side.monitor.state}.compare.lock")
        wait_until(lock.exists)
        for flags in (["--apply", "--allow-deletes"], ["--undo", journal, "--apply"]):
            refused = self.command("repair", *flags)
            self.assert_exit(refused, 4)
            self.assertIn(f"in use by process {self.side.monitor.pid} (compare)", refused.log)
        self.assert_exit(self.command("repair"), 1)
        self.side.monitor.kill()
        self.assertEqual(self.items(self.side.target), before)
        self.assert_exit(self.command("repair", "--apply", "--allow-deletes"), 0)
        self.assertFalse(lock.exists())

    def test_wrong_input_is_told_before_anything_is_done(self) -> None:
        absent = self.side.monitor.run("repair", *self.side.monitor.flags(), "--state", "absent.db")
        self.assert_exit(absent, 2)
        self.assertIn("run monitor or compare first", absent.log)
        missing = self.command("repair", "--undo", "absent.jsonl")
        self.assert_exit(missing, 2)
        self.assertIn("there is no journal absent.jsonl", missing.log)
        both = self.command("repair", "--undo", "a", "--journal", "b")
        self.assert_exit(both, 2)
        for command in ("monitor", "compare", "repair"):
            inside = self.command(command, "--ignore-attribute", "orders[0].price")
            self.assert_exit(inside, 2)
            self.assertIn('--ignore-attribute "orders[0].price" names an element of a list',
                          inside.log)
