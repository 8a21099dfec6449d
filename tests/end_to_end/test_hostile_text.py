"""Whatever a service sends, no output holds what a terminal obeys or what hides text."""

from __future__ import annotations

import json

from harness import IMPATIENT, TABLE, Ended, Migration, Scenario
from fault_proxy import FaultProxy
from foreign_strings import EVIL, fault_in, refusal


class HostileText(Scenario):
    def tables(self) -> tuple[Migration, FaultProxy]:
        side = self.migration(items=5)
        side.create()
        for number, (at_source, at_target) in enumerate((("1", "2"), ("1", None), (None, "1"))):
            key = side.schema.key(100 + number)
            key["order_id"] = {"S": f"{EVIL}{number}"}
            for client, value in ((side.source, at_source), (side.target, at_target)):
                if value:
                    client.put_item(TableName=TABLE, Item=key | {
                        EVIL: {"S": f"{EVIL}{value}"}, "m": {"M": {EVIL: {"N": value}}}})
        proxy = self.fault_proxy()
        side.monitor.endpoint_url = side.monitor.target_endpoint_url = proxy.endpoint_url
        return side, proxy

    def assert_clean(self, side: Migration, ended: Ended) -> None:
        texts = {"output": ended.output, "log": ended.log}
        texts |= {path.name: path.read_text() for path in side.monitor.folder.iterdir()
                  if path.suffix in (".jsonl", ".json")}
        for name, text in texts.items():
            self.assertIsNone(fault_in(text), name)

    def command(self, side: Migration, command: str, *flags: str) -> Ended:
        own = side.monitor.flags()
        if command == "plan":
            own = own[:len(own) - len(side.monitor.state_flags())]
        ended = side.monitor.run(command, *own, *flags, timeout=120)
        self.assert_clean(side, ended)
        return ended

    def test_keys_names_and_values(self) -> None:
        side, _ = self.tables()
        compared = self.command(side, "compare", "--max-lag", "1s", "--show-values")
        self.assert_exit(compared, 1)
        lines = [json.loads(line) for path in side.monitor.folder.glob("*.jsonl")
                 for line in path.read_text().splitlines()]
        self.assertEqual({line["key"]["order_id"]["S"] for line in lines},
                         {f"{EVIL}{number}" for number in range(3)})
        paths = {change["path"] for line in lines for change in line["paths"]}
        self.assertTrue(any("\x1b" in path for path in paths), paths)
        for flags in ([], ["--output", "json"], ["--apply", "--allow-deletes"]):
            self.command(side, "repair", *flags)
        again = self.command(side, "compare", "--max-lag", "1s", "--fresh", "--output", "json")
        self.assert_exit(again, 0)
        self.command(side, "plan")

    def test_changes(self) -> None:
        side, _ = self.tables()
        side.monitor.start(*IMPATIENT, "--duration", "25s", "--verbose", "--log-format", "json")
        side.source.put_item(TableName=TABLE, Item=side.schema.key(1) | {
            "order_id": {"S": EVIL}, EVIL: {"S": EVIL}})
        ended = side.monitor.wait()
        self.assert_exit(ended, 1)
        self.assert_clean(side, ended)

    def test_refusals(self) -> None:
        side, proxy = self.tables()
        for operation in ("DescribeTable", "Scan", "BatchGetItem", "DescribeStream", "GetRecords",
                          "DescribeTimeToLive", "DescribeContinuousBackups", "GetItem"):
            proxy.orders.refuse(operation, 400, refusal("AccessDeniedException"))
            with self.subTest(operation):
                for output in ("text", "json"):
                    self.command(side, "plan", "--output", output)
                self.command(side, "compare", "--max-lag", "1s", "--fresh")
                self.command(side, "monitor", *IMPATIENT, "--duration", "2s")
                self.command(side, "repair", "--apply")
            proxy.orders.relieve(operation)
        # One that nobody knows is waited for, but not at the start.
        proxy.orders.refuse("DescribeTable", 400, refusal(f"Unknown{EVIL}"))
        for command in ("plan", "compare", "monitor", "repair"):
            self.command(side, command)
