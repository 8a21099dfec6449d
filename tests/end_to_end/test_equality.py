"""Items that DynamoDB takes for equal never alarm, however they are spelled; all others do."""

import time
from typing import Any

from harness import IMPATIENT, TABLE, Scenario
from items import Value
from judge import key_text, open_findings

EQUAL: list[tuple[Value, Value]] = [
    ({"N": "1"}, {"N": "1.0"}),
    ({"N": "100"}, {"N": "1E2"}),
    ({"N": "0"}, {"N": "-0"}),
    ({"N": "0"}, {"N": "0E10"}),
    ({"N": "0.1"}, {"N": "1e-1"}),
    ({"N": "1E-130"}, {"N": "0." + "0" * 129 + "1"}),
    ({"N": "12345678901234567890123456789012345678"},
     {"N": "1.2345678901234567890123456789012345678E37"}),
    ({"NS": ["1", "2", "3"]}, {"NS": ["3.0", "1", "2E0"]}),
    ({"SS": ["a", "ä", "b"]}, {"SS": ["b", "a", "ä"]}),
    ({"BS": [b"1", b"2"]}, {"BS": [b"2", b"1"]}),
    ({"M": {"a": {"N": "1"}, "b": {"L": [{"NS": ["1", "2"]}]}}},
     {"M": {"b": {"L": [{"NS": ["2.00", "1"]}]}, "a": {"N": "1.0"}}}),
    ({"M": {"e": {"M": {}}, "l": {"L": []}, "s": {"S": ""}, "b": {"B": b""}}},
     {"M": {"l": {"L": []}, "b": {"B": b""}, "e": {"M": {}}, "s": {"S": ""}}}),
]
UNEQUAL: list[tuple[Value, Value]] = [
    ({"N": "12345678901234567890123456789012345678"},
     {"N": "12345678901234567890123456789012345679"}),
    ({"N": "1E-130"}, {"N": "0"}),
    ({"N": "1"}, {"N": "-1"}),
    ({"N": "9007199254740993"}, {"N": "9007199254740992"}),
    ({"N": "1"}, {"S": "1"}),
    ({"S": "true"}, {"BOOL": True}),
    ({"S": "é"}, {"S": "e\u0301"}),
    ({"S": "a"}, {"S": "a "}),
    ({"S": "YQ=="}, {"B": b"a"}),
    ({"S": ""}, {"NULL": True}),
    ({"BOOL": True}, {"BOOL": False}),
    ({"L": []}, {"M": {}}),
    ({"L": [{"N": "1"}, {"N": "2"}]}, {"L": [{"N": "2"}, {"N": "1"}]}),
    ({"SS": ["1"]}, {"NS": ["1"]}),
    ({"SS": ["a"]}, {"L": [{"S": "a"}]}),
    ({"NS": ["1", "2"]}, {"NS": ["1", "2", "3"]}),
    ({"M": {"a": {"NULL": True}}}, {"M": {}}),
    ({"M": {"a": {"M": {"b": {"L": [{"S": "x"}, {"S": "y"}]}}}}},
     {"M": {"a": {"M": {"b": {"L": [{"S": "xy"}]}}}}}),
]


class Equality(Scenario):
    def test_equal_items_never_alarm_and_unequal_ones_always_do(self) -> None:
        pairs = EQUAL + UNEQUAL
        migration = self.migration(items=len(pairs))
        migration.create()
        key = migration.schema.key

        def write(client: Any, number: int, value: Value) -> None:
            # An update expression keeps a number as it is written; a put normalises it.
            client.update_item(TableName=TABLE, Key=key(number),
                               UpdateExpression="SET #v = :v",
                               ExpressionAttributeNames={"#v": "value"},
                               ExpressionAttributeValues={":v": value})
        # Both sides start from the same item, so the attribute is the only difference there can be.
        for number, (left, right) in enumerate(pairs):
            write(migration.target, number, right)
            write(migration.source, number, left)
        ended = migration.monitor.finish(*IMPATIENT)
        self.assert_exit(ended, 1)
        findings = open_findings(migration.monitor.findings)
        for number, pair in enumerate(pairs):
            with self.subTest(pair):
                expected = None if number < len(EQUAL) else "different"
                self.assertEqual(findings.get(key_text(key(number))), expected)
        self.assertEqual(len(findings), len(UNEQUAL))

    def test_an_ignored_attribute_does_not_make_items_different(self) -> None:
        migration = self.migration(items=10)
        migration.create()
        for number in range(10):
            item = migration.schema.key(number)
            moved = item | {"moved_at": {"N": str(time.time())}}
            migration.target.put_item(TableName=TABLE, Item=moved)
            migration.source.put_item(TableName=TABLE, Item=item)
        ended = migration.monitor.finish(*IMPATIENT, "--ignore-attribute", "moved_at")
        self.assert_exit(ended, 0)
        self.assertEqual(open_findings(migration.monitor.findings), {})
