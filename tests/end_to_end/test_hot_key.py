"""A key that is written ten times a second for a minute, with replication and without."""

import time
from collections import deque

from harness import IMPATIENT, TABLE, Migration, Record, Scenario
from judge import key_text
from replicator import planted_line

SECONDS = 60
EACH = 0.1
LATE = 1.5
# Its target keeps the item of before the traffic, which is an earlier image of the key.
EITHER = (("stale", "different"),)


class HotKey(Scenario):
    def test_a_key_that_never_rests_alarms_only_when_it_is_not_replicated(self) -> None:
        migration = self.migration(items=2)
        migration.create()
        migration.monitor.start(*IMPATIENT)
        written = self.write_and_replicate_one_of_two(migration)
        migration.monitor.stop()
        ended = migration.finish(*IMPATIENT)
        self.assert_found_exactly(migration, *EITHER)
        self.assert_exit(ended, 1)
        report = ended.report()
        self.assertEqual(report["events"]["unique"], written)
        self.assertEqual(report["checks"]["keys"], 2)

    def write_and_replicate_one_of_two(self, migration: Migration) -> int:
        replicated, lost = migration.schema.key(0), migration.schema.key(1)
        written, arrivals = Record(migration.written), Record(migration.arrivals)
        begin = time.monotonic()
        count = 0
        on_the_way: deque[tuple[float, dict]] = deque()
        found_in_motion = False
        while (now := time.monotonic()) < begin + SECONDS or on_the_way:
            if now < begin + SECONDS:
                value = {"value": {"N": str(count)}}
                for key in (replicated, lost):
                    called = time.time()
                    migration.source.put_item(TableName=TABLE, Item=key | value)
                    written.note([{"key": key_text(key), "begin": called}])
                    count += 1
                if not migration.planted.exists():
                    migration.planted.write_text(planted_line(lost, "stale"))
                on_the_way.append((now + LATE, replicated | value))
            while on_the_way and on_the_way[0][0] <= time.monotonic():
                migration.target.put_item(TableName=TABLE, Item=on_the_way.popleft()[1])
                arrivals.note([{"key": key_text(replicated), "end": time.time()}])
            if now > begin + SECONDS - 1 and not found_in_motion:
                # Found while it is still being written, not only once it rests.
                self.assert_found_exactly(migration, *EITHER)
                found_in_motion = True
            time.sleep(max(0.0, now + EACH - time.monotonic()))
        self.assertTrue(found_in_motion)
        return count
