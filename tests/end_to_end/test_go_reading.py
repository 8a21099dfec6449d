"""No GO where it is not known up to when the stream has been read, or what has become of a
change."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta, timezone

from go_scenario import (BASELINE, EVERY_KEY, FROM_THE_BEGINNING, INCOMPLETE, ITEMS, MISMATCHES,
                         PACE, SETTLE, TO_GO, TO_THE_END, GoScenario, Shown, verdicts)
from harness import TABLE, Migration, create_table
from fault_proxy import FaultProxy
from hot_writer import HotWriter

LOST = range(4)
LATEST = [*PACE, "--max-lag", "1s", "--iterator-type", "LATEST", *EVERY_KEY, *BASELINE, *SETTLE]
# Up to 60 s everywhere; then a look that comes each minute, and a block each half second.
NOTICED_SECONDS = 65
READING_LAG_SECONDS = 5  # by which a check may be looked at later than it is due
PATIENCE_SECONDS = 60  # a busy machine is late, not wrong


def now() -> datetime:
    return datetime.now(timezone.utc)


class Reading(GoScenario):
    """What only a look that comes each minute can notice begins with the class, and the other
    tests run meanwhile."""

    meanwhile: dict[str, tuple[Migration, datetime]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        begun = cls("begin")
        cls.addClassCleanup(begun.doCleanups)
        cls.meanwhile = begun.begin()

    def begin(self) -> dict[str, tuple[Migration, datetime]]:
        """Three at verdict GO, to each of which something happens; and when that was."""
        anew, hidden, off = self.equal_tables(), self.equal_tables(), self.equal_tables()
        proxy = self.proxy(hidden)
        for side in (anew, hidden, off):
            side.monitor.start(*TO_GO)
            self.wait_for_verdict(side.monitor)

        anew.target.delete_table(TableName=TABLE)
        create_table(anew.target, TABLE, anew.schema)
        happened = {"created anew": (anew, now())}

        proxy.orders.throttle("DescribeStream")
        proxy.orders.shards_end = True
        hidden.monitor.wait_for_log("event=shard_finished")
        self.lose(hidden, LOST)
        happened["hidden"] = (hidden, now())

        off.source.update_table(TableName=TABLE, StreamSpecification={"StreamEnabled": False})
        self.lose(off, LOST)
        happened["off"] = (off, now())
        return happened

    def proxy(self, side: Migration) -> FaultProxy:
        """Stands before the source and its stream."""
        proxy = self.fault_proxy()
        side.monitor.endpoint_url = proxy.endpoint_url
        return proxy

    def assert_no_go_since(self, side: Migration, moment: datetime) -> None:
        shown = self.shown_since(side, moment)
        self.assertTrue(shown, side.monitor.log()[-3000:])
        go = [f"{(block.at - moment).total_seconds():.1f} s later: {block.verdict}"
              for block in shown if block.is_go]
        self.assertEqual(go, [], f"{len(go)} of {len(shown)} blocks")

    def shown_since(self, side: Migration, moment: datetime) -> list[Shown]:
        """At least one block, which a busy machine may show late."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            shown = [block for block in verdicts(side.monitor.log()) if block.at > moment]
            if shown or time.monotonic() > give_up:
                return shown
            time.sleep(0.2)

    def assert_no_go_a_minute_later(self, name: str, wrong: int) -> None:
        side, happened = self.meanwhile[name]
        noticed = happened + timedelta(seconds=NOTICED_SECONDS)
        time.sleep(max(0.0, (noticed + timedelta(seconds=2) - now()).total_seconds()))
        self.assertEqual(len(self.wrong(side)), wrong)
        self.assert_no_go_since(side, noticed)

    def wait_for(self, side: Migration, pattern: str, seconds: float) -> None:
        """Or go on without it."""
        try:
            side.monitor.wait_for_log(pattern, seconds)
        except TimeoutError:
            pass

    def test_a_stream_that_is_not_listed_gives_no_go(self) -> None:
        """Sequence 4: DescribeStream is throttled from the start; with LATEST."""
        side = self.equal_tables()
        proxy = self.proxy(side)
        proxy.orders.throttle("DescribeStream", after=1)  # the look before the start
        side.monitor.start(*LATEST)
        self.wait_for(side, "event=baseline_finished", 4)
        self.lose(side, LOST)
        throttled = now()
        time.sleep(3)
        with self.subTest("WAIT while nothing can be read"):
            self.assert_no_go_since(side, throttled)

        proxy.orders.relieve("DescribeStream")
        self.wait_for(side, "verdict: NO-GO", PATIENCE_SECONDS)
        ended = side.monitor.stop()
        self.assertEqual(self.wrong(side), set(LOST))
        with self.subTest("what changed before the first iterator is compared"):
            self.assert_no_go(ended, MISMATCHES)
            self.assert_found(side, LOST, "different", "stale")

    def test_a_clock_that_was_set_back_is_no_reading(self) -> None:
        """Sequence 15: by the state, the stream has been read up to a moment that is to come."""
        side = self.equal_tables()
        proxy = self.proxy(side)
        self.reach_go(side)
        with closing(sqlite3.connect(side.monitor.state)) as state, state:
            state.execute("UPDATE shard SET caught_up_at = caught_up_at + 3600000")
        self.lose(side, LOST)
        self.assertEqual(self.wrong(side), set(LOST))
        proxy.orders.delay("GetRecords", 4)
        side.monitor.start(*TO_GO, *TO_THE_END)
        time.sleep(5)
        proxy.orders.relieve("GetRecords")
        ended = side.monitor.wait()
        self.assert_no_go(ended, MISMATCHES)
        self.assert_found(side, LOST, "different", "stale")

    def test_a_key_that_never_rests_keeps_go_away_while_it_is_wrong(self) -> None:
        """Sequence 7: one key, written all the time, never replicated."""
        images, keys_only = self.equal_tables(), self.equal_tables("KEYS_ONLY")
        hot = images.schema.key(3)
        # 110 writes a second fill the history of a max-lag of one minute: here it is 6 s.
        images.monitor.start(*FROM_THE_BEGINNING, *PACE, *EVERY_KEY, *BASELINE, *SETTLE,
                             "--max-lag", "6s")
        keys_only.monitor.start(*TO_GO)
        self.wait_for_verdict(keys_only.monitor)
        writers = [
            side.background(HotWriter(self.local.port, side.source_account, TABLE, hot, pace).run)
            for side, pace in ((images, 550), (images, 550), (keys_only, 10))]
        for name, side, max_lag in (("images", images, 6), ("keys only", keys_only, 1)):
            with self.subTest(name):
                side.monitor.wait_for_log(r"\n  events +[1-9]\S* read", PATIENCE_SECONDS)
                overdue = now() + timedelta(seconds=max_lag + READING_LAG_SECONDS)
                time.sleep(max_lag + READING_LAG_SECONDS + 3)
                self.assertEqual(self.wrong(side), {3})
                self.assert_no_go_since(side, overdue)
        for writer in writers:
            writer.stop()
        with self.subTest("GO once it rests and is right"):
            self.write(keys_only, (3,), "at rest")
            self.assertEqual(self.wrong(keys_only), set())
            self.wait_for_verdict(keys_only.monitor)

    def test_the_last_report_counts_what_is_pending(self) -> None:
        """Sequence 20: Ctrl-C with 30 lost changes pending."""
        side = self.equal_tables()
        side.monitor.start(*FROM_THE_BEGINNING, *PACE, *EVERY_KEY, *BASELINE, *SETTLE,
                           "--max-lag", "60s")
        self.wait_for_verdict(side.monitor)
        self.lose(side, range(30))
        self.wait_for_records(side, 30)
        ended = side.monitor.stop()
        self.assertEqual(self.wrong(side), set(range(30)))
        self.assertEqual(ended.report()["checks"]["pending"], 30)
        self.assert_no_go(ended, INCOMPLETE)
        self.assertEqual(verdicts(ended.log)[-1].reasons, tuple(ended.report()["reasons"]))

    def test_within_a_minute_a_target_that_was_created_anew_takes_go_away(self) -> None:
        """Sequence 3: deleted and created anew, in one run."""
        self.assert_no_go_a_minute_later("created anew", ITEMS)

    def test_within_a_minute_children_that_are_hidden_take_go_away(self) -> None:
        """Sequence 4: a shard has ended and DescribeStream is throttled."""
        self.assert_no_go_a_minute_later("hidden", len(LOST))

    def test_within_a_minute_a_stream_that_was_turned_off_takes_go_away(self) -> None:
        """Sequence 17: the source's stream is turned off."""
        self.assert_no_go_a_minute_later("off", len(LOST))
