"""Credentials that end while the monitor works cost no change.

DDM_EXPIRY_SECONDS=300 gives them a life of 60 s over five minutes; the short form that always runs
gives them 12 s over 40 s.
"""

import os
from functools import partial
from pathlib import Path

from expiry_gate import ExpiryGate
from harness import IMPATIENT, Migration, Scenario

SECONDS = int(os.environ.get("DDM_EXPIRY_SECONDS", "40"))
LIFE_SECONDS = 60 if SECONDS >= 300 else 12
RATE = 60
PROGRAM = """#!/bin/sh
if [ -e "$2/broken" ]; then echo "no credentials today" >&2; exit 1; fi
echo "$1" >> "$2/renewals"
end=$(($(date +%s) + LIFE))
printf '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "local", ' "$1"
printf '"SessionToken": "ends-%s", "Expiration": "%s"}' "$end" "$(date -u -d "@$end" +%FT%TZ)"
"""


class Expiry(Scenario):
    def temporary(self) -> tuple[Migration, ExpiryGate, Path]:
        """Both profiles get short-lived credentials from a program; the gate holds them to it."""
        migration = self.migration(items=500)
        migration.create()
        folder = migration.monitor.folder
        program = folder / "credentials.sh"
        program.write_text(PROGRAM.replace("LIFE", str(LIFE_SECONDS)))
        program.chmod(0o755)
        (folder / "aws_config").write_text("".join(
            f"[profile {side}]\nregion = ap-northeast-1\n"
            f"credential_process = {program} {account} {folder}\n"
            for side, account in (("source", migration.source_account),
                                  ("target", migration.target_account))))
        gate = ExpiryGate(self.local.endpoint_url)
        self.addCleanup(gate.close)
        migration.monitor.endpoint_url = gate.url
        migration.replicate()
        return migration, gate, folder

    def test_no_change_is_lost_and_no_request_refused_across_renewals(self) -> None:
        migration, gate, folder = self.temporary()
        migration.monitor.start(*IMPATIENT)
        migration.monitor.wait_for_log("renewed unattended before that")
        traffic = migration.traffic()
        traffic.run(SECONDS * RATE, RATE, SECONDS + 60)
        migration.monitor.stop()
        ended = migration.monitor.finish(*IMPATIENT)
        self.assert_exit(ended, 0)
        self.assert_counted(ended.report(), traffic)
        renewals = (folder / "renewals").read_text().splitlines()
        print(f"{SECONDS} s, lives of {LIFE_SECONDS} s: {traffic.account.changes} changes, "
              f"{len(renewals)} fetches, {len(gate.tokens)} tokens, {gate.passed} requests passed, "
              f"{gate.refused} refused")
        self.assertEqual(gate.refused, 0)
        # Source, target and stream, each renewed at the last quarter of a life.
        self.assertGreaterEqual(len(renewals), 3 * (SECONDS // LIFE_SECONDS))
        self.assertLessEqual(len(renewals), 3 * (3 + SECONDS // (LIFE_SECONDS // 2)))

    def test_a_source_that_fails_for_longer_than_a_life_is_waited_for(self) -> None:
        migration, _, folder = self.temporary()
        migration.monitor.start(*IMPATIENT)
        migration.monitor.wait_for_log("renewed unattended before that")
        traffic = migration.traffic()
        writing = migration.background(partial(traffic.run, 40 * RATE, RATE, 300))
        (folder / "broken").touch()
        migration.monitor.wait_for_log("credentials_not_renewed", LIFE_SECONDS + 20)
        migration.monitor.wait_for_log("reading_paused", LIFE_SECONDS + 20)
        self.assertIn("it said: no credentials today", migration.monitor.log())
        (folder / "broken").unlink()
        migration.monitor.wait_for_log("reading_resumed")
        writing.join()
        migration.monitor.stop()
        ended = migration.monitor.finish(*IMPATIENT)
        self.assert_exit(ended, 0)
        self.assert_counted(ended.report(), traffic)
