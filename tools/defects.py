"""Which keys the replicator will spoil, and how: decided once from a seed, known to traffic and
replicator.

A planted defect must stay, so the traffic gives each victim a fixed life of two changes, the
first carried over faithfully, the second spoiled, and never touches it again. Kinds are named as
the monitor names them:

  missing      a put is lost                stale       an update is lost
  different    a value is altered           undeleted   a delete is lost
  unexpected   an item that the source never had appears in the target
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass, field

# The two changes of a victim; the second one is spoiled.
LIFE = {
    "missing": ("delete", "put"),
    "stale": ("put", "update"),
    "different": ("update", "put"),
    "undeleted": ("update", "delete"),
}
KINDS = (*LIFE, "unexpected")


@dataclass(frozen=True)
class Defects:
    """Keys 0 to `items`-1, and among them `counts` victims of each kind."""

    items: int
    seed: int = 1
    counts: dict[str, int] = field(default_factory=dict)

    def victims(self) -> dict[int, str]:
        kinds = [kind for kind in KINDS for _ in range(self.counts.get(kind, 0))]
        numbers = random.Random(f"defects {self.seed}").sample(range(self.items), len(kinds))
        return dict(zip(numbers, kinds))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the world", "the same for traffic and replicator")
    group.add_argument("--items", type=int, default=10_000, help="keys in play (default 10000)")
    group.add_argument("--seed", type=int, default=1)
    for kind in KINDS:
        group.add_argument(f"--{kind}", type=int, default=0, metavar="N", help=f"{kind} victims")


def from_arguments(arguments: argparse.Namespace) -> Defects:
    counts = {kind: getattr(arguments, kind) for kind in KINDS}
    return Defects(arguments.items, arguments.seed, counts)
