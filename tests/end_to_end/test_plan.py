"""What `plan` tells of a migration before it begins. DynamoDB Local answers only a part of it."""

import json
from typing import Any

from harness import TABLE, Ended, Scenario
from dynamodb_local import REGION


class Plan(Scenario):
    def setUp(self) -> None:
        self.side = self.migration(items=10)
        self.side.create()

    def plan(self, *flags: str) -> Ended:
        return self.side.monitor.run("plan", *self.access(), *flags)

    def access(self) -> list[str]:
        """The flags of the other commands without the files, which plan does not have."""
        flags = self.side.monitor.flags()
        return flags[:len(flags) - len(self.side.monitor.state_flags())]

    def report(self, code: int, *flags: str) -> dict[str, Any]:
        ended = self.plan("--output", "json", *flags)
        self.assert_exit(ended, code)
        return ended.report()

    def test_what_the_server_cannot_tell_is_unknown_and_not_fine(self) -> None:
        report = self.report(3, "--accept", "stream")
        self.assertEqual(report["in_the_way"], [])
        self.assertIn("identity of the source", report["unknown"])
        self.assertIn("setting encryption", report["unknown"])
        tried = {(each["side"], each["action"]): each["state"] for each in report["permissions"]}
        for action in ("BatchGetItem", "Scan"):
            self.assertEqual(tried["source", f"dynamodb:{action}"], "granted")
            self.assertEqual(tried["target", f"dynamodb:{action}"], "granted")
        self.assertEqual(tried["stream", "dynamodb:GetRecords"], "granted")
        self.assertEqual(report["stream"]["view_type"], "NEW_AND_OLD_IMAGES")
        self.assertEqual(report["source"]["table"]["items"], 10)

    def test_a_setting_that_differs_is_in_the_way_until_it_is_accepted(self) -> None:
        self.side.source.update_time_to_live(
            TableName=TABLE,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
        differing = self.report(1)
        self.assertTrue(any("ttl differs: source on expires, target off" in each
                            for each in differing["in_the_way"]), differing["in_the_way"])
        accepted = self.report(3, "--accept", "ttl", "--accept", "stream")
        self.assertEqual(accepted["in_the_way"], [])

    def test_a_missing_target_and_a_stream_that_is_off_are_told_with_their_remedies(self) -> None:
        self.side.target.delete_table(TableName=TABLE)
        self.side.source.update_table(TableName=TABLE,
                                      StreamSpecification={"StreamEnabled": False})
        ended = self.plan()
        self.assert_exit(ended, 1)
        self.assertIn("target table orders cannot be described", ended.output)
        self.assertIn("aws dynamodb update-table --table-name orders", ended.output)
        self.assertIn("ReadTable", ended.output, "the policies of what is there")

    def test_an_unknown_profile_is_part_of_the_answer(self) -> None:
        ended = self.plan("--target-profile", "absent")
        self.assert_exit(ended, 2)
        self.assertIn("absent", ended.output)

    def test_the_policy_of_the_table_of_states_is_of_what_lies_under_one_name(self) -> None:
        reached = ["--profile", "source", "--endpoint-url", self.side.local.endpoint_url]
        in_table = ["--state", "dynamodb://states/orders", "--state-profile", "source",
                    "--state-endpoint-url", self.side.local.endpoint_url]
        absent = self.plan(*in_table)
        self.assertIn("the table of states: ", absent.output, "who asks is not known here either")
        made = self.side.monitor.run("state", "init", "states", "--region", REGION,
                                     "--kms-key", "owned", *reached)
        self.assert_exit(made, 0)
        report = self.report(3, "--accept", "stream", *in_table)
        policy = report["policies"]["table of states"]["Statement"][0]
        self.assertEqual(policy["Sid"], "KeepStates")
        self.assertTrue(str(policy["Resource"]).endswith(":table/states"), policy)
        self.assertIn("orders", json.dumps(policy["Condition"]))

    def test_it_writes_no_file(self) -> None:
        before = sorted(self.side.monitor.folder.iterdir())
        self.plan()
        self.assertEqual(sorted(self.side.monitor.folder.iterdir()), before)
