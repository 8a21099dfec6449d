"""GO is about the two tables that it was earned with, and about two different ones."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from go_scenario import (BASELINE, EVERY_KEY, FROM_THE_BEGINNING, ITEMS, MISMATCHES, QUICK,
                         REFUSED, SETTLE, TO_GO, TO_THE_END, GoScenario, verdicts)
from harness import (TABLE, Defects, DynamodbLocal, KeySchema, Migration, Monitor, create_table,
                     enable_stream, put_items, stream_arn)

LOST = range(8)
# Checks are neither looked at nor judged while the test lasts.
UNHURRIED = [*FROM_THE_BEGINNING, *EVERY_KEY, *BASELINE, *SETTLE, "--stats-interval", "500ms",
             "--max-lag", "1m", "--replication-wait-time", "1m"]


class Identity(GoScenario):
    def test_a_target_that_was_created_anew_between_two_runs_is_compared_anew(self) -> None:
        """Sequence 3: deleted and created anew, between two runs."""
        side = self.equal_tables()
        self.reach_go(side)
        side.target.delete_table(TableName=TABLE)
        create_table(side.target, TABLE, side.schema)
        self.assertEqual(len(self.wrong(side)), ITEMS)
        ended = side.monitor.finish(*TO_GO, *TO_THE_END)
        self.assert_no_go(ended, MISMATCHES)
        self.assert_found(side, range(ITEMS), "missing")

    def test_an_older_state_beside_the_newest_commits_of_another_is_refused(self) -> None:
        """Sequence 14: kill -9, an older state copied back while -wal of the newer one lies there.
        """
        side = self.equal_tables()
        state = side.monitor.state
        self.reach_go(side)
        older = Path(shutil.copy(state, state.with_suffix(".older")))
        self.lose(side, LOST)
        side.monitor.start(*UNHURRIED)
        self.wait_for_records(side, len(LOST))
        side.monitor.stop()
        before = len(side.monitor.log())
        side.monitor.start(*UNHURRIED)
        side.monitor.wait_for_log("caught up, retention", after=before)
        time.sleep(1.5)  # a commit
        side.monitor.kill()
        shutil.copy(older, state)
        self.assertEqual(self.wrong(side), set(LOST))

        with self.subTest("refused"):
            ended = side.monitor.finish(*TO_GO, *TO_THE_END)
            self.assert_exit(ended, REFUSED)
            self.assertIn(str(state), ended.log.rpartition("error:")[2])
        with self.subTest("taken when it stands alone"):
            shutil.copy(older, state)
            for suffix in ("-wal", "-shm"):
                state.with_name(state.name + suffix).unlink(missing_ok=True)
            ended = side.monitor.finish(*TO_GO, *TO_THE_END)
            self.assert_no_go(ended, MISMATCHES)
            self.assert_found(side, LOST, "different", "stale")

    def assert_one_table_is_refused(self, monitor: Monitor) -> None:
        for command, flags in (("monitor", [*TO_GO, *TO_THE_END]), ("compare", [])):
            with self.subTest(command):
                ended = monitor.run(command, *monitor.flags(), *flags)
                self.assert_exit(ended, REFUSED)
                self.assertFalse(monitor.state.exists())

    def test_one_table_by_two_names_of_its_host_is_refused(self) -> None:
        """Sequence 16: localhost against 127.0.0.1."""
        side = self.equal_tables()
        self.assert_one_table_is_refused(Monitor(
            side.monitor.binary, self.folder(), self.local.endpoint_url, TABLE,
            side.source_account, side.source_account, f"http://localhost:{self.local.port}"))

    def test_one_table_of_a_shared_server_by_two_profiles_is_refused(self) -> None:
        """Sequence 16: one shared Local with two profiles."""
        shared = DynamodbLocal(shared=True)
        shared.start()
        self.addCleanup(shared.stop)
        side = Migration(shared, self.folder(), "", KeySchema(), Defects(ITEMS, 1, {}))
        create_table(side.source, TABLE, side.schema)
        put_items(side.source, TABLE, [side.schema.key(number) for number in range(ITEMS)])
        enable_stream(side.source, TABLE, "NEW_AND_OLD_IMAGES")
        self.assert_one_table_is_refused(side.monitor)

    def test_the_targets_own_stream_by_another_name_of_its_host_is_not_the_sources(self) -> None:
        """Sequence 16: a stream endpoint that is spelled otherwise."""
        side = self.equal_tables()
        enable_stream(side.target, TABLE, "NEW_AND_OLD_IMAGES")
        side.monitor.start(*QUICK, *EVERY_KEY, *BASELINE, *SETTLE, "--require-go",
                           "--stream-arn", stream_arn(side.target, TABLE),
                           "--stream-profile", "target",
                           "--stream-endpoint-url", f"http://localhost:{self.local.port}")
        side.monitor.wait_for_log("event=baseline_finished")
        self.lose(side, LOST)
        time.sleep(4)
        ended = side.monitor.stop()
        self.assertEqual(self.wrong(side), set(LOST))
        self.assert_no_go(ended)
        self.assertFalse(any(shown.is_go for shown in verdicts(ended.log)), "the target's alone")
