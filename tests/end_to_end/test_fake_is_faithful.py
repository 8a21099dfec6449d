"""The fake of the simulation (tests/support) and DynamoDB Local, asked the same.

Problem: a fake that is wrong about the service proves a monitor that is wrong about it too. Idea:
each question below is put to both, and what the answers say must be the same: items, errors by
name, pages, stream records. What may differ is left out: ids, times, order where the service has
none. The facts that DynamoDB Local gets wrong itself, or cannot show (splits, trimming,
throttling), have their source in the documentation and are tested in tests/support.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError
from harness import FakeService, KeySchema, Scenario, create_table, enable_stream, stream_arn
from items import canonical_item
from tables import VIEWS, put_items

SCHEMAS = [KeySchema(partition, sort) for partition in "SNB" for sort in (None, "S", "N", "B")]
NEW_AND_OLD = "NEW_AND_OLD_IMAGES"
PATIENCE_SECONDS = 30


class Service:
    """One of the two, with a table name of its own for each question."""

    def __init__(self, host: Any, account: str) -> None:
        self.tables = host.client(account)
        self.streams = host.client(account, "dynamodbstreams")
        self._used = 0

    def new_table(self, schema: KeySchema = KeySchema(), view: str | None = None) -> str:
        self._used += 1
        name = f"table{self._used}"
        create_table(self.tables, name, schema, view)
        return name

    def shards(self, arn: str) -> list[dict[str, Any]]:
        return list(self.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"])

    def read(self, arn: str, shard: str, **iterator: Any) -> Iterator[dict[str, Any]]:
        """The pages of a shard, up to its end or to the first empty one."""
        position = {"ShardIteratorType": "TRIM_HORIZON"} | iterator
        at = self.streams.get_shard_iterator(StreamArn=arn, ShardId=shard,
                                             **position)["ShardIterator"]
        while at:
            page = self.streams.get_records(ShardIterator=at, Limit=3)
            yield page
            at = page.get("NextShardIterator") if page["Records"] else None

    def records(self, table: str) -> list[dict[str, Any]]:
        """In order of their numbers; what may differ is left out."""
        arn = stream_arn(self.tables, table)
        found = [record for shard in self.shards(arn)
                 for page in self.read(arn, shard["ShardId"]) for record in page["Records"]]
        found.sort(key=lambda record: int(record["dynamodb"]["SequenceNumber"]))
        return [plain_record(record) for record in found]


def plain_record(record: dict[str, Any]) -> dict[str, Any]:
    change = record["dynamodb"]
    return {"event": record["eventName"], "view": change["StreamViewType"],
            "members": sorted(change.keys() - {"SizeBytes"}),
            **{name: canonical_item(change[name])
               for name in ("Keys", "NewImage", "OldImage") if name in change}}


def refusal(call: Callable[[], Any]) -> str:
    """The name of the error, and the reason where a program has to tell them apart."""
    try:
        call()
    except ClientError as failure:
        return str(failure.response["Error"]["Code"])
    return "none"


def canonical(items: list[Any]) -> tuple[int, frozenset[Any]]:
    """Without order; numbers by value: DynamoDB Local trims their zeros, the fake does not."""
    return len(items), frozenset(canonical_item(item) for item in items)


def numbered(schema: KeySchema, count: int) -> list[Any]:
    return [{**schema.key(number), "v": {"N": f"{number}.50"}} for number in range(count)]


# Each question: a service in, what it says out.

def ask_description(service: Service) -> Any:
    table = service.new_table(KeySchema("S", "N"), NEW_AND_OLD)
    told = service.tables.describe_table(TableName=table)["Table"]
    arn = told["LatestStreamArn"]
    stream = service.streams.describe_stream(StreamArn=arn)["StreamDescription"]
    return {"status": told["TableStatus"], "keys": told["KeySchema"],
            "types": sorted(str(each) for each in told["AttributeDefinitions"]),
            "stream": told["StreamSpecification"], "view": stream["StreamViewType"],
            "stream_status": stream["StreamStatus"], "stream_keys": stream["KeySchema"],
            "shards": [sorted(shard) for shard in stream["Shards"]],
            "open": ["EndingSequenceNumber" in shard["SequenceNumberRange"]
                     for shard in stream["Shards"]],
            "listed": [each["TableName"] for each in
                       service.streams.list_streams(TableName=table)["Streams"]]}


def ask_conditional_writes(service: Service) -> Any:
    table, tables = service.new_table(), service.tables
    key = KeySchema().key(1)
    absent = {"ConditionExpression": "attribute_not_exists(#k)",
              "ExpressionAttributeNames": {"#k": "order_id"}}
    is_one = {"ConditionExpression": "#v = :one", "ExpressionAttributeNames": {"#v": "v"},
              "ExpressionAttributeValues": {":one": {"N": "1.0"}}}
    one, two = {**key, "v": {"N": "1"}}, {**key, "v": {"N": "2"}}
    return [
        refusal(lambda: tables.put_item(TableName=table, Item=one, **absent)),
        refusal(lambda: tables.put_item(TableName=table, Item=two, **absent)),
        refusal(lambda: tables.put_item(TableName=table, Item=two, **is_one)),
        refusal(lambda: tables.put_item(TableName=table, Item=two, **is_one)),
        refusal(lambda: tables.delete_item(TableName=table, Key=key, **is_one)),
        tables.put_item(TableName=table, Item=one, ReturnValues="ALL_OLD").get("Attributes"),
        refusal(lambda: tables.delete_item(TableName=table, Key=key, **is_one)),
        "Item" in tables.get_item(TableName=table, Key=key, ConsistentRead=True)]


def ask_refusals(service: Service) -> Any:
    schema = KeySchema("S", "N")
    table, tables, streams = service.new_table(schema), service.tables, service.streams
    key = schema.key(1)
    arn = "arn:aws:dynamodb:ddblocal:000000000000:table/gone/stream/2026-01-01T00:00:00.000"

    def get(keys: list[Any], name: str = table) -> Callable[[], Any]:
        return lambda: tables.batch_get_item(RequestItems={name: {"Keys": keys}})

    return {
        "table": refusal(lambda: tables.describe_table(TableName="gone")),
        "scan": refusal(lambda: tables.scan(TableName="gone")),
        "batch of a missing table": refusal(get([key], "gone")),
        "no keys": refusal(get([])),
        "same key twice": refusal(get([key, key])),
        "101 keys": refusal(get([schema.key(i) for i in range(101)])),
        "key of another type": refusal(get([{"order_id": {"N": "1"}, "line": {"N": "1"}}])),
        "half a key": refusal(get([{"order_id": {"S": "a"}}])),
        "item without key": refusal(lambda: tables.put_item(
            TableName=table, Item={"v": {"N": "1"}})),
        "empty key": refusal(lambda: tables.put_item(
            TableName=table, Item={"order_id": {"S": ""}, "line": {"N": "1"}})),
        "no number": refusal(lambda: tables.put_item(
            TableName=table, Item={**key, "v": {"N": "one"}})),
        "39 digits": refusal(lambda: tables.put_item(
            TableName=table, Item={**key, "v": {"N": "1" * 39}})),
        "number beyond": refusal(lambda: tables.put_item(
            TableName=table, Item={**key, "v": {"N": "1E126"}})),
        "number within": refusal(lambda: tables.put_item(
            TableName=table, Item={**key, "v": {"NS": ["9.9E125", "-1E-130", "0"]}})),
        "number too small": refusal(lambda: tables.put_item(
            TableName=table, Item={**key, "v": {"L": [{"N": "-1E-131"}]}})),
        "same number twice": refusal(lambda: tables.put_item(
            TableName=table, Item={**key, "v": {"NS": ["1", "1.0"]}})),
        "same text twice": refusal(lambda: tables.put_item(
            TableName=table, Item={**key, "v": {"M": {"a": {"SS": ["a", "a"]}}}})),
        "empty set": refusal(lambda: tables.put_item(
            TableName=table, Item={**key, "v": {"SS": []}})),
        "26 writes": refusal(lambda: tables.batch_write_item(RequestItems={table: [
            {"PutRequest": {"Item": schema.key(i)}} for i in range(26)]})),
        "table there already": refusal(lambda: create_table(tables, table, schema)),
        "segment beyond": refusal(lambda: tables.scan(TableName=table, Segment=4, TotalSegments=4)),
        "stream": refusal(lambda: streams.describe_stream(StreamArn=arn)),
    }


def ask_scan(service: Service) -> Any:
    told: dict[str, Any] = {}
    for schema in SCHEMAS:
        table = service.new_table(schema)
        put_items(service.tables, table, numbered(schema, 40))
        pages, seen, after = 0, [], {}
        while True:
            page = service.tables.scan(TableName=table, Limit=7, ConsistentRead=True, **after)
            pages += 1
            seen += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            after = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        segments = [item for segment in range(8) for item in service.tables.scan(
            TableName=table, Segment=segment, TotalSegments=8)["Items"]]
        # A last page may be empty, or not be asked for.
        told[str(schema)] = (pages in (6, 7), canonical(seen), canonical(segments))
    return told


def ask_reads(service: Service) -> Any:
    schema = KeySchema("S", "N")
    table, tables = service.new_table(schema), service.tables
    large = {**schema.key(50), "text": {"S": "x" * 9000}}
    put_items(tables, table, [*numbered(schema, 10), large])

    def batch(*numbers: int) -> Any:
        return tables.batch_get_item(
            RequestItems={table: {"Keys": [schema.key(i) for i in numbers],
                                  "ConsistentRead": True}},
            ReturnConsumedCapacity="TOTAL")

    found = batch(1, 2, 50)
    # What an absent key costs in a batch is left out: AWS charges for it, DynamoDB Local does not.
    with_absent = batch(3, 77)
    return {"found": canonical(found["Responses"][table]), "unprocessed": found["UnprocessedKeys"],
            "with_absent": canonical(with_absent["Responses"][table]),
            "batch_units": found["ConsumedCapacity"][0]["CapacityUnits"],
            "units": [tables.get_item(TableName=table, Key=schema.key(i), ConsistentRead=strong,
                                      ReturnConsumedCapacity="TOTAL")
                      ["ConsumedCapacity"]["CapacityUnits"]
                      for i in (1, 50, 77) for strong in (True, False)]}


def ask_query(service: Service) -> Any:
    """One collection, in the order of its sort key: bytes for B, value for N."""
    told = {}
    for sort in "SNB":
        schema = KeySchema("S", sort)
        table = service.new_table(schema)
        put_items(service.tables, table, numbered(schema, 16))
        items = service.tables.query(
            TableName=table, KeyConditionExpression="#k = :k",
            ExpressionAttributeNames={"#k": "order_id"},
            ExpressionAttributeValues={":k": schema.key(0)["order_id"]})["Items"]
        told[sort] = [schema.number(item) for item in items]
    return told


def ask_spellings(service: Service) -> Any:
    """A write that says the same in other words is no change, and leaves no record."""
    table = service.new_table(view=NEW_AND_OLD)
    key = KeySchema().key(1)
    for value in ({"N": "1"}, {"N": "1.0"}, {"N": "10E-1"}, {"SS": ["a", "b"]}, {"SS": ["b", "a"]},
                  {"NS": ["1", "2"]}, {"NS": ["2.0", "1.0"]}, {"L": [{"N": "1"}]},
                  {"L": [{"N": "1.0"}]}, {"M": {"a": {"S": ""}, "b": {"NULL": True}}},
                  {"M": {"b": {"NULL": True}, "a": {"S": ""}}}, {"S": "1"}, {"B": b"1"}):
        service.tables.put_item(TableName=table, Item={**key, "v": value})
    service.tables.delete_item(TableName=table, Key=key)
    service.tables.delete_item(TableName=table, Key=key)
    return [record["event"] for record in service.records(table)]


def ask_records(service: Service) -> Any:
    told = {}
    for view in VIEWS:
        schema = KeySchema("S", "B")
        table = service.new_table(schema, view)
        for number in range(5):
            service.tables.put_item(TableName=table, Item=numbered(schema, 5)[number])
        service.tables.put_item(TableName=table, Item={**schema.key(2), "w": {"BOOL": True}})
        service.tables.update_item(
            TableName=table, Key=schema.key(3), UpdateExpression="SET #v = :v",
            ExpressionAttributeNames={"#v": "v"}, ExpressionAttributeValues={":v": {"N": "9"}})
        service.tables.delete_item(TableName=table, Key=schema.key(4))
        told[view] = service.records(table)
    return told


def ask_positions(service: Service) -> Any:
    """From where each kind of iterator reads."""
    table = service.new_table(view="KEYS_ONLY")
    put_items(service.tables, table, numbered(KeySchema(), 4))
    arn = stream_arn(service.tables, table)
    shard = service.shards(arn)[0]["ShardId"]
    numbers = [record["dynamodb"]["SequenceNumber"]
               for page in service.read(arn, shard) for record in page["Records"]]

    def read(**iterator: Any) -> list[int]:
        return [numbers.index(record["dynamodb"]["SequenceNumber"])
                for page in service.read(arn, shard, **iterator) for record in page["Records"]]

    return {
        "ascending": numbers == sorted(numbers, key=int), "all": read(),
        "at": read(ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=numbers[2]),
        "after": read(ShardIteratorType="AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[2]),
        "after the last": read(ShardIteratorType="AFTER_SEQUENCE_NUMBER",
                               SequenceNumber=numbers[-1]),
        "latest": read(ShardIteratorType="LATEST"),
        "no such shard": refusal(lambda: list(
            service.read(arn, "shardId-" + "0" * 20 + "-00000000"))),
        "no iterator": refusal(lambda: service.streams.get_records(ShardIterator="none")),
    }


def ask_renewed_stream(service: Service) -> Any:
    """Turned off, its shards close and end; turned on again it is another stream."""
    table, tables = service.new_table(view=NEW_AND_OLD), service.tables
    put_items(tables, table, numbered(KeySchema(), 3))
    first = stream_arn(tables, table)
    tables.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not all("EndingSequenceNumber" in shard["SequenceNumberRange"]
                  for shard in service.shards(first)) and time.monotonic() < deadline:
        time.sleep(0.2)
    pages = [page for shard in service.shards(first)
             for page in service.read(first, shard["ShardId"])]
    off = service.streams.describe_stream(StreamArn=first)["StreamDescription"]["StreamStatus"]
    put_items(tables, table, numbered(KeySchema(), 5)[3:])
    enable_stream(tables, table, "KEYS_ONLY")
    put_items(tables, table, numbered(KeySchema(), 6)[5:])
    second = stream_arn(tables, table)
    return {"status": off, "records": sum(len(page["Records"]) for page in pages),
            "ends": "NextShardIterator" in pages[-1], "another": first != second,
            "on_twice": refusal(lambda: enable_stream(tables, table, "KEYS_ONLY")),
            "later": [record["Keys"] for record in service.records(table)],
            "streams": len(service.streams.list_streams(TableName=table)["Streams"])}


QUESTIONS: list[Callable[[Service], Any]] = [
    ask_description, ask_conditional_writes, ask_refusals, ask_scan, ask_reads, ask_query,
    ask_spellings, ask_records, ask_positions, ask_renewed_stream]


class FakeIsFaithful(Scenario):
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        fake = FakeService()
        fake.start()
        cls.addClassCleanup(fake.stop)
        cls.services = (Service(fake, "faithful"), Service(cls.local, "faithful"))

    def test_both_say_the_same(self) -> None:
        fake, local = self.services
        for ask in QUESTIONS:
            with self.subTest(ask.__name__):
                self.assertEqual(ask(fake), ask(local), "the fake, DynamoDB Local")
