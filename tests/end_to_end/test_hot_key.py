"""A key that is written ten times a second for a minute, with replication and without."""

import time
from collections import deque

from harness import IMPATIENT, TABLE, Scenario
from judge import key_text, open_findings

SECONDS = 60
EACH = 0.1
LATE = 1.5


class HotKey(Scenario):
    def test_a_key_that_never_rests_alarms_only_when_it_is_not_replicated(self) -> None:
        migration = self.migration(items=2)
        migration.create()
        replicated, lost = migration.schema.key(0), migration.schema.key(1)
        migration.monitor.start(*IMPATIENT)
        begin = time.monotonic()
        on_the_way: deque[tuple[float, dict]] = deque()
        written = 0
        while (now := time.monotonic()) < begin + SECONDS or on_the_way:
            if now < begin + SECONDS:
                value = {"value": {"N": str(written)}}
                for key in (replicated, lost):
                    migration.source.put_item(TableName=TABLE, Item=key | value)
                    written += 1
                on_the_way.append((now + LATE, replicated | value))
            while on_the_way and on_the_way[0][0] <= time.monotonic():
                migration.target.put_item(TableName=TABLE, Item=on_the_way.popleft()[1])
            if begin + SECONDS - EACH < now < begin + SECONDS:
                # Found while it is still being written, not only once it rests.
                self.assertEqual(list(open_findings(migration.monitor.findings)), [key_text(lost)])
            time.sleep(max(0.0, now + EACH - time.monotonic()))
        migration.monitor.stop()
        ended = migration.monitor.finish(*IMPATIENT)
        self.assert_exit(ended, 1)
        self.assertEqual(list(open_findings(migration.monitor.findings)), [key_text(lost)])
        report = ended.report()
        self.assertEqual(report["events"]["unique"], written)
        self.assertEqual(report["checks"]["keys"], 2)
