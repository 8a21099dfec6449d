"""One comparison by many workers, as an array of jobs would run them, some of which are killed.

What a scheduler does is done here: its variables are set, what was killed is started again on
another host (a folder of its own), and the parts are merged at the end. The tables are in use
meanwhile. The referee (tools/array_judge.py) hears from two plain scans what is true, and from a
proxy what was read. On a real scheduler, with a million items: ./dev slurm.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from harness import IMPATIENT, TABLE, Defects, DynamodbLocal, Ended, FakeService, Migration, \
    Monitor, Scenario, create_table, wait_until
from hosts import STATES
import array_judge
from array_judge import Observed
from compared_tables import NESTED, SCHEMA, ComparedTables, findings_of
from judge import open_findings
from scan_counter import ScanCounter

WORKERS = 5
SEGMENTS = 64
PLANTED_EACH = 10
WRITES_A_SECOND = 50  # more, and keys of so few would never rest
READING_SECONDS = 5
LARGE_BYTES, NESTED_BYTES = 8000, 960  # of an item
MAX_LAG_SECONDS = 4
# By each scheduler's variables: which worker of how many.
VARIABLES: dict[str, Callable[[int, int], dict[str, str]]] = {
    "AWS Batch": lambda worker, workers: {"AWS_BATCH_JOB_ARRAY_INDEX": str(worker),
                                          "AWS_BATCH_JOB_ARRAY_SIZE": str(workers)},
    "Kubernetes": lambda worker, workers: {"JOB_COMPLETION_INDEX": str(worker)},
    "Slurm": lambda worker, workers: {"SLURM_ARRAY_TASK_ID": str(worker + 7),
                                      "SLURM_ARRAY_TASK_MIN": "7",
                                      "SLURM_ARRAY_TASK_COUNT": str(workers)},
}


class Task(Monitor):
    """One task of an array, in a folder of its own; its state lies where all have it."""

    def __init__(self, folder: Path, endpoint_url: str, place: list[str],
                 variables: dict[str, str]) -> None:
        (folder / "tmp").mkdir()
        super().__init__(Path(os.environ["DDM_MONITOR"]), folder, endpoint_url, TABLE)
        self._place = place
        self._variables = variables | {"TMPDIR": str(folder / "tmp")}

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(**self._variables, **more)

    def state_flags(self) -> list[str]:
        return [*self._place, "--findings", str(self.findings)]


class ScaleOut(Scenario):
    maxDiff = None

    def setUp(self) -> None:
        self.kills = 0
        self.flags = ["--workers", str(WORKERS), "--segments", str(SEGMENTS),
                      "--max-lag", f"{MAX_LAG_SECONDS}s"]

    def on_dynamodb_local(self, items: int) -> ComparedTables:
        service = self.enterContext(DynamodbLocal())
        source, target = service.client("source"), service.client("target")
        for client in (source, target):
            create_table(client, TABLE, SCHEMA)
        tables = ComparedTables(source, target, TABLE, items,
                                more={"text": {"S": "x" * LARGE_BYTES}},
                                max_lag_seconds=MAX_LAG_SECONDS)
        tables.fill()
        self.watched(service, tables, items * LARGE_BYTES // 8192, with_expired=False)
        return tables

    def on_the_fake(self, items: int, *flags: str) -> ComparedTables:
        service = self.enterContext(FakeService("--items", str(items), "--shape", "nested",
                                                *flags))
        tables = ComparedTables(service.client("source"), service.client("target"), TABLE, items,
                                more=NESTED, max_lag_seconds=MAX_LAG_SECONDS)
        self.watched(service, tables, items * NESTED_BYTES // 8192, with_expired=True)
        return tables

    def watched(self, service: DynamodbLocal | FakeService, tables: ComparedTables, units: int,
                with_expired: bool) -> None:
        tables.plant(PLANTED_EACH, with_expired)
        self.counter = self.enterContext(ScanCounter(service.endpoint_url))
        # A worker with less than some 60 units a second reads pages so small that rounding shows.
        self.flags += ["--max-rcu", str(max(60 * WORKERS, units // READING_SECONDS))]
        migration = Migration(service, self.folder(), "", SCHEMA, Defects(0, 1, {}))
        self.addCleanup(migration.close)
        self.writing = migration.background(
            lambda stopped: tables.write(WRITES_A_SECOND, stopped))

    def in_a_file(self) -> list[str]:
        return ["--state", str(self.folder() / "orders.monitor.db")]

    def in_a_table(self) -> list[str]:
        url = self.local.endpoint_url
        name = f"{STATES}{next(self._numbers)}"
        made = self.task([]).run("state", "init", name, "--profile", "source", "--kms-key",
                                 "owned", "--endpoint-url", url, "--region", "ap-northeast-1")
        self.assert_exit(made, 0)
        return ["--state", f"dynamodb://{name}/orders", "--state-profile", "source",
                "--state-endpoint-url", url]

    def task(self, place: list[str], **variables: str) -> Task:
        task = Task(self.folder(), self.counter.endpoint_url, place, variables)
        self.addCleanup(task.kill)
        return task

    def once(self, place: list[str], *flags: str, **variables: str) -> Ended:
        return self.begun(place, *flags, **variables).wait()

    def begun(self, place: list[str], *flags: str, **variables: str) -> Task:
        task = self.task(place, **variables)
        task.start(*self.flags, *flags, command="compare")
        return task

    def run_array(self, place: list[str], scheduler: str, victims: dict[int, int],
                  *flags: str) -> None:
        """All workers at a time; victims: how often each is killed, and then starts elsewhere."""
        def start(worker: int) -> Task:
            return self.begun(place, *flags, **VARIABLES[scheduler](worker, WORKERS))

        running = {worker: start(worker) for worker in range(WORKERS)}
        rng = random.Random(3)
        for worker, times in victims.items():
            for _ in range(times):
                self.kill_at_work(worker, running[worker], rng)
                running[worker] = start(worker)
        for task in running.values():
            self.assert_exit(task.wait(), 0)

    def kill_at_work(self, worker: int, task: Task, rng: random.Random) -> None:
        def begun() -> int:
            return self.counter.begun_by(worker, WORKERS)

        before = begun()
        wait_until(lambda: begun() > before or not task.running)
        time.sleep(rng.uniform(0, 0.5))
        self.assertTrue(task.running, f"it was over before it was killed:\n{task.log()[-3000:]}")
        task.kill()
        self.kills += 1

    def judged(self, tables: ComparedTables, merged: Ended, task: Task) -> list[str]:
        self.writing.stop()
        differ, plain_units = tables.at_rest(SEGMENTS)
        return array_judge.faults(Observed(
            planted=findings_of(tables.planted), scanned=differ,
            reported=open_findings(task.findings), exit_code=merged.code, segments=SEGMENTS,
            begun=self.counter.begun, units=dict(self.counter.units), plain_units=plain_units,
            kills=self.kills, late=frozenset(findings_of(dict.fromkeys(tables.late, "")))))

    def assert_merged(self, tables: ComparedTables, place: list[str], *flags: str) -> None:
        task = self.begun(place, *flags, "--merge")
        merged = task.wait()
        self.assertEqual(self.judged(tables, merged, task), [], merged.log[-5000:])
        self.assertEqual(merged.report()["compared"]["segments_done"], SEGMENTS)

    def test_finds_what_was_planted_while_workers_on_one_host_are_killed(self) -> None:
        tables, place = self.on_dynamodb_local(2000), self.in_a_file()
        self.assert_exit(self.once(place, "--prepare"), 0)
        self.run_array(place, "AWS Batch", {1: 2, 4: 1})
        self.assert_merged(tables, place)

    def test_finds_it_as_well_while_hosts_are_lost_whose_state_lies_in_a_table(self) -> None:
        tables = self.on_the_fake(40_000)
        place = self.in_a_table()
        self.assert_exit(self.once(place, "--prepare"), 0)
        self.run_array(place, "Kubernetes", {0: 1, 3: 1})
        self.assert_merged(tables, place)
        # What is prepared next stays so, though the table has what was merged.
        prepared = [self.once(place, "--prepare").report()["compared"] for _ in range(2)]
        self.assertEqual(prepared[0]["started"], prepared[1]["started"])

    def test_takes_two_steps_where_the_stores_order_differently(self) -> None:
        tables = self.on_the_fake(40_000, "--shuffled", "1")
        place = self.in_a_file()
        exchange = ["--exchange", str(self.folder())]
        self.assert_exit(self.once(place, *exchange, "--prepare"), 0)
        self.run_array(place, "Slurm", {2: 1}, *exchange, "--step", "scan")
        self.run_array(place, "Slurm", {}, *exchange, "--step", "join")
        self.assert_merged(tables, place, *exchange)

    def test_a_merge_tells_which_workers_are_missing_and_partial_says_incomplete(self) -> None:
        self.on_dynamodb_local(200)
        self.writing.stop()
        place = self.in_a_file()
        self.assert_exit(self.once(place, "--prepare"), 0)
        tasks = [self.begun(place, "--worker", str(worker)) for worker in range(WORKERS - 1)]
        for task in tasks:
            self.assert_exit(task.wait(), 0)
        ended = self.once(place, "--merge")
        self.assert_exit(ended, 3)
        self.assertRegex(ended.log, rf"\b0*{WORKERS - 1}\b")
        ended = self.once(place, "--merge", "--partial")
        self.assert_exit(ended, 1)  # what is planted lies nearly everywhere
        self.assertRegex(" ".join(ended.report()["reasons"]), "the comparison of the items at rest")
        self.assertLess(ended.report()["compared"]["segments_done"], SEGMENTS)

    def test_what_mends_a_damaged_part_or_another_table_is_told(self) -> None:
        tables = self.on_dynamodb_local(100)
        self.writing.stop()
        place = self.in_a_file()
        state = Path(place[1])
        self.assert_exit(self.once(place, "--prepare"), 0)
        Path(f"{state}.prepared").write_bytes(b"garbage" * 1000)
        ended = self.once(place, "--prepare")
        self.assert_exit(ended, 2)
        self.assertIn("begin anew with --prepare --fresh", ended.log)
        self.assertNotIn("monitor --fresh", ended.log)
        self.assert_exit(self.once(place, "--prepare", "--fresh"), 0)
        self.run_array(place, "Slurm", {})
        Path(f"{state}.part-0001").write_bytes(b"garbage" * 1000)
        ended = self.once(place, "--merge")
        self.assertIn("the part of worker 1 cannot be read", ended.log)
        self.assertIn("run that worker again", ended.log)
        self.assert_exit(self.once(place, "--worker", "1"), 0)
        self.assert_exit(self.once(place, "--merge"), 1)

        self.assert_exit(self.once(place, "--prepare"), 0)
        tables.target.delete_table(TableName=TABLE)
        create_table(tables.target, TABLE, SCHEMA)
        for again in ("at once", "and again"):
            with self.subTest(again):
                ended = self.once(place, "--prepare")
                self.assert_exit(ended, 2)
                self.assertIn("the target table was made anew", ended.log)
        self.assert_exit(self.once(place, "--prepare", "--fresh"), 0)

    def test_an_array_of_another_size_is_refused(self) -> None:
        self.on_dynamodb_local(300)
        place = self.in_a_file()
        self.assert_exit(self.once(place, "--prepare"), 0)
        for scheduler in ("AWS Batch", "Slurm"):
            with self.subTest(scheduler):
                ended = self.once(place, **VARIABLES[scheduler](0, WORKERS + 1))
                self.assert_exit(ended, 2)
                self.assertIn(str(WORKERS + 1), ended.log)
        self.assert_exit(self.once(place, **VARIABLES["Kubernetes"](WORKERS, WORKERS)), 2)


class BesideAMonitor(Scenario):
    """On the fake, without changes; no DynamoDB Local takes part."""

    @classmethod
    def setUpClass(cls) -> None:
        pass

    def test_go_stands_on_the_merged_comparison_and_falls_with_the_next_one(self) -> None:
        service = self.enterContext(FakeService("--items", "5000"))
        folder = self.folder()
        monitor = Monitor(Path(os.environ["DDM_MONITOR"]), folder, service.endpoint_url, TABLE)
        self.addCleanup(monitor.kill)
        monitor.start(*IMPATIENT, "--max-lag", "4s", "--sample-rate", "all", "--settle", "3s")
        monitor.wait_for_log("event=shard_started")
        time.sleep(5)  # its first commits tell that the stream is read
        self.compare_by_workers(service, monitor, 0)
        monitor.wait_for_log("verdict=GO ")
        # Whatever is compared in between, an array that was merged is not merged again.
        self.assert_exit(self.run_compare(service, monitor), 0)
        self.assertEqual(service.command("drop 100 5"), "done")
        self.compare_by_workers(service, monitor, 1)
        monitor.wait_for_log("verdict=NO-GO ")

    def run_compare(self, service: FakeService, monitor: Monitor, *flags: str) -> Ended:
        task = Task(self.folder(), service.endpoint_url, ["--state", str(monitor.state)], {})
        self.addCleanup(task.kill)
        task.start("--max-lag", "2s", *flags, command="compare")
        return task.wait()

    def compare_by_workers(self, service: FakeService, monitor: Monitor, code: int) -> None:
        def run(*flags: str) -> Ended:
            return self.run_compare(service, monitor, "--workers", "2", *flags)

        self.assert_exit(run("--prepare"), 0)
        for worker in ("0", "1"):
            self.assert_exit(run("--worker", worker), 0)
        self.assert_exit(run("--prepare"), 0)  # once more: it is prepared
        refused = run("--merge", "--ignore-attribute", "total")
        self.assert_exit(refused, 2)
        self.assertIn("was prepared with ignored attributes", refused.log)
        self.assert_exit(run("--merge"), code)
