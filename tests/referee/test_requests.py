"""What we send and what we read is what AWS's models say.

Problem: requests are written by hand, and answers are read by names that stand in our sources. A
member that is misspelt there is one that a fake of our own would misspell too. Idea: make_calls
makes every call with all that is optional in it, answered by examples made from the model. Each
request must be one that botocore would have sent. A member without which the answer is read
otherwise is one that we read; a name in our sources that was neither sent nor seen to be read is
one that the model does not have, or has elsewhere.
"""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import unittest
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from service_models import (COMMON_ERRORS, SERVICES, Example, Reading, of_target, service_model,
                            wrong_with_answer, wrong_with_request)

SOURCES = Path(__file__).resolve().parents[2] / "src"
CLIENTS = {"dynamodb_client": "dynamodb/dynamodb_client.h",
           "streams_client": "dynamodb/streams_client.h", "sts_client": "aws/sts_client.h"}
# Where targets are written: whoever adds a place adds its calls to make_calls.
TARGETS = {"dynamodb/dynamodb_client.cc", "dynamodb/streams_client.cc",
           "dynamodb/describe_settings.cc"}
ANSWERS_MAX = 6

PAGES = "(batch_get_item|scan|get_records)"
# Sources that name members, and the calls in which they must be seen.
NAMING = {
    "dynamodb/attribute_value.cc": f"{PAGES}|write_if", "dynamodb/canonical.cc": PAGES,
    "dynamodb/conditional_write.cc": "write_if", "dynamodb/dynamodb_client.cc": "dynamodb_client::",
    "dynamodb/page_decoder.cc": PAGES, "dynamodb/streams_client.cc": "streams_client::",
    "dynamodb/table_answer.cc": "describe_table",
    "dynamodb/describe_settings.cc": "describe_with_settings",
    "dynamodb/table_settings.cc": "describe_with_settings",
}
# Those of test_identity_requests.py.
NAMING_ELSEWHERE = {"aws/sts_answer.cc", "aws/sts_client.cc", "aws/sso_answer.cc",
                    "aws/sso_credentials.cc", "aws/sso_token.cc"}
NAMING_NOTHING_OF_A_MODEL = {
    "base/foreign_json.cc": "takes the name from its caller",
    "s3/s3_answer.cc": "those of test_bucket_requests.py",
    "exports/export_manifest.cc": "manifests of an export, which have no model",
    "dynamodb/answer.cc": "hands the document to its caller",
    "aws/classify_error.cc": "documents of errors, which belong to no operation's output",
    "aws/credential_json.cc": "what programs, containers and instances print: they have no model",
    "aws/credential_context.cc": "the exchange itself",
    "aws/container_credentials.cc": "no model",
    "aws/instance_metadata.cc": "no model",
    "aws/process_credentials.cc": "no model",
    "repair/journal_line.cc": "lines of its own",
    "cli/fleet_command.cc": "what is said of a migration that has no status",
    "cli/report_command.cc": "a status of our own",
    "cli/web_findings.cc": "findings of our own state",
    "report/alerts.cc": "what was told, in our own state",
    "report/history.cc": "points of our own state",
    "report/stored_status.cc": "figures of our own state",
    "state/merged_finding.cc": "rows of our own state",
    "summary/past.cc": "points of our own state",
    "verify/finding_book.cc": "our own key documents",
    "verify/item_diff.cc": "members of items",
}
READS = re.compile(r"(?:text|number|count|integer|bool|string|time)_member\(|\bmember\("
                   r"|each_member|pugi::"
                   r"|_20120810|exchange_once|parse_json\(|json::parse")
WORDS_OF_OURS = {
    "Service": "the value of Identity.Type, which the model leaves open",
    "UnknownOperation": "the beginning of an error's name that belongs to no operation",
    "principalId": "the API reference's examples write it so, unlike its model",
}

ITEM = {"order_id": {"S": "o"}, "line": {"N": "7"}, "b": {"B": "AAE="}, "yes": {"BOOL": True},
        "nothing": {"NULL": True}, "l": {"L": [{"S": ""}]}, "m": {"M": {"a": {"N": "1"}}},
        "ss": {"SS": ["a"]}, "ns": {"NS": ["1"]}, "bs": {"BS": ["AA=="]}}
