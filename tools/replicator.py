#!/usr/bin/python3
"""A small replicator, late on purpose and faulty where told to be.

Reads the source's stream and applies each change to the target 1 to 3 seconds later, in order for
each key. Where the stream carries no new image it reads the item from the source. Each victim of
the plan (defects.py) loses its second change or gets it altered; what was planted is written as
JSON lines, and so is when each change arrived (truth.py). It outlives a restart of the server.
SIGUSR1 begins an outage, SIGUSR2 ends it.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import math
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import defects
import dynamodb_local
import judge
from botocore.exceptions import ClientError
from defects import LIFE, Defects
from dynamodb_local import insist
from items import Item, altered, random_attributes, restore_image
from tables import KeySchema, batch_write, stream_arn
from truth import Record

POLL_SECONDS = 0.2
BATCH_MAX = 25


def planted_line(key: Item, kind: str) -> str:
    """What judge.planted_defects reads."""
    return f'{{"key": {judge.key_text(key)}, "kind": {json.dumps(kind)}, "at": {time.time()}}}\n'


class StreamReader:
    """Every record of a stream from TRIM_HORIZON on, a child shard after its parent."""

    def __init__(self, streams: Any, arn: str) -> None:
        self._streams = streams
        self._arn = arn
        self._iterators: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._ended: set[str] = set()

    def poll(self) -> list[dict[str, Any]]:
        self._open_shards()
        return [record for shard in list(self._iterators) for record in self._read(shard)]

    def _open_shards(self) -> None:
        if self._iterators:
            return
        description = insist(
            lambda: self._streams.describe_stream(StreamArn=self._arn))["StreamDescription"]
        known = {shard["ShardId"] for shard in description["Shards"]}
        for shard in description["Shards"]:
            name, parent = shard["ShardId"], shard.get("ParentShardId")
            if name not in self._ended and (parent not in known or parent in self._ended):
                self._iterators[name] = self._iterator(name)

    def _iterator(self, shard: str) -> str:
        position: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard in self._last:
            position = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                        "SequenceNumber": self._last[shard]}
        return str(insist(lambda: self._streams.get_shard_iterator(
            StreamArn=self._arn, ShardId=shard, **position))["ShardIterator"])

    def _read(self, shard: str) -> list[dict[str, Any]]:
        try:
            answer = insist(lambda: self._streams.get_records(
                ShardIterator=self._iterators[shard], Limit=1000))
        except ClientError as error:
            # DynamoDB Local trims an empty shard once another table of the account writes.
            if error.response["Error"]["Code"] not in ("ExpiredIteratorException",
                                                       "TrimmedDataAccessException"):
                raise
            self._iterators[shard] = self._iterator(shard)
            return []
        records = answer["Records"]
        if records:
            self._last[shard] = records[-1]["dynamodb"]["SequenceNumber"]
        if "NextShardIterator" in answer:
            self._iterators[shard] = answer["NextShardIterator"]
        else:
            del self._iterators[shard]
            self._ended.add(shard)
        return list(records)


@dataclass(order=True)
class Change:
    due: float
    order: int
    number: int = field(compare=False)
    item: Item | None = field(compare=False)  # None: a delete
    lost: bool = field(default=False, compare=False)


class Replicator:
    def __init__(self, client: Callable[[str, str], Any], table: str, world: Defects,
                 planted: Path | None = None, delay: tuple[float, float] = (1, 3),
                 source: str = "source", target: str = "target",
                 record: Path | None = None) -> None:
        self._source = client(source, "dynamodb")
        self._target = client(target, "dynamodb")
        self._stream = StreamReader(client(source, "dynamodbstreams"),
                                    stream_arn(self._source, table))
        self._table = table
        self._schema = KeySchema.of(self._source, table)
        self._victims = world.victims()
        self._planted = planted
        self._delay = delay
        self._rng = random.Random(f"replicator {world.seed}")
        self._queue: list[Change] = []
        self._last_due: dict[int, float] = {}
        self._victim_changes: dict[int, int] = {}
        self._order = itertools.count()
        self._paused = threading.Event()
        self._active = time.monotonic()
        self._record = Record(record) if record else None
        self.applied = 0
        if planted:
            planted.write_text("")

    def pause(self) -> None:
        self._paused.set()

    def resume(self) -> None:
        self._paused.clear()

    def idle_seconds(self) -> float:
        """For how long nothing has come and nothing waited."""
        return 0 if self._queue else time.monotonic() - self._active

    def run(self, stopped: Callable[[], bool], idle_seconds_max: float = math.inf) -> None:
        """Ends when told to, or when it has been idle for so long."""
        self._plant_unexpected()
        while not stopped():
            time.sleep(POLL_SECONDS)
            if self._paused.is_set():
                continue
            records = self._stream.poll()
            self._take(records)
            self._apply_due()
            if records or self._queue:
                self._active = time.monotonic()
            if self.idle_seconds() > idle_seconds_max:
                break

    def _take(self, records: list[dict[str, Any]]) -> None:
        now = time.monotonic()
        for record, item in zip(records, self._new_items(records)):
            change = record["dynamodb"]
            number = self._schema.number(change["Keys"])
            # In order for each key: never before the one that came earlier.
            due = max(now + self._rng.uniform(*self._delay), self._last_due.get(number, 0))
            self._last_due[number] = due
            lost, item = self._spoil(number, change["Keys"], item)
            heapq.heappush(self._queue, Change(due, next(self._order), number, item, lost))

    def _new_items(self, records: list[dict[str, Any]]) -> list[Item | None]:
        """The item after each change; None where it was deleted."""
        without = {self._schema.number(record["dynamodb"]["Keys"]) for record in records
                   if record["eventName"] != "REMOVE" and "NewImage" not in record["dynamodb"]}
        read = self._read_source(sorted(without))

        def new_item(record: dict[str, Any]) -> Item | None:
            change = record["dynamodb"]
            if record["eventName"] == "REMOVE":
                return None
            if "NewImage" in change:
                return restore_image(change["NewImage"])
            return read.get(self._schema.number(change["Keys"]))
        return [new_item(record) for record in records]

    def _read_source(self, numbers: list[int]) -> dict[int, Item]:
        found: dict[int, Item] = {}
        for begin in range(0, len(numbers), 100):
            keys = [self._schema.key(number) for number in numbers[begin:begin + 100]]
            answer = insist(lambda: self._source.batch_get_item(
                RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}))
            assert not answer["UnprocessedKeys"], "the items are far below 16 MB"
            found |= {self._schema.number(item): item for item in answer["Responses"][self._table]}
        return found

    def _spoil(self, number: int, key: Item, item: Item | None) -> tuple[bool, Item | None]:
        """Whether the change is lost, and the item to write if it is not."""
        kind = self._victims.get(number)
        if kind not in LIFE:
            return False, item
        count = self._victim_changes[number] = self._victim_changes.get(number, 0) + 1
        if count < len(LIFE[kind]):
            return False, item
        self._note_planted(key, kind)
        if kind == "different":
            assert item is not None
            return False, altered(item, self._rng)
        return True, None

    def _plant_unexpected(self) -> None:
        for number, kind in self._victims.items():
            if kind == "unexpected":
                item = self._schema.key(number) | random_attributes(self._rng)
                self._target.put_item(TableName=self._table, Item=item)
                self._note_planted(self._schema.key(number), kind)

    def _note_planted(self, key: Item, kind: str) -> None:
        if self._planted:
            with self._planted.open("a") as file:
                file.write(planted_line(key, kind))

    def _apply_due(self) -> None:
        batch: dict[int, Change] = {}
        while self._queue and self._queue[0].due <= time.monotonic():
            # One call may not name a key twice: the earlier change goes in a call of its own.
            if self._queue[0].number in batch or len(batch) == BATCH_MAX:
                self._write(batch)
            change = heapq.heappop(self._queue)
            batch[change.number] = change
        self._write(batch)

    def _write(self, batch: dict[int, Change]) -> None:
        carried = [change for change in batch.values() if not change.lost]
        if carried:
            requests = [self._request(change) for change in carried]
            insist(lambda: batch_write(self._target, self._table, requests))
        self.applied += len(carried)
        if self._record:
            end = time.time()
            self._record.note({"key": judge.key_text(self._schema.key(change.number)),
                               "end": None if change.lost else end} for change in batch.values())
        batch.clear()

    def _request(self, change: Change) -> dict[str, Any]:
        if change.item is None:
            return {"DeleteRequest": {"Key": self._schema.key(change.number)}}
        return {"PutRequest": {"Item": change.item}}


def main() -> int:
    parser = argparse.ArgumentParser(description="Replicate a table, late, with planted defects.")
    parser.add_argument("--endpoint-url", required=True)
    parser.add_argument("--table", default="orders")
    parser.add_argument("--planted", type=Path, help="write what was planted there, as JSON lines")
    parser.add_argument("--record", type=Path, help="write when each change arrived, likewise")
    parser.add_argument("--delay", type=float, nargs=2, default=(1, 3), metavar=("MIN", "MAX"),
                        help="seconds by which each change is late (default 1 3)")
    parser.add_argument("--stop-when-idle", type=float, default=math.inf, metavar="SECONDS",
                        help="end after this long without a change")
    defects.add_arguments(parser)
    arguments = parser.parse_args()

    def client(account: str, service: str) -> Any:
        return dynamodb_local.client(account, arguments.endpoint_url, service)
    replicator = Replicator(client, arguments.table, defects.from_arguments(arguments),
                            arguments.planted, (arguments.delay[0], arguments.delay[1]),
                            record=arguments.record)
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    signal.signal(signal.SIGUSR1, lambda *_: replicator.pause())
    signal.signal(signal.SIGUSR2, lambda *_: replicator.resume())
    replicator.run(interrupted.is_set, arguments.stop_when_idle)
    print(f"replicated {replicator.applied} changes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
