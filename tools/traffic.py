#!/usr/bin/python3
"""Writes seeded random changes to a table and keeps account of them.

Puts, updates, deletes, re-inserts, values changed back to what they were, and a few hot keys, at
a steady pace. One transaction carries up to 25 changes of distinct keys: that is one call, and
still one stream record a change. The generator keeps a model of the table, so it knows which
record each write will produce (insert, modify or remove), and it makes no write that changes
nothing, which would produce none. For the same reason a write whose answer got lost may simply be
made again: it leaves a record once. SIGUSR1 pauses, SIGUSR2 goes on.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import defects
import dynamodb_local
import judge
from defects import LIFE, Defects
from items import Item, canonical_item, random_attributes, random_value
from tables import KeySchema, put_items
from truth import Record

CHANGES_A_STEP_MAX = 25
HOT_KEYS = 5
HOT_SHARE = 0.15


@dataclass
class Account:
    """What was done, in the terms of the stream."""

    insert: int = 0
    modify: int = 0
    remove: int = 0
    keys: int = 0

    @property
    def changes(self) -> int:
        return self.insert + self.modify + self.remove


def initial_items(schema: KeySchema, world: Defects) -> dict[int, Item]:
    """What stands on both sides before the traffic begins."""
    rng = random.Random(f"items {world.seed}")
    victims = world.victims()
    return {number: schema.key(number) | random_attributes(rng) for number in range(world.items)
            if victims.get(number) != "unexpected"}


class Traffic:
    def __init__(self, client: Any, table: str, schema: KeySchema, world: Defects,
                 record: Record | None = None) -> None:
        self.account = Account()
        self._client = client
        self._table = table
        self._schema = schema
        self._world = world
        self._record = record
        self._rng = random.Random(f"traffic {world.seed}")
        self._items = initial_items(schema, world)
        self._earlier: dict[int, Item] = {}
        self._touched: set[int] = set()
        self._paused = threading.Event()
        self._victims = world.victims()
        ordinary = [number for number in range(world.items) if number not in self._victims]
        self._ordinary = ordinary
        self._hot = self._rng.sample(ordinary, min(HOT_KEYS, len(ordinary)))

    def pause(self) -> None:
        self._paused.set()

    def resume(self) -> None:
        self._paused.clear()

    def run(self, changes: int, rate: float, seconds: float = 3600,
            stopped: Callable[[], bool] = lambda: False) -> Account:
        """Goes on to that many changes in all, at `rate` a second, unless the time is up before."""
        appointments = self._appointments(changes)
        already = self.account.changes
        step_size = max(1, min(CHANGES_A_STEP_MAX, int(rate / 10)))
        begin = time.monotonic()
        while self.account.changes < changes and not stopped():
            ahead = begin + (self.account.changes - already) / rate - time.monotonic()
            if time.monotonic() - begin > seconds:
                break
            if ahead > 0 or self._paused.is_set():
                time.sleep(min(ahead, 0.2) if ahead > 0 else 0.1)
                continue
            self._step(min(step_size, changes - self.account.changes), appointments)
        return self.account

    def _appointments(self, changes: int) -> list[tuple[int, int, str]]:
        """At which count of changes which victim gets which change; the last is the soonest."""
        appointments = []
        for number, kind in self._victims.items():
            if kind in LIFE:
                first = self._rng.uniform(0.02, 0.55) * changes
                second = first + self._rng.uniform(0.15, 0.4) * changes
                appointments += [(int(first), number, LIFE[kind][0]),
                                 (int(second), number, LIFE[kind][1])]
        return sorted(appointments, reverse=True)

    def _step(self, size: int, appointments: list[tuple[int, int, str]]) -> None:
        planned: dict[int, tuple[str, Item | None]] = {}
        while len(planned) < size:
            if appointments and (appointments[-1][0] <= self.account.changes + len(planned)):
                if appointments[-1][1] in planned:
                    break
                _, number, operation = appointments.pop()
            else:
                hot = self._rng.random() < HOT_SHARE
                number = self._rng.choice(self._hot if hot else self._ordinary)
                if number in planned:
                    if hot:
                        continue
                    break
                operation = self._operation(number)
            planned[number] = self._change(number, operation)
        self._write(planned)

    def _operation(self, number: int) -> str:
        if number not in self._items:
            return "put" if self._rng.random() < 0.8 else "update"
        return self._rng.choices(["put", "update", "delete", "revert"], [40, 35, 13, 12])[0]

    def _change(self, number: int, operation: str) -> tuple[str, Item | None]:
        """The write and the item after it; one that changes nothing is drawn again."""
        if operation == "delete":
            return "delete", None
        before = self._items.get(number)
        key = self._schema.key(number)
        while True:
            if operation == "revert" and number in self._earlier:
                after, operation = self._earlier[number], "put"
            elif operation == "update":
                after = self._updated(before or key)
            else:
                after, operation = key | random_attributes(self._rng), "put"
            if before is None or canonical_item(before) != canonical_item(after):
                return operation, after

    def _updated(self, before: Item) -> Item:
        names = self._rng.sample([f"a{number}" for number in range(8)], self._rng.randint(1, 3))
        after = dict(before)
        for name in names:
            if name in after and self._rng.random() < 0.3:
                del after[name]
            else:
                after[name] = random_value(self._rng)
        return after

    def _write(self, planned: dict[int, tuple[str, Item | None]]) -> None:
        requests = [self._request(number, operation, after)
                    for number, (operation, after) in planned.items()]
        begin = time.time()
        dynamodb_local.insist(lambda: self._client.transact_write_items(TransactItems=requests))
        end = time.time()
        lines = [{"key": judge.key_text(self._schema.key(number)),
                  "event": self._book(number, after), "begin": begin, "end": end}
                 for number, (_, after) in planned.items()]
        if self._record:
            self._record.note(lines)

    def _request(self, number: int, operation: str, after: Item | None) -> dict[str, Any]:
        if operation == "put":
            return {"Put": {"TableName": self._table, "Item": after}}
        address = {"TableName": self._table, "Key": self._schema.key(number)}
        if operation == "delete":
            return {"Delete": address}
        assert after is not None
        before = self._items.get(number, {})
        changed = [name for name in after.keys() - self._schema.names()
                   if before.get(name) != after[name]]
        removed = [name for name in before if name not in after]
        expression = []
        if changed:
            expression.append("SET " + ", ".join(f"{name} = :{name}" for name in changed))
        if removed:
            expression.append("REMOVE " + ", ".join(removed))
        update = address | {"UpdateExpression": " ".join(expression)}
        if changed:
            update["ExpressionAttributeValues"] = {f":{name}": after[name] for name in changed}
        return {"Update": update}

    def _book(self, number: int, after: Item | None) -> str:
        before = self._items.pop(number, None)
        if before is not None:
            self._earlier[number] = before
        if after is not None:
            self._items[number] = after
        event = "remove" if after is None else "insert" if before is None else "modify"
        setattr(self.account, event, getattr(self.account, event) + 1)
        self._touched.add(number)
        self.account.keys = len(self._touched)
        return event


def main() -> int:
    parser = argparse.ArgumentParser(description="Write seeded random changes to a table.")
    parser.add_argument("--endpoint-url", required=True)
    parser.add_argument("--account", default="source", help="access key (default source)")
    parser.add_argument("--table", default="orders")
    parser.add_argument("--changes", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=400, help="changes a second (default 400)")
    parser.add_argument("--seconds", type=float, default=3600, help="end by then at the latest")
    parser.add_argument("--fill", action="store_true", help="only put the initial items there")
    parser.add_argument("--record", type=Path, help="write one JSON line a change")
    defects.add_arguments(parser)
    arguments = parser.parse_args()
    client = dynamodb_local.client(arguments.account, arguments.endpoint_url)
    world = defects.from_arguments(arguments)
    schema = KeySchema.of(client, arguments.table)
    if arguments.fill:
        put_items(client, arguments.table, initial_items(schema, world).values())
        return 0
    interrupted = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    signal.signal(signal.SIGTERM, lambda *_: interrupted.set())
    record = Record(arguments.record) if arguments.record else None
    traffic = Traffic(client, arguments.table, schema, world, record)
    signal.signal(signal.SIGUSR1, lambda *_: traffic.pause())
    signal.signal(signal.SIGUSR2, lambda *_: traffic.resume())
    account = traffic.run(arguments.changes, arguments.rate, arguments.seconds, interrupted.is_set)
    if record:
        record.close()
    print(json.dumps(asdict(account)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
