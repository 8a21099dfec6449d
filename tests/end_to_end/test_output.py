"""Whatever becomes of the reader of its output, the monitor saves its state and tells its code."""

import fcntl
import os
import signal
import sqlite3
import struct
import subprocess
import termios
import time
from contextlib import closing
from typing import IO, Any

from harness import IMPATIENT, TABLE, Migration, Scenario, wait_until
from monitor import once_each

INCOMPLETE = 3  # nothing was checked


class Output(Scenario):
    def monitor(self, *flags: str, **streams: Any) -> tuple[Migration, subprocess.Popen[str]]:
        migration = self.migration(items=5)
        migration.create()
        process = subprocess.Popen(
            [migration.monitor.binary,
             *once_each([*migration.monitor.flags(), *IMPATIENT, *flags])], text=True,
            cwd=migration.monitor.folder, env=migration.monitor.environment(), **streams)
        self.addCleanup(process.kill)
        return migration, process

    def read_until(self, stream: IO[str] | None, text: str) -> None:
        assert stream is not None
        self.assertTrue(any(text in line for line in stream), text)

    def test_a_reader_that_goes_away_does_not_keep_it_from_draining(self) -> None:
        _, process = self.monitor(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.read_until(process.stdout, "event=shard_started")
        assert process.stdout is not None
        process.stdout.close()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), INCOMPLETE)

    def test_a_reader_that_stands_still_holds_nothing_up(self) -> None:
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        migration, process = self.monitor("--stats-interval", "1s", stdout=writer, stderr=writer)
        os.close(writer)

        def in_pipe() -> int:
            return int(struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, b"\0" * 4))[0])

        def last_read() -> str:
            state = f"file:{migration.monitor.state}?mode=ro"
            with closing(sqlite3.connect(state, uri=True)) as db:
                return "".join(row[0] for row in db.execute("SELECT last_sequence FROM shard"))

        def is_full() -> bool:
            held = in_pipe()
            time.sleep(3)  # of which each second has a block
            return 0 < held == in_pipe()
        wait_until(is_full)
        before = last_read()
        migration.source.put_item(TableName=TABLE, Item=migration.schema.key(100))
        wait_until(lambda: last_read() != before, seconds=30)
        process.send_signal(signal.SIGINT)
        time.sleep(8)
        self.assertIsNone(process.poll(), "the last word waits for a reader")
        with open(reader) as output:
            text = output.read()
        self.assertEqual(process.wait(60), INCOMPLETE)
        self.assertIn("event=draining", text)
        self.assertIn("verdict: WAIT", text[text.index("event=draining"):])

    def test_a_last_word_that_nobody_reads_does_not_keep_a_signal_from_ending_it(self) -> None:
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        self.addCleanup(os.close, reader)
        _, process = self.monitor("--stats-interval", "1s", "--duration", "8s", stdout=writer,
                                  stderr=writer)
        os.close(writer)
        time.sleep(20)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), -signal.SIGINT)

    def test_a_second_signal_ends_it_at_once_though_nobody_reads(self) -> None:
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"x" * 4096)
        os.set_blocking(writer, True)
        migration, process = self.monitor(stdout=writer, stderr=writer)
        os.close(writer)
        wait_until(migration.monitor.state.exists)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        self.assertIn(process.wait(5), (128 + signal.SIGINT, 128 + signal.SIGTERM))

    def test_standard_streams_that_are_closed_are_no_place_for_files_of_its_own(self) -> None:
        def close_all() -> None:
            for descriptor in range(3):
                os.close(descriptor)
        migration, process = self.monitor("--duration", "10s", preexec_fn=close_all)
        wait_until(migration.monitor.state.exists)
        for descriptor in range(3):
            self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{descriptor}"), "/dev/null")
        self.assertEqual(process.wait(60), INCOMPLETE)

    def test_a_report_that_cannot_be_written_is_an_error(self) -> None:
        with open("/dev/full", "w") as full:
            _, process = self.monitor("--output", "json", "--duration", "2s", stdout=full,
                                      stderr=subprocess.PIPE)
            _, log = process.communicate(timeout=60)
        self.assertEqual(process.returncode, INCOMPLETE)
        self.assertIn("error: the report cannot be written to standard output: No space", log)

    def test_a_last_block_that_cannot_be_written_is_an_error(self) -> None:
        migration = self.migration(items=5)
        migration.create()
        with open("/dev/full", "w") as full:
            ended = subprocess.run(
                [migration.monitor.binary, "compare", *migration.monitor.flags()], stdout=full,
                stderr=subprocess.PIPE, text=True, cwd=migration.monitor.folder,
                env=migration.monitor.environment(), timeout=60, check=False)
        self.assertEqual(ended.returncode, INCOMPLETE, ended.stderr)
        self.assertIn("error: what was found cannot be written to standard output: No space",
                      ended.stderr)

    def test_test_items_that_cannot_be_told_of_are_written_all_the_same(self) -> None:
        migration = self.migration(items=1)
        migration.create()
        monitor = migration.monitor
        table = ["--profile", "source", "--region", "ap-northeast-1", "--table", TABLE,
                 "--endpoint-url", migration.local.endpoint_url]
        for words in (["datagen", *table, "--count", "2", "--output", "keys.csv"],
                      ["datadel", *table, "--input", "keys.csv", "--dry-run"],
                      ["datadel", *table, "--input", "keys.csv", "--verbose"]):
            with self.subTest(words[0]), open("/dev/full", "w") as full:
                ended = subprocess.run(
                    [monitor.binary, *words], stdout=full, stderr=subprocess.PIPE, text=True,
                    cwd=monitor.folder, env=monitor.environment(), timeout=60, check=False)
                self.assertEqual(ended.returncode, INCOMPLETE, ended.stderr)
                self.assertIn("cannot be written to standard output: No space", ended.stderr)
        absent = monitor.run("datagen", *table, "--output", "/nonexistent/keys.csv")
        self.assert_exit(absent, 2)
