"""Whatever a service sends, no output holds what a terminal obeys or what hides text."""

from __future__ import annotations

import http.client
import json
import re

from harness import IMPATIENT, TABLE, Ended, Migration, Scenario, wait_until
from fault_proxy import FaultProxy
from foreign_strings import EVIL, fault_in, refusal
from webhook import Webhook


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
        for output in ("text", "json", "markdown", "html"):
            told = side.monitor.run("report", "--state", str(side.monitor.state),
                                    "--output", output)
            self.assert_clean(side, told)
            self.assert_exit(told, 1)
            self.assertIn("gnp.", told.output)
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

    def test_what_is_served_and_told(self) -> None:
        side, _ = self.tables()
        webhook = Webhook()
        self.addCleanup(webhook.close)
        script = side.monitor.folder / "on alert"
        script.write_text("#!/bin/sh\ncat >> told.json\n")
        script.chmod(0o755)
        side.monitor.start(*IMPATIENT, "--show-values", "--listen", "127.0.0.1:0", "--emf", "Test",
                           "--log-format", "json", "--on-alert", f"'{script}'",
                           "--alert-webhook", webhook.url)
        place = r"listening.*http://(127\.0\.0\.1:\d+)/"
        side.monitor.wait_for_log(place)
        address = re.findall(place, side.monitor.log())[-1]

        def ask(target: str) -> str:
            connection = http.client.HTTPConnection(address, timeout=30)
            connection.request("GET", target)
            answer = connection.getresponse()
            text = answer.read(1 << 20).decode() if "events" not in target else \
                answer.readline().decode() + answer.readline().decode()
            connection.close()
            return text

        of_run = f"/api/v1/migrations/{TABLE}/"
        wait_until(lambda: len(json.loads(ask("/api/v1/migrations"))["migrations"]) == 1)
        wait_until(lambda: len(json.loads(ask(of_run + "findings"))["findings"]) == 2, 90)
        wait_until(lambda: any(each["condition"].startswith("mismatches/different")
                               for each in webhook.bodies), 90)
        served = {target: ask(target) for target in
                  ("/api/v1/migrations", "/metrics", "/go", "/healthz", "/readyz",
                   *(of_run + what for what in
                     ("status", "findings", "shards", "history", "events", "go", "x%1b%0dy",
                      "findings?kind=%1b")), "/%e2%80%ae%1b")}
        found = json.loads(served[of_run + "findings"])["findings"]
        self.assertEqual({each["key"]["order_id"]["S"] for each in found},
                         {f"{EVIL}{number}" for number in range(2)})
        groups = json.loads(served[of_run + "status"])["mismatch_groups"]
        self.assertTrue(any("\x1b" in each["path"] for each in groups), groups)
        for target, text in served.items():
            self.assertIsNone(fault_in(text), target)
        for text in webhook.texts:
            self.assertIsNone(fault_in(text))
        for told in webhook.bodies:
            self.assertIsNone(fault_in(told["text"]), "a chat shows it as it is")
        ended = side.monitor.stop()
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
