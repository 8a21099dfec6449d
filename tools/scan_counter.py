"""Stands before a service and counts what is scanned: units, and how often each segment was begun.

A segment is begun by the call that has no ExclusiveStartKey, so what is read again after a kill
shows here, whatever the program says of it. A side is the access key that a request is signed with.
"""

from __future__ import annotations

import json
import re
import threading
import zlib
from collections import Counter
from urllib.parse import urlsplit

from fault_proxy import FaultProxy, Handler

GZIP_TOO = 32 + zlib.MAX_WBITS


def units_of(content: bytes) -> float:
    return sum(map(float, re.findall(rb'"CapacityUnits":\s*([0-9.]+)', content)))


class CountingHandler(Handler):
    wbufsize = -1  # an answer in one piece
    disable_nagle_algorithm = True

    def _call(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        status, headers, content = super()._call(body)
        assert isinstance(self.server, ScanCounter)
        if self._operation() == "Scan" and status == 200:
            packed = "content-encoding" in headers
            self.server.count(self._side(), json.loads(body), zlib.decompress(content, GZIP_TOO)
                              if packed else content)
        return status, headers, content

    def _side(self) -> str:
        found = re.search(r"Credential=([^/]+)/", self.headers["Authorization"])
        assert found
        return found[1]


class ScanCounter(FaultProxy):
    """A context manager. `begun`: of side and segment, how often."""

    def __init__(self, endpoint_url: str) -> None:
        super().__init__(urlsplit(endpoint_url).port or 0, share=0, seed=0)
        self.RequestHandlerClass = CountingHandler
        self.begun: Counter[tuple[str, int]] = Counter()
        self.units: Counter[str] = Counter()
        self.segments: set[int] = set()
        self._counts = threading.Lock()

    def count(self, side: str, request: dict, answer: bytes) -> None:  # type: ignore[type-arg]
        units = units_of(answer)
        with self._counts:
            self.segments.add(request.get("TotalSegments", 1))
            self.units[side] += units  # type: ignore[assignment]
            if "ExclusiveStartKey" not in request:
                self.begun[side, request.get("Segment", 0)] += 1

    def begun_by(self, worker: int, workers: int) -> int:
        """Scans of segments, on both sides, of those that are this worker's."""
        with self._counts:
            return sum(times for (_, segment), times in self.begun.items()
                       if segment % workers == worker)

    def __enter__(self) -> ScanCounter:
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
