"""What a service manager is told: 2 where only editing mends it, 4 where something failed.

Each command is asked the same, and gives the same answer.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from harness import IMPATIENT, TABLE, Ended, KeySchema, Migration, Scenario, create_table, put_items
from fault_proxy import FaultProxy

EQUAL, MISMATCHES, USAGE, INCOMPLETE, FAILED = range(5)
ROOT = Path(__file__).resolve().parents[2]
HTML = b"<html><body>Your request was blocked.</body></html>"
QUICK = ["--max-lag", "2s", "--output", "json"]
COMMANDS = ("monitor", "compare", "repair", "plan")


class ExitCodes(Scenario):
    def tables(self, **defects: int) -> tuple[Migration, FaultProxy]:
        """The proxy stands before both tables and the stream."""
        side = self.migration(items=30, **defects)
        side.create()
        proxy = self.fault_proxy()
        side.monitor.endpoint_url = side.monitor.target_endpoint_url = proxy.endpoint_url
        return side, proxy

    def run_command(self, side: Migration, command: str, *flags: str,
                    **environment: str) -> Ended:
        """Later flags take the place of the common ones."""
        own = side.monitor.flags()
        if command == "plan":
            own = own[:len(own) - len(side.monitor.state_flags())]
        kept = [word for pair in zip(own[::2], own[1::2]) if pair[0] not in flags for word in pair]
        ending = ["--duration", "2s"] if command == "monitor" else []
        return side.monitor.run(command, *kept, *ending, *flags, **environment)

    def assert_all(self, side: Migration, code: int, *flags: str, plan: int | None = None,
                   commands: tuple[str, ...] = COMMANDS, **environment: str) -> None:
        """`plan`: where what the others stumble over is what it is asked for."""
        for command in commands:
            with self.subTest(command):
                ended = self.run_command(side, command, *flags, **environment)
                wanted = plan if command == "plan" and plan is not None else code
                self.assert_exit(ended, wanted)

    def compared(self, **defects: int) -> tuple[Migration, FaultProxy]:
        """There is a state for `repair` to work on."""
        side, proxy = self.tables(**defects)
        self.assert_exit(self.run_command(side, "compare", *QUICK), EQUAL)
        return side, proxy

    def test_not_reached_at_the_start(self) -> None:
        side, _ = self.compared()
        self.assert_all(side, FAILED, "--target-endpoint-url", "http://127.0.0.1:9")

    def test_denied_at_the_start(self) -> None:
        side, proxy = self.compared()
        proxy.orders.refuse_as("DescribeTable", 400, "AccessDeniedException")
        self.assert_all(side, FAILED, plan=MISMATCHES)

    def test_an_unknown_refusal_at_the_start(self) -> None:
        side, proxy = self.compared()
        proxy.orders.refuse("DescribeTable", 403, HTML)
        self.assert_all(side, FAILED)

    def test_an_absent_table(self) -> None:
        side, _ = self.compared()
        side.target.delete_table(TableName=TABLE)
        self.assert_all(side, FAILED, plan=MISMATCHES)

    def test_no_credentials(self) -> None:
        side, _ = self.compared()
        config = Path(side.monitor.environment()["AWS_CONFIG_FILE"])
        config.write_text(re.sub(r"(aws_access_key_id|aws_secret_access_key) = .*\n", "",
                                 config.read_text()))
        self.assert_all(side, FAILED)

    def test_a_stream_that_is_off(self) -> None:
        side, _ = self.tables()
        side.source.update_table(TableName=TABLE, StreamSpecification={"StreamEnabled": False})
        self.assert_exit(self.run_command(side, "monitor"), FAILED)
        self.assert_exit(self.run_command(side, "plan"), MISMATCHES)

    def test_a_wrong_key_name(self) -> None:
        side, _ = self.compared()
        self.assert_all(side, USAGE, "--partition-key", "customer_id",
                        commands=("monitor", "compare", "repair"))

    def test_key_schemas_that_differ(self) -> None:
        side, _ = self.tables()
        side.target.delete_table(TableName=TABLE)
        create_table(side.target, TABLE, KeySchema("N"))
        self.assert_all(side, USAGE, commands=("monitor", "compare"))

    def test_one_table_on_both_sides(self) -> None:
        side, _ = self.tables()
        self.assert_all(side, USAGE, "--target-profile", "source", commands=("monitor", "compare"))

    def test_an_unknown_profile(self) -> None:
        side, _ = self.compared()
        self.assert_all(side, USAGE, "--target-profile", "nobody")

    def test_a_state_that_another_process_uses(self) -> None:
        side, _ = self.tables()
        side.monitor.start(*IMPATIENT)
        side.monitor.wait_for_log("event=shard_started")
        self.assert_exit(self.run_command(side, "monitor"), FAILED)
        side.monitor.stop()

    def test_a_failure_in_mid_run_although_mismatches_are_open(self) -> None:
        side, proxy = self.tables()
        side.target.delete_item(TableName=TABLE, Key=side.schema.key(1))
        self.assert_exit(self.run_command(side, "compare", *QUICK), MISMATCHES)
        side.monitor.start(*IMPATIENT)
        side.monitor.wait_for_log("event=shard_started")
        proxy.orders.refuse_as("GetRecords", 400, "AccessDeniedException")
        ended = side.monitor.wait()
        self.assert_exit(ended, FAILED)
        self.assertEqual(ended.report()["mismatches"]["missing"], 1)
        proxy.orders.relieve("GetRecords")
        proxy.orders.refuse_as("Scan", 400, "AccessDeniedException")
        self.assert_exit(self.run_command(side, "compare", "--fresh", *QUICK), FAILED)
        proxy.orders.refuse_as("GetItem", 400, "AccessDeniedException")
        self.assert_exit(self.run_command(side, "repair", "--apply"), FAILED)

    def test_a_role_that_may_scan_and_not_read_single_items(self) -> None:
        side, proxy = self.tables()
        side.target.delete_item(TableName=TABLE, Key=side.schema.key(1))
        proxy.orders.refuse_as("BatchGetItem", 400, "AccessDeniedException")
        ended = self.run_command(side, "compare", *QUICK)
        self.assert_exit(ended, FAILED)
        self.assertIn("BatchGetItem", ended.log)

    def test_a_look_at_the_end_of_compare_that_fails_for_a_while(self) -> None:
        side, proxy = self.tables()
        side.monitor.start(*QUICK, command="compare")
        proxy.orders.delay("Scan", 2)
        side.monitor.wait_for_log("event=|segments")
        proxy.orders.refuse_as("DescribeTable", 500, "InternalServerError")
        side.monitor.wait_for_log("event=table_not_described")
        proxy.orders.relieve("DescribeTable")
        self.assert_exit(side.monitor.wait(), 0)

    def test_a_baseline_that_is_denied(self) -> None:
        side, proxy = self.tables()
        proxy.orders.refuse_as("Scan", 400, "AccessDeniedException")
        side.monitor.start(*IMPATIENT, "--baseline", "--baseline-after", "1s",
                           "--until-caught-up")
        ended = side.monitor.wait()
        self.assert_exit(ended, FAILED)
        self.assertIn("items at rest", ended.log)

    def test_an_unknown_refusal_in_mid_run_is_waited_for(self) -> None:
        key_service = json.dumps({"__type": "KMSInvalidStateException", "message": "disabled"})
        for operation in ("GetRecords", "DescribeStream", "BatchGetItem"):
            for status, content in ((400, key_service.encode()), (403, HTML)):
                with self.subTest(f"{operation} {status}"):
                    side, proxy = self.tables()
                    side.monitor.start(*IMPATIENT)
                    side.monitor.wait_for_log("event=shard_started")
                    proxy.orders.refuse(operation, status, content)
                    item = side.schema.key(1) | {"total": {"N": "1"}}
                    for client in (side.source, side.target):
                        put_items(client, TABLE, [item])
                    time.sleep(5)
                    self.assertTrue(side.monitor.running, side.monitor.log())
                    proxy.orders.relieve(operation)
                    self.assertIn(side.monitor.stop().code, (EQUAL, INCOMPLETE))
                    ended = side.monitor.finish(*IMPATIENT)
                    self.assert_exit(ended, EQUAL)
                    self.assertEqual(ended.report()["checks"]["verified"], 1)

    def test_a_stream_that_refuses_for_a_whole_run(self) -> None:
        for first in ("LATEST", "TRIM_HORIZON"):
            side, proxy = self.tables()
            flags = [first if flag == "TRIM_HORIZON" else flag for flag in IMPATIENT]
            item = side.schema.key(1) | {"total": {"N": "1"}}
            with self.subTest(first):
                proxy.orders.throttle("GetRecords")
                put_items(side.source, TABLE, [item])
                side.monitor.start(*flags, "--duration", "5s")
                ended = side.monitor.wait()
                self.assert_exit(ended, INCOMPLETE)
                behind = ended.report()["behind_stream_ms"]
                self.assertTrue(behind is None or behind > 3000, behind)
                self.assertIsNone(ended.report()["read_up_to_age_ms"])
            with self.subTest(f"{first}, after a run that checked something"):
                proxy.orders.relieve("GetRecords")
                put_items(side.source, TABLE, [item | {"total": {"N": "2"}}])
                put_items(side.target, TABLE, [item | {"total": {"N": "2"}}])
                side.monitor.finish(*flags)
                proxy.orders.throttle("GetRecords")
                side.monitor.start(*flags, "--duration", "5s")
                ended = side.monitor.wait()
                self.assert_exit(ended, INCOMPLETE)
                behind = ended.report()["behind_stream_ms"]
                self.assertTrue(behind is None or behind > 3000, behind)
            with self.subTest(f"{first}, denied"):
                proxy.orders.refuse_as("GetRecords", 400, "AccessDeniedException")
                side.monitor.start(*flags, "--duration", "5s")
                self.assert_exit(side.monitor.wait(), FAILED)

    def test_the_unit_restarts_on_what_a_restart_may_mend(self) -> None:
        unit = (ROOT / "deploy/systemd/ddm@.service").read_text()
        self.assertIn("\nRestart=on-failure\n", unit)
        kept = re.search(r"\nRestartPreventExitStatus=([\d ]+)\n", unit)
        assert kept is not None
        self.assertEqual({int(code) for code in kept.group(1).split()},
                         {MISMATCHES, USAGE, INCOMPLETE})
