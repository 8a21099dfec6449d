"""`compare` between two implementations by different people: DynamoDB Local and dynalite.

Problem: both accounts of one DynamoDB Local scan in the same order, encode alike and are wrong
alike; the fake is ours. Idea: dynalite (tools/dynalite, decision 0012) is neither. It hashes keys
otherwise, so no page of one side pairs with a page of the other. It writes numbers in full digits
("1E-130" comes back as 0.00…1) where DynamoDB Local keeps what an update wrote ("1E-130", "1.0").

Where dynalite is not as DynamoDB is: its tables have no streams and no TTL, so only whole tables
can be compared; its TableId is shorter than AWS's; one server is one account; it refuses numbers
with a plus before them. None of this bears on which items are equal.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from harness import TABLE, KeySchema, Monitor, Scenario, create_table, put_items, wait_until
from items import Item, canonical_item, random_attributes
from judge import key_text, open_findings
from tables import PARTITION, SORT, difference, read_all
from test_equality import EQUAL, UNEQUAL

from dynalite import Dynalite

RANDOM_ITEMS = 240
LARGE_ITEMS = 48  # of 50 KB: pages end within segments
EACH = 8  # defects of a kind
TYPE_ONLY = [({"N": "1"}, {"S": "1"}), ({"S": "YQ=="}, {"B": b"a"}), ({"SS": ["1"]}, {"NS": ["1"]}),
             ({"L": []}, {"M": {}}), ({"BOOL": True}, {"S": "true"}), ({"NULL": True}, {"S": ""}),
             ({"SS": ["a"]}, {"L": [{"S": "a"}]}), ({"M": {}}, {"L": []})]
OPPOSITE = {"missing": "unexpected", "unexpected": "missing", "different": "different"}


def nested(value: Any) -> Item:
    """The value at the bottom of maps and lists."""
    return {"deep": {"M": {"a": {"L": [{"N": "0"}, {"M": {"b": {"L": [value]}}}]}}}}


def spelled(item: Item, rng: random.Random) -> Item:
    """The same key in another spelling: numbers of keys have many too."""
    def other(value: Any) -> Any:
        if "N" not in value:
            return value
        number = value["N"]
        return {"N": rng.choice([f"{number}E0", f"{number}e+0", f"0{number}",
                                 number + ("0" if "." in number else ".0")])}
    return {name: other(value) if name in (PARTITION, SORT) else value
            for name, value in item.items()}


class TwoImplementations(Scenario):
    maxDiff = None

    def setUp(self) -> None:
        self.other = Dynalite()
        self.other.start()
        self.addCleanup(self.other.stop)
        self.rng = random.Random(12)

    def test_with_planted_defects_are_told_apart_exactly_whichever_is_the_source(self) -> None:
        self.check(KeySchema("S", "N"), from_dynalite=True, from_local=True)

    def test_pair_keys_of_numbers_and_binaries_however_they_are_spelled(self) -> None:
        self.check(KeySchema("N", "B"), from_local=True)

    def check(self, schema: KeySchema, *, from_dynalite: bool = False,
              from_local: bool = False) -> None:
        account = f"{schema.partition}{schema.sort}"
        ours, theirs = self.local.client(account), self.other.client(account)
        for client in (ours, theirs):
            create_table(client, TABLE, schema)
            wait_until(lambda: client.describe_table(TableName=TABLE)["Table"]["TableStatus"]
                       == "ACTIVE")
        count = self.fill(schema, ours, theirs)
        self.assert_equal_in_another_order(schema, ours, theirs)
        forth, back = self.monitors(account)
        self.compare(forth if from_local else back, {}, count, "--segments", "7")
        planted = self.plant(schema, ours, theirs, count)
        self.assertEqual(len(difference(ours, theirs, TABLE, schema)), len(planted))
        if from_local:
            self.compare(forth, planted, count, "--segments", "2")
        if from_dynalite:
            self.compare(back, {key: OPPOSITE[kind] for key, kind in planted.items()}, count,
                         "--segments", "2")

    def monitors(self, account: str) -> tuple[Monitor, Monitor]:
        """With DynamoDB Local as the source, and as the target."""
        binary = Path(os.environ["DDM_MONITOR"])
        local, other = self.local.endpoint_url, self.other.endpoint_url
        return (Monitor(binary, self.folder(), local, TABLE, account, account, other),
                Monitor(binary, self.folder(), other, TABLE, account, account, local))

    def fill(self, schema: KeySchema, ours: Any, theirs: Any) -> int:
        """Equal items, in other words where there are others. How many there are."""
        items = [{**schema.key(number), **random_attributes(self.rng)}
                 for number in range(RANDOM_ITEMS)]
        items += [{**schema.key(len(items) + number), "text": {"S": "x" * 50_000}}
                  for number in range(LARGE_ITEMS)]
        put_items(ours, TABLE, items)
        put_items(theirs, TABLE, [spelled(item, self.rng) for item in items])
        count = len(items)
        for one, another in EQUAL:
            for left, right in ((one, another), (another, one)):
                self.write(ours, schema.key(count), {"v": left, **nested(left)})
                self.write(theirs, schema.key(count), {"v": right, **nested(right)})
                count += 1
        # What the defects will be made of.
        for left, _ in TYPE_ONLY + UNEQUAL:
            for client in (ours, theirs):
                self.write(client, schema.key(count), nested(left))
            count += 1
        return count

    def write(self, client: Any, key: Item, attributes: Item) -> None:
        """By an update: DynamoDB Local then keeps numbers as they are written."""
        names = {f"#{at}": name for at, name in enumerate(attributes)}
        client.update_item(
            TableName=TABLE, Key=key, ExpressionAttributeNames=names,
            UpdateExpression="SET " + ", ".join(f"#{at} = :{at}" for at in range(len(names))),
            ExpressionAttributeValues={
                f":{at}": value for at, value in enumerate(attributes.values())})

    def plant(self, schema: KeySchema, ours: Any, theirs: Any, count: int) -> dict[str, str]:
        """What is to be found if DynamoDB Local is the source."""
        planted = {}
        numbers = self.rng.sample(range(RANDOM_ITEMS + LARGE_ITEMS), 3 * EACH)
        for number in numbers[:EACH]:
            theirs.delete_item(TableName=TABLE, Key=schema.key(number))
            planted[key_text(schema.key(number))] = "missing"
        for number in numbers[EACH:2 * EACH]:
            ours.delete_item(TableName=TABLE, Key=schema.key(number))
            planted[key_text(schema.key(number))] = "unexpected"
        for number in numbers[2 * EACH:]:
            self.write(theirs, schema.key(number), nested({"N": "1E-130"}))
            planted[key_text(schema.key(number))] = "different"
        first = count - len(TYPE_ONLY + UNEQUAL)
        for number, (_, right) in enumerate(TYPE_ONLY + UNEQUAL, first):
            self.write(theirs, schema.key(number), nested(right))
            planted[key_text(schema.key(number))] = "different"
        return planted

    def compare(self, monitor: Monitor, expected: dict[str, str], count: int,
                *flags: str) -> None:
        monitor.start("--max-lag", "1s", *flags, command="compare")
        ended = monitor.wait()
        self.assert_exit(ended, 1 if expected else 0)
        self.assertEqual(open_findings(monitor.findings), expected)
        compared = ended.report()["compared"]
        self.assertEqual(compared["items"], count)
        self.assertEqual(compared["candidates"], len(expected))
        self.assertEqual(compared["candidates_open"], 0)

    def assert_equal_in_another_order(self, schema: KeySchema, ours: Any, theirs: Any) -> None:
        """Or the test shows less than it says; and both gave all of every type back."""
        ours_read, theirs_read = (read_all(client, TABLE) for client in (ours, theirs))
        self.assertNotEqual(*([schema.number(item) for item in items]
                              for items in (ours_read, theirs_read)))
        self.assertEqual(*({canonical_item(item) for item in items}
                           for items in (ours_read, theirs_read)))
        self.assertEqual({kind for item in theirs_read for value in item.values()
                          for kind in value},
                         {"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})
