"""The tables of the demo and the tests, and the numbering of their keys.

A key is made from a number, and the number can be read back from the key, for every key schema.
So the traffic, the replicator and the tests can agree on keys by agreeing on numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from items import Item, canonical_item

PARTITION = "order_id"
SORT = "line"
LINES_PER_ORDER = 8
VIEWS = ("NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY")


def key_value(kind: str, number: int) -> Any:
    if kind == "N":
        # Every seventh key has a fraction, so that nobody gets away with integers.
        return f"{number}.25" if number % 7 == 0 else str(number)
    text = f"注文#{number:06}" if number % 7 == 0 else f"order#{number:06}"
    return text.encode() if kind == "B" else text


def value_number(kind: str, value: Any) -> int:
    if kind == "N":
        return int(value.split(".")[0])
    text = value.decode() if kind == "B" else value
    return int(text.split("#")[1])


@dataclass(frozen=True)
class KeySchema:
    partition: str = "S"
    sort: str | None = None

    @classmethod
    def of(cls, client: Any, table: str) -> KeySchema:
        description = client.describe_table(TableName=table)["Table"]
        kinds = {entry["AttributeName"]: entry["AttributeType"]
                 for entry in description["AttributeDefinitions"]}
        return cls(kinds[PARTITION], kinds.get(SORT))

    def key(self, number: int) -> Item:
        if self.sort is None:
            return {PARTITION: {self.partition: key_value(self.partition, number)}}
        order, line = divmod(number, LINES_PER_ORDER)
        return {PARTITION: {self.partition: key_value(self.partition, order)},
                SORT: {self.sort: key_value(self.sort, line)}}

    def number(self, item: Item) -> int:
        number = value_number(self.partition, item[PARTITION][self.partition])
        if self.sort is None:
            return number
        return number * LINES_PER_ORDER + value_number(self.sort, item[SORT][self.sort])

    def names(self) -> list[str]:
        return [PARTITION] if self.sort is None else [PARTITION, SORT]

    def key_of(self, item: Item) -> Item:
        return {name: item[name] for name in self.names()}


def create_table(client: Any, table: str, schema: KeySchema, view: str | None = None) -> None:
    kinds = {PARTITION: schema.partition, SORT: schema.sort}
    client.create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": "RANGE" if name == SORT else "HASH"}
                   for name in schema.names()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kinds[name]}
                              for name in schema.names()])
    if view:
        enable_stream(client, table, view)


def enable_stream(client: Any, table: str, view: str) -> None:
    client.update_table(TableName=table, StreamSpecification={
        "StreamEnabled": True, "StreamViewType": view})


def stream_arn(client: Any, table: str) -> str:
    return str(client.describe_table(TableName=table)["Table"]["LatestStreamArn"])


def put_items(client: Any, table: str, items: Iterable[Item]) -> None:
    batch_write(client, table, [{"PutRequest": {"Item": item}} for item in items])


def batch_write(client: Any, table: str, requests: list[dict[str, Any]]) -> None:
    """Any number of writes, each key once."""
    waiting = list(requests)
    while waiting:
        batch, waiting = waiting[:25], waiting[25:]
        answer = client.batch_write_item(RequestItems={table: batch})
        waiting += answer["UnprocessedItems"].get(table, [])


def read_all(client: Any, table: str) -> list[Item]:
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def difference(source: Any, target: Any, table: str, schema: KeySchema) -> set[int]:
    """The numbers of the keys that differ: the truth that a monitor must find."""
    def by_number(client: Any) -> dict[int, Any]:
        return {schema.number(item): canonical_item(item) for item in read_all(client, table)}
    left, right = by_number(source), by_number(target)
    return {number for number in left.keys() | right.keys()
            if left.get(number) != right.get(number)}
