"""Whatever is wrong is said in one clear line, before anything is started or changed."""

import contextlib
import os
import socket
import time
from pathlib import Path

from harness import (IMPATIENT, TABLE, Ended, KeySchema, Migration, Scenario, create_table,
                     stream_arn)

# Flags or variables that are wrong, and what the message has to name.
WRONG_VALUES = [
    (["--sample-rate", "0"], ["--sample-rate", "0"]),
    (["--sample-rate", "abc"], ["--sample-rate", "abc"]),
    (["--sample-rate", "-1"], ["--sample-rate", "-1"]),
    (["--iterator-type", "NEWEST"], ["--iterator-type", "NEWEST", "TRIM_HORIZON"]),
    (["--max-lag", "60"], ["--max-lag", "60", "60s"]),
    (["--verify-on", "both"], ["--verify-on", "both"]),
    (["--no-such-flag"], ["--no-such-flag"]),
]


class BadInput(Scenario):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        source = cls.local.client("source")
        create_table(source, TABLE, KeySchema("S", "N"), "NEW_AND_OLD_IMAGES")
        create_table(source, "silent", KeySchema("S"))
        create_table(source, "other", KeySchema("S"), "NEW_AND_OLD_IMAGES")
        target = cls.local.client("target")
        create_table(target, TABLE, KeySchema("S", "N"))
        create_table(target, "silent", KeySchema("S"))
        create_table(target, "other", KeySchema("N"))

    def two_tables(self) -> Migration:
        migration = self.migration()
        config = migration.monitor.environment()["AWS_CONFIG_FILE"]
        text = Path(config).read_text()
        Path(config).write_text(text.replace(migration.source_account, "source")
                                .replace(migration.target_account, "target"))
        return migration

    def assert_refused(self, ended: Ended, *named: str, code: int = 2) -> None:
        self.assert_exit(ended, code)
        self.assertEqual(ended.output, "")
        faults = [line for line in ended.log.splitlines() if all(name in line for name in named)]
        self.assertEqual(len(faults), 1, f"want one line with {named}:\n{ended.log}")
        self.assertNotIn("Sanitizer", ended.log)

    def run_wrong(self, *flags: str, **environment: str) -> tuple[Migration, Ended]:
        """Later flags win over the common ones only if none is given twice."""
        migration = self.two_tables()
        common = list(zip(migration.monitor.flags()[::2], migration.monitor.flags()[1::2]))
        common += list(zip(IMPATIENT[::2], IMPATIENT[1::2]))
        kept = [word for name, value in common if name not in flags for word in (name, value)]
        ended = migration.monitor.run("monitor", *kept, *flags, **environment)
        left = {path.name for path in migration.monitor.folder.iterdir()}
        self.assertLessEqual(left, {"aws_config", "aws_credentials"}, "nothing may be left behind")
        return migration, ended

    def test_wrong_values(self) -> None:
        for flags, named in WRONG_VALUES:
            with self.subTest(flags):
                self.assert_refused(self.run_wrong(*flags)[1], *named)

    def test_all_faults_are_listed_at_once(self) -> None:
        ended = self.run_wrong("--sample-rate", "0", "--max-lag", "soon", DDB_BATCH_SIZE="many")[1]
        for fault in ("--sample-rate", "--max-lag", "DDB_BATCH_SIZE"):
            self.assert_refused(ended, fault)

    def test_a_variable_without_a_unit(self) -> None:
        monitor = self.two_tables().monitor
        ended = monitor.run("monitor", *monitor.flags(), DDB_RETRY_WAIT_TIME="2")
        self.assert_refused(ended, "DDB_RETRY_WAIT_TIME", "2s")

    def test_a_table_that_does_not_exist(self) -> None:
        ended = self.run_wrong("--target-table", "nowhere", "--source-table", TABLE)[1]
        self.assert_refused(ended, "target table nowhere", "--target-table", code=4)

    def test_a_key_name_that_is_not_the_tables(self) -> None:
        ended = self.run_wrong("--partition-key", "customer_id")[1]
        self.assert_refused(ended, "customer_id", "order_id")

    def test_key_schemas_that_differ(self) -> None:
        self.assert_refused(self.run_wrong("--target-table", "other")[1], "other", "order_id")

    def test_an_unknown_profile(self) -> None:
        self.assert_refused(self.run_wrong("--target-profile", "nobody")[1], "nobody")

    def test_a_stream_of_another_table(self) -> None:
        arn = stream_arn(self.local.client("source"), "other")
        self.assert_refused(self.run_wrong("--stream-arn", arn)[1], arn)

    def test_a_table_without_a_stream(self) -> None:
        ended = self.run_wrong("--target-table", "silent")[1]
        self.assert_exit(ended, 4)
        self.assertIn("aws dynamodb update-table", ended.log)

    def test_a_findings_file_that_cannot_be_written(self) -> None:
        ended = self.run_wrong("--findings", "/nonexistent/findings.jsonl")[1]
        self.assert_refused(ended, "/nonexistent/findings.jsonl", "--findings")

    def test_a_findings_file_that_is_none(self) -> None:
        folder = self.folder()
        os.mkfifo(folder / "pipe")
        notes = folder / "notes.txt"
        notes.write_text("not ours\n")
        for path in (folder, folder / "pipe", Path("/dev/null"), notes):
            for fresh in ([], ["--fresh"]):
                with self.subTest(path=path, fresh=fresh):
                    self.assert_refused(self.run_wrong("--findings", str(path), *fresh)[1],
                                        str(path), "--findings")
        self.assertTrue((folder / "pipe").is_fifo() and Path("/dev/null").is_char_device())
        self.assertEqual(notes.read_text(), "not ours\n")
        self.assertEqual({path.name for path in folder.iterdir()}, {"pipe", "notes.txt"})
        migration = self.two_tables()
        state = str(migration.monitor.folder / "s.db")
        ended = migration.monitor.run("monitor", *migration.monitor.flags(), "--state", state,
                                      "--findings", state, "--fresh", *IMPATIENT)
        self.assert_refused(ended, state, "--findings")

    def test_findings_that_would_be_moved_over_the_state(self) -> None:
        migration = self.two_tables()
        state = str(migration.monitor.folder / "f.old")
        ended = migration.monitor.run("compare", *migration.monitor.flags(), "--state", state,
                                      "--findings", state.removesuffix(".old"))
        self.assert_refused(ended, state, "--findings")

    def test_a_password_in_an_address_is_not_shown(self) -> None:
        for address in ("http://user:s3cret@127.0.0.1:1", "http://127.0.0.1:1/?token=s3cret"):
            ended = self.run_wrong("--source-endpoint-url", address)[1]
            self.assert_refused(ended, "--source-endpoint-url")
            self.assertNotIn("s3cret", ended.log)

    def test_a_configuration_file_without_an_end(self) -> None:
        self.assert_refused(self.run_wrong("--config", "/dev/zero")[1], "--config", "1 MiB")

    def test_a_configuration_file_that_is_a_folder(self) -> None:
        folder = self.folder()
        ended = self.run_wrong("--config", str(folder))[1]
        self.assert_refused(ended, str(folder), "directory")

    def test_a_state_that_is_no_file(self) -> None:
        folder = self.folder()
        os.mkfifo(folder / "pipe")
        for path, what in ((folder, "directory"), (folder / "pipe", "named pipe"),
                           (Path("/dev/null"), "device")):
            with self.subTest(what):
                self.assert_refused(self.run_wrong("--state", str(path))[1], str(path), what)

    def test_a_place_that_no_waiting_mends(self) -> None:
        """A unit must not be started again for a name that no file has."""
        folder = self.folder()
        (folder / "one").symlink_to(folder / "two")
        (folder / "two").symlink_to(folder / "one")
        wrong_places = ("x" * 300, str(folder / "one"), str(folder / "one/x.db"))
        for place in wrong_places:
            _, ended = self.run_wrong("--state", place)
            self.assert_refused(ended, place, "--state")
            report = self.two_tables().monitor.run("report", place)
            self.assert_exit(report, 2)
        _, ended = self.run_wrong("--findings", "x" * 300)
        self.assert_refused(ended, "--findings", "too long")
        repair = self.two_tables().monitor
        for place in wrong_places[:2]:
            ended = repair.run("repair", *repair.flags(), "--undo", place)
            self.assert_exit(ended, 2)
        ended = repair.run("report", "absent.db", "--output-file", str(folder / "one"))
        self.assert_exit(ended, 2)
        self.assertTrue((folder / "one").is_symlink())

    def test_certificate_authorities_that_are_a_pipe(self) -> None:
        pipe = self.folder() / "pipe"
        os.mkfifo(pipe)
        _, ended = self.run_wrong("--source-endpoint-url", "https://127.0.0.1:9",
                                  AWS_CA_BUNDLE=str(pipe))
        self.assert_refused(ended, "AWS_CA_BUNDLE", "no regular file")

    def test_a_configuration_file_that_would_throw_the_state_away(self) -> None:
        config = self.folder() / "orders.toml"
        config.write_text("settle = \"1m\"\nfresh = true\n")
        ended = self.run_wrong("--config", str(config))[1]
        self.assert_refused(ended, f"{config} line 2: fresh", "command line only")

    def test_an_arn_of_another_region(self) -> None:
        monitor = self.two_tables().monitor
        arn = f"arn:aws:dynamodb:eu-central-1:123456789012:table/{TABLE}"
        ended = monitor.run("monitor", "--source-profile", "source", "--target-profile", "target",
                            "--target-table", arn, "--source-table", TABLE,
                            "--region", "us-west-2", "--source-endpoint-url",
                            self.local.endpoint_url, *monitor.state_flags())
        self.assert_refused(ended, arn, "--target-region eu-central-1")

    def test_settings_in_doubt_are_told_and_refuse_nothing(self) -> None:
        monitor = self.two_tables().monitor
        ended = monitor.run("monitor", *monitor.flags(), "--duration", "1s", "--require-go",
                            "--max-lag", "10s", DDB_REPLICATION_WAIT_TIME="20s",
                            DDB_VALIDATION_INTERVAL="40s")
        self.assert_exit(ended, 3)
        told = [line for line in ended.log.splitlines() if "event=setting_in_doubt" in line]
        self.assertEqual(len(told), 3, ended.log)
        quiet = monitor.run("monitor", *monitor.flags(), "--duration", "1s", "--max-lag", "10s")
        self.assertNotIn("setting_in_doubt", quiet.log)

    def test_one_table_on_both_sides(self) -> None:
        self.assert_exit(self.run_wrong("--target-profile", "source")[1], 2)

    def test_a_table_checked_against_its_own_stream(self) -> None:
        ended = self.run_wrong("--verify-on", "source", "--listen", "127.0.0.1:0")[1]
        self.assert_exit(ended, 2)
        self.assertIn("--verify-on", ended.log)
        self.assertNotIn("event=listening", ended.log)

    def test_an_address_that_cannot_be_had_hides_no_other_fault(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = ["--listen", f"127.0.0.1:{other.getsockname()[1]}"]
            for fault in (["--target-profile", "nobody"], ["--partition-key", "customer_id"],
                          ["--state", "/nonexistent/s.db"],
                          ["--findings", "/nonexistent/f.jsonl"]):
                with self.subTest(fault[0]):
                    ended = self.run_wrong(*fault, *taken)[1]
                    self.assert_refused(ended, fault[1])
                    self.assertNotIn("cannot listen", ended.log)
            self.assert_refused(self.run_wrong(*taken)[1], "--listen", "another program", code=4)

    def test_an_address_that_no_host_has(self) -> None:
        token = self.folder() / "token"
        token.write_text("0123456789abcdef0123456789abcdef\n")
        ended = self.run_wrong("--listen", "192.0.2.1:8080", "--listen-token-file", str(token))[1]
        self.assert_refused(ended, "--listen", "192.0.2.1:8080", code=2)

    def test_an_endpoint_where_nobody_listens(self) -> None:
        begin = time.monotonic()
        ended = self.run_wrong("--target-endpoint-url", "http://127.0.0.1:9")[1]
        self.assert_refused(ended, "127.0.0.1:9", code=4)
        self.assertLess(time.monotonic() - begin, 60)

    def test_the_state_of_another_migration(self) -> None:
        migration = self.two_tables()
        flags = [*migration.monitor.flags(), *IMPATIENT, "--duration", "1s"]
        first = migration.monitor.run("monitor", *flags)
        self.assertIn(first.code, (0, 3), first.log)
        before = migration.monitor.state.read_bytes()
        target = self.local.client("target")
        with contextlib.suppress(target.exceptions.ResourceInUseException):
            create_table(target, "elsewhere", KeySchema("S", "N"))
        other = [flag if flag != TABLE else "elsewhere" for flag in flags]
        ended = migration.monitor.run("monitor", *other, "--source-table", TABLE)
        self.assert_refused(ended, str(migration.monitor.state))
        self.assertEqual(migration.monitor.state.read_bytes(), before)

    def test_a_damaged_state(self) -> None:
        migration = self.two_tables()
        damaged = b"SQLite format 3\0" + b"\x5a" * 8000
        migration.monitor.state.write_bytes(damaged)
        ended = migration.monitor.run("monitor", *migration.monitor.flags(), *IMPATIENT)
        self.assert_refused(ended, str(migration.monitor.state))
        self.assertEqual(migration.monitor.state.read_bytes(), damaged)
