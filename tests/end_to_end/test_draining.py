"""Whoever asks a run to end does not wait for retries, nor for a budget."""

from __future__ import annotations

import signal
import time

from harness import IMPATIENT, TABLE, Ended, Migration, Scenario, put_items
from fault_proxy import FaultProxy

# For the answers that are in flight, and for a busy machine.
LAST_ANSWERS_SECONDS = 5
SLACK_SECONDS = 4
BIG = "x" * 350_000


class Draining(Scenario):
    def tables(self, items: int = 30) -> Migration:
        side = self.migration(items=items)
        side.create()
        return side

    def proxy(self, side: Migration) -> FaultProxy:
        """Before the target."""
        proxy = self.fault_proxy()
        side.monitor.target_endpoint_url = proxy.endpoint_url
        return proxy

    def change(self, side: Migration, count: int) -> None:
        for number in range(count):
            side.source.put_item(TableName=TABLE,
                                 Item=side.schema.key(number) | {"total": {"N": "77"}})

    def end(self, side: Migration) -> tuple[Ended, float]:
        begin = time.monotonic()
        side.monitor.signal(signal.SIGINT)
        ended = side.monitor.wait()
        return ended, time.monotonic() - begin

    def test_a_server_that_hangs(self) -> None:
        side = self.tables()
        proxy = self.proxy(side)
        side.monitor.start(*IMPATIENT)
        side.monitor.wait_for_log("event=shard_started")
        proxy.orders.delay("BatchGetItem", 60)
        self.change(side, 20)
        time.sleep(4)
        ended, seconds = self.end(side)
        self.assertLess(seconds, LAST_ANSWERS_SECONDS + SLACK_SECONDS)
        self.assert_exit(ended, 3)
        self.assertEqual(ended.report()["checks"]["pending"], 20)
        proxy.orders.relieve("BatchGetItem")
        for number in range(20):
            side.target.put_item(TableName=TABLE,
                                 Item=side.schema.key(number) | {"total": {"N": "77"}})
        after = side.monitor.finish(*IMPATIENT)
        self.assert_exit(after, 0)
        self.assertEqual(after.report()["checks"]["verified"], 20)

    def test_a_terminal_that_hangs_up(self) -> None:
        side = self.tables()
        side.monitor.start(*IMPATIENT)
        side.monitor.wait_for_log("event=shard_started")
        side.monitor.signal(signal.SIGHUP)
        ended = side.monitor.wait()
        self.assertIn("event=draining", ended.log)
        self.assert_exit(ended, 3)  # nothing was checked

    def test_compare_at_its_last_look(self) -> None:
        side = self.tables()
        proxy = self.proxy(side)
        side.monitor.start("--max-lag", "1s", command="compare")
        proxy.orders.delay("Scan", 3)
        side.monitor.wait_for_log("event=|segments")
        proxy.orders.refuse_as("DescribeTable", 500, "InternalServerError")
        side.monitor.wait_for_log("event=table_not_described")
        ended, seconds = self.end(side)
        self.assertLess(seconds, LAST_ANSWERS_SECONDS + SLACK_SECONDS)
        self.assert_exit(ended, 4)
        self.assertIn("a signal came before the last look", ended.log)

    def test_the_end_of_a_duration_while_a_server_hangs(self) -> None:
        side = self.tables()
        self.proxy(side).orders.delay("BatchGetItem", 60)
        begin = time.monotonic()
        side.monitor.start(*IMPATIENT, "--duration", "8s")
        self.change(side, 20)
        side.monitor.wait()
        self.assertLess(time.monotonic() - begin, 8 + LAST_ANSWERS_SECONDS + SLACK_SECONDS)

    def test_compare_with_a_small_budget(self) -> None:
        side = self.tables(items=400)
        for number in range(300):
            side.target.delete_item(TableName=TABLE, Key=side.schema.key(number))
        for _ in range(2):  # while it scans, and while it judges
            side.monitor.start("--max-lag", "1s", "--max-rcu", "2", "--segments", "1",
                               command="compare")
            side.monitor.wait_for_log("event=|segments")
            time.sleep(6)
            _, seconds = self.end(side)
            self.assertLess(seconds, 2 + 1)

    def test_repair_with_a_small_budget(self) -> None:
        side = self.tables(items=1)
        put_items(side.source, TABLE, [side.schema.key(number) | {"text": {"S": BIG}}
                                       for number in range(100, 120)])
        compared = side.monitor.run("compare", *side.monitor.flags(), "--max-lag", "1s",
                                    timeout=120)
        self.assert_exit(compared, 1)
        side.monitor.start("--apply", "--max-wcu", "1", command="repair")
        time.sleep(5)
        ended, seconds = self.end(side)
        self.assertLess(seconds, LAST_ANSWERS_SECONDS + SLACK_SECONDS)
        self.assert_exit(ended, 1)
        report = ended.report()
        self.assertTrue(report["stopped"])
        self.assertEqual(report["put"] + report["open_mismatches"], 20)
