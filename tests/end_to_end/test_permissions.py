"""Each command calls what `plan --for` it names, and nothing else.

On a table of states: what docs/iam.md names."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

from harness import TABLE, Scenario, dynamodb_local
from recorder import Recorder

STREAMS = "DynamoDBStreams_20120810."
PAGE = Path(__file__).resolve().parents[2] / "docs/iam.md"
STATES = "states"
PLACE = f"dynamodb://{STATES}/orders"


def on_the_page(sid: str) -> set[str]:
    """What the statement of this name allows."""
    for block in re.findall(r"^```json\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL):
        for statement in json.loads(block).get("Statement", []):
            if statement.get("Sid") == sid:
                actions = statement["Action"]
                named = [actions] if isinstance(actions, str) else actions
                return {action.removeprefix("dynamodb:") for action in named}
    raise AssertionError(f"no statement {sid}")


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
        for name in ("source", "target", "states"):
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
        ended = self.side.monitor.run(command, *own, *flags)
        self.assert_exit(ended, code)
        self.output = ended.output
        called: dict[str, set[str]] = {"stream": set()}
        for name in ("source", "target"):
            recorder = self.recorders[name]
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

    def states_called(self) -> set[str]:
        exchanges = self.recorders["states"].exchanges
        called = {each.target.split(".")[1] for each in exchanges}
        exchanges.clear()
        return called

    def state(self, *words: str) -> set[str]:
        """What `state` called."""
        ended = self.side.monitor.run(
            "state", *words, "--profile", "source", "--region", dynamodb_local.REGION,
            "--endpoint-url", self.recorders["states"].endpoint_url)
        self.assert_exit(ended, 0)
        return self.states_called()

    def test_the_table_of_states(self) -> None:
        made = self.state("init", STATES, "--kms-key", "owned")
        self.assertEqual(made, on_the_page("MakeTheTableOfStates"))
        kept = on_the_page("KeepStates")
        in_table = ("--state", PLACE, "--state-profile", "source", "--state-endpoint-url",
                    self.recorders["states"].endpoint_url)
        for _ in range(2):  # the second one reads what the first one has written
            self.monitor(*in_table)
        self.assertEqual(self.states_called(), kept)
        copied = str(self.side.monitor.folder / "copied.db")
        for words in (("list", STATES), ("show", PLACE), ("copy", PLACE, copied),
                      ("copy", copied, f"dynamodb://{STATES}/other")):
            self.assertLessEqual(self.state(*words), kept)
        deleted = self.state("delete", PLACE)
        self.assertEqual(deleted - kept, on_the_page("DeleteStates"))

    def test_what_is_no_command_is_refused(self) -> None:
        self.run_command("plan", "--for", "monitor,nonsense", code=2)
