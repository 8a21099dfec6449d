"""When each change was written to the source, and when it arrived in the target.

Problem: on a busy machine a replicator under test may be later than it was told to be; then an
alarm about the change is right, and a test that calls it false is wrong. Idea: traffic and
replicator write down when they made each call, and the judge asks these records instead of
assuming anything. Reason for ordinals: a stream keeps the order of each key, so the n-th write of
a key and the n-th change that the replicator carried are the same change.

All times are time.time() of one machine, the monitor's clock too. A call gives two times, before
and after it; the change happened between them.
"""

from __future__ import annotations

import json
import math
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NEVER = math.inf


class Record:
    """JSON lines, one a change; a reader finds whole lines at any time."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "w")
        self._lock = threading.Lock()

    def note(self, lines: Iterable[dict[str, Any]]) -> None:
        with self._lock:
            self._file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    # split, not splitlines: a key may hold any other separator of lines.
    return [json.loads(line) for line in path.read_text().split("\n") if line.strip()]


@dataclass(frozen=True)
class Change:
    written: float  # the call began
    arrived: float  # the call had been answered; NEVER while it is on its way, or was lost
    lost: bool = False  # on purpose


class Truth:
    """Lines have `key` (as judge.key_text spells it); written ones `begin`, arrivals `end`, which
    is null for a change that was lost on purpose."""

    def __init__(self, written: Iterable[dict[str, Any]],
                 arrivals: Iterable[dict[str, Any]]) -> None:
        arrived: dict[str, list[float | None]] = defaultdict(list)
        for line in arrivals:
            arrived[line["key"]].append(line["end"])
        self._changes: dict[str, list[Change]] = defaultdict(list)
        for line in written:
            changes = self._changes[line["key"]]
            known = arrived[line["key"]]
            end = known[len(changes)] if len(changes) < len(known) else NEVER
            changes.append(Change(line["begin"], NEVER if end is None else end, end is None))

    @classmethod
    def of(cls, written: Path, arrivals: Path) -> Truth:
        return cls(read_lines(written), read_lines(arrivals))

    def late(self, key: str, first_seen: float, confirmed_at: float, max_lag: float,
             count_lost: bool = True) -> bool:
        """Whether an alarm about the key was right.

        It was judged at some moment from `first_seen` + max-lag to `confirmed_at`. A change of the
        key must have been on its way then although it had been written a max-lag before."""
        return any(change.arrived > max(change.written, first_seen) + max_lag
                   and change.written + max_lag < confirmed_at
                   and (count_lost or not change.lost)
                   for change in self._changes.get(key, ()))
