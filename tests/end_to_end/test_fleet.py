"""Many migrations in one process: each finds its own defects, and an ill one is nobody else's.

The tables of all of them have one name, in accounts of their own: what were confused would be seen.
"""

from __future__ import annotations

import json
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

from harness import (HEALING_RUNS_MAX, IMPATIENT, TABLE, TRAFFIC_SECONDS_MAX,
                     Background, Ended, Migration, Monitor, Scenario, Traffic, wait_until)
from dynamodb_local import REGION
from judge import open_findings

MIGRATIONS = int(os.environ.get("DDM_FLEET_MIGRATIONS", "20"))
CHANGES = 200
RATE = 8
VICTIMS = {"missing": 1, "stale": 1, "different": 1, "undeleted": 1}


class FleetMonitor(Monitor):
    """One process for all of them, with the file that lists them."""

    def __init__(self, folder: Path, migrations: dict[str, Migration],
                 endpoints: dict[str, dict[str, str]]) -> None:
        """`endpoints`: of those that are reached in another way, by side."""
        some = next(iter(migrations.values()))
        super().__init__(Path(os.environ["DDM_MONITOR"]), folder, some.local.endpoint_url)
        credentials, lines = "", [
            "[defaults]", f'region = "{REGION}"',
            f'state = "{folder}/{{name}}.db"', f'findings = "{folder}/{{name}}.jsonl"']
        for name, migration in migrations.items():
            migration.monitor.state = folder / f"{name}.db"
            migration.monitor.findings = folder / f"{name}.jsonl"
            lines += ["[[migration]]", f'name = "{name}"', f'target-table = "{TABLE}"']
            for side, account in (("source", migration.source_account),
                                  ("target", migration.target_account)):
                url = endpoints.get(name, {}).get(side, self.endpoint_url)
                lines += [f'{side}-profile = "{account}"', f'{side}-endpoint-url = "{url}"']
                credentials += (f"[profile {account}]\nregion = {REGION}\n"
                                f"aws_access_key_id = {account}\naws_secret_access_key = local\n")
        self._config.write_text(credentials)
        (folder / "fleet.toml").write_text("\n".join(lines))

    def flags(self) -> list[str]:
        return ["--config", "fleet.toml"]


def reports(ended: Ended) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in ended.output.splitlines()]
    return {report["migration"]: report for report in found}


def written_to(migrations: dict[str, Migration]) -> dict[str, tuple[Traffic, Background]]:
    """Traffic and a replicator for each."""
    begun = {}
    for name, migration in migrations.items():
        migration.replicate()
        traffic = migration.traffic()
        begun[name] = traffic, migration.background(
            partial(traffic.run, CHANGES, RATE, TRAFFIC_SECONDS_MAX))
    return begun


def finished(monitor: FleetMonitor, migrations: dict[str, Migration], *flags: str) -> Ended:
    """Until every change has its outcome and what was late has healed, as Migration.finish()."""
    ended = monitor.finish(*IMPATIENT, *flags)
    for _ in range(HEALING_RUNS_MAX):
        if not any(each.judgement().unhealed for each in migrations.values()):
            break
        ended = monitor.finish(*IMPATIENT, *flags)
    return ended


class Fleet(Scenario):
    def made(self, count: int, items: int = 100) -> dict[str, Migration]:
        migrations = {f"m{number:02}": self.migration(items=items, seed=number, **VICTIMS)
                      for number in range(count)}
        for migration in migrations.values():
            migration.create()
        return migrations

    def fleet(self, migrations: dict[str, Migration],
              endpoints: dict[str, dict[str, str]] | None = None) -> FleetMonitor:
        monitor = FleetMonitor(self.folder(), migrations, endpoints or {})
        self.addCleanup(monitor.kill)
        return monitor

    def test_finds_each_ones_defects_whatever_becomes_of_some(self) -> None:
        migrations = self.made(MIGRATIONS)
        throttled, denied, deleted = ("m01", "m02", "m03")
        slow, closed = self.fault_proxy(), self.fault_proxy()
        slow.orders.throttle("BatchGetItem")
        closed.orders.refuse_as("DescribeTable", 400, "AccessDeniedException")
        monitor = self.fleet(migrations, {throttled: {"target": slow.endpoint_url},
                                          denied: {"target": closed.endpoint_url}})
        monitor.start(*IMPATIENT)
        # Nobody writes to a table that is gone.
        writing = written_to({name: migration for name, migration in migrations.items()
                              if name != deleted})
        monitor.wait_for_log("event=migration_paused migration=m02 .*AccessDenied")
        migrations[deleted].target.delete_table(TableName=TABLE)
        closed.orders.relieve("DescribeTable")
        for _, background in writing.values():
            background.join()
        slow.orders.relieve("BatchGetItem")
        # Its pause may outlast the traffic, where starting twenty takes long.
        monitor.wait_for_log(f"event=shard_started migration={denied} ")
        ended = monitor.stop()
        self.assertEqual(ended.code, 4 if "migration_paused migration=m03" in ended.log else 1,
                         ended.log[-4000:])
        others = [name for name in migrations if name not in (throttled, denied, deleted)]
        for name in others:
            self.assertNotRegex(ended.log,
                                f"event=(migration|target|source)_paused migration={name} ")
        del migrations[deleted]
        chosen = [word for name in migrations for word in ("--migration", name)]
        ended = finished(monitor, migrations, *chosen)
        self.assert_exit(ended, 1)
        told = reports(ended)
        self.assertEqual(set(told), set(migrations))
        for name, migration in migrations.items():
            with self.subTest(name):
                self.assert_found_exactly(migration)
                self.assertEqual(told[name]["verdict"], "NO-GO")
                self.assert_counted(told[name], writing[name][0])
                if name in others:
                    for side in ("source", "target", "stream"):
                        self.assertEqual(told[name]["calls"][side]["throttled"], 0)
        self.assertRegex(ended.log + ended.output, "NO-GO")

    def test_what_is_found_is_each_ones_own_after_a_kill(self) -> None:
        """What was committed counts once: the counters are those of the traffic."""
        migrations = self.made(4)
        monitor = self.fleet(migrations)
        writing = written_to(migrations)
        for _ in range(3):
            monitor.start(*IMPATIENT)
            wait_until(lambda: all((monitor.folder / f"{name}.db").exists() for name in migrations))
            monitor.wait_for_log("event=shard_started")
            monitor.kill()
        monitor.start(*IMPATIENT)
        for _, background in writing.values():
            background.join()
        monitor.signal(signal.SIGTERM)
        monitor.wait()
        ended = finished(monitor, migrations)
        self.assert_exit(ended, 1)
        for name, report in reports(ended).items():
            with self.subTest(name):
                self.assert_found_exactly(migrations[name])
                self.assert_counted(report, writing[name][0])
                self.assertEqual(len(open_findings(migrations[name].monitor.findings)),
                                 sum(report["mismatches"].values()))
