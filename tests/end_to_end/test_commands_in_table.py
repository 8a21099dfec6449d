"""compare and repair with their states in a table: killed with their disks, and gone on with.

What is asked: does the monitor know what a comparison has found, once and exactly; is nothing
repaired twice, and is the journal complete? The referee is the target itself: its stream tells
each write there was, with the item before it.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import IMPATIENT, TABLE, Ended, Migration, put_items, wait_until
from hosts import PLACE, STATES, Host, Hosts

from items import canonical_item
from tables import difference, read_all, stream_arn

HEARD_WITHIN_SECONDS = 60  # as the documents have it
SLOWLY = ["--segments", "300", "--max-rcu", "8", "--max-lag", "2s"]
QUICKLY = ["--max-lag", "2s"]
APPLY = ["--apply", "--allow-deletes", "--max-wcu", "15", *QUICKLY]


class CommandsInTable(Hosts):
    def planted(self, seed: int, items: int, each: int) -> Migration:
        """As many items missing, different, and of the target only."""
        migration = self.migration(items=items, seed=seed)
        migration.create(target_view="NEW_AND_OLD_IMAGES")
        keys = [migration.schema.key(number) for number in range(2 * each)]
        for key in keys[:each]:
            migration.target.delete_item(TableName=TABLE, Key=key)
        put_items(migration.target, TABLE,
                  [key | {"damaged": {"S": "yes"}} for key in keys[each:]])
        put_items(migration.target, TABLE,
                  [migration.schema.key(items + 1000 + number) for number in range(each)])
        self.states(migration)
        return migration

    def begun(self, migration: Migration, command: str, *flags: str) -> Host:
        host = self.host(migration)
        host.state_interval = "1s"
        host.start(*flags, command=command)
        return host

    def dies_and_is_gone_on_with(self, migration: Migration, command: str, *flags: str,
                                 rng: random.Random, deaths: int = 2) -> tuple[Host, Ended]:
        """Killed at random moments while it works; the last process ends by itself."""
        for number in range(deaths):
            host = self.begun(migration, command, *flags)
            wait_until(host.has_taken)
            wait_until(lambda: "copy" in self.head(migration, command))
            time.sleep(rng.uniform(0.3, 5))
            self.assertTrue(host.running, f"death {number}: {host.log()[-4000:]}")
            host.die()
        host = self.begun(migration, command, *flags)
        return host, host.wait()

    def finding_lines(self, of: Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in of.read_text().splitlines()]

    def assert_each_once(self, lines: list[dict[str, Any]], expected: int) -> None:
        times = Counter(line["id"] for line in lines if line["state"] == "confirmed")
        self.assertEqual(len(times), expected)
        self.assertEqual(set(times.values()), {1}, times.most_common(3))

    def test_a_comparison_that_dies_is_gone_on_with_and_the_monitor_hears_of_it_once(self) -> None:
        rng = random.Random(41)
        migration = self.planted(41, 2000, 5)
        watching = self.host(migration)
        watching.start(*IMPATIENT, "--settle", "5s")
        watching.wait_for_log("event=state_taken")
        wait_until(lambda: "copy" in self.head(migration))
        host, compared = self.dies_and_is_gone_on_with(migration, "compare", *SLOWLY, rng=rng)
        ended_at = time.monotonic()
        self.assert_exit(compared, 1)
        report = compared.report()
        self.assertEqual(sum(report["mismatches"].values()), 15)
        self.assertRegex(host.log(), r"resumed: [1-9]\d* of 300 segments")
        self.assert_each_once(self.finding_lines(host.findings), 15)
        watching.wait_for_log("event=comparison_heard_of", HEARD_WITHIN_SECONDS)
        print(f"heard of {time.monotonic() - ended_at:.1f} s after the end")
        wait_until(lambda: len(self.finding_lines(watching.findings)) >= 15)
        # It dies too: whoever goes on knows each of them, from its copy or from the comparison's.
        watching.die()
        successor = self.host(migration)
        successor.start(*IMPATIENT, "--settle", "5s")
        wait_until(lambda: successor.has_taken())
        try:
            wait_until(lambda: successor.findings.exists()
                       and len(self.finding_lines(successor.findings)) >= 15, HEARD_WITHIN_SECONDS)
        except TimeoutError:
            print(successor.log())
            print(successor.findings.read_text())
            raise
        time.sleep(15)
        self.assert_each_once(self.finding_lines(successor.findings), 15)
        watched = successor.stop()
        self.assert_exit(watched, 1)
        self.assertEqual(sum(watched.report()["mismatches"].values()), 15)
        self.assertEqual(watched.report()["verdict"], "NO-GO")

    def test_a_comparison_that_finds_nothing_is_what_go_stands_on(self) -> None:
        migration = self.planted(42, 300, 0)
        watching = self.host(migration)
        watching.start(*IMPATIENT, "--settle", "3s", "--require-go")
        watching.wait_for_log("event=state_taken")
        wait_until(lambda: "copy" in self.head(migration))
        time.sleep(5)
        self.assertNotIn("verdict: GO", watching.log())
        self.assert_exit(self.begun(migration, "compare", *QUICKLY).wait(), 0)
        watching.wait_for_log("event=comparison_heard_of", HEARD_WITHIN_SECONDS)
        watching.wait_for_log("verdict: GO")
        self.assert_exit(watching.stop(), 0)

    def test_a_second_comparison_waits_says_for_whom_and_leaves_at_a_signal(self) -> None:
        migration = self.planted(43, 2000, 0)
        first = self.begun(migration, "compare", *SLOWLY)
        first.wait_for_log("event=state_taken")
        second = self.begun(migration, "compare", *SLOWLY)
        second.wait_for_log("event=standby ")
        self.assertIn("compare on host", second.log())
        self.assertIn(f"process {first.pid}", second.log())
        self.assert_exit(second.stop(), 3)
        self.assert_exit(first.stop(), 3)
        # A comparison goes on after a clean end too, on another host.
        third = self.begun(migration, "compare", *SLOWLY)
        third.wait_for_log(r"resumed: \d+ of 300 segments")
        self.assert_exit(third.stop(), 3)

    def test_a_monitor_that_comes_later_begins_from_what_was_compared(self) -> None:
        migration = self.planted(44, 300, 2)
        compared = self.begun(migration, "compare", *QUICKLY)
        self.assert_exit(compared.wait(), 1)
        watching = self.host(migration)
        watching.start(*IMPATIENT, "--until-caught-up")
        ended = watching.wait()
        self.assert_exit(ended, 1)
        self.assertEqual(sum(ended.report()["mismatches"].values()), 6)
        self.assert_each_once(self.finding_lines(watching.findings), 6)

    # repair

    def stream_of(self, migration: Migration) -> list[dict[str, Any]]:
        """All that was written to the target, in the order of each key."""
        streams = self.local.client(migration.target_account, "dynamodbstreams")
        arn = stream_arn(migration.target, TABLE)
        records: list[dict[str, Any]] = []
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"],
                ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            for _ in range(1000):
                page = streams.get_records(ShardIterator=iterator)
                records += page["Records"]
                iterator = page.get("NextShardIterator")
                if not iterator or not page["Records"]:
                    break
        return [record["dynamodb"] for record in records]

    def journal(self, migration: Migration) -> list[dict[str, Any]]:
        host = self.host(migration)
        path = host.folder / "repaired.db"
        self.assert_exit(host.run_state("copy", PLACE, str(path), "--of", "repair"), 0)
        return self.finding_lines(Path(f"{path}.repair.jsonl"))

    def items(self, client: Any, migration: Migration) -> dict[str, Any]:
        return {json.dumps(migration.schema.key_of(item), sort_keys=True): canonical_item(item)
                for item in read_all(client, TABLE)}

    def assert_written_once_and_journaled(self, migration: Migration, written: int,
                                          known: set[str]) -> None:
        writes = [record for record in self.stream_of(migration)
                  if record["SequenceNumber"] not in known]
        keys = Counter(json.dumps(record["Keys"], sort_keys=True) for record in writes)
        self.assertEqual(len(keys), written)
        self.assertEqual(set(keys.values()), {1}, keys.most_common(3))
        begun: dict[str, list[Any]] = {}
        for line in self.journal(migration):
            if line["event"] == "intended":
                begun.setdefault(json.dumps(line["key"], sort_keys=True), []).append(
                    line["before"])
        for record in writes:
            key = json.dumps(record["Keys"], sort_keys=True)
            before = record.get("OldImage")
            self.assertIn(canonical_item(before) if before else None,
                          [canonical_item(item) if item else None for item in begun.get(key, [])])

    def test_a_repair_that_dies_is_gone_on_with_and_undone_from_the_table(self) -> None:
        rng = random.Random(45)
        migration = self.planted(45, 300, 60)
        self.assert_exit(self.begun(migration, "compare", *QUICKLY).wait(), 1)
        before = self.items(migration.target, migration)
        known = {record["SequenceNumber"] for record in self.stream_of(migration)}
        host, repaired = self.dies_and_is_gone_on_with(migration, "repair", *APPLY, rng=rng)
        self.assert_exit(repaired, 0)
        self.assertEqual(difference(migration.source, migration.target, TABLE, migration.schema),
                         set())
        self.assert_written_once_and_journaled(migration, 180, known)
        planned = self.host(migration).run("repair", *host.flags(), *QUICKLY, "--output", "json")
        self.assert_exit(planned, 0)

        known = {record["SequenceNumber"] for record in self.stream_of(migration)}
        _, undone = self.dies_and_is_gone_on_with(migration, "repair", "--undo", PLACE, *APPLY,
                                                  rng=rng)
        self.assert_exit(undone, 1)
        self.assertEqual(self.items(migration.target, migration), before)
        again = [record for record in self.stream_of(migration)
                 if record["SequenceNumber"] not in known]
        self.assertEqual(len(again), 180)
        self.assertEqual(undone.report()["open_mismatches"], 180)

    def test_the_monitor_hears_what_a_repair_and_its_undo_did(self) -> None:
        migration = self.planted(46, 300, 2)
        watching = self.host(migration)
        watching.start(*IMPATIENT, "--settle", "5s")
        watching.wait_for_log("event=state_taken")
        wait_until(lambda: "copy" in self.head(migration))
        self.assert_exit(self.begun(migration, "compare", *QUICKLY).wait(), 1)
        watching.wait_for_log("event=comparison_heard_of", HEARD_WITHIN_SECONDS)

        def is_told(state: str, times: int) -> Callable[[], bool]:
            return lambda: sum(line["state"] == state
                               for line in self.finding_lines(watching.findings)) >= times

        wait_until(is_told("confirmed", 6))
        self.assert_exit(self.begun(migration, "repair", *APPLY).wait(), 0)
        wait_until(is_told("healed", 6), HEARD_WITHIN_SECONDS)
        self.assert_exit(self.begun(migration, "repair", "--undo", PLACE, *APPLY).wait(), 1)
        wait_until(is_told("confirmed", 12), HEARD_WITHIN_SECONDS)
        ended = watching.stop()
        self.assert_exit(ended, 1)
        self.assertEqual(sum(ended.report()["mismatches"].values()), 6)

    def test_a_plan_holds_nothing_and_a_repair_waits_for_a_comparison(self) -> None:
        migration = self.planted(47, 2000, 2)
        self.assert_exit(self.begun(migration, "compare", *QUICKLY).wait(), 1)
        comparing = self.begun(migration, "compare", *SLOWLY)
        comparing.wait_for_log("event=state_taken")
        planned = self.begun(migration, "repair", *QUICKLY).wait()
        self.assert_exit(planned, 1)
        self.assertEqual([planned.report()[name] for name in ("put", "changed", "left")], [2, 2, 2])
        self.assertEqual(self.head(migration, "repair"), {})
        waiting = self.begun(migration, "repair", *APPLY)
        waiting.wait_for_log("event=standby .*compare on host")
        self.assert_exit(comparing.stop(), 1)
        self.assert_exit(waiting.wait(), 0)

    def test_states_of_all_commands_are_shown_and_deleted(self) -> None:
        migration = self.planted(48, 300, 1)
        host = self.begun(migration, "compare", *QUICKLY)
        self.assert_exit(host.wait(), 1)
        self.assert_exit(self.begun(migration, "repair", *APPLY).wait(), 0)
        listed = host.run_state("list", STATES).output
        self.assertRegex(listed, rf"{PLACE}  compare  copy \d+ of .*held by nobody")
        self.assertRegex(listed, rf"{PLACE}  repair   copy \d+ of .*held by nobody")
        shown = host.run_state("show", PLACE)
        self.assertRegex(shown.output, r"journal: [\d.]+ KiB in 1 blocks")
        self.assert_exit(host.run_state("delete", PLACE), 0)
        self.assertEqual(migration.source.scan(TableName=STATES)["Items"], [])
