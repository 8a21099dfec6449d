#!/usr/bin/python3
"""`compare` and the digest of Scan pages, beside boto3 and the JavaScript SDK at the same work.

Both tables come from one fake service on loopback (tests/support/serve_fake.cc), a process of its
own that is not counted. What is counted is the CPU time of each program, start to end: this
machine's speed and its other work cancel out in the ratios of one run.

usage: bench/beside_sdks.py BUILD_FOLDER [--items N] [--shape small|nested|large]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import botocore.parsers
import botocore.session

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from fake_service import FakeService  # noqa: E402
from monitor import Monitor  # noqa: E402

TABLE = "orders"
SEGMENTS = 64
PAGE_BYTES = 1 << 20


@dataclass
class Run:
    name: str
    items: int  # of both tables
    cpu_seconds: float
    seconds: float

    @property
    def speed(self) -> float:
        return self.items / self.cpu_seconds


def measured(name: str, command: list[str], environment: dict[str, str], folder: Path) -> Run:
    """The command prints JSON that tells how many keys it compared, none of them different."""
    start = time.monotonic()
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, text=True,
                                   stdout=subprocess.PIPE, stderr=log)
        assert process.stdout is not None
        answer = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"{name} failed: {(folder / 'log').read_text()[-2000:]}")
    seen = answer.get("compared", answer)
    if seen.get("different", seen.get("candidates")) != 0:
        raise RuntimeError(f"{name} found differences between equal tables")
    return Run(name, 2 * seen["items"], usage.ru_utime + usage.ru_stime, time.monotonic() - start)


def compare_whole_tables(build: Path, items: int, shape: str) -> None:
    service = FakeService("--items", str(items), "--shape", shape,
                          binary=build / "tests/support/serve_fake")
    with service, tempfile.TemporaryDirectory(prefix="ddm-bench-") as name:
        folder = Path(name)
        monitor = Monitor(build / "dynamodb-migration-monitor", folder, service.endpoint_url, TABLE)
        ours = [str(monitor.binary), "compare", *monitor.flags(), "--max-rcu", "unlimited",
                "--segments", str(SEGMENTS), "--output", "json"]
        theirs = [service.endpoint_url, TABLE, str(SEGMENTS)]
        runs = [
            measured("compare", ours, monitor.environment(), folder),
            measured("AWS SDK for JavaScript",
                     ["node", str(HERE / "compare_with_sdk.mjs"), *theirs],
                     monitor.environment(), folder),
            measured("boto3", ["/usr/bin/python3", str(HERE / "compare_with_boto3.py"), *theirs],
                     monitor.environment(), folder)]
    print(f"whole compare, {items:,} {shape} items a side, {SEGMENTS} segments")
    show(runs)


def show(runs: list[Run]) -> None:
    first = runs[0]
    for run in runs:
        ratio = "" if run is first else f"   1/{first.speed / run.speed:.1f} of {first.name}"
        print(f"  {run.name:<24} {run.speed:12,.0f} items a CPU second, "
              f"{run.cpu_seconds:7.2f} CPU s, {run.seconds:7.2f} s{ratio}")


# The items of bench/dynamodb_bench.cc.

def small_item(i: int) -> str:
    return (f'{{"name":{{"S":"customer {i}"}},"pk":{{"S":"user#{i:07}"}},"active":{{"BOOL":true}},'
            f'"amount":{{"N":"{i * 17 % 1000}.25"}},"sk":{{"N":"{i}"}},"city":{{"S":"Taipei"}}}}')


def nested_item(i: int) -> str:
    return (f'{{"pk":{{"S":"user#{i:07}"}},"sk":{{"N":"{i}"}},"text":{{"S":"{"x" * 500}"}},'
            '"tags":{"SS":["red","green","blue"]},"meta":{"M":{"created":{"N":"1700000000"},'
            '"by":{"S":"import"},"flags":{"L":[{"BOOL":true},{"NULL":true},{"N":"12.50"}]}}},'
            f'"blob":{{"B":"{"Q" * 256}"}}}}')


def large_item(i: int) -> str:
    return f'{{"pk":{{"S":"user#{i:07}"}},"sk":{{"N":"{i}"}},"text":{{"S":"{"x" * 50_000}"}}}}'


def digest_with_boto3(item: Callable[[int], str]) -> float:
    """Items a CPU second: botocore's parser, then a hash of each item's sorted JSON."""
    texts: list[str] = []
    size = 0
    while size < PAGE_BYTES:
        texts.append(item(len(texts)))
        size += len(texts[-1])
    body = f'{{"Items":[{",".join(texts)}],"Count":{len(texts)}}}'.encode()
    model = botocore.session.Session().get_service_model("dynamodb")
    shape = model.operation_model("Scan").output_shape
    parser = botocore.parsers.create_parser("json")
    pages = 0
    start = time.process_time()
    while time.process_time() - start < 2:
        page = parser.parse({"status_code": 200, "headers": {}, "body": body}, shape)
        for each in page["Items"]:
            hashlib.blake2b(json.dumps(each, sort_keys=True, default=str).encode()).digest()
        pages += 1
    return pages * len(texts) / (time.process_time() - start)


def digest_pages(build: Path) -> None:
    done = subprocess.run([build / "bench/dynamodb_bench", "--benchmark_format=json",
                           "--benchmark_filter=scan/(small|nested|large)_items$"],
                          capture_output=True, text=True, check=True)
    ours = {each["name"].removeprefix("scan/"): each["items_per_second"]
            for each in json.loads(done.stdout)["benchmarks"]}
    print("digest of a Scan page, one core, items a second")
    for name, item in (("small_items", small_item), ("nested_items", nested_item),
                       ("large_items", large_item)):
        theirs = digest_with_boto3(item)
        print(f"  {name:<14} {ours[name]:12,.0f}   boto3 {theirs:10,.0f}   "
              f"{ours[name] / theirs:6.1f} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--shape", default="small")
    arguments = parser.parse_args()
    digest_pages(arguments.build.resolve())
    compare_whole_tables(arguments.build.resolve(), arguments.items, arguments.shape)


main()
