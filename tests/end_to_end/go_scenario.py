"""What the sequences share that once ended in a GO that was a lie.

Problem: a verdict is held against the two tables, not against what the monitor knows of them.
Idea: a test makes the tables differ, or equal, and reads both again itself; then it asks what was
shown. Reason for the short times: what takes minutes in a migration takes seconds here, so that
all sequences together stay short enough to be run each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness import (TABLE, Ended, KeySchema, Migration, Monitor, Scenario, create_table,
                     enable_stream, put_items)
from judge import key_text, open_findings
from tables import difference

ITEMS = 40
MAX_LAG_SECONDS = 1  # what is carried to the target is there before the source has it
PACE = ["--replication-wait-time", "200ms", "--retry-wait-time", "200ms",
        "--validation-interval", "200ms", "--stats-interval", "500ms"]
FROM_THE_BEGINNING = ["--iterator-type", "TRIM_HORIZON"]
QUICK = [*FROM_THE_BEGINNING, *PACE, "--max-lag", f"{MAX_LAG_SECONDS}s"]
EVERY_KEY = ["--sample-rate", "1"]
SETTLE = ["--settle", "1s"]
BASELINE = ["--baseline", "--baseline-after", "0s", "--segments", "4"]
TO_GO = [*QUICK, *EVERY_KEY, *BASELINE, *SETTLE]
TO_THE_END = ["--until-caught-up", "--require-go"]

ALL_EQUAL, MISMATCHES, REFUSED, INCOMPLETE = 0, 1, 2, 3
GO, GO_SAMPLED, WAIT, NO_GO = "GO", "GO (sampled)", "WAIT", "NO-GO"


@dataclass(frozen=True)
class Shown:
    """One verdict as the status block of a moment had it."""

    at: datetime
    verdict: str
    reasons: tuple[str, ...]

    @property
    def is_go(self) -> bool:
        return self.verdict in (GO, GO_SAMPLED)


def verdicts(log: str) -> list[Shown]:
    """Of all status blocks, in their order."""
    shown = []
    block = r"^(\S+)  phase: .*  verdict: (NO-GO|WAIT|GO \(sampled\)|GO).*\n((?:  - .*\n)*)"
    for found in re.finditer(block, log, re.M):
        reasons = tuple(line[4:] for line in found[3].splitlines())
        shown.append(Shown(datetime.fromisoformat(found[1].replace("Z", "+00:00")), found[2],
                           reasons))
    return shown


def text(report: Any) -> str:
    """The reasons of a report, to search in."""
    return "\n".join(report["reasons"])


class GoScenario(Scenario):
    maxDiff = None

    def migration_of(self, side: Migration, endpoint_url: str) -> Monitor:
        """Another monitor of the same tables, with a state of its own, by another address."""
        return Monitor(side.monitor.binary, self.folder(), endpoint_url, TABLE,
                       side.source_account, side.target_account)

    def equal_tables(self, view: str = "NEW_AND_OLD_IMAGES", items: int = ITEMS,
                     **more: Any) -> Migration:
        """Both with the same items; the source's stream begins after them."""
        side = self.migration(KeySchema(), items=items)
        for client in (side.source, side.target):
            create_table(client, TABLE, side.schema)
        self.write(side, range(items), "first", **more)
        enable_stream(side.source, TABLE, view)
        return side

    def write(self, side: Migration, numbers: Iterable[int], value: str, *clients: Any,
              **more: Any) -> None:
        """Items with `v` = value, to the tables of these clients, or to both."""
        items = [side.schema.key(number) | {"v": {"S": value}} | more for number in numbers]
        for client in clients or (side.target, side.source):
            put_items(client, TABLE, items)

    def lose(self, side: Migration, numbers: Iterable[int], value: str = "lost") -> None:
        """Changes of the source that nobody carries to the target."""
        self.write(side, numbers, value, side.source)

    def wrong(self, side: Migration) -> set[int]:
        """The truth: which keys differ now."""
        return difference(side.source, side.target, TABLE, side.schema)

    def wait_for_verdict(self, monitor: Monitor, verdict: str = GO, seconds: float = 60) -> None:
        """Shown from now on."""
        pattern = rf"verdict: {re.escape(verdict)}(?! \(sampled)"
        try:
            monitor.wait_for_log(pattern, seconds, len(monitor.log()))
        except TimeoutError:
            last = verdicts(monitor.log())[-1]
            self.fail(f"no {verdict} within {seconds} s, but {last.verdict}: {last.reasons}")

    def wait_for_records(self, side: Migration, count: int) -> None:
        side.monitor.wait_for_log(rf"  events +\S+ read, {count} unique", 40)

    def reach_go(self, side: Migration, *flags: str, verdict: str = GO) -> None:
        """A run to GO while all is well, ended with Ctrl-C."""
        self.assertEqual(self.wrong(side), set())
        side.monitor.start(*(flags or TO_GO))
        self.wait_for_verdict(side.monitor, verdict)
        ended = side.monitor.stop()
        self.assert_exit(ended, ALL_EQUAL)
        self.assertEqual(ended.report()["verdict"], verdict, text(ended.report()))

    def run_for(self, side: Migration, duration: str, *flags: str) -> Ended:
        """Goes on for so long, whatever is shown meanwhile."""
        side.monitor.start(*flags, "--duration", duration, "--require-go")
        return side.monitor.wait()

    def assert_no_plain_go(self, ended: Ended) -> None:
        """Of a run with --require-go."""
        report = ended.report()
        said = f"verdict {report['verdict']}, exit {ended.code}: {text(report)}"
        self.assertNotEqual(report["verdict"], GO, said)
        self.assertIn(ended.code, (MISMATCHES, INCOMPLETE), said)

    def assert_no_go(self, ended: Ended, *codes: int) -> None:
        """Of a run with --require-go: neither its report nor its last block nor its code says it.
        """
        report, last = ended.report(), verdicts(ended.log)[-1]
        said = f"verdict {report['verdict']}, exit {ended.code}: {text(report)}"
        self.assertNotIn(report["verdict"], (GO, GO_SAMPLED), said)
        self.assertEqual(last.verdict, report["verdict"])
        self.assertIn(ended.code, codes or (MISMATCHES, INCOMPLETE), said)

    def assert_go(self, ended: Ended) -> None:
        self.assert_exit(ended, ALL_EQUAL)
        self.assertEqual(ended.report()["verdict"], GO, text(ended.report()))

    def assert_found(self, side: Migration, numbers: Iterable[int], *kinds: str) -> None:
        """Exactly these keys are open, each as one of these kinds."""
        found = open_findings(side.monitor.findings)
        self.assertEqual(set(found), {key_text(side.schema.key(number)) for number in numbers})
        for key, kind in found.items():
            self.assertIn(kind, kinds, key)

    def sampled(self, log: str) -> set[int]:
        """The keys that a run with --verbose has verified."""
        return {int(number) for number in re.findall(r"event=verified .*?#(\d{6})", log)}
