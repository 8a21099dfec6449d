#!/usr/bin/python3
"""A comparison as an array of jobs on a real Slurm, whose nodes and workers are killed meanwhile.

Problem: what a scheduler does to its tasks when a node dies is known only to that scheduler. Idea:
Debian's Slurm with three nodes on this machine (slurm_cluster.py) runs deploy/slurm/submit.sh as it
stands: prepare, an array of workers, merge, with their state in a table of DynamoDB Local.
Meanwhile a writer changes both tables, one worker is killed (kill -9) again and again, and one node
is lost with all that runs on it. Twice: between the tables of the fake (a million items a side),
and between those of DynamoDB Local. Reason for a referee (array_judge.py): it is told by others
than the program what is true.

Needs root, munge and slurm-wlm. Everything that it starts is ended by its own process id.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import array_judge
from array_judge import Observed
from compared_tables import SCHEMA, ComparedTables, findings_of
from dynamodb_local import REGION, DynamodbLocal
from fake_service import FakeService
from judge import open_findings
from monitor import Monitor, once_each
from scan_counter import ScanCounter
from slurm_cluster import SlurmCluster, missing_programs, send
from tables import create_table

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/release"
SUBMIT = ROOT / "deploy/slurm/submit.sh"
PROGRAM = "dynamodb-migration-monitor"
TABLE = "orders"
STATES = "states"
WRITES_A_SECOND = 200
JOB_SECONDS_MAX = 900
READING_SECONDS = 10
SMALL_BYTES = 51  # of an item of the fake
TEXT_BYTES = 2000  # added to an item of DynamoDB Local
WORK_SECONDS_MAX = 1.5  # between the first pair that the victim reads and its kill


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def is_worker(pid: int, task: int | None = None) -> bool:
    """A process of the program that works on a part, of this task or of any."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        variables = Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0")
    except OSError:
        return False
    here = [at for at, word in enumerate(words[:2]) if Path(word).name == PROGRAM]
    return bool(here) and "--merge" not in words and "--prepare" not in words and (
        task is None or f"SLURM_ARRAY_TASK_ID={task}" in variables)


