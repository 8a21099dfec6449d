"""What every scenario needs: a server, two accounts with a table each, traffic, the monitor.

A scenario looks at the binary from outside only: exit code, standard output, findings, and what
`report` says of the state. The settings are those of an impatient operator, so that a scenario
takes seconds where a migration takes days.

Problem: on a busy machine the test's own replicator comes later than max-lag, and the monitor is
right to say so. Idea: what is judged is the truth that traffic and replicator recorded
(tools/truth.py), not what they were told to do. An alarm about a change that truly was late counts
as late and must heal; any other one fails the test.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import threading
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import judge  # noqa: E402
from defects import Defects  # noqa: E402
import dynamodb_local  # noqa: E402
from dynamodb_local import DynamodbLocal  # noqa: E402
from fake_service import FakeService  # noqa: E402
from fault_proxy import FaultProxy  # noqa: E402
from monitor import Ended, Monitor, Report  # noqa: E402
from patience import PATIENCE_SECONDS  # noqa: E402
from replicator import Replicator  # noqa: E402
from tables import KeySchema, create_table, enable_stream, put_items, stream_arn  # noqa: E402
from traffic import Traffic, initial_items  # noqa: E402
from truth import Record, Truth  # noqa: E402

TABLE = "orders"
MAX_LAG_SECONDS = 8
# A slow machine writes fewer changes than it was asked for, not for longer.
TRAFFIC_SECONDS_MAX = 75
# Mismatches are looked at again when the monitor starts: a late one heals then at the latest.
HEALING_RUNS_MAX = 5
IMPATIENT = ["--sample-rate", "1", "--iterator-type", "TRIM_HORIZON",
             "--max-lag", f"{MAX_LAG_SECONDS}s", "--replication-wait-time", "1s",
             "--retry-wait-time", "500ms", "--validation-interval", "1s", "--stats-interval", "2s"]

# A sanitizer's exit code must not pass for one of ours.
os.environ["ASAN_OPTIONS"] = "exitcode=99"
os.environ["UBSAN_OPTIONS"] = "exitcode=99:print_stacktrace=1"
os.environ["LSAN_OPTIONS"] = "exitcode=99"
os.environ["TSAN_OPTIONS"] = "exitcode=99"


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.1)


class Background:
    """A function in a thread of its own, told to stop and joined; its exception is raised here."""

    def __init__(self, run: Callable[[Callable[[], bool]], object]) -> None:
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._guarded, args=(run,), daemon=True)
        self._thread.start()

    def _guarded(self, run: Callable[[Callable[[], bool]], object]) -> None:
        try:
            run(self._stop.is_set)
        except BaseException as failure:  # handed to whoever joins
            self._failure = failure

    def join(self) -> None:
        self._thread.join(PATIENCE_SECONDS)
        if self._thread.is_alive():
            raise TimeoutError(f"still at work after {PATIENCE_SECONDS} s")
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        self._stop.set()
        self.join()


class Migration:
    """One source and one target account, and everything that goes on between them."""

    def __init__(self, local: DynamodbLocal, folder: Path, name: str, schema: KeySchema,
                 world: Defects) -> None:
        self.source_account = f"source{name}"
        self.target_account = f"target{name}"
        self.local = local
        self.schema = schema
        self.world = world
        self.source = local.client(self.source_account)
        self.target = local.client(self.target_account)
        self.max_lag_seconds = MAX_LAG_SECONDS  # by which its alarms are judged
        self.planted = folder / "planted.jsonl"
        self.written = folder / "written.jsonl"
        self.arrivals = folder / "arrivals.jsonl"
        self.monitor = Monitor(Path(os.environ["DDM_MONITOR"]), folder, local.endpoint_url, TABLE,
                               self.source_account, self.target_account)
        self._background: list[Background] = []

    def create(self, view: str = "NEW_AND_OLD_IMAGES", target_view: str | None = None) -> None:
        """Both tables with the same items; the stream begins after that."""
        items = list(initial_items(self.schema, self.world).values())
        for client in (self.source, self.target):
            create_table(client, TABLE, self.schema)
            put_items(client, TABLE, items)
        enable_stream(self.source, TABLE, view)
        if target_view:
            enable_stream(self.target, TABLE, target_view)

    def traffic(self) -> Traffic:
        return Traffic(self.source, TABLE, self.schema, self.world, Record(self.written))

    def replicate(self, delay: tuple[float, float] = (0.5, 2)) -> Replicator:
        """Goes on in the background until close()."""
        replicator = Replicator(self.local.client, TABLE, self.world, self.planted, delay,
                                self.source_account, self.target_account, self.arrivals)
        self.background(replicator.run)
        return replicator

    def background(self, run: Callable[[Callable[[], bool]], object]) -> Background:
        background = Background(run)
        self._background.append(background)
        return background

    def judgement(self, *accepted: tuple[str, str]) -> judge.Judgement:
        return judge.judge(judge.read_findings(self.monitor.findings),
                           judge.planted_defects(self.planted),
                           Truth.of(self.written, self.arrivals), self.max_lag_seconds, accepted)

    def finish(self, *flags: str) -> Ended:
        """Until every change has its outcome and what was late has healed."""
        return self.healed(self.monitor.finish(*flags), *flags)

    def healed(self, ended: Ended, *flags: str) -> Ended:
        for _ in range(HEALING_RUNS_MAX):
            if not self.judgement().unhealed:
                break
            ended = self.monitor.finish(*flags)
        return ended

    def close(self) -> None:
        self.monitor.kill()
        for background in self._background:
            background.stop()


class Scenario(unittest.TestCase):
    local: DynamodbLocal
    _numbers = itertools.count(1)

    @classmethod
    def setUpClass(cls) -> None:
        cls.local = DynamodbLocal()
        cls.local.start()
        cls.addClassCleanup(cls.local.stop)

    def folder(self) -> Path:
        """For one monitor's files."""
        folder = tempfile.TemporaryDirectory(prefix="ddm-e2e-", ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        return Path(folder.name)

    def migration(self, schema: KeySchema = KeySchema(), items: int = 500, seed: int = 1,
                  **defects: int) -> Migration:
        migration = Migration(self.local, self.folder(), str(next(self._numbers)), schema,
                              Defects(items, seed, defects))
        self.addCleanup(migration.close)
        return migration

    def fault_proxy(self) -> FaultProxy:
        """Before the server; it spoils nothing until it is told to."""
        proxy = FaultProxy(self.local.port, 0, 1)
        threading.Thread(target=proxy.serve_forever, args=(0.1,), daemon=True).start()
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        return proxy

    def assert_exit(self, ended: Ended, code: int) -> None:
        self.assertEqual(ended.code, code, f"{ended.output[-2000:]}\n{ended.log[-20000:]}")

    def assert_found_exactly(self, migration: Migration, *accepted: tuple[str, str]) -> None:
        judgement = migration.judgement(*accepted)
        self.assertTrue(judgement.exact, f"{judgement}\n{migration.monitor.log()[-6000:]}")
        if judgement.late:
            print(f"late: {len(judgement.late)}", file=sys.stderr)

    def assert_counted(self, report: Report, traffic: Traffic) -> None:
        """The counters are the traffic's own account, and every change has one outcome."""
        account, events, checks = traffic.account, report["events"], report["checks"]
        self.assertEqual(
            {name: events[name] for name in ("unique", "insert", "modify", "remove", "unknown")},
            {"unique": account.changes, "insert": account.insert, "modify": account.modify,
             "remove": account.remove, "unknown": 0})
        # Distinct keys are counted by a sketch.
        self.assertAlmostEqual(checks["keys"], account.keys, delta=0.05 * account.keys)
        self.assertEqual(checks["sampled"], account.changes)
        self.assertEqual(checks["sampled"], sum(checks[outcome] for outcome in (
            "verified", "superseded", "pending", "deferred", "failed", "healed")))
        self.assertEqual(report["gaps"], [], report["gaps"])


__all__ = ["HEALING_RUNS_MAX", "IMPATIENT", "MAX_LAG_SECONDS", "PATIENCE_SECONDS", "TABLE",
           "TRAFFIC_SECONDS_MAX", "Background", "Defects", "DynamodbLocal", "Ended", "FakeService",
           "KeySchema", "Migration", "Monitor", "Record", "Report", "Scenario", "Traffic",
           "create_table", "enable_stream", "initial_items", "put_items", "stream_arn",
           "wait_until"]
