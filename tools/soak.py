#!/usr/bin/python3
"""The soak: a migration behind a network and a service that are ill, with crashes, judged exactly.

DynamoDB Local keeps its tables and streams in files. The monitor reaches both accounts through
fault proxies (fault_proxy.py) at which a fifth of the calls goes wrong; traffic and replicator go
straight to the server. Again and again the server or the monitor is killed (kill -9) and started
again. (DynamoDB Local may lose a write that it acknowledged just before: traffic and replicator
hold their breath before it is killed, and go on before it is back.) At the end every planted
defect must stand with its kind, nothing else may have been reported (judge.py), and the counters
must be the traffic's own: nothing lost, nothing read twice.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import judge
from defects import LIFE, Defects
from dynamodb_local import DynamodbLocal, end_with_parent
from fault_proxy import WEIGHTS
from monitor import Ended, Monitor
from tables import KeySchema, create_table, enable_stream, put_items
from traffic import initial_items
from truth import Truth

TOOLS = Path(__file__).resolve().parent
BINARY = TOOLS.parent / "build/release/dynamodb-migration-monitor"
TABLE = "orders"
# A mismatch is looked at again when the monitor starts: what was late heals then at the latest.
HEALING_RUNS_MAX = 5
# A start may fail when the service is ill at that moment, as it may under systemd.
STARTS_MAX = 5
# DynamoDB Local has everything on disk when nothing was written for so long.
SETTLED_SECONDS = 1.5
END_SECONDS_MAX = 300


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Soak:
    def __init__(self, arguments: argparse.Namespace, folder: Path, stack: ExitStack) -> None:
        self.arguments = arguments
        self.folder = folder
        self.stack = stack
        self.world = Defects(arguments.items, arguments.seed,
                             {kind: arguments.defects for kind in LIFE})
        self.kills: Counter[str] = Counter()
        # In memory where possible: DynamoDB Local syncs each write, and a kill loses no page cache.
        shared_memory = Path("/dev/shm")
        server = stack.enter_context(tempfile.TemporaryDirectory(
            prefix="ddm-soak-", dir=shared_memory if shared_memory.is_dir() else None))
        self.local = stack.enter_context(DynamodbLocal(folder=Path(server)))
        self.proxies: list[subprocess.Popen[str]] = []
        self.monitor = Monitor(arguments.binary, folder, self.proxy(0), TABLE,
                               target_endpoint_url=self.proxy(1))
        stack.callback(self.monitor.kill)
        self.flags = ["--sample-rate", "1", "--iterator-type", "TRIM_HORIZON",
                      "--max-lag", f"{arguments.max_lag}s", "--replication-wait-time", "1s",
                      "--retry-wait-time", "500ms", "--validation-interval", "1s",
                      "--stats-interval", "5s"]

    def process(self, *command: str | Path, output: Path) -> subprocess.Popen[str]:
        with open(output, "w") as file:
            process = subprocess.Popen([str(word) for word in command], stdout=file, text=True,
                                       preexec_fn=end_with_parent)
        self.stack.callback(end, process)
        return process

    def proxy(self, number: int) -> str:
        """Starts one and returns its address."""
        output = self.folder / f"proxy{number}"
        self.proxies.append(self.process(
            TOOLS / "fault_proxy.py", "--upstream-port", str(self.local.port), "--share",
            str(self.arguments.share), "--seed", str(self.arguments.seed * 10 + number),
            output=output))
        deadline = time.monotonic() + 30
        while not (text := output.read_text()).endswith("\n"):
            if time.monotonic() > deadline:
                raise RuntimeError("the fault proxy does not start")
            time.sleep(0.05)
        return text.strip()

    def prepare(self) -> None:
        schema = KeySchema("S")
        items = list(initial_items(schema, self.world).values())
        for account in ("source", "target"):
            client = self.local.client(account)
            create_table(client, TABLE, schema)
            put_items(client, TABLE, items)
        enable_stream(self.local.client("source"), TABLE, "NEW_AND_OLD_IMAGES")

    def write_and_kill(self) -> dict[str, int]:
        """The traffic's account, when all of it is written."""
        shared = ["--endpoint-url", self.local.endpoint_url, "--table", TABLE,
                  "--items", str(self.arguments.items), "--seed", str(self.arguments.seed)]
        for kind in LIFE:
            shared += [f"--{kind}", str(self.arguments.defects)]
        replicator = self.process(TOOLS / "replicator.py", *shared, "--planted",
                                  self.folder / "planted", "--record", self.folder / "arrivals",
                                  output=self.folder / "replicated")
        self.start_monitor()
        seconds = self.arguments.minutes * 60
        traffic = self.process(
            TOOLS / "traffic.py", *shared, "--changes", str(int(self.arguments.rate * seconds)),
            "--rate", str(self.arguments.rate), "--seconds", str(seconds * 1.5),
            "--record", self.folder / "written", output=self.folder / "traffic")
        pause = seconds / (self.arguments.kills + 1)
        rng = random.Random(f"kills {self.arguments.seed}")
        victims = itertools.cycle(("server", "monitor"))
        next_kill = time.monotonic() + pause
        while traffic.poll() is None:
            time.sleep(0.2)
            if replicator.poll() is not None:
                raise RuntimeError("the replicator has ended early")
            self.expect_running()
            if time.monotonic() > next_kill and self.kills.total() < self.arguments.kills:
                self.kill(next(victims), (traffic, replicator))
                next_kill = time.monotonic() + pause * rng.uniform(0.7, 1)
        if traffic.returncode != 0:
            raise RuntimeError("the traffic failed")
        account: dict[str, int] = json.loads((self.folder / "traffic").read_text())
        return account

    def kill(self, victim: str, writers: tuple[subprocess.Popen[str], ...]) -> None:
        self.kills[victim] += 1
        if victim == "server":
            for writer in writers:
                writer.send_signal(signal.SIGUSR1)
            self.wait_until_nothing_is_written()
            self.local.kill()
            for writer in writers:
                writer.send_signal(signal.SIGUSR2)
            self.local.start()
        else:
            self.monitor.kill()
            self.start_monitor()
        say(f"killed and restarted: {victim}")

    def wait_until_nothing_is_written(self) -> None:
        sizes, since = None, time.monotonic()
        while time.monotonic() - since < SETTLED_SECONDS:
            now = [(self.folder / name).stat().st_size for name in ("written", "arrivals")]
            if now != sizes:
                sizes, since = now, time.monotonic()
            time.sleep(0.1)

    def start_monitor(self, *flags: str) -> None:
        for _ in range(STARTS_MAX):
            begin = len(self.monitor.log())
            self.monitor.start(*self.flags, *flags)
            while self.monitor.running:
                if "event=shard_started" in self.monitor.log()[begin:]:
                    return
                time.sleep(0.1)
            self.kills["failed start"] += 1
            ended = self.monitor.wait()
            if ended.code != 4:
                raise RuntimeError(f"the monitor ended with {ended.code}:\n{ended.log[-3000:]}")
        raise RuntimeError(f"the monitor does not start:\n{self.monitor.log()[-3000:]}")

    def expect_running(self) -> None:
        if not self.monitor.running:
            raise RuntimeError(f"the monitor has ended early:\n{self.monitor.log()[-3000:]}")

    def judgement(self) -> judge.Judgement:
        return judge.judge(judge.read_findings(self.monitor.findings),
                           judge.planted_defects(self.folder / "planted"),
                           Truth.of(self.folder / "written", self.folder / "arrivals"),
                           self.arguments.max_lag)

    def finish(self) -> Ended:
        self.monitor.stop()
        for _ in range(HEALING_RUNS_MAX):
            self.start_monitor("--until-caught-up")
            ended = self.monitor.wait(END_SECONDS_MAX)
            if not self.judgement().unhealed:
                break
        return ended

    def faults(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for number, proxy in enumerate(self.proxies):
            end(proxy)
            counts += Counter(json.loads(
                (self.folder / f"proxy{number}").read_text().splitlines()[-1]))
        return counts

    def run(self) -> bool:
        begin = time.monotonic()
        self.prepare()
        say(f"{self.arguments.items} items a side; {self.arguments.minutes:g} minutes with "
            f"{self.arguments.rate:g} changes a second, a share of {self.arguments.share:g} of "
            f"the monitor's calls spoilt, {self.arguments.kills} kills")
        account = self.write_and_kill()
        say(f"the traffic has ended: {account}; the monitor goes on until all is judged")
        ended = self.finish()
        return self.conclude(ended, account, time.monotonic() - begin)

    def conclude(self, ended: Ended, account: dict[str, int], seconds: float) -> bool:
        report: dict[str, Any] = ended.report()
        names = ("insert", "modify", "remove")
        counted = {name: report["events"][name] for name in names}
        written = {name: account[name] for name in names}
        checks = report["checks"]
        outcomes = sum(checks[name] for name in ("verified", "superseded", "failed", "healed"))
        judgement, faults = self.judgement(), self.faults()
        spoilt = {name: faults[name] for name in WEIGHTS}
        say(f"done in {seconds:.0f} s; killed: {dict(self.kills)}")
        print(f"calls through the proxies {faults['calls']}, spoilt {sum(spoilt.values())}: "
              f"{spoilt}")
        print(judgement)
        print(f"events counted {counted}, read twice "
              f"{report['events']['total'] - report['events']['unique']}; written {written}")
        print(f"changes sampled {checks['sampled']}, with an outcome {outcomes}; "
              f"gaps {len(report['gaps'])}; exit code {ended.code}")
        expected_code = 1 if self.arguments.defects else 0
        exact = (judgement.exact and counted == written and not report["gaps"]
                 and checks["sampled"] == outcomes == sum(written.values())
                 and bool(judgement.found) == bool(self.arguments.defects)
                 and ended.code == expected_code)
        print("EXACT" if exact else "NOT EXACT")
        return exact


def end(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="of traffic (default 10)")
    parser.add_argument("--rate", type=float, default=100, help="changes a second (default 100)")
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--share", type=float, default=0.2, help="of calls that go wrong")
    parser.add_argument("--kills", type=int, default=6, help="of server and monitor, in turn")
    parser.add_argument("--defects", type=int, default=6, help="planted, of each kind")
    parser.add_argument("--max-lag", type=int, default=15, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary", type=Path, default=BINARY)
    parser.add_argument("--folder", type=Path, help="keep everything there")
    arguments = parser.parse_args()
    if arguments.folder and arguments.folder.exists() and any(arguments.folder.iterdir()):
        parser.error(f"{arguments.folder} is not empty")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return 0 if Soak(arguments, folder.resolve(), stack).run() else 1
        except (RuntimeError, TimeoutError) as error:
            print(f"soak: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\ninterrupted", file=sys.stderr)
    return 130


if __name__ == "__main__":
    sys.exit(main())
