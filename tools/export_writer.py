"""Writes a table's items as an export to S3 holds them: the independent side of what reads one.

Items are those of botocore, and become DynamoDB JSON as its serializer writes a request. Format:
"DynamoDB table export output format" of AWS's developer guide.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

Item = dict[str, Any]
ID = "01795702492398-ab12cd34"


def as_json(value: Any) -> Any:
    """Bytes, which botocore has decoded, are base64 again."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: as_json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_json(member) for member in value]
    return value


def scanned(client: Any, table: str) -> Iterator[Item]:
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def write_export(folder: Path, described: dict[str, Any], items: Iterable[Item], files: int,
                 at: datetime | None = None, **changed: Any) -> Path:
    """`described` as DescribeTable has it; `changed`: members of the summary that are to differ."""
    place = folder / "AWSDynamoDB" / ID
    (place / "data").mkdir(parents=True)
    (place / "_started").touch()
    prefix = f"AWSDynamoDB/{ID}"
    parts: list[list[Item]] = [[] for _ in range(files)]
    for number, item in enumerate(items):
        parts[number % files].append(item)
    lines = []
    for number, part in enumerate(parts):
        text = "".join(json.dumps({"Item": as_json(item)}) + "\n" for item in part)
        data = gzip.compress(text.encode(), 6)
        name = f"data/{hashlib.sha256(str(number).encode()).hexdigest()[:26]}.json.gz"
        (place / name).write_bytes(data)
        lines.append(json.dumps({"itemCount": len(part), "md5Checksum": md5(data),
                                 "etag": hashlib.md5(data).hexdigest() + "-1",
                                 "dataFileS3Key": f"{prefix}/{name}"}) + "\n")
    moment = (at or datetime.now(timezone.utc)).astimezone(timezone.utc)
    when = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
    arn = described["TableArn"]
    summary = {"version": "2020-06-30", "exportArn": f"{arn}/export/{ID}", "startTime": when,
               "endTime": when, "tableArn": arn, "tableId": described.get("TableId", ""),
               "exportTime": when, "s3Bucket": "exports", "s3Prefix": None,
               "s3SseAlgorithm": "AES256", "s3SseKmsKeyId": None,
               "manifestFilesS3Key": f"{prefix}/manifest-files.json", "billedSizeBytes": 0,
               "itemCount": sum(map(len, parts)), "outputFormat": "DYNAMODB_JSON"} | changed
    for stem, text in (("manifest-summary", json.dumps(summary)),
                       ("manifest-files", "".join(lines))):
        (place / f"{stem}.json").write_text(text)
        (place / f"{stem}.md5").write_text(md5(text.encode()))
    return place
