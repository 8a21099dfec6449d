#!/usr/bin/python3
"""What a team writes in an afternoon: two tables compared by a parallel Scan, with boto3's client.

Segment by segment: the source's items into a dictionary by key, the target's held against it.
usage: compare_with_boto3.py URL TABLE SEGMENTS
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from dynamodb_local import client  # noqa: E402


def scan(service: Any, table: str, segment: int, segments: int) -> Iterator[Any]:
    paginator = service.get_paginator("scan")
    for page in paginator.paginate(TableName=table, Segment=segment, TotalSegments=segments):
        yield from page["Items"]


def main() -> None:
    url, table, segments = sys.argv[1], sys.argv[2], int(sys.argv[3])
    source, target = client("source", url), client("target", url)
    names = [each["AttributeName"] for each in
             source.describe_table(TableName=table)["Table"]["KeySchema"]]

    def key(item: Any) -> str:
        return json.dumps([item[name] for name in names])

    items = different = 0
    for segment in range(segments):
        held = {key(item): item for item in scan(source, table, segment, segments)}
        items += len(held)
        for item in scan(target, table, segment, segments):
            if held.pop(key(item), None) != item:
                different += 1
        different += len(held)
    print(json.dumps({"items": items, "different": different}))


main()
