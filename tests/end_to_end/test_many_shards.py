"""Thousands of open shards in one process: all are read, none waits longer than the idle pace says.

DDM_SHARDS sets their number: 5,000 for the full proof.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

from harness import IMPATIENT, TABLE, FakeService, Monitor, Scenario, wait_until

SHARDS = int(os.environ.get("DDM_SHARDS", "600"))
ITEMS = 4 * SHARDS
# All idle polling in one process: docs/monitoring_mechanism.md, "Reading".
IDLE_CALLS_PER_SECOND = 100
# A listing shows 100 shards and is asked for twice a second.
LISTED_PER_SECOND = 200
THREADS_MAX = 24
MEBIBYTES_MAX = 512  # sanitizers take most of it
# For a machine that does other things as well.
SLACK_SECONDS = 40


def status_of(process: int) -> dict[str, int]:
    text = Path(f"/proc/{process}/status").read_text()
    return {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+)", text, re.MULTILINE)}


class ManyShards(Scenario):
    @classmethod
    def setUpClass(cls) -> None:
        cls.service = FakeService("--shards", str(SHARDS))
        cls.service.start()
        cls.addClassCleanup(cls.service.stop)

    def test_all_are_read_and_none_starves(self) -> None:
        folder = self.folder()
        monitor = Monitor(Path(os.environ["DDM_MONITOR"]), folder, self.service.endpoint_url, TABLE)
        self.addCleanup(monitor.kill)
        monitor.start(*IMPATIENT)
        monitor.wait_for_log("event=shard_started")
        begun = SHARDS / LISTED_PER_SECOND + SLACK_SECONDS
        wait_until(lambda: monitor.log().count("event=shard_started") == SHARDS, begun)
        before = status_of(monitor.pid)
        time.sleep(SHARDS / IDLE_CALLS_PER_SECOND)
        idle = status_of(monitor.pid)

        written_at = time.monotonic()
        self.assertEqual(self.service.command(f"put 0 {ITEMS}"), "done")
        longest_pause = 1.5 * max(1, SHARDS / IDLE_CALLS_PER_SECOND)
        wait_until(lambda: self.events_read(monitor) == ITEMS, longest_pause + SLACK_SECONDS)
        took = time.monotonic() - written_at
        after = status_of(monitor.pid)

        print(f"{SHARDS} shards: {after['Threads']} threads, resident {before['VmRSS'] >> 10} MiB "
              f"when begun, {idle['VmRSS'] >> 10} idle, {after['VmHWM'] >> 10} at most; "
              f"{ITEMS} changes read {took:.1f} s after they were written", file=sys.stderr)
        self.assertLessEqual(after["Threads"], THREADS_MAX)
        self.assertLessEqual(after["VmHWM"] >> 10, MEBIBYTES_MAX)
        ended = monitor.stop()
        report = ended.report()
        self.assertEqual(report["events"]["unique"], ITEMS)
        self.assertEqual(report["shards"]["open"], SHARDS)
        self.assertEqual(report["gaps"], [])

    def events_read(self, monitor: Monitor) -> int:
        blocks = re.findall(r"([\d,]+) unique", monitor.log())
        return int(blocks[-1].replace(",", "")) if blocks else 0
