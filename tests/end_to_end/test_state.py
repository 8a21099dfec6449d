"""States in a table: made, listed, shown, copied there and back, deleted; and what is refused."""

import hashlib
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from harness import IMPATIENT, Ended, Migration, Scenario, dynamodb_local, wait_until

PLACE = "dynamodb://states/orders"
BLOCK_BYTES = 32 << 10
HEAD = {"state": {"S": "orders"}, "part": {"S": "monitor/head"}}


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(found + bytes([number]))


class State(Scenario):
    """One migration whose monitor has found something and has ended."""

    def setUp(self) -> None:
        self.of: Migration = self.migration(seed=21, missing=2, stale=2)
        self.of.create()
        self.of.replicate()
        self.of.monitor.start(*IMPATIENT)
        traffic = self.of.traffic()
        traffic.run(400, 100, 30)
        time.sleep(1)
        self.of.monitor.stop()
        self.client: Any = self.of.source

    def run_state(self, *words: str) -> Ended:
        return self.of.monitor.run(
            "state", *words, "--profile", "source", "--endpoint-url", self.of.local.endpoint_url,
            "--region", dynamodb_local.REGION)

    def path(self, name: str) -> str:
        return str(self.of.monitor.folder / name)

    def set_version(self, version: int) -> None:
        with closing(sqlite3.connect(self.of.monitor.state)) as database:
            database.execute(f"PRAGMA user_version = {version}")

    def made(self) -> None:
        self.assert_exit(self.run_state("init", "states", "--kms-key", "owned"), 0)

    def copied(self) -> None:
        self.made()
        self.assert_exit(self.run_state("copy", str(self.of.monitor.state), PLACE), 0)

    def blocks(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.client.query(
            TableName="states", KeyConditionExpression="#s = :s",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":s": {"S": "orders/monitor/blocks"}})["Items"]
        return items

    def resumed(self, *more: str) -> Ended:
        """The monitor, from the table."""
        of = self.of.monitor
        flags = of.flags()
        at = flags.index("--state")
        flags[at + 1] = PLACE
        return of.run("monitor", *flags, "--state-profile", "source", "--state-endpoint-url",
                      self.of.local.endpoint_url, *IMPATIENT, *more, "--until-caught-up",
                      "--output", "json")

    def test_there_and_back_is_equal(self) -> None:
        self.copied()
        self.assertIn("orders", self.run_state("list", "states").output)
        shown = self.run_state("show", PLACE)
        self.assertIn("held by  nobody", shown.output)
        self.assertRegex(shown.output, r"copy +copy \d+ of")
        self.assert_exit(self.run_state("copy", PLACE, self.path("b.db")), 0)
        self.assert_exit(self.run_state("copy", self.path("b.db"), "dynamodb://states/other"), 0)
        self.assert_exit(self.run_state("copy", "dynamodb://states/other", self.path("c.db")), 0)
        self.assertEqual(Path(self.path("b.db")).read_bytes(), Path(self.path("c.db")).read_bytes())
        dumps = []
        for name in (str(self.of.monitor.state), self.path("b.db")):
            with closing(sqlite3.connect(f"file:{name}?mode=ro", uri=True)) as database:
                dumps.append("\n".join(database.iterdump()))
        self.assertEqual(dumps[0], dumps[1])
        reports = [self.of.monitor.run("report", name, "--output", "json")
                   for name in (str(self.of.monitor.state), self.path("b.db"))]
        self.assertEqual(reports[0].report()["checks"], reports[1].report()["checks"])

    def test_the_monitor_goes_on_from_a_copied_state(self) -> None:
        before = self.of.monitor.run("report", str(self.of.monitor.state), "--output", "json")
        self.copied()
        ended = self.resumed()
        self.assertIn(ended.code, (0, 1), ended.log[-4000:])
        self.assertGreaterEqual(ended.report()["events"]["unique"],
                                before.report()["events"]["unique"])
        self.assertRegex(ended.log, r"resumed from copy \d+ of")
        self.assertIn(PLACE, ended.log)
        self.assertIn("held by  nobody", self.run_state("show", PLACE).output)

    def put_as_copy(self, state: bytes) -> None:
        """As a monitor of an older version would have written it."""
        head = self.client.get_item(TableName="states", Key=HEAD)["Item"]
        epoch = int(head["epoch"]["N"])
        names = b""
        for at in range(0, len(state), BLOCK_BYTES):
            block = state[at:at + BLOCK_BYTES]
            name = hashlib.sha256(block).digest()[:16]
            names += name
            self.client.put_item(TableName="states", Item={
                "state": {"S": "orders/monitor/blocks"},
                "part": {"S": f"{epoch:012}/{name.hex()}"}, "bytes": {"B": b"\x00" + block}})
        manifest = varint(1) + varint(5) + b"state" + varint(len(state)) + names
        head["copy"]["B"] = b"".join(map(varint, (1, epoch, 99, 0, len(state), 0))) + manifest
        self.client.put_item(TableName="states", Item=head)

    def test_a_copy_of_an_older_version_is_brought_to_the_present_format(self) -> None:
        self.of.monitor.finish(*IMPATIENT)
        before = self.of.monitor.run("report", str(self.of.monitor.state), "--output", "json")
        self.copied()
        self.assert_exit(self.run_state("copy", PLACE, self.path("older.db")), 0)
        with closing(sqlite3.connect(self.path("older.db"))) as database:
            database.executescript("""
                PRAGMA journal_mode = DELETE;
                ALTER TABLE check_block RENAME COLUMN number TO id;
                ALTER TABLE check_block RENAME TO open_check;
                PRAGMA user_version = 3;""")
        self.put_as_copy(Path(self.path("older.db")).read_bytes())
        self.assertIn("copy 99 of", self.run_state("show", PLACE).output)
        ended = self.resumed()
        self.assertIn(ended.code, (0, 1), ended.log[-4000:])
        self.assertIn("resumed from copy 99 of", ended.log)
        for name in ("unique", "insert", "modify", "remove"):
            self.assertGreaterEqual(ended.report()["events"][name], before.report()["events"][name])
        self.assertEqual(ended.report()["mismatches"], before.report()["mismatches"])
        self.assert_exit(self.run_state("copy", PLACE, self.path("newer.db")), 0)
        with closing(sqlite3.connect(self.path("newer.db"))) as database:
            self.assertEqual(database.execute("PRAGMA user_version").fetchone(), (4,))

    def test_a_damaged_missing_or_foreign_block_is_told_and_changes_nothing(self) -> None:
        self.copied()
        block = self.blocks()[0]
        key = {name: block[name] for name in ("state", "part")}
        name = block["part"]["S"].split("/")[1]
        for bytes_ in (b"\x00damaged", None, self.blocks()[1]["bytes"]["B"]):
            if bytes_ is None:
                self.client.delete_item(TableName="states", Key=key)
            else:
                self.client.put_item(TableName="states", Item=key | {"bytes": {"B": bytes_}})
            copy = self.client.get_item(TableName="states", Key=HEAD)["Item"]["copy"]
            for ended in (self.run_state("copy", PLACE, self.path("b.db")), self.resumed()):
                self.assert_exit(ended, 4)
                self.assertIn(name, ended.log)
                self.assertIn("cannot be used", ended.log)
            self.assertFalse(Path(self.path("b.db")).exists())
            head = self.client.get_item(TableName="states", Key=HEAD)["Item"]
            self.assertEqual(head["copy"], copy)
        self.client.put_item(TableName="states", Item=block)
        self.assert_exit(self.run_state("copy", PLACE, self.path("b.db")), 0)

    def test_what_a_newer_program_wrote_is_refused(self) -> None:
        self.made()
        self.set_version(99)
        ended = self.run_state("copy", str(self.of.monitor.state), PLACE)
        self.assertEqual(ended.code, 2, ended.log)
        self.assertIn("newer", ended.log)
        self.set_version(4)
        self.assert_exit(self.run_state("copy", str(self.of.monitor.state), PLACE), 0)
        item = self.client.get_item(TableName="states", Key=HEAD)["Item"]
        item["copy"]["B"] = b"\x02" + item["copy"]["B"][1:]
        self.client.put_item(TableName="states", Item=item)
        for ended in (self.run_state("copy", PLACE, self.path("b.db")), self.resumed()):
            self.assert_exit(ended, 2)
            self.assertIn("format 2", ended.log)

    def test_nothing_is_written_over(self) -> None:
        self.copied()
        again = self.run_state("copy", str(self.of.monitor.state), PLACE)
        self.assert_exit(again, 2)
        self.assertIn("has a copy already", again.log)
        Path(self.path("b.db")).write_text("mine")
        there = self.run_state("copy", PLACE, self.path("b.db"))
        self.assert_exit(there, 2)
        self.assertEqual(Path(self.path("b.db")).read_text(), "mine")

    def test_a_deleted_state_leaves_nothing(self) -> None:
        self.copied()
        self.assert_exit(self.run_state("delete", PLACE), 0)
        self.assertEqual(self.client.scan(TableName="states")["Items"], [])
        self.assert_exit(self.run_state("show", PLACE), 4)
        self.assert_exit(self.run_state("delete", PLACE), 4)

    def test_a_state_in_use_is_neither_deleted_nor_copied_over(self) -> None:
        self.made()
        of = self.of.monitor
        of.start(*IMPATIENT)
        wait_until(Path(f"{of.state}.monitor.lock").exists)
        in_use = self.run_state("copy", str(of.state), PLACE)
        self.assert_exit(in_use, 4)
        self.assertIn("in use", in_use.log)
        of.stop()
        self.assertIn(self.run_state("copy", str(of.state), PLACE).code, (0,))

    def test_a_file_whose_log_is_of_another_history_is_not_copied(self) -> None:
        self.made()
        of, state = self.of.monitor, self.of.monitor.state
        older = state.read_bytes()
        of.start(*IMPATIENT)
        self.of.traffic().run(50, 100, 30)
        time.sleep(3)
        of.stop()
        of.start(*IMPATIENT)
        self.of.traffic().run(50, 100, 30)
        time.sleep(3)
        of.kill()
        state.write_bytes(older)
        ended = self.run_state("copy", str(state), PLACE)
        self.assert_exit(ended, 2)
        self.assertIn("history", ended.log)
        self.assert_exit(self.run_state("show", PLACE), 4)

    def test_a_damaged_copy_is_begun_anew_with_fresh(self) -> None:
        self.copied()
        block = self.blocks()[0]
        self.client.delete_item(TableName="states", Key={name: block[name]
                                                         for name in ("state", "part")})
        refused = self.resumed()
        self.assert_exit(refused, 4)
        self.assertIn("--fresh", refused.log)
        self.assertIn(self.resumed("--fresh").code, (0, 1, 3))
        self.assert_exit(self.run_state("copy", PLACE, self.path("b.db")), 0)

    def test_what_is_only_listed_can_be_deleted(self) -> None:
        self.copied()
        self.client.delete_item(TableName="states", Key=HEAD)
        self.assertIn("not begun", self.run_state("list", "states").output)
        self.assert_exit(self.run_state("delete", PLACE), 0)
        self.assertIn("no states", self.run_state("list", "states").output)

    def test_report_says_that_it_reads_files(self) -> None:
        ended = self.of.monitor.run("report", PLACE)
        self.assert_exit(ended, 2)
        self.assertIn(f"state copy {PLACE}", ended.log)

    def test_findings_of_another_run_are_set_aside_and_told(self) -> None:
        self.of.monitor.finish(*IMPATIENT)
        self.copied()
        findings = self.of.monitor.findings
        lines = findings.read_text().splitlines()
        self.assertGreater(len(lines), 0)
        findings.write_text("\n".join([*lines, lines[-1]]) + "\n")
        ended = self.resumed()
        self.assertIn("findings_set_aside", ended.log)
        self.assertEqual(len(Path(f"{findings}.old1").read_text().splitlines()), len(lines) + 1)
        self.assertGreaterEqual(len(findings.read_text().splitlines()), len(lines))

    def test_a_table_that_is_not_there_says_how_to_make_it(self) -> None:
        ended = self.resumed()
        self.assert_exit(ended, 4)
        self.assertIn("state init states makes the table", ended.log)
