#!/usr/bin/python3
"""Holds a monitor's findings against the list of planted defects.

  judge.py FINDINGS PLANTED [--accept stale=different] [--ignore unexpected]

Exits 0 only if every planted defect was found with its kind and nothing else was reported, 1
otherwise.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from items import EXACT, Item, number_value

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


def read_lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def open_findings(path: Path) -> dict[str, str]:
    """Key to kind of what stands confirmed: the last line of a key is its present state."""
    last = {key_text(line["key"]): line for line in read_lines(path)}
    return {key: line["kind"] for key, line in last.items() if line["state"] == "confirmed"}


def planted_defects(path: Path) -> dict[str, str]:
    return {key_text(line["key"]): line["kind"] for line in read_lines(path)}


@dataclass
class Judgement:
    found: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wrong_kind: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        return not (self.missed or self.wrong_kind or self.false_alarms)

    def __str__(self) -> str:
        planted = len(self.found) + len(self.missed) + len(self.wrong_kind)
        lines = [f"planted {planted}: found {len(self.found)}, missed {len(self.missed)}, "
                 f"wrong kind {len(self.wrong_kind)}; false alarms {len(self.false_alarms)}"]
        for title, rows in (("missed", self.missed), ("wrong kind", self.wrong_kind),
                            ("false alarm", self.false_alarms)):
            lines += [f"  {title}: {row}" for row in rows[:SHOWN_MAX]]
            if len(rows) > SHOWN_MAX:
                lines.append(f"  … and {len(rows) - SHOWN_MAX} more")
        return "\n".join(lines)


def judge(findings: dict[str, str], planted: dict[str, str],
          accepted: Iterable[tuple[str, str]] = ()) -> Judgement:
    """`accepted` holds pairs (planted kind, reported kind) that count as found too."""
    accepted = set(accepted)
    result = Judgement()
    for key, kind in planted.items():
        reported = findings.get(key)
        if reported is None:
            result.missed.append(f"{kind} {key}")
        elif reported == kind or (kind, reported) in accepted:
            result.found.append(f"{kind} {key}")
        else:
            result.wrong_kind.append(f"{key}: planted {kind}, reported {reported}")
    result.false_alarms = [f"{kind} {key}" for key, kind in findings.items() if key not in planted]
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold findings against the planted defects.")
    parser.add_argument("findings", type=Path)
    parser.add_argument("planted", type=Path)
    parser.add_argument("--accept", action="append", default=[], metavar="PLANTED=REPORTED",
                        help="a reported kind that counts for a planted one")
    parser.add_argument("--ignore", action="append", default=[], metavar="KIND",
                        help="a planted kind that is out of the monitor's reach")
    arguments = parser.parse_args()
    planted = {key: kind for key, kind in planted_defects(arguments.planted).items()
               if kind not in arguments.ignore}
    accepted = [tuple(pair.split("=", 1)) for pair in arguments.accept]
    result = judge(open_findings(arguments.findings), planted, accepted)  # type: ignore[arg-type]
    print(result)
    return 0 if result.exact else 1


if __name__ == "__main__":
    sys.exit(main())
