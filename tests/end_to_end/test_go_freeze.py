"""The cutover: what is written after the freeze is held against it, and GO comes if nothing is."""

from __future__ import annotations

import math
import time
from datetime import datetime, timezone

from go_scenario import (ALL_EQUAL, BASELINE, EVERY_KEY, FROM_THE_BEGINNING, INCOMPLETE, ITEMS,
                         NO_GO, PACE, SETTLE, TO_GO, GoScenario, text)
from harness import Ended, Migration

MINUTE = 60  # in which DynamoDB Local counts creation times
GO_SECONDS = 7  # in which a run reaches GO, mostly


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


class Freeze(GoScenario):
    def ended(self, side: Migration, *flags: str) -> Ended:
        side.monitor.start(*flags)
        return side.monitor.wait()

    def assert_held_against_it(self, side: Migration, ended: Ended, key: int) -> None:
        """NO-GO with the key's name, and exit code 3 also without --require-go."""
        self.assertEqual(self.wrong(side), set())
        report = ended.report()
        self.assertEqual(report["verdict"], NO_GO, f"exit {ended.code}: {text(report)}")
        self.assertIn(f"#{key:06}", text(report))
        self.assert_exit(ended, INCOMPLETE)

    def test_a_writer_that_was_forgotten_is_noticed(self) -> None:
        """Sequence 5: a write some seconds after --freeze-at T."""
        side = self.equal_tables()
        freeze = math.ceil(time.time()) + GO_SECONDS
        side.monitor.start(*FROM_THE_BEGINNING, *PACE, *EVERY_KEY, *BASELINE, *SETTLE,
                           "--max-lag", "7s", "--freeze-at", moment(freeze))
        # By then the stream has been read up to a moment after T: the time at which DynamoDB Local
        # says that a record was created, cut to the minute, tells less.
        time.sleep(freeze + 5 - time.time())
        self.write(side, (3,), "forgotten")
        self.assert_held_against_it(side, side.monitor.wait(), key=3)

    def test_a_write_that_was_read_before_the_freeze_was_named_is_held_against_it(self) -> None:
        """Sequence 6: writes that were read between T and the restart with --freeze-at T."""
        side = self.equal_tables()
        freeze = time.time() // MINUTE * MINUTE - 1  # every write from now on is created later
        side.monitor.start(*TO_GO)
        self.write(side, (3,), "late")
        self.wait_for_records(side, 1)
        self.wait_for_verdict(side.monitor)
        self.assert_exit(side.monitor.stop(), ALL_EQUAL)
        with self.subTest("held against T"):
            ended = self.ended(side, *TO_GO, "--freeze-at", moment(freeze))
            self.assert_held_against_it(side, ended, key=3)
        with self.subTest("not against a later T"):
            later = moment(math.ceil(time.time()) + GO_SECONDS)
            self.assert_go(self.ended(side, *TO_GO, "--require-go", "--freeze-at", later))

    def test_go_that_was_earned_before_the_freeze_outlives_the_restart(self) -> None:
        """Sequence 8: the README's cutover: Ctrl-C at GO, restart with --freeze-at."""
        side = self.equal_tables()
        self.write(side, range(ITEMS), "second")
        self.reach_go(side)
        self.write(side, (3,), "last")
        freeze = moment(math.ceil(time.time()))
        self.assertEqual(self.wrong(side), set())
        self.assert_go(self.ended(side, *TO_GO, "--require-go", "--freeze-at", freeze))
