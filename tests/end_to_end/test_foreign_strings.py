"""Each string of each answer, replaced: no output holds what a terminal obeys, no line is forged.

DDM_SWEEP=long asks every command about every string, and about every kind of refusal.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import unittest
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from harness import TABLE, Migration, Scenario
from fault_proxy import FaultProxy
from foreign_strings import (EVIL, Path, Rewrite, answers, fault_in, no_json, refusal, spoils,
                             strings_of)
from monitor import once_each

LONG = os.environ.get("DDM_SWEEP") == "long"
AT_ONCE = 8  # they wait, mostly
SECONDS_MAX = 6  # what waits for a better answer is stopped then
STATE_READERS = ("compare", "monitor", "repair")
FLAGS = {
    "plan": ([], ["--output", "json"]),
    "compare": (["--max-lag", "1s", "--segments", "1", "--fresh", "--show-values"],),
    "monitor": (["--sample-rate", "1", "--iterator-type", "TRIM_HORIZON", "--max-lag", "1s",
                 "--replication-wait-time", "500ms", "--retry-wait-time", "500ms",
                 "--validation-interval", "500ms", "--stats-interval", "1s", "--duration", "3s",
                 "--verbose"],),
    "repair": ([], ["--apply", "--allow-deletes", "--max-lag", "1s"]),
}
# Which commands make most of an operation's answer.
USERS = {"DescribeTable": ("plan", "compare"), "DescribeTimeToLive": ("plan", "repair"),
         "DescribeContinuousBackups": ("plan",), "DescribeStream": ("plan", "monitor"),
         "GetShardIterator": ("plan",), "GetRecords": ("monitor",), "Scan": ("compare",),
         "BatchGetItem": ("compare",), "GetItem": ("repair",), "UpdateItem": ("repair",),
         "PutItem": ("repair",)}
TABLE_MORE = {
    "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:k"},
    "Replicas": [{"RegionName": "us-east-1", "ReplicaStatus": "ACTIVE"}],
    "TableClassSummary": {"TableClass": "STANDARD"},
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
}
BACKUPS = {"ContinuousBackupsDescription": {
    "ContinuousBackupsStatus": "ENABLED",
    "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}}
IDENTITY = """<GetCallerIdentityResponse><GetCallerIdentityResult>
<Arn>arn:aws:iam::1:user/{0}</Arn><UserId>{0}</UserId><Account>111111111111{0}</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""
STS_REFUSAL = """<ErrorResponse><Error><Code>Denied{0}</Code><Message>{0}</Message></Error>
<RequestId>{0}</RequestId></ErrorResponse>"""


def as_aws(operation: str, status: int, content: bytes) -> tuple[int, bytes]:
    """What AWS tells and DynamoDB Local does not."""
    if operation == "DescribeContinuousBackups":
        return 200, json.dumps(BACKUPS).encode()
    if operation == "DescribeTable" and status == 200:
        document = json.loads(content)
        document["Table"] |= TABLE_MORE
        return status, json.dumps(document).encode()
    return status, content


def after_aws(then: Rewrite) -> Rewrite:
    return lambda operation, status, content: then(operation, *as_aws(operation, status, content))


@dataclass
class Case:
    name: str
    rewrite: Rewrite
    commands: tuple[str, ...]


