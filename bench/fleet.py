#!/usr/bin/python3
"""What a fleet takes: `./dev bench fleet [--migrations 200] [--seconds 60] [--ill]`.

Problem: two hundred migrations in one process must cost little, stay within the quotas of an
account, and judge a change as soon as one migration alone would; also while some of them are ill.
Idea: all of them run on the fake (tests/support/serve_fake.cc), a tenth of them with a change a
second in both tables. Counted are the process's threads, memory and CPU, the calls that it makes a
second, how late a change has its outcome, and how many migrations are at GO in the end. With
--ill one table is deleted and two are denied (a profile whose keys the fake does not know): the
others' figures ought to be those of a run without.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from fake_service import FakeService  # noqa: E402
from tables import KeySchema, create_table, enable_stream, put_items  # noqa: E402

SCHEMA = KeySchema()
ITEMS = 25
BUSY_SHARE = 10
LISTEN = "127.0.0.1:18099"


def fleet_file(names: list[str], url: str, denied: set[str]) -> str:
    lines = ["[defaults]", f'source-endpoint-url = "{url}"', f'target-endpoint-url = "{url}"',
             'target-profile = "target"', 'sample-rate = "all"', "baseline = true",
             'baseline-after = "1s"', 'settle = "5s"', 'max-lag = "10s"',
             'replication-wait-time = "1s"', 'validation-interval = "1s"', 'stats-interval = "5s"',
             f'listen = "{LISTEN}"']
    for name in names:
        profile = "stranger" if name in denied else "source"
        lines += ["[[migration]]", f'target-table = "{name}"', f'source-profile = "{profile}"']
    return "\n".join(lines)


def process_figures(pid: int) -> dict[str, float]:
    status = Path(f"/proc/{pid}/status").read_text()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    found = dict(re.findall(r"(Threads|VmRSS):\s+(\d+)", status))
    return {"threads": int(found["Threads"]), "mib": int(found["VmRSS"]) / 1024,
            "cpu": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
            "files": len(os.listdir(f"/proc/{pid}/fd"))}


def metrics() -> list[tuple[str, dict[str, str], float]]:
    with urllib.request.urlopen(f"http://{LISTEN}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = []
    for line in text.splitlines():
        if match := re.match(r"(\w+)\{(.*)\} (\S+)$", line):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2]))
            found.append((match[1], labels, float(match[3])))
    return found


def calls_of(samples: list[tuple[str, dict[str, str], float]]) -> dict[str, float]:
    calls: dict[str, float] = {}
    for name, labels, value in samples:
        if name == "ddm_calls_total":
            calls[labels["operation"]] = calls.get(labels["operation"], 0) + value
    return calls


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--migrations", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=60, help="of measuring, once all run")
    parser.add_argument("--ill", action="store_true")
    asked = parser.parse_args()
    binary = ROOT / "build/release/dynamodb-migration-monitor"
    fake = ROOT / "build/release/tests/support/serve_fake"
    names = [f"t{number:03}" for number in range(asked.migrations)]
    ill = names[-3:] if asked.ill else []
    with (tempfile.TemporaryDirectory(prefix="ddm-fleet-") as folder,
          FakeService(binary=fake) as service):
        clients: list[Any] = [service.client(account) for account in ("source", "target")]
        for name in names:
            for client in clients:
                create_table(client, name, SCHEMA)
                put_items(client, name, [{**SCHEMA.key(number), "v": {"N": str(number)}}
                                         for number in range(ITEMS)])
            enable_stream(clients[0], name, "NEW_AND_OLD_IMAGES")
        Path(folder, "fleet.toml").write_text(fleet_file(names, service.endpoint_url, set(ill[:2])))
        Path(folder, "credentials").write_text("".join(
            f"[{account}]\naws_access_key_id = {account}\naws_secret_access_key = x\n"
            for account in ("source", "target", "stranger")))
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith(("AWS_", "DDB_"))}
        with open(Path(folder, "out"), "w") as out, open(Path(folder, "log"), "w") as log:
            process = subprocess.Popen(
                [binary, "monitor", "--config", "fleet.toml", "--output", "json"], cwd=folder,
                env=inherited | {"AWS_SHARED_CREDENTIALS_FILE": f"{folder}/credentials",
                                 "AWS_CONFIG_FILE": f"{folder}/none"}, stdout=out, stderr=log)
        try:
            figures = measure(process, asked, names, ill, clients)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(120)
        lags = [json.loads(line)["lag_ms"] for line in Path(folder, "out").read_text().splitlines()
                if '"lag_ms"' in line]
    waits = [lag["p95"] for lag in lags if lag]
    figures["lag p95, worst of all, ms"] = max(waits, default=0)
    for name, value in figures.items():
        print(f"{name:36} {value:10.1f}")
    return 0


def measure(process: subprocess.Popen[bytes], asked: argparse.Namespace, names: list[str],
            ill: list[str], clients: list[Any]) -> dict[str, float]:
    """Until all can have begun and been compared, then for so many seconds."""
    busy = names[::BUSY_SHARE]
    settle_until = time.monotonic() + 20 + len(names) / 5
    number = ITEMS
    before: tuple[float, dict[str, float], dict[str, float]] | None = None
    end = settle_until + asked.seconds
    while time.monotonic() < end:
        began = time.monotonic()
        number += 1
        for name in busy:
            for client in clients:
                client.put_item(TableName=name,
                                Item={**SCHEMA.key(number % ITEMS), "v": {"N": str(number)}})
        if before is None and time.monotonic() > settle_until:
            for client in clients if ill else []:
                client.delete_table(TableName=ill[2])
            before = time.monotonic(), process_figures(process.pid), calls_of(metrics())
        time.sleep(max(0.0, 1 - (time.monotonic() - began)))
    assert before is not None
    seconds = time.monotonic() - before[0]
    after = process_figures(process.pid)
    samples = metrics()
    figures = {"threads": after["threads"], "resident memory, MiB": after["mib"],
               "open files": after["files"],
               "CPU, % of a core": 100 * (after["cpu"] - before[1]["cpu"]) / seconds,
               "changes a second": float(len(busy))}
    for operation, count in sorted(calls_of(samples).items()):
        rate = (count - before[2].get(operation, 0)) / seconds
        if rate >= 0.05:
            figures[f"{operation} a second"] = rate
    figures["migrations at GO"] = sum(value for name, labels, value in samples
                                      if name == "ddm_verdict" and labels["verdict"] == "go")
    figures["migrations that do not run"] = sum(name == "ddm_absent" for name, _, _ in samples)
    return figures


if __name__ == "__main__":
    sys.exit(main())
