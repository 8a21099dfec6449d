#!/usr/bin/python3
"""What a comparison by many workers takes: `./dev bench workers [--items 1000000] [--latency 20]`.

Problem: a hundred workers cannot be tried on one machine, and a design in which each of them adds
work for all others would not be noticed with two.
Idea: one comparison of the same two tables by 1, 2, 4 and 8 workers at once, on the fake
(tests/support/serve_fake.cc) with a set latency, its state in a table of an account of its own.
Counted are the CPU seconds of the workers, the calls of the state table, the read units, and how
long it took. CPU and calls are then a sum of what each item or segment takes and what each worker
takes, fitted by least squares; with that the figures of 100 workers are calculated, not measured.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from fake_service import FakeService  # noqa: E402

BINARY = ROOT / "build/release/dynamodb-migration-monitor"
FAKE = ROOT / "build/release/tests/support/serve_fake"


def child_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Comparison:
    def __init__(self, folder: str, service: FakeService, asked: argparse.Namespace) -> None:
        self.folder, self.service, self.asked = folder, service, asked
        Path(folder, "credentials").write_text("".join(
            f"[{account}]\naws_access_key_id = {account}\naws_secret_access_key = x\n"
            for account in ("source", "target", "states")))
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith(("AWS_", "DDB_"))}
        self.env = inherited | {"AWS_SHARED_CREDENTIALS_FILE": f"{folder}/credentials",
                                "AWS_CONFIG_FILE": f"{folder}/none", "AWS_REGION": "us-east-1"}

    def begin(self, arguments: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen([str(BINARY), *arguments], cwd=self.folder, env=self.env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process: subprocess.Popen[str]) -> str:
        told, errors = process.communicate(timeout=600)
        if process.returncode != 0 and "--merge" not in process.args:  # type: ignore[operator]
            raise SystemExit(f"exit code {process.returncode}: {told}{errors}")
        return told

    def calls(self, account: str) -> dict[str, int]:
        answer = self.service.command(f"calls {account}")
        return {name: int(count) for name, _, count in
                (each.partition("=") for each in answer.split())}

    def by(self, workers: int) -> dict[str, float]:
        url = self.service.endpoint_url
        command = ["compare", "--target-table", "orders", "--source-profile", "source",
                   "--target-profile", "target", "--source-endpoint-url", url,
                   "--target-endpoint-url", url, "--state", f"dynamodb://states/by-{workers}",
                   "--state-profile", "states", "--state-endpoint-url", url, "--max-rcu",
                   "unlimited", "--max-lag", "1s", "--segments", str(self.asked.segments),
                   "--workers", str(workers), "--output", "json", "--log-level", "error"]
        self.finish(self.begin([*command, "--prepare"]))
        calls, used, began = self.calls("states"), child_seconds(), time.monotonic()
        running = [self.begin([*command, "--worker", str(worker)]) for worker in range(workers)]
        for process in running:
            self.finish(process)
        figures = {"wall": time.monotonic() - began, "cpu": child_seconds() - used,
                   "calls": sum(self.calls("states").values()) - sum(calls.values())}
        merged = json.loads(self.finish(self.begin([*command, "--merge"])).splitlines()[-1])
        compared = merged["compared"]
        if compared["equal"] != self.asked.items:
            raise SystemExit(f"{workers} workers: {compared['equal']} of {self.asked.items} equal")
        return figures | {"units": merged["consumed"]["source_rcu"]}


def fit(rows: list[tuple[int, float]]) -> tuple[float, float]:
    """What all workers together take, and what each adds."""
    mean_n = sum(n for n, _ in rows) / len(rows)
    mean_y = sum(y for _, y in rows) / len(rows)
    each = (sum((n - mean_n) * (y - mean_y) for n, y in rows)
            / sum((n - mean_n) ** 2 for n, _ in rows))
    return mean_y - each * mean_n, each


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--shape", default="nested")
    parser.add_argument("--latency", type=int, default=20, help="milliseconds")
    parser.add_argument("--segments", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    flags = ["--items", str(asked.items), "--shape", asked.shape, "--latency", str(asked.latency)]
    with (tempfile.TemporaryDirectory(prefix="ddm-workers-") as folder,
          FakeService(*flags, binary=FAKE) as service):
        comparison = Comparison(folder, service, asked)
        comparison.finish(comparison.begin(
            ["state", "init", "states", "--profile", "states", "--endpoint-url",
             service.endpoint_url, "--region", "us-east-1", "--kms-key", "owned"]))
        rows: dict[int, dict[str, float]] = {}
        print(f"{'workers':>8}{'wall s':>9}{'CPU s':>9}{'CPU us/item':>13}{'calls':>8}"
              f"{'calls/segment':>15}{'read units':>12}")
        for workers in (1, 2, 4, 8):
            row = rows[workers] = comparison.by(workers)
            print(f"{workers:8}{row['wall']:9.1f}{row['cpu']:9.2f}"
                  f"{row['cpu'] / asked.items * 1e6:13.3f}{row['calls']:8.0f}"
                  f"{row['calls'] / asked.segments:15.2f}{row['units']:12.0f}", flush=True)
    for name, unit, each_of in (("cpu", "CPU s", asked.items / 1e6), ("calls", "calls",
                                                                      asked.segments)):
        common, each = fit([(workers, row[name]) for workers, row in rows.items()])
        print(f"{unit}: {common / each_of:.3f} for each "
              f"{'million items' if name == 'cpu' else 'segment'}, {each:.2f} for each worker")
    return 0


if __name__ == "__main__":
    sys.exit(main())
