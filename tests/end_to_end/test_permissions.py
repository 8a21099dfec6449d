"""Each command calls what `plan --for` it names, and nothing else."""

from __future__ import annotations

import json
import threading

from harness import TABLE, Scenario
from recorder import Recorder

STREAMS = "DynamoDBStreams_20120810."


class Permissions(Scenario):
    def setUp(self) -> None:
        side = self.migration(items=20)
        side.create()
        for number, (at_source, at_target) in enumerate((("1", "2"), ("1", None), (None, "1"))):
            key = side.schema.key(100 + number)
            for client, value in ((side.source, at_source), (side.target, at_target)):
                if value:
                    client.put_item(TableName=TABLE, Item=key | {"v": {"N": value}})
        self.side = side
        self.recorders: dict[str, Recorder] = {}
        for name in ("source", "target"):
            recorder = Recorder(self.local)
            threading.Thread(target=recorder.serve_forever, args=(0.1,), daemon=True).start()
            self.addCleanup(recorder.server_close)
            self.addCleanup(recorder.shutdown)
            self.recorders[name] = recorder
        side.monitor.endpoint_url = self.recorders["source"].endpoint_url
        side.monitor.target_endpoint_url = self.recorders["target"].endpoint_url

    def run_command(self, command: str, *flags: str, code: int) -> dict[str, set[str]]:
        """What it called: of each table, and of the stream."""
        for recorder in self.recorders.values():
            recorder.exchanges.clear()
        own = self.side.monitor.flags()
        if command == "plan":
            own = own[:len(own) - len(self.side.monitor.state_flags())]
        ended = self.side.monitor.run(command, *own, *flags, timeout=120)
        self.assert_exit(ended, code)
        self.output = ended.output
        called: dict[str, set[str]] = {"stream": set()}
        for name, recorder in self.recorders.items():
            targets = {each.target for each in recorder.exchanges}
            called[name] = {each.split(".")[1] for each in targets if not each.startswith(STREAMS)}
            called["stream"] |= {each.split(".")[1] for each in targets if each.startswith(STREAMS)}
        return called

    def policies(self, *purposes: str) -> dict[str, set[str]]:
        self.run_command("plan", "--for", ",".join(purposes), "--output", "json",
                         "--accept", "*", code=3)
        named: dict[str, set[str]] = {"source": set(), "target": set(), "stream": set()}
        for name, policy in json.loads(self.output)["policies"].items():
            for action in policy["Statement"][0]["Action"]:
                named[name.split()[0]].add(action.removeprefix("dynamodb:"))
        return named

    def test_plan(self) -> None:
        called = self.run_command("plan", "--for", "plan", "--accept", "*", code=3)
        self.assertEqual(called, self.policies("plan"))

    def monitor(self, *flags: str) -> dict[str, set[str]]:
        return self.run_command("monitor", "--iterator-type", "TRIM_HORIZON", "--until-caught-up",
                                "--max-lag", "2s", "--sample-rate", "1", *flags, code=1)

    def test_monitor(self) -> None:
        self.assertEqual(self.monitor(), self.policies("monitor"))

    def test_monitor_with_a_baseline(self) -> None:
        self.assertEqual(self.monitor("--baseline", "--baseline-after", "1s", "--settle", "1s"),
                         self.policies("baseline"))

    def test_compare_and_repair(self) -> None:
        named = {purpose: self.policies(purpose) for purpose in ("compare", "repair")}
        called = self.run_command("compare", "--max-lag", "1s", code=1)
        self.assertEqual(called, named["compare"])
        read_only = self.run_command("repair", "--max-lag", "1s", code=1)
        written = {"PutItem", "UpdateItem", "DeleteItem"}
        self.assertEqual(read_only["target"], named["repair"]["target"] - written)
        called = self.run_command("repair", "--max-lag", "1s", "--apply", "--allow-deletes", code=0)
        self.assertEqual(called, named["repair"])

    def test_what_is_no_command_is_refused(self) -> None:
        self.run_command("plan", "--for", "monitor,nonsense", code=2)
