"""Writes one key as often as it is told to, faster than an SDK's client could.

Problem: what goes wrong with a key that is written 110 times a second shows after a minute. Idea:
ten times as many writes show it in a tenth of the time. Signatures are not checked by DynamoDB
Local, so that a bare request does.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

from dynamodb_local import REGION
from items import Item


class HotWriter:
    def __init__(self, port: int, account: str, table: str, key: Item, writes_per_second: float
                 ) -> None:
        self.written = 0
        self._server = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {
            "X-Amz-Target": "DynamoDB_20120810.PutItem",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={account}/20260101/{REGION}/dynamodb/"
                             "aws4_request, SignedHeaders=host, Signature=0"}
        self._request: dict[str, Any] = {"TableName": table, "Item": key}
        self._pace = writes_per_second

    def run(self, stopped: Callable[[], bool]) -> None:
        begin = time.monotonic()
        while not stopped():
            ahead = begin + self.written / self._pace - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            self._write({"S": f"hot {self.written}"})
            self.written += 1
        self._server.close()

    def _write(self, value: Any) -> None:
        body = self._request | {"Item": self._request["Item"] | {"v": value}}
        self._server.request("POST", "/", json.dumps(body), self._headers)
        answer = self._server.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the write was refused: {content.decode()}")