class ForeignStrings(Scenario):
    def side(self) -> tuple[Migration, FaultProxy]:
        side = self.migration(items=0)
        side.create()
        for client, table in ((side.source, "1"), (side.target, "2")):
            client.put_item(TableName=TABLE, Item=side.schema.key(7) | {"a": {"S": table}})
            client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification={
                "Enabled": True, "AttributeName": "ttl"})
        side.source.put_item(TableName=TABLE, Item=side.schema.key(8) | {"a": {"S": "1"}})
        proxy = self.fault_proxy()
        side.monitor.endpoint_url = side.monitor.target_endpoint_url = proxy.endpoint_url
        return side, proxy

    def ended(self, side: Migration, proxy: FaultProxy, command: str, flags: list[str],
              seconds_max: float = SECONDS_MAX) -> bytes:
        own = side.monitor.flags()
        if command == "plan":
            own = own[:len(own) - len(side.monitor.state_flags())]
        process = subprocess.Popen(
            [side.monitor.binary, *once_each([command, *own, *flags])], cwd=side.monitor.folder,
            env=side.monitor.environment(AWS_ENDPOINT_URL_STS=proxy.endpoint_url),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=seconds_max)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                output, _ = process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        # 143, or the signal itself: it was stopped before it had begun.
        self.assertIn(process.returncode, (0, 1, 2, 3, 4, 143, -signal.SIGTERM), output[-2000:])
        return output

    def texts(self, case: Case) -> Iterator[tuple[str, bytes]]:
        """All that is printed and written while the answers are as in `case`."""
        side, proxy = self.side()
        proxy.orders.rewrite(as_aws)
        if "repair" in case.commands:
            self.ended(side, proxy, "compare", FLAGS["compare"][0], seconds_max=60)
        proxy.orders.rewrite(after_aws(case.rewrite))
        for command in case.commands:
            forms = ([], ["--log-format", "json", "--output", "json"]) if LONG else ([],)
            for flags in FLAGS[command]:
                for form in forms if command in STATE_READERS else ([],):
                    yield (f"{command} {flags + form}",
                           self.ended(side, proxy, command, flags + form))
        for file in side.monitor.folder.glob("*.jsonl"):
            yield file.name, file.read_bytes()
        side.monitor.kill()

    def faults(self, case: Case) -> list[str]:
        found = []
        for name, raw in self.texts(case):
            text = raw.decode(errors="surrogateescape")
            if fault := fault_in(text):
                found.append(f"{case.name}, {name}: {fault}")
        return found

    def check(self, cases: list[Case]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for case, faults in zip(cases, pool.map(self.faults, cases)):
                with self.subTest(case.name):
                    self.assertEqual(faults, [])

    def strings_seen(self) -> dict[str, list[Path]]:
        seen: dict[str, list[Path]] = {}

        def note(operation: str, status: int, content: bytes) -> tuple[int, bytes]:
            if status == 200:
                known = seen.setdefault(operation, [])
                known += [path for path in strings_of(json.loads(content)) if path not in known]
            return status, content

        for _ in self.texts(Case("as it is", note, ("plan", "monitor", "repair", "compare"))):
            pass
        return seen

    def commands_of(self, operation: str) -> tuple[str, ...]:
        return tuple(FLAGS) if LONG else USERS.get(operation, ("plan",))

    def test_each_string_of_each_answer(self) -> None:
        seen = self.strings_seen()
        self.assertLessEqual({"DescribeTable", "DescribeTimeToLive", "DescribeStream", "Scan",
                              "DescribeContinuousBackups", "GetShardIterator", "GetRecords",
                              "BatchGetItem", "GetItem"}, set(seen))
        self.check([Case(f"{operation} {path}", spoils(operation, [path]),
                         self.commands_of(operation))
                    for operation, paths in seen.items() for path in paths])

    def test_who_calls(self) -> None:
        def identity(status: int, document: str) -> Rewrite:
            told = answers("", status, document.format(EVIL).encode())

            def rewrite(operation: str, was: int, content: bytes) -> tuple[int, bytes]:
                return told(operation, was, content.replace(
                    b"arn:aws:dynamodb:ddblocal:000000000000",
                    b"arn:aws:dynamodb:ap-northeast-1:111111111111"))
            return rewrite
        self.check([Case("an identity", identity(200, IDENTITY), ("plan",)),
                    Case("a refusal", identity(403, STS_REFUSAL), ("plan",)),
                    Case("no XML", answers("", 403, no_json()), ("plan",))])

    @unittest.skipUnless(LONG, "DDM_SWEEP=long")
    def test_each_refusal(self) -> None:
        bodies = {code: refusal(code) for code in
                  ("ValidationException", "ResourceNotFoundException", "AccessDeniedException",
                   f"Zz{EVIL}")} | {"no JSON": no_json()}
        self.check([Case(f"{operation} {code!r}", answers(operation, 400, body),
                         self.commands_of(operation))
                    for operation in USERS for code, body in bodies.items()])
