#!/usr/bin/python3
"""Stands for `compare --workers N` in a trial of what stands around it, without the program.

It keeps to the contract of docs/scale-out.md, in the plainest way: prepare fixes the segments, each
worker reads its pairs and leaves a file for each, merge judges what was unequal by strong reads,
one max-lag later. With STAND_IN_ERROR it breaks the contract on purpose (`forgets` a pair's
findings, `repeats` each pair, `invents` a finding): the referee must notice.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from compared_tables import SCHEMA, TTL  # noqa: E402
from dynamodb_local import client  # noqa: E402

LOOKS = 3
COUNTS = ("AWS_BATCH_JOB_ARRAY_SIZE", "SLURM_ARRAY_TASK_COUNT")
# The number, and what the first one of the array has.
NUMBERS = (("AWS_BATCH_JOB_ARRAY_INDEX", ""), ("JOB_COMPLETION_INDEX", ""),
           ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN"))
ERROR = os.environ.get("STAND_IN_ERROR", "")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for flag in ("--state", "--findings", "--target-table", "--source-endpoint-url",
                 "--target-endpoint-url"):
        parser.add_argument(flag)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--worker", type=int)
    parser.add_argument("--segments", type=int, default=64)
    parser.add_argument("--max-rcu", type=float, default=3000)
    parser.add_argument("--max-lag", default="60s")
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("--partial", action="store_true")
    return parser.parse_known_args(sys.argv[2:])[0]


class Comparison:
    def __init__(self, chosen: argparse.Namespace) -> None:
        self.chosen = chosen
        self.parts = Path(chosen.state + ".parts")
        self.sides = {"source": client("source", chosen.source_endpoint_url),
                      "target": client("target", chosen.target_endpoint_url)}

    def prepare(self) -> int:
        self.parts.mkdir(exist_ok=True)
        self.write("prepared", {"segments": self.chosen.segments})
        return 0

    def write(self, name: str, content: Any) -> None:
        draft = self.parts / f"{name}.draft"
        draft.write_text(json.dumps(content))
        draft.rename(self.parts / name)

    def work(self) -> int:
        workers, worker = self.chosen.workers, self.chosen.worker
        if any(int(os.environ.get(name, workers)) != workers for name in COUNTS):
            print(f"an array of another size: {os.environ}", file=sys.stderr)
            return 2
        if worker is None:
            worker = next(int(os.environ[name]) - int(os.environ.get(first, 0))
                          for name, first in NUMBERS if name in os.environ)
        if worker >= workers:
            return 2
        for pair in range(worker, self.chosen.segments, workers):
            for _ in range(0 if (self.parts / f"pair-{pair}").exists()
                           else 2 if ERROR == "repeats" else 1):
                self.read(pair)
        return 0

    def read(self, pair: int) -> None:
        here, there = (self.items(side, pair) for side in self.sides)
        unequal = [number for number in here.keys() | there.keys()
                   if here.get(number) != there.get(number)]
        self.write(f"pair-{pair}", [] if ERROR == "forgets" and pair == 0 else unequal)

    def items(self, side: str, segment: int) -> dict[int, Any]:
        found = {}
        a_second = self.chosen.max_rcu / self.chosen.workers
        for page in self.sides[side].get_paginator("scan").paginate(
                TableName=self.chosen.target_table, Segment=segment,
                TotalSegments=self.chosen.segments, ReturnConsumedCapacity="TOTAL"):
            found |= {SCHEMA.number(item): item for item in page["Items"]}
            time.sleep(page["ConsumedCapacity"]["CapacityUnits"] / a_second / 2)
        return found

    def merge(self) -> int:
        segments = json.loads((self.parts / "prepared").read_text())["segments"]
        done = [pair for pair in range(segments) if (self.parts / f"pair-{pair}").exists()]
        if lacking := {pair % self.chosen.workers for pair in range(segments)} - {
                pair % self.chosen.workers for pair in done}:
            print(f"these workers are missing: {lacking}", file=sys.stderr)
            if self.chosen.partial:
                print(json.dumps({"compared": {"segments_done": len(done)}}))
            return 3
        suspects = [number for pair in done
                    for number in json.loads((self.parts / f"pair-{pair}").read_text())]
        lines: list[dict[str, Any]] = []
        for _ in range(LOOKS):  # what is on its way is equal in one of them
            time.sleep(float(self.chosen.max_lag.removesuffix("s")) / LOOKS)
            judged = {number: self.judged(number) for number in suspects}
            suspects = [number for number in suspects if judged[number]]
            lines = [line for line in judged.values() if line]
        if ERROR == "invents":
            lines.append(finding(SCHEMA.key(0), "missing"))
        Path(self.chosen.findings).write_text("".join(json.dumps(line) + "\n" for line in lines))
        print(json.dumps({"compared": {"segments_done": segments}}))
        return 1 if lines else 0

    def judged(self, number: int) -> dict[str, Any] | None:
        key = SCHEMA.key(number)
        here, there = (each.get_item(TableName=self.chosen.target_table, Key=key,
                                     ConsistentRead=True).get("Item")
                       for each in self.sides.values())
        if here == there:
            return None
        expired = here and TTL in here and int(here[TTL]["N"]) < time.time()
        return finding(key, "unexpected" if here is None else "different" if there else
                       "expired" if expired else "missing")


def finding(key: Any, kind: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"key": key, "kind": kind, "state": "confirmed", "first_seen": now, "confirmed_at": now}


def main() -> int:
    comparison = Comparison(arguments())
    if comparison.chosen.prepare:
        return comparison.prepare()
    return comparison.merge() if comparison.chosen.merge else comparison.work()


if __name__ == "__main__":
    sys.exit(main())