class ArrayRun:
    """One pair of tables, from the first write to the referee's word."""

    def __init__(self, chosen: argparse.Namespace, name: str, stack: ExitStack) -> None:
        self.chosen = chosen
        self.stack = stack
        self.folder = chosen.folder / name
        (self.folder / "tmp").mkdir(parents=True)
        self.kills = 0
        self.flags: list[str] = []

    def begin(self, service: Any, tables: ComparedTables, with_expired: bool) -> None:
        tables.plant(self.chosen.planted, with_expired)
        self.tables = tables
        self.counter = self.stack.enter_context(ScanCounter(service.endpoint_url))
        self.monitor = Monitor(self.chosen.binary, self.folder, self.counter.endpoint_url, TABLE)
        self.program()

    def program(self) -> None:
        """Under the name that the job's script types."""
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / PROGRAM).symlink_to(self.chosen.binary)

    def state_in(self, states: DynamodbLocal) -> list[str]:
        """The flags for a state in a table, which is made here."""
        if self.chosen.stand_in:
            return []
        made = self.monitor.run("state", "init", STATES, "--profile", "source", "--kms-key",
                                "owned", "--endpoint-url", states.endpoint_url, "--region", REGION)
        if made.code != 0:
            raise RuntimeError(f"state init: {made.log}")
        return ["--state", f"dynamodb://{STATES}/orders", "--state-profile", "source",
                "--state-endpoint-url", states.endpoint_url]

    def run(self, max_rcu: int, *flags: str) -> bool:
        """Whether the referee has nothing to say."""
        self.cluster = self.stack.enter_context(SlurmCluster(self.chosen.nodes))
        over = threading.Event()
        writing = threading.Thread(target=self.tables.write, args=(WRITES_A_SECOND, over.is_set),
                                   daemon=True)
        writing.start()
        try:
            code = self.jobs("--max-rcu", str(max_rcu), *flags)
        finally:
            over.set()
            writing.join(120)
        return self.judge(code)

    def jobs(self, *flags: str) -> int:
        """The exit code of the merge."""
        jobs = self.submit(*flags)
        self.within("the preparation", lambda: self.expect_going(jobs["prepare"], jobs["merge"])
                    or bool(self.workers()))
        self.hurt(jobs["work"])
        for job in jobs.values():
            states = self.cluster.wait(job, JOB_SECONDS_MAX)
            say(f"job {job}: {' '.join(f'{task} {how}' for task, how in sorted(states.items()))}")
        return self.cluster.exit_code(jobs["merge"])

    def submit(self, *flags: str) -> dict[str, str]:
        variables = self.cluster.environment | self.monitor.environment()
        variables |= {"SLURM_CONF": self.cluster.environment["SLURM_CONF"],
                      "TMPDIR": str(self.folder / "tmp"),
                      "PATH": f"{self.folder / 'bin'}:{self.cluster.environment['PATH']}"}
        words = once_each([*self.monitor.flags(), "--segments", str(self.chosen.segments),
                           "--max-lag", f"{self.chosen.max_lag}s", "--output", "json", *flags])
        done = subprocess.run([SUBMIT, str(self.chosen.workers), *words], cwd=self.folder,
                              env=variables, capture_output=True, text=True, timeout=60,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"submit.sh: {done.stderr}")
        say(f"submitted: {done.stdout.split()}")
        return dict(line.split() for line in done.stdout.splitlines())

    def workers(self, task: int | None = None, node: str = "") -> list[int]:
        return [pid for pid in self.cluster.processes(*filter(None, [node]))
                if is_worker(pid, task)]

    def expect_going(self, *jobs: str) -> bool:
        """False, unless one of them is over for ill: then an error."""
        for job in jobs:
            bad = {how for how in self.cluster.states(job).values()
                   if how not in ("PENDING", "RUNNING", "COMPLETING", "COMPLETED", "CONFIGURING")}
            if bad:
                raise RuntimeError(f"job {job} is {bad}:\n{self.logs()}")
        return False

    def logs(self) -> str:
        return "\n".join(f"{path.name}: {path.read_text()[-1500:]}"
                         for path in sorted(self.folder.glob("ddm-compare-*.log")))

    def within(self, what: str, condition: Callable[[], bool], seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {seconds} s\n{self.logs()}")
            time.sleep(0.1)

    def hurt(self, array: str) -> None:
        """Kills the first worker some times, and after the first time a node without it."""
        rng = random.Random(self.chosen.workers)
        for number in range(self.chosen.kills):
            before = self.begun_by(0)
            self.within("the victim's work", lambda: self.begun_by(0) > before)
            time.sleep(rng.uniform(0, WORK_SECONDS_MAX))
            victims = self.workers(0)
            if not victims:
                raise RuntimeError("the victim was done before it was killed: a lower pace is "
                                   f"needed\n{self.logs()}")
            for pid in victims:
                send(pid, signal.SIGKILL)
            self.kills += len(victims)
            say(f"killed worker 0 (process {victims})")
            if number == 0:
                self.lose_node()

    def begun_by(self, worker: int) -> int:
        return self.counter.begun_by(worker, self.chosen.workers)

    def lose_node(self) -> None:
        node = next(name for name in reversed(self.cluster.nodes)
                    if self.workers(node=name) and not self.workers(0, name))
        lost = self.workers(node=node)
        self.cluster.kill_node(node)
        self.kills += len(lost)
        say(f"lost node {node} with {len(lost)} workers")

    def judge(self, code: int) -> bool:
        differ, plain_units = self.tables.at_rest(self.chosen.segments)
        seen = Observed(
            planted=findings_of(self.tables.planted), scanned=differ,
            reported=open_findings(self.monitor.findings), exit_code=code,
            segments=self.chosen.segments, begun=self.counter.begun,
            units=dict(self.counter.units), plain_units=plain_units, kills=self.kills,
            late=frozenset(findings_of(dict.fromkeys(self.tables.late, ""))))
        again = sum(array_judge.read_again(seen.begun).values())
        say(f"{self.tables.changes} changes meanwhile, the last to arrive after "
            f"{self.tables.latest_seconds:.1f} s; {self.kills} workers killed, {again} of "
            f"{seen.segments} pairs read again; {len(seen.reported)} reported, "
            f"{len(seen.planted)} planted")
        for side, plain in plain_units.items():
            say(f"{side}: {seen.units[side]:.1f} read units, {seen.units[side] / sum(plain):.4f} "
                "of those of one plain scan")
        found = array_judge.faults(seen)
        if self.counter.segments != {self.chosen.segments}:
            found.append(f"scanned in other segments: {self.counter.segments}")
        for fault in found:
            print(f"  {fault}")
        print("EXACT" if not found else f"NOT EXACT\n{self.logs()}", flush=True)
        return not found


def pace(units: int) -> int:
    """--max-rcu of all workers: a scan takes that many seconds. A worker with less than some 60
    units a second asks for pages so small that rounding shows."""
    return max(500, units // READING_SECONDS)


def on_the_fake(chosen: argparse.Namespace, stack: ExitStack) -> bool:
    service = stack.enter_context(FakeService("--items", str(chosen.items),
                                              binary=chosen.serve_fake))
    states = stack.enter_context(DynamodbLocal())
    say(f"the fake: {chosen.items} items a side")
    run = ArrayRun(chosen, "fake", stack)
    run.begin(service, ComparedTables(service.client("source"), service.client("target"), TABLE,
                                      chosen.items, max_lag_seconds=chosen.max_lag),
              with_expired=True)
    return run.run(pace(chosen.items * SMALL_BYTES // 8192), *run.state_in(states))


def on_dynamodb_local(chosen: argparse.Namespace, stack: ExitStack) -> bool:
    service = stack.enter_context(DynamodbLocal())
    say(f"DynamoDB Local: {chosen.local_items} items a side")
    run = ArrayRun(chosen, "local", stack)
    source, target = service.client("source"), service.client("target")
    for client in (source, target):
        create_table(client, TABLE, SCHEMA)
    tables = ComparedTables(source, target, TABLE, chosen.local_items,
                            more={"text": {"S": "x" * TEXT_BYTES}},
                            max_lag_seconds=chosen.max_lag)
    tables.fill()
    run.begin(service, tables, with_expired=False)
    return run.run(pace(chosen.local_items * TEXT_BYTES // 8192), *run.state_in(service))


WORLDS = {"fake": on_the_fake, "local": on_dynamodb_local}


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev slurm", description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=sorted(WORLDS), help="one of the two pairs of tables")
    parser.add_argument("--items", type=int, default=1_000_000, help="a side, on the fake")
    parser.add_argument("--local-items", type=int, default=40_000, help="on DynamoDB Local")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--segments", type=int, default=256)
    parser.add_argument("--kills", type=int, default=3, help="of one worker")
    parser.add_argument("--planted", type=int, default=20, help="of each kind")
    parser.add_argument("--max-lag", type=int, default=6, metavar="SECONDS")
    parser.add_argument("--binary", type=Path, default=BUILD / PROGRAM)
    parser.add_argument("--serve-fake", type=Path, default=BUILD / "tests/support/serve_fake")
    parser.add_argument("--stand-in", action="store_true",
                        help="tools/stand_in_workers.py in place of the program")
    parser.add_argument("--folder", type=Path, help="keep everything there")
    chosen = parser.parse_args()
    if chosen.stand_in:
        chosen.binary = ROOT / "tools/stand_in_workers.py"
    return chosen


def main() -> int:
    chosen = parsed()
    if os.geteuid() != 0 or missing_programs():
        print(f"slurm: wants root, and these programs: {missing_programs()} (Debian: slurm-wlm, "
              "munge)", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    exact = []
    with ExitStack() as whole:
        chosen.folder = (chosen.folder or Path(whole.enter_context(
            tempfile.TemporaryDirectory(prefix="ddm-array-")))).resolve()
        chosen.folder.mkdir(parents=True, exist_ok=True)
        for name, world in WORLDS.items():
            if chosen.only in (None, name):
                with ExitStack() as stack:
                    begin = time.monotonic()
                    exact.append(world(chosen, stack))
                    say(f"{name}: {time.monotonic() - begin:.0f} s")
    return 0 if all(exact) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, TimeoutError) as error:
        print(f"slurm: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
