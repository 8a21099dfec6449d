"""Two tables that are compared while they are in use, and what is true of them.

Problem: whether a comparison is right under traffic shows only against a truth that was not made by
the program. Idea: the target is damaged at places that are drawn from a seed; a writer changes
other items in both tables, a second apart, at a steady pace and without changing their size; and
when it has stopped, a plain scan of each table by botocore says what differs, of which kind, and
how many read units such a scan takes. Reason: planting and scanning are two accounts of the same
thing, and the referee (array_judge.py) trusts neither alone.
"""

from __future__ import annotations

import base64
import collections
import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from items import Item
from judge import key_text
from tables import KeySchema, put_items

SCHEMA = KeySchema("S", "N")
TTL = "expires"
DELAY_SECONDS = 1
CHANGES_A_STEP = 25
A_DAY = 86_400


# What tests/support/serve_fake has in items of the shape "nested", beside what it has in all.
NESTED: Item = {
    "text": {"S": "x" * 500}, "tags": {"SS": ["red", "green", "blue"]},
    "meta": {"M": {"created": {"N": "1700000000"}, "by": {"S": "import"},
                   "flags": {"L": [{"BOOL": True}, {"NULL": True}, {"N": "12.50"}]}}},
    "blob": {"B": base64.b64decode("Q" * 256)}}


def item_of(number: int, version: int = 50) -> Item:
    """What serve_fake begins with; all versions have one size."""
    return {**SCHEMA.key(number), "state": {"S": "shipped"},
            "total": {"N": f"{number % 977}.{version % 100:02}"}, "open": {"BOOL": False}}


@dataclass(frozen=True)
class Scanned:
    """What a plain scan of a table saw, by the numbers of the items."""

    digests: dict[int, int]
    expired: set[int]
    units: list[float]  # by segment


def scanned(client: Any, table: str, segments: int) -> Scanned:
    """In so many segments, as each page's units are rounded up; one after the other."""
    digests: dict[int, int] = {}
    expired = set()
    units, now = [0.0] * segments, time.time()
    paginator = client.get_paginator("scan")
    for segment, page in ((segment, page) for segment in range(segments)
                          for page in paginator.paginate(
                              TableName=table, Segment=segment, TotalSegments=segments,
                              ReturnConsumedCapacity="TOTAL")):
        units[segment] += page["ConsumedCapacity"]["CapacityUnits"]
        for item in page["Items"]:
            number = SCHEMA.number(item)
            digests[number] = hash(json.dumps(item, sort_keys=True, default=repr))
            if TTL in item and int(item[TTL]["N"]) < now:
                expired.add(number)
    return Scanned(digests, expired, units)


def differences(source: Scanned, target: Scanned) -> Iterator[tuple[int, str]]:
    for number in source.digests.keys() | target.digests.keys():
        here, there = source.digests.get(number), target.digests.get(number)
        if here is None:
            yield number, "unexpected"
        elif there is None:
            yield number, "expired" if number in source.expired else "missing"
        elif here != there:
            yield number, "different"


def findings_of(numbers: dict[int, str]) -> dict[str, str]:
    """As judge.open_findings tells them."""
    return {key_text(SCHEMA.key(number)): kind for number, kind in numbers.items()}


class ComparedTables:
    """`more`: what all items have beside what item_of() gives them."""

    def __init__(self, source: Any, target: Any, table: str, items: int,
                 more: Item | None = None, seed: int = 7, max_lag_seconds: float = 6) -> None:
        self.source, self.target, self.table, self.items = source, target, table, items
        self.planted: dict[int, str] = {}
        self.changes = 0
        # On a busy machine a change may truly be late: an alarm about it is right.
        self.max_lag_seconds = max_lag_seconds
        self.late: set[int] = set()
        self.latest_seconds = 0.0
        self._more = more or {}
        self._seed = seed

    def item(self, number: int, version: int = 50) -> Item:
        return item_of(number, version) | self._more

    def fill(self) -> None:
        with ThreadPoolExecutor() as both:
            list(both.map(lambda client: put_items(client, self.table,
                                                   map(self.item, range(self.items))),
                          (self.source, self.target)))

    def at_rest(self, segments: int) -> tuple[dict[str, str], dict[str, list[float]]]:
        """What differs, by plain scans once all is written; their units, by side and segment."""
        source, target = (scanned(client, self.table, segments)
                          for client in (self.source, self.target))
        return (findings_of(dict(differences(source, target))),
                {"source": source.units, "target": target.units})

    def plant(self, each: int, with_expired: bool) -> None:
        """`each` of each kind. Expired ones only where the service leaves them: DynamoDB Local
        deletes them at a time of its own."""
        numbers = random.Random(self._seed).sample(range(self.items), 2 * each)
        for number in numbers[:each]:
            self.target.delete_item(TableName=self.table, Key=SCHEMA.key(number))
            self.planted[number] = "missing"
        for number in numbers[each:]:
            self.target.put_item(TableName=self.table, Item=self.item(number, 51))
            self.planted[number] = "different"
        first = self.items + 10
        for number in range(first, first + each):
            self.target.put_item(TableName=self.table, Item=self.item(number))
            self.planted[number] = "unexpected"
        if with_expired:
            self._plant_expired(range(first + each, first + 2 * each))

    def _plant_expired(self, numbers: range) -> None:
        """The target's TTL service was faster than the source's."""
        for client in (self.source, self.target):
            client.update_time_to_live(TableName=self.table, TimeToLiveSpecification={
                "Enabled": True, "AttributeName": TTL})
        for number in numbers:
            # Yesterday: what is more than five years past, DynamoDB never deletes.
            item = {**self.item(number), TTL: {"N": str(int(time.time()) - A_DAY)}}
            self.source.put_item(TableName=self.table, Item=item)
            self.planted[number] = "expired"

    def write(self, a_second: int, stopped: Callable[[], bool]) -> None:
        """Changes of what is not planted, in the target a second later; until told to stop, and
        then all of them have arrived."""
        rng = random.Random(self._seed + 1)
        waiting: collections.deque[tuple[float, list[Item]]] = collections.deque()
        begin = time.monotonic()
        while not stopped():
            numbers = {rng.randrange(self.items) for _ in range(CHANGES_A_STEP)}
            items = [self.item(number, rng.randrange(100))
                     for number in sorted(numbers - self.planted.keys())]
            waiting.append((time.monotonic(), items))
            put_items(self.source, self.table, items)
            self.changes += len(items)
            while waiting and waiting[0][0] + DELAY_SECONDS <= time.monotonic():
                self._replicate(*waiting.popleft())
            time.sleep(max(0, begin + self.changes / a_second - time.monotonic()))
        for written, items in waiting:
            self._replicate(written, items)

    def _replicate(self, written: float, items: list[Item]) -> None:
        put_items(self.target, self.table, items)
        took = time.monotonic() - written
        self.latest_seconds = max(self.latest_seconds, took)
        if took >= self.max_lag_seconds:
            self.late |= {SCHEMA.number(item) for item in items}
