"""What truly goes over the wire is what AWS's models say: a recorder between the program and the
service keeps each request and each answer, and tests/referee/service_models.py judges them.

The second referee beside tests/referee/test_requests.py: it sees what the commands really send, and
what the fake of the simulation (tests/support) and DynamoDB Local really answer.
"""

from __future__ import annotations

import re
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from harness import IMPATIENT, TABLE, Defects, FakeService, KeySchema, Migration, Scenario
from recorder import Exchange, Recorder
from test_fake_is_faithful import QUESTIONS, Service, refusal

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests/referee"))

from service_models import parse, wrong_with_answer, wrong_with_request  # noqa: E402

ITEMS = 60
QUICK = ["--max-lag", "2s", "--output", "json"]
# Query, ListStreams, CreateTable and UpdateTable are asked by tests only.
SENT_BY_COMMANDS = {
    "DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "Scan", "BatchGetItem",
    "GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "DescribeStream",
    "GetShardIterator", "GetRecords"}


def operation_of(exchange: Exchange) -> str:
    return exchange.target.split(".")[-1]


def wrong_answers(exchanges: list[Exchange]) -> Counter[str]:
    return Counter(f"{operation_of(each)}, {problem}" for each in exchanges for problem in
                   wrong_with_answer(each.target, each.status, parse(each.answer)))


class Recorded(Scenario):
    def recorder(self, service: Any, clients_too: bool = False) -> Recorder:
        recorder = Recorder(service, clients_too)
        thread = threading.Thread(target=recorder.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(recorder.server_close)
        self.addCleanup(recorder.shutdown)
        return recorder


class Commands(Recorded):
    """Every command that asks a service."""

    def test_on_dynamodb_local(self) -> None:
        recorder = self.recorder(self.local)
        side = Migration(recorder, self.folder(), "wire", KeySchema("S", "N"),
                         Defects(ITEMS, 1, {}))
        self.addCleanup(side.close)
        side.create()
        self.run_all(side)
        self.judge(recorder.exchanges)

    def test_on_the_fake(self) -> None:
        service = FakeService("--items", str(ITEMS), "--shuffled", "1", "--shards", "3")
        service.start()
        self.addCleanup(service.stop)
        recorder = self.recorder(service)
        side = Migration(recorder, self.folder(), "", KeySchema("S", "N"), Defects(ITEMS, 1, {}))
        self.addCleanup(side.close)
        self.run_all(side)
        self.judge(recorder.exchanges)

    def run_all(self, side: Migration) -> None:
        keys = [side.schema.key(number) for number in range(6)]
        for key in keys[:2]:
            side.target.delete_item(TableName=TABLE, Key=key)
        for key in keys[2:4]:
            side.target.update_item(
                TableName=TABLE, Key=key, UpdateExpression="SET damaged = :d",
                ExpressionAttributeValues={":d": {"L": [{"N": "1.0"}, {"B": b"\x00\xff"}]}})
        for key in keys[4:]:
            side.source.delete_item(TableName=TABLE, Key=key)
        monitor, flags = side.monitor, side.monitor.flags()
        access = flags[:len(flags) - len(monitor.state_flags())]
        self.assertIn(monitor.run("plan", *access, "--output", "json").code, (1, 3))
        # The deletes come over the stream, the rest by the comparison.
        self.assert_exit(monitor.finish(*IMPATIENT, "--max-lag", "2s"), 1)
        self.assert_exit(monitor.run("compare", *flags, *QUICK, "--segments", "3"), 1)
        repaired = monitor.run("repair", *flags, *QUICK, "--apply", "--allow-deletes")
        self.assert_exit(repaired, 0)
        self.assert_exit(monitor.run("repair", *flags, *QUICK, "--apply", "--allow-deletes",
                                     "--undo", repaired.report()["journal"]), 1)
        table = ["--profile", "source", "--region", "ap-northeast-1", "--table", TABLE,
                 "--endpoint-url", side.local.endpoint_url]
        for batch in ([], ["--batch"]):
            written = str(monitor.folder / f"keys{len(batch)}.csv")
            self.assert_exit(monitor.run("datagen", *table, "--count", "30", "--output", written,
                                         *batch), 0)
            self.assert_exit(monitor.run("datadel", *table, "--input", written, *batch), 0)

    def judge(self, exchanges: list[Exchange]) -> None:
        self.assertEqual({operation_of(each) for each in exchanges}, SENT_BY_COMMANDS)
        for each in exchanges:
            self.assertEqual(wrong_with_request(each.target, parse(each.request)), [])
            self.assertEqual((each.path, each.content_type), ("/", "application/x-amz-json-1.0"))
        self.assertEqual(wrong_answers(exchanges), Counter())
        print(f"{len(exchanges)} requests: {Counter(map(operation_of, exchanges))}")


class TheFake(Recorded):
    @classmethod
    def setUpClass(cls) -> None:
        pass  # no DynamoDB Local

    def test_answers_by_the_model_whatever_it_is_asked(self) -> None:
        service = FakeService()
        service.start()
        self.addCleanup(service.stop)
        recorder = self.recorder(service, clients_too=True)
        asked = Service(recorder, "wire")
        for ask in (*QUESTIONS, ask_the_rest):
            ask(asked)
        known = re.findall(r'"(DynamoDB\w*_20120810\.\w+)"',
                           (REPOSITORY / "tests/support/operations.cc").read_text())
        self.assertEqual({each.target for each in recorder.exchanges if each.status == 200},
                         set(known))
        self.assertGreater(len({each.answer for each in recorder.exchanges
                                if each.status != 200}), 10)
        self.assertEqual(dict(wrong_answers(recorder.exchanges)), {})


def ask_the_rest(service: Service) -> None:
    """What nobody compares with DynamoDB Local: TTL, partial answers, old values."""
    tables, schema = service.tables, KeySchema("S", "N")
    table = service.new_table(schema, "NEW_AND_OLD_IMAGES")
    key = schema.key(1)
    tables.update_time_to_live(TableName=table, TimeToLiveSpecification={
        "Enabled": True, "AttributeName": "expires"})
    tables.describe_time_to_live(TableName=table)
    for value in ({"N": "1"}, {"M": {"a": {"BS": [b"\x00", b"1"]}}}, {"NULL": True}):
        tables.put_item(TableName=table, Item={**key, "v": value}, ReturnValues="ALL_OLD",
                        ReturnConsumedCapacity="TOTAL")
    tables.get_item(TableName=table, Key=key, ReturnConsumedCapacity="TOTAL")
    tables.query(TableName=table, KeyConditionExpression="#k = :k", Limit=1,
                 ExpressionAttributeNames={"#k": "order_id"}, ReturnConsumedCapacity="TOTAL",
                 ExpressionAttributeValues={":k": key["order_id"]})
    tables.scan(TableName=table, Limit=1, ReturnConsumedCapacity="TOTAL")
    tables.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")
    service.records(table)
    refusal(lambda: tables.describe_continuous_backups(TableName=table))
    tables.delete_table(TableName=table)
