"""What is called wrong is wrong, what is right gets its GO, and what was undone is open again."""

from __future__ import annotations

import time
from typing import Any

from go_scenario import (BASELINE, INCOMPLETE, ITEMS, MISMATCHES, QUICK, SETTLE, TO_GO,
                         TO_THE_END, GoScenario)
from harness import TABLE, Migration
from hot_writer import HotWriter
from judge import open_findings
from items import Item

DAY = 24 * 60 * 60
COMPARISON = ["--max-lag", "1s", "--segments", "4"]


class Judging(GoScenario):
    def with_ttl_on_the_source(self) -> Migration:
        """The target's is off, as it mostly is until the cutover."""
        side = self.equal_tables()
        side.source.update_time_to_live(TableName=TABLE, TimeToLiveSpecification={
            "Enabled": True, "AttributeName": "expires"})
        return side

    def expired_for(self, seconds: float) -> Item:
        return {"expires": {"N": str(int(time.time() - seconds))}}

    def test_an_item_that_dynamodb_never_expires_is_missing(self) -> None:
        """Sequence 9: items whose TTL lies more than five years back, not in the target."""
        side = self.with_ttl_on_the_source()
        old = (ITEMS, ITEMS + 1)
        self.write(side, old, "old", side.source, **self.expired_for(6 * 366 * DAY))
        ended = side.monitor.finish(*TO_GO, *TO_THE_END)
        self.assertEqual(self.wrong(side), set(old))
        self.assert_no_go(ended, MISMATCHES)
        self.assert_found(side, old, "missing")

    def test_an_item_past_its_ttl_that_only_the_target_holds_is_expired(self) -> None:
        """Sequence 9: the source's TTL was faster than the target's."""
        side = self.with_ttl_on_the_source()
        self.write(side, (ITEMS,), "expired", side.target, **self.expired_for(DAY))
        ended = side.monitor.finish(*TO_GO, *TO_THE_END)
        self.assert_found(side, (ITEMS,), "expired")
        self.assert_go(ended)

    def test_a_key_that_never_rested_is_asked_again(self) -> None:
        """Sequence 10: a hot key outside the sample while the baseline runs; later all rest and
        are equal."""
        side = self.equal_tables()
        sampled = [*QUICK, "--sample-rate", "2", "--accept-sampled"]
        self.write(side, range(ITEMS), "second")
        ended = side.monitor.finish(*sampled, "--verbose")
        hot = min(set(range(ITEMS)) - self.sampled(ended.log))

        writer = side.background(HotWriter(self.local.port, side.source_account, TABLE,
                                           side.schema.key(hot), 10).run)
        side.monitor.start(*sampled, *BASELINE, *SETTLE, "--require-go")
        with self.subTest("compare ends without it"):
            compare = self.migration_of(side, self.local.endpoint_url)
            compared = compare.run("compare", *compare.flags(), *COMPARISON)
            self.assert_exit(compared, INCOMPLETE)
            self.assertEqual(open_findings(compare.findings), {})
        time.sleep(3)
        writer.stop()
        self.write(side, (hot,), "at rest")
        self.assertEqual(self.wrong(side), set())
        self.wait_for_verdict(side.monitor, seconds=20)
        self.assert_go(side.monitor.stop())

    def test_what_was_undone_is_open_again(self) -> None:
        """Sequence 11: repair --apply, repair --undo --apply, monitor."""
        side = self.equal_tables()
        side.target.delete_item(TableName=TABLE, Key=side.schema.key(3))
        self.write(side, (4, 5), "damaged", side.target)
        self.assert_no_go(side.monitor.finish(*TO_GO, *TO_THE_END), MISMATCHES)
        repaired = self.repair(side, "--apply")
        self.assertEqual(self.wrong(side), set())
        self.repair(side, "--undo", repaired["journal"], "--apply", "--allow-deletes")
        self.assertEqual(self.wrong(side), {3, 4, 5})
        with self.subTest("open in the findings"):
            self.assert_found(side, (3, 4, 5), "missing", "different", "stale")
        ended = side.monitor.finish(*TO_GO, *TO_THE_END)
        self.assert_no_go(ended, MISMATCHES)
        self.assert_found(side, (3, 4, 5), "missing", "different", "stale")

    def repair(self, side: Migration, *flags: str) -> Any:
        ended = side.monitor.run("repair", *side.monitor.flags(), "--max-lag", "1s", "--output",
                                 "json", *flags)
        return ended.report()
