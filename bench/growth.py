#!/usr/bin/python3
"""What grows with what: CPU time and memory against items, changes a second, shards and mismatches.

Each point is a process of its own (growth_bench, compare_bench --shuffled 0). A table in Markdown
comes out; with --draw FILE also a picture of it (Debian's python3-matplotlib).

usage: bench/growth.py BUILD_FOLDER [--axis NAME] [--up-to N] [--draw FILE.svg]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Axis:
    name: str
    title: str
    cost: str  # what CPU seconds are counted of
    numbers: tuple[int, ...]


AXES = [
    Axis("items", "items a side (compare)", "CPU s in all", (10**4, 10**5, 10**6, 10**7)),
    Axis("changes", "changes a second", "CPU s a minute", (100, 1_000, 4_000, 10_000, 40_000)),
    Axis("shards", "shards, 1,000 changes a second", "CPU s a minute", (1, 10, 100, 1_000, 5_000)),
    Axis("mismatches", "open mismatches", "CPU s a minute",
         (1_000, 10_000, 100_000, 1_000_000)),
]


@dataclass(frozen=True)
class Point:
    number: int
    cpu_seconds: float
    peak_bytes: int


def output_of(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def measured(build: Path, axis: Axis, number: int) -> Point:
    if axis.name != "items":
        answer = json.loads(output_of([str(build / "bench/growth_bench"), axis.name, str(number)]))
        return Point(number, answer["cpu_seconds_a_minute"], answer["peak_bytes"])
    text = output_of([str(build / "bench/compare_bench"), "--shuffled", "0", "--items",
                      str(number)])
    found = re.search(r"aligned: .* CPU s, (\d+) ns an item .* memory ([\d.]+) (\w+)", text)
    if not found:
        sys.exit(f"growth: unknown answer of compare_bench: {text}")
    unit = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[found[3]]
    return Point(number, int(found[1]) * 2 * number / 1e9, round(float(found[2]) * unit))


def show(axis: Axis, points: list[Point]) -> None:
    print(f"\n| {axis.title} | {axis.cost} | peak memory |\n|---:|---:|---:|")
    for point in points:
        memory = point.peak_bytes / 2**20
        print(f"| {point.number:,} | {point.cpu_seconds:.2f} | {memory:.0f} MiB |")


def draw(drawn: dict[Axis, list[Point]], path: Path) -> None:
    import matplotlib  # type: ignore[import-not-found]  # pylint: disable=import-outside-toplevel
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "growth", "svg.fonttype": "none", "font.size": 8})
    from matplotlib import pyplot  # type: ignore[import-not-found]
    figure, places = pyplot.subplots(2, len(drawn), figsize=(3 * len(drawn), 5), squeeze=False)
    for column, (axis, points) in enumerate(drawn.items()):
        numbers = [point.number for point in points]
        for row, values, name in ((0, [point.cpu_seconds for point in points], axis.cost),
                                  (1, [point.peak_bytes / 2**20 for point in points], "MiB")):
            place = places[row][column]
            place.loglog(numbers, values, marker="o", color="tab:blue")
            # As steep as what doubles with its cause.
            first = max(values[-1] * numbers[0] / numbers[-1], min(values) / 2)
            place.loglog([numbers[-1] * first / values[-1], numbers[-1]], [first, values[-1]],
                         linestyle=":", color="gray")
            place.set_ylim(bottom=min(values) / 2, top=max(values) * 2)
            place.set_xlabel(axis.title)
            place.set_title(name)
            place.grid(True, alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(usage=(__doc__ or "").rpartition("usage: ")[2].strip())
    parser.add_argument("build", type=Path)
    parser.add_argument("--axis", choices=[axis.name for axis in AXES])
    parser.add_argument("--up-to", type=int, default=10**9)
    parser.add_argument("--draw", type=Path)
    arguments = parser.parse_args()
    drawn: dict[Axis, list[Point]] = {}
    for axis in AXES:
        if arguments.axis in (None, axis.name):
            numbers = [number for number in axis.numbers if number <= arguments.up_to]
            drawn[axis] = [measured(arguments.build.resolve(), axis, number) for number in numbers]
            show(axis, drawn[axis])
    if arguments.draw:
        draw(drawn, arguments.draw)


if __name__ == "__main__":
    main()