KEY = {name: ITEM[name] for name in ("order_id", "line")}
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
SHARD = "shardId-00000001700000000000-aaaaaaaa"
VALUES = {
    "Item": ITEM, "Items": [ITEM], "Count": 1, "Key": KEY, "Responses": {"orders": [ITEM]},
    "TableNames": ["orders"], "LastEvaluatedTableName": "orders",
    "LastEvaluatedKey": KEY, "KeysAndAttributes.Keys": [KEY], "StreamRecord.Keys": KEY,
    "NewImage": ITEM, "OldImage": ITEM, "CapacityUnits": 7.5,
    "UnprocessedItems": {"orders": [{"PutRequest": {"Item": ITEM}},
                                    {"DeleteRequest": {"Key": KEY}}]},
    "TableName": "orders", "TableArn": ARN, "TableStatus": "ACTIVE",
    "TableId": "01234567-89ab-cdef-0123-456789abcdef", "IndexStatus": "CREATING",
    "GlobalSecondaryIndexDescription.IndexName": "by-line",
    "TableClass": "STANDARD_INFREQUENT_ACCESS",
    "StreamArn": f"{ARN}/stream/2026-01-01T00:00:00.000",
    "KeySchema": [{"AttributeName": "order_id", "KeyType": "HASH"},
                  {"AttributeName": "line", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": "order_id", "AttributeType": "S"},
                             {"AttributeName": "line", "AttributeType": "N"}],
    "BillingMode": "PAY_PER_REQUEST", "TimeToLiveStatus": "ENABLED",
    "PointInTimeRecoveryStatus": "ENABLED", "StreamStatus": "ENABLED", "eventName": "INSERT",
    "userIdentity": {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"},
    "ShardId": SHARD, "ParentShardId": SHARD, "LastEvaluatedShardId": SHARD,
    "SequenceNumber": "1" * 27, "StartingSequenceNumber": "2" * 27,
    "EndingSequenceNumber": "3" * 27,
}
# Capacity is read of a table with provisioned capacity only.
WORLDS: list[dict[str, Any]] = [VALUES, VALUES | {"BillingMode": "PROVISIONED"}]
Answers = list[dict[str, Any]]


class Calls:
    """make_calls, at work."""

    def __init__(self, **environment: str) -> None:
        self._process = subprocess.Popen(
            [os.environ["DDM_MAKE_CALLS"]], env=os.environ | environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Calls:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    @staticmethod
    def names() -> list[str]:
        return subprocess.run([os.environ["DDM_MAKE_CALLS"], "--list"], check=True,
                              capture_output=True, text=True, timeout=60).stdout.splitlines()

    def make(self, name: str, answers: Answers) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"call": name, "answers": answers}) + "\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


def example_answer(target: str, asked_before: bool, values: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = Example(values).of(of_target(target).output_shape)
    if asked_before:  # the last page
        for holder in (answer, *(each for each in answer.values() if isinstance(each, dict))):
            for name in [name for name in holder if name.startswith("LastEvaluated")]:
                del holder[name]
    return answer


def answered(calls: Calls, name: str, values: dict[str, Any]) -> tuple[dict[str, Any], Answers]:
    """The call with an example for each of its requests, and these examples."""
    answers: Answers = []
    while True:
        told = calls.make(name, answers)
        targets = [request["target"] for request in told["requests"]]
        if len(targets) <= len(answers):
            return told, answers
        assert len(answers) < ANSWERS_MAX, f"{name} asks on and on"
        target = targets[len(answers)]
        answers.append(example_answer(target, target in targets[:len(answers)], values))


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of every member at any depth."""
    entries = document.items() if isinstance(document, dict) else \
        enumerate(document) if isinstance(document, list) else ()
    for name, value in entries:
        if isinstance(document, dict):
            yield (*path, name)
        yield from places(value, (*path, name))


def altered(document: Any, path: tuple[Any, ...]) -> Iterator[Any]:
    """Without the member; and with another number in it."""
    document = copy.deepcopy(document)
    holder = document
    for name in path[:-1]:
        holder = holder[name]
    value = holder.pop(path[-1])
    yield document
    if isinstance(value, (int, float)):
        holder[path[-1]] = value + 1
        yield document


def members_of(document: Any) -> set[str]:
    return {path[-1] for path in places(document)}


def members_read(calls: Calls, name: str, values: dict[str, Any]) -> set[str]:
    """Those that make a difference."""
    whole, answers = answered(calls, name, values)
    read = set()
    for at, answer in enumerate(answers):
        for path in places(answer):
            if path[-1] not in read and any(
                    calls.make(name, [*answers[:at], other, *answers[at + 1:]]) != whole
                    for other in altered(answer, path)):
                read.add(path[-1])
    return read


def literals_of(source: Path) -> set[str]:
    """String literals without the comments between them."""
    token = re.compile(r'//[^\n]*|^#include[^\n]*|R"\((.*?)\)"|"((?:[^"\\\n]|\\.)*)"',
                       re.DOTALL | re.MULTILINE)
    found = (match.groups() for match in token.finditer(source.read_text())
             if match.group(0).startswith(('"', "R")))
    return {re.sub(r"\\(.)", r"\1", plain) if raw is None else raw for raw, plain in found}


def names_in(source: Path) -> set[str]:
    """Literals that look like names of the API, and such names within JSON that is written."""
    names: set[str] = set()
    for literal in literals_of(source):
        names.update(re.findall(r'"([A-Z]\w+)":', literal))
        if re.fullmatch(r"[A-Z]\w*|[a-z]+[A-Z]\w*", literal):
            names.add(literal)
    return names


@cache
def words_of_models() -> frozenset[str]:
    """Operations, errors and the values of enumerations."""
    words: set[str] = set()
    for service in SERVICES.values():
        model = service_model(service)
        words.update(model.operation_names)
        words.update(shape.name for shape in model.error_shapes)
        for name in model.shape_names:
            words.update(model.shape_for(name).metadata.get("enum", []))
    return frozenset(words)


class Requests(unittest.TestCase):
    def test_every_function_of_the_clients_is_called(self) -> None:
        called = {re.sub(r" \(.*", "", name) for name in Calls.names()}
        for client, header in CLIENTS.items():
            text = re.sub(r"//[^\n]*", "", (SOURCES / header).read_text()).split("private:")[0]
            offered = re.findall(r"awaitable<[\w:<>,\s]+>\s+(\w+)\(", text)
            self.assertGreater(len(offered), 2, header)
            self.assertEqual({f"{client}::{name}" for name in offered},
                             {name for name in called if name.startswith(client)})

    def test_nobody_else_writes_requests_or_names_members(self) -> None:
        writing, naming = set(), set()
        for source in SOURCES.rglob("*.cc"):
            name = str(source.relative_to(SOURCES))
            text = re.sub(r"//[^\n]*", "", source.read_text())
            writing.update({name} if "_20120810" in text else ())
            naming.update({name} if READS.search(text) else ())
        self.assertEqual(writing, TARGETS)
        unknown = naming - NAMING.keys() - NAMING_ELSEWHERE - NAMING_NOTHING_OF_A_MODEL.keys()
        self.assertEqual(unknown, set(), "which answers do these read?")

    def test_are_those_that_botocore_would_send(self) -> None:
        count = 0
        with Calls() as calls:
            for name in table_calls():
                told, answers = answered(calls, name, VALUES)
                for request in told["requests"]:
                    count += 1
                    with self.subTest(name, request=request):
                        self.assertEqual(
                            wrong_with_request(request["target"], request["body"]), [])
        self.assertGreaterEqual(count, len(table_calls()))

    def test_answers_by_the_model_are_read_without_an_error(self) -> None:
        with Calls() as calls:
            for name in table_calls():
                told, answers = answered(calls, name, VALUES)
                with self.subTest(name):
                    self.assertNotIn('"error"', json.dumps(told["outcome"]))
                for request, answer in zip(told["requests"], answers):
                    self.assertEqual(wrong_with_answer(request["target"], 200, answer), [])

    def test_answers_that_our_fakes_refuse_with_exist(self) -> None:
        known = COMMON_ERRORS.union(*({shape.name for shape in service_model(service).error_shapes}
                                      for service in SERVICES.values()))
        for fake in ("tests/support/service_error.cc", "tools/fault_proxy.py"):
            named = set(re.findall(r'["#](\w+(?:Exception|Error|LimitExceeded))"',
                                   (SOURCES.parent / fake).read_text()))
            with self.subTest(fake):
                self.assertGreater(len(named), 4)
                self.assertEqual(named - known, set())

    def test_name_no_member_that_the_models_do_not_have(self) -> None:
        seen: dict[str, set[str]] = {}
        with Calls() as calls:
            for name in table_calls():
                seen[name] = set()
                for values in WORLDS:
                    told, _ = answered(calls, name, values)
                    seen[name] |= members_read(calls, name, values).union(
                        *(members_of(request["body"]) for request in told["requests"]))
        unseen = set[str]()
        for source, pattern in NAMING.items():
            named = names_in(SOURCES / source)
            here = set[str]().union(*(members for name, members in seen.items()
                                      if re.search(pattern, name)))
            with self.subTest(source):
                self.assertNotEqual(named, set())
                unseen |= (left := named - here - words_of_models())
                self.assertEqual(left - WORDS_OF_OURS.keys(), set())
        self.assertEqual(WORDS_OF_OURS.keys() - unseen, set(), "need no excuse any more")


def table_calls() -> list[str]:
    return [name for name in Calls.names() if not name.startswith("sts_client")]


class TheReferee(unittest.TestCase):
    """Can condemn."""

    def wrong(self, operation: str, body: dict[str, Any]) -> str:
        return "\n".join(wrong_with_request(f"DynamoDB_20120810.{operation}", body))

    def test_knows_wrong_requests(self) -> None:
        scan = {"TableName": "orders", "Segment": 0, "TotalSegments": 1}
        self.assertEqual(self.wrong("Scan", scan), "")
        for wrong, why in (
                ({"ConsistentReads": True}, "no member ConsistentReads"),
                ({"ConsistentRead": "true"}, "is no boolean"), ({"Segment": True}, "is no integer"),
                ({"Limit": 0}, "not within"), ({"TableName": "a"}, "not within"),
                ({"TableName": "no/table"}, "does not match"),
                ({"ReturnConsumedCapacity": "ALL"}, "is none of"),
                ({"ExclusiveStartKey": {"k": {"B": "no base64"}}}, "is not base64"),
                ({"ExclusiveStartKey": {"k": {"B": "AB=="}}}, "botocore writes"),
                ({"ExclusiveStartKey": {"k": {"S": "a", "N": "1"}}}, "2 types"),
                ({"ExclusiveStartKey": {"k": {}}}, "0 types")):
            with self.subTest(why):
                self.assertIn(why, self.wrong("Scan", scan | wrong))
        self.assertIn("Missing required", self.wrong("Scan", {"Segment": 0}))
        with self.assertRaises(Exception):
            wrong_with_request("DynamoDB_20120810.Scam", scan)

    def test_knows_wrong_answers(self) -> None:
        target = "DynamoDBStreams_20120810.GetRecords"
        for status, body, why in (
                (200, {"Records": [{"eventname": "INSERT"}]}, "no member eventname"),
                (200, {"Records": [{"eventName": "UPDATE"}]}, "is none of"),
                (200, {"Records": None}, "is no list"),
                (400, {"__type": "x#ResourceGoneException"}, "no error of it"),
                (400, {"__type": "x#TrimmedDataAccessException", "more": 1}, "no member more")):
            with self.subTest(why):
                self.assertIn(why, "\n".join(wrong_with_answer(target, status, body)))

    def test_sees_a_name_that_no_model_has(self) -> None:
        shape = of_target("DynamoDB_20120810.DescribeTable").output_shape
        whole = Example(VALUES).of(shape)
        self.assertEqual(Reading(shape, whole).problems, [])
        self.assertNotIn("TableState", members_of(whole) | words_of_models())
        self.assertIn("TableStatus", names_in(SOURCES / "dynamodb/table_answer.cc"))
        self.assertIn("ExpressionAttributeNames",
                      names_in(SOURCES / "dynamodb/conditional_write.cc"))


if __name__ == "__main__":
    unittest.main()
