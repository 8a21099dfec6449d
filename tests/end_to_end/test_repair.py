"""From planted defects to equal tables, and back by the journal."""

import json
from typing import Any

from harness import TABLE, Ended, Migration, Scenario, put_items, wait_until

QUICK = ["--max-lag", "2s", "--output", "json"]
COUNT = 60


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

        undone = self.command("repair", "--undo", report["journal"], "--apply")
        self.assert_exit(undone, 1)
        self.assertEqual(undone.report()["open_mismatches"], 6)
        self.assertEqual(self.items(self.side.target), before)
        watched = self.command("monitor", "--until-caught-up")
        self.assert_exit(watched, 1)
        self.assertEqual(watched.report()["verdict"], "NO-GO")
        self.assertEqual(sum(watched.report()["mismatches"].values()), 6)
        self.assert_exit(self.command("compare"), 1)

    def test_a_kill_leaves_nothing_taken_back_without_its_finding(self) -> None:
        for number in range(10, COUNT):
            self.side.target.delete_item(TableName=TABLE, Key=self.side.schema.key(number))
        self.assert_exit(self.command("compare"), 1)
        journal = self.command("repair", "--apply", "--allow-deletes").report()["journal"]
        source = self.items(self.side.source)
        self.assertEqual(self.items(self.side.target), source)

        self.side.monitor.start("--undo", journal, "--apply", "--max-wcu", "10", command="repair")
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
        undone = self.command("repair", "--undo", journal, "--apply")
        self.assert_exit(undone, 1)
        self.assertEqual((undone.report()["left"], undone.report()["open_mismatches"]), (1, 5))
        self.assertIn(theirs, self.items(self.side.target).values())

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
