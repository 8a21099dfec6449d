"""The referee of a comparison that an array of workers has made while some of them were killed.

Takes what was planted, what two plain scans of the tables say, what the program reported, and what
a proxy has counted of its scans; tells each thing that does not fit. Each account has another
author, so that an error of one is no proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

SHOWN_MAX = 5
UNITS_TOLERANCE = 0.02
MISMATCHES = 1  # the exit code


@dataclass(frozen=True)
class Observed:
    planted: dict[str, str]  # key to kind
    scanned: dict[str, str]  # the same, as two plain scans tell once all is at rest
    reported: dict[str, str]  # what stands in the findings file
    exit_code: int
    segments: int
    begun: Counter[tuple[str, int]]  # of side and segment, how often its scan was begun
    units: dict[str, float]  # of each side, by the scans of all workers
    plain_units: dict[str, list[float]]  # of each side and segment, by one plain scan
    kills: int  # of processes of workers
    late: frozenset[str] = frozenset()  # keys whose change took longer than max-lag to arrive


def read_again(begun: Counter[tuple[str, int]]) -> dict[int, int]:
    """Pairs that were begun more than once, and how often beyond that: both sides are one pair."""
    again: dict[int, int] = {}
    for (_, segment), times in begun.items():
        if times > 1:
            again[segment] = max(again.get(segment, 0), times - 1)
    return again


def faults(seen: Observed) -> list[str]:
    """None: the comparison was right."""
    return [*wrong_world(seen), *wrong_findings(seen), *wrong_reading(seen)]


def wrong_world(seen: Observed) -> Iterator[str]:
    """Then nothing can be said of the program."""
    yield from unequal("planted", seen.planted, "in the tables", seen.scanned)
    if not seen.planted:
        yield "nothing was planted"


def wrong_findings(seen: Observed) -> Iterator[str]:
    reported = {key: kind for key, kind in seen.reported.items()
                if key in seen.scanned or key not in seen.late}
    yield from unequal("in the tables", seen.scanned, "reported", reported)
    if seen.exit_code != MISMATCHES:
        yield f"exit code {seen.exit_code}, not {MISMATCHES}"


def wrong_reading(seen: Observed) -> Iterator[str]:
    for side in sorted(seen.plain_units):
        never = [number for number in range(seen.segments) if not seen.begun[side, number]]
        if never:
            yield f"{side}: segments that nobody has read: {shown(never)}"
    again = read_again(seen.begun)
    if sum(again.values()) > seen.kills:
        yield (f"{sum(again.values())} pairs were read again after {seen.kills} kills: "
               f"{shown(sorted(again))}")
    for side, plain in seen.plain_units.items():
        least = sum(plain) * (1 - UNITS_TOLERANCE)
        # What is read again costs once more what it did before, or less.
        most = sum(plain) * (1 + UNITS_TOLERANCE) + sum(plain[segment] * times
                                                        for segment, times in again.items())
        if not least <= seen.units.get(side, 0) <= most:
            yield (f"{side}: {seen.units.get(side, 0):.1f} read units; {least:.1f} to {most:.1f} "
                   "would be right")


def unequal(one: str, left: dict[str, str], other: str, right: dict[str, str]) -> Iterator[str]:
    for what, has, lacks in ((f"{one} but not {other}", left, right),
                             (f"{other} but not {one}", right, left)):
        found = sorted(f"{kind} {key}" for key, kind in has.items() if lacks.get(key) != kind)
        if found:
            yield f"{what}: {shown(found)}"


def shown(found: list) -> str:  # type: ignore[type-arg]
    more = f" and {len(found) - SHOWN_MAX} more" if len(found) > SHOWN_MAX else ""
    return ", ".join(map(str, found[:SHOWN_MAX])) + more
