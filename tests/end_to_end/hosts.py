"""Hosts whose commands keep their states in one table, and what lies there.

A host is a folder of its own with everything that a process of it writes. One that dies is killed
(-9), and its folder deleted.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from harness import Migration, Monitor, Scenario, dynamodb_local

from monitor import Ended

STATES = "states"
PLACE = f"dynamodb://{STATES}/orders"


class Host(Monitor):
    """Commands of one migration, whose states lie in a table that other hosts share."""

    def __init__(self, migration: Migration, folder: Path, name: str) -> None:
        (folder / "tmp").mkdir()
        of = migration.monitor
        super().__init__(of.binary, folder, of.endpoint_url, of.table, migration.source_account,
                         migration.target_account)
        self.name = name
        self.state_endpoint_url = of.endpoint_url
        self.state_interval = "2s"

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(TMPDIR=str(self.folder / "tmp"), **more)

    def state_flags(self) -> list[str]:
        return ["--state", PLACE, "--state-profile", "source", "--state-endpoint-url",
                self.state_endpoint_url, "--state-interval", self.state_interval,
                "--findings", str(self.findings)]

    def run_state(self, *words: str) -> Ended:
        return self.run("state", *words, "--profile", "source", "--endpoint-url",
                        self.state_endpoint_url, "--region", dynamodb_local.REGION)

    def is_standby(self) -> bool:
        return "event=standby " in self.log()

    def has_taken(self) -> bool:
        return "event=state_taken" in self.log()

    def listens_at(self) -> str:
        found = re.search(r"event=listening .*(http://127.0.0.1:[0-9]+)", self.log())
        assert found
        return found.group(1)

    def die(self) -> None:
        """The host and its disk are gone."""
        self.kill()
        shutil.rmtree(self.folder)


class Hosts(Scenario):
    def setUp(self) -> None:
        self.hosts = 0

    def host(self, migration: Migration) -> Host:
        self.hosts += 1
        host = Host(migration, self.folder(), f"host {self.hosts}")
        self.addCleanup(host.kill)
        return host

    def states(self, migration: Migration) -> Any:
        client = migration.source
        client.create_table(
            TableName=STATES, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"}
                                  for name in ("state", "part")],
            KeySchema=[{"AttributeName": "state", "KeyType": "HASH"},
                       {"AttributeName": "part", "KeyType": "RANGE"}])
        return client

    def head(self, migration: Migration, command: str = "monitor") -> dict[str, Any]:
        """Empty: nobody has begun it."""
        head: dict[str, Any] = migration.source.get_item(
            TableName=STATES, Key={"state": {"S": "orders"}, "part": {"S": f"{command}/head"}},
            ConsistentRead=True).get("Item", {})
        return head
