#!/usr/bin/python3
"""Holds a monitor's findings against what was planted and against what truly arrived when.

  judge.py FINDINGS PLANTED [--written FILE --arrivals FILE --max-lag SECONDS]
           [--accept stale=different] [--ignore unexpected]

Each confirmation in the findings file is one of these, also if it healed later:

  planted       the key was spoiled before
  late          a change of the key really was late by more than max-lag (truth.py): a right alarm,
                which must have healed by the end
  false alarm   anything else

Exits 0 only if every planted defect stands with its kind, nothing late stands any more, and there
is no false alarm; 1 otherwise.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from items import EXACT, Item, number_value
from truth import Truth, read_lines

SHOWN_MAX = 20


def key_text(key: Item) -> str:
    """One spelling for equal keys: attributes sorted, numbers by value, binaries in base64."""
    def spelled(value: dict[str, Any]) -> dict[str, str]:
        (kind, content), = value.items()
        if kind == "N":
            content = f"{number_value(content).normalize(EXACT):f}"
        if isinstance(content, bytes):
            content = base64.b64encode(content).decode()
        return {kind: content}
    return json.dumps({name: spelled(key[name]) for name in sorted(key)}, ensure_ascii=False)


@dataclass(frozen=True)
class Finding:
    key: str
    kind: str
    confirmed: bool  # or healed
    first_seen: float
    confirmed_at: float


@dataclass(frozen=True)
class Planted:
    kind: str
    at: float


def read_findings(path: Path) -> list[Finding]:
    return [Finding(key_text(line["key"]), line["kind"], line["state"] == "confirmed",
                    seconds(line["first_seen"]), seconds(line["confirmed_at"]))
            for line in read_lines(path)]


def seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def open_findings(path: Path) -> dict[str, str]:
    """Key to kind of what stands confirmed: the last line of a key is its present state."""
    return {key: finding.kind for key, finding in standing(read_findings(path)).items()}


def standing(findings: Iterable[Finding]) -> dict[str, Finding]:
    last = {finding.key: finding for finding in findings}
    return {key: finding for key, finding in last.items() if finding.confirmed}


def planted_defects(path: Path) -> dict[str, Planted]:
    return {key_text(line["key"]): Planted(line["kind"], line["at"]) for line in read_lines(path)}


@dataclass
class Judgement:
    found: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wrong_kind: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    unhealed: list[str] = field(default_factory=list)  # late ones that still stand

    @property
    def exact(self) -> bool:
        return not (self.missed or self.wrong_kind or self.false_alarms or self.unhealed)

    def __str__(self) -> str:
        planted = len(self.found) + len(self.missed) + len(self.wrong_kind)
        lines = [f"planted {planted}: found {len(self.found)}, missed {len(self.missed)}, "
                 f"wrong kind {len(self.wrong_kind)}; false alarms {len(self.false_alarms)}; "
                 f"late: {len(self.late)}, of them not healed {len(self.unhealed)}"]
        for title, rows in (("missed", self.missed), ("wrong kind", self.wrong_kind),
                            ("false alarm", self.false_alarms), ("not healed", self.unhealed)):
            lines += [f"  {title}: {row}" for row in rows[:SHOWN_MAX]]
            if len(rows) > SHOWN_MAX:
                lines.append(f"  … and {len(rows) - SHOWN_MAX} more")
        return "\n".join(lines)


def judge(findings: Iterable[Finding], planted: dict[str, Planted], truth: Truth, max_lag: float,
          accepted: Iterable[tuple[str, str]] = ()) -> Judgement:
    """`max_lag` in seconds; `accepted` holds pairs (planted kind, reported kind) that count as
    found too."""
    findings = list(findings)
    accepted = set(accepted)
    result = Judgement()

    def is_late(finding: Finding, count_lost: bool = True) -> bool:
        return truth.late(finding.key, finding.first_seen, finding.confirmed_at, max_lag,
                          count_lost)

    for finding in findings:
        defect = planted.get(finding.key)
        if not finding.confirmed or (defect and finding.confirmed_at >= defect.at):
            continue
        (result.late if is_late(finding) else result.false_alarms).append(described(finding))
    stands = standing(findings)
    for key, defect in planted.items():
        reported = stands.get(key)
        if reported is None:
            result.missed.append(f"{defect.kind} {key}")
        elif reported.kind == defect.kind or (defect.kind, reported.kind) in accepted:
            result.found.append(f"{defect.kind} {key}")
        elif is_late(reported, count_lost=False):
            # Judged while the change before the spoiled one was on its way: the kind was that.
            result.found.append(f"{defect.kind} {key}")
        else:
            result.wrong_kind.append(f"planted {defect.kind}, reported {described(reported)}")
    result.unhealed = [described(finding) for key, finding in stands.items()
                       if key not in planted and is_late(finding)]
    return result


def described(finding: Finding) -> str:
    first = datetime.fromtimestamp(finding.first_seen).time()
    confirmed = datetime.fromtimestamp(finding.confirmed_at).time()
    return f"{finding.kind} {finding.key}, first seen {first}, confirmed {confirmed}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold findings against the planted defects.")
    parser.add_argument("findings", type=Path)
    parser.add_argument("planted", type=Path)
    parser.add_argument("--written", type=Path, default=Path(), help="record of the traffic")
    parser.add_argument("--arrivals", type=Path, default=Path(), help="record of the replicator")
    parser.add_argument("--max-lag", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--accept", action="append", default=[], metavar="PLANTED=REPORTED",
                        help="a reported kind that counts for a planted one")
    parser.add_argument("--ignore", action="append", default=[], metavar="KIND",
                        help="a planted kind that is out of the monitor's reach")
    arguments = parser.parse_args()
    if bool(arguments.written.name) != bool(arguments.arrivals.name):
        parser.error("--written and --arrivals belong together")
    recorded = arguments.written.name != ""
    truth = Truth.of(arguments.written, arguments.arrivals) if recorded else Truth((), ())
    planted = {key: defect for key, defect in planted_defects(arguments.planted).items()
               if defect.kind not in arguments.ignore}
    accepted = [tuple(pair.split("=", 1)) for pair in arguments.accept]
    result = judge(read_findings(arguments.findings), planted, truth, arguments.max_lag,
                   accepted)  # type: ignore[arg-type]
    print(result)
    return 0 if result.exact else 1


if __name__ == "__main__":
    sys.exit(main())
