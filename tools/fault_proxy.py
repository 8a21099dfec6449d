#!/usr/bin/python3
"""A bad network and a bad day of the service, between the monitor and DynamoDB Local.

  fault_proxy.py --upstream-port N [--port N] [--share 0.2] [--seed 1]

Speaks HTTP/1.1 with kept connections. A seeded share of the calls goes wrong, before or after it
has reached the server:

  internal, unavailable    500 and 503 with DynamoDB's bodies
  throttled                the throttling error that fits the operation
  reset, reset_midway      a TCP reset before the answer, or in the middle of it
  truncated                an orderly end before the length that was announced
  wrong_checksum           a checksum that does not belong to the body
  damaged                  one byte of the body altered; the checksum is that of the true body
  stalled, stalled_long    an answer that is 1 to 4 s, or 10 to 16 s late

Prints its address, and at SIGTERM or SIGINT how often each happened, as one JSON object.

A test can also order what goes wrong: an operation that is refused for as long as wanted, with any
answer, or answered late or otherwise than the server did, and shards that end (Orders).
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import signal
import socket
import struct
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How often each fault is drawn, against the others.
WEIGHTS = {"internal": 5, "unavailable": 3, "throttled": 6, "reset": 4, "reset_midway": 3,
           "truncated": 3, "wrong_checksum": 2, "damaged": 3, "stalled": 2, "stalled_long": 0.5}
THROTTLES = {
    "GetRecords": ("LimitExceededException", "ProvisionedThroughputExceededException"),
    "GetShardIterator": ("ThrottlingException",),
    "DescribeStream": ("LimitExceededException", "ThrottlingException"),
    "DescribeTable": ("ThrottlingException",),
    "DescribeTimeToLive": ("ThrottlingException",),
}
OTHER_THROTTLES = ("ProvisionedThroughputExceededException", "ThrottlingException",
                   "RequestLimitExceeded")
UPSTREAM_SECONDS_MAX = 60


class Faults:
    """Which call goes wrong, and how: a seeded sequence, shared by all connections."""

    def __init__(self, share: float, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self._share = share
        self._rng = random.Random(f"faults {seed}")
        self._lock = threading.Lock()

    def draw(self) -> str | None:
        with self._lock:
            self.counts["calls"] += 1
            if self._rng.random() >= self._share:
                return None
            fault, = self._rng.choices(list(WEIGHTS), list(WEIGHTS.values()))
            self.counts[fault] += 1
            return fault

    def uniform(self, low: float, high: float) -> float:
        with self._lock:
            return self._rng.uniform(low, high)

    def choice(self, options: tuple[str, ...]) -> str:
        with self._lock:
            return self._rng.choice(options)


def without_next_iterator(page: bytes) -> bytes:
    """As the last page of a shard is."""
    return json.dumps({name: value for name, value in json.loads(page).items()
                       if name != "NextShardIterator"}).encode()


class Orders:
    """What goes wrong whenever it is asked for, whatever the draw; by the operation's name."""

    def __init__(self) -> None:
        self.shards_end = False  # each open shard, with the next page that is read of it
        self._still_passing: dict[str, int] = {}
        self._refused: dict[str, tuple[int, bytes]] = {}
        self._late: dict[str, float] = {}
        self._rewrite: Callable[[str, int, bytes], tuple[int, bytes]] | None = None
        self._lock = threading.Lock()

    def throttle(self, operation: str, after: int = 0) -> None:
        """Refused from now on, but for the next `after` calls."""
        with self._lock:
            self._still_passing[operation] = after

    def relieve(self, operation: str) -> None:
        with self._lock:
            self._still_passing.pop(operation, None)
            self._refused.pop(operation, None)
            self._late.pop(operation, None)

    def refuse(self, operation: str, status: int, content: bytes) -> None:
        """Answered so from now on, as a service or another server in between may do."""
        with self._lock:
            self._refused[operation] = (status, content)

    def refuse_as(self, operation: str, status: int, error: str) -> None:
        """With an error document of the service."""
        self.refuse(operation, status, json.dumps(
            {"__type": f"com.amazonaws.dynamodb.v20120810#{error}",
             "message": "ordered by the test"}).encode())

    def refusal(self, operation: str) -> tuple[int, bytes] | None:
        with self._lock:
            return self._refused.get(operation)

    def delay(self, operation: str, seconds: float) -> None:
        with self._lock:
            self._late[operation] = seconds

    def seconds_late(self, operation: str) -> float:
        return self._late.get(operation, 0)

    def rewrite(self, how: Callable[[str, int, bytes], tuple[int, bytes]] | None) -> None:
        """Each answer becomes what this makes of operation, status and body; None: as it came."""
        self._rewrite = how

    def rewritten(self, operation: str, status: int, content: bytes) -> tuple[int, bytes]:
        how = self._rewrite
        return how(operation, status, content) if how else (status, content)

    def refuses(self, operation: str) -> bool:
        with self._lock:
            left = self._still_passing.get(operation)
            if left:
                self._still_passing[operation] = left - 1
            return left == 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultProxy
    _upstream: http.client.HTTPConnection | None = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        faults = self.server.faults
        fault = faults.draw()
        operation = self._operation()
        if refusal := self.server.orders.refusal(operation):
            status, content = refusal
            self._answer(status, {}, content, len(content))
            return
        if self.server.orders.refuses(operation):
            fault = "throttled"
        if fault == "internal":
            self._answer_error(500, "com.amazonaws.dynamodb.v20120810#InternalServerError",
                               "Internal server error")
        elif fault == "unavailable":
            self._answer_error(503, "com.amazon.coral.availability#ServiceUnavailableException",
                               "Service unavailable")
        elif fault == "throttled":
            error = faults.choice(THROTTLES.get(operation, OTHER_THROTTLES))
            self._answer_error(400, f"com.amazonaws.dynamodb.v20120810#{error}", "Rate exceeded")
        elif fault == "reset":
            self._reset()
        else:
            self._pass_on(body, fault)

    def _operation(self) -> str:
        return str(self.headers.get("X-Amz-Target", "")).split(".")[-1]

    def _pass_on(self, body: bytes, fault: str | None) -> None:
        time.sleep(self.server.orders.seconds_late(self._operation()))
        try:
            status, headers, content = self._call(body)
        except (OSError, http.client.HTTPException):
            self._upstream = None
            self._reset()  # the server is away
            return
        faults = self.server.faults
        if fault == "stalled":
            time.sleep(faults.uniform(1, 4))
        elif fault == "stalled_long":
            time.sleep(faults.uniform(10, 16))
        elif fault == "wrong_checksum":
            headers["x-amz-crc32"] = str(zlib.crc32(content) ^ 1)
        sent = content
        if fault == "damaged" and content:
            headers["x-amz-crc32"] = str(zlib.crc32(content))
            at = int(faults.uniform(0, len(content)))
            sent = content[:at] + bytes([content[at] ^ 0x04]) + content[at + 1:]
        elif fault in ("truncated", "reset_midway"):
            sent = content[:len(content) // 2]
        self._answer(status, headers, sent, len(content))
        if fault == "reset_midway":
            self._reset()
        elif fault == "truncated":
            self.close_connection = True

    def _call(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._upstream is None:
            self._upstream = http.client.HTTPConnection(
                "127.0.0.1", self.server.upstream_port, timeout=UPSTREAM_SECONDS_MAX)
        passed_on = {name: value for name, value in self.headers.items()
                     if name.lower() not in ("connection", "content-length")}
        self._upstream.request("POST", self.path, body, passed_on)
        answer = self._upstream.getresponse()
        content = answer.read()
        headers = {name.lower(): value for name, value in answer.getheaders()
                   if name.lower() not in ("connection", "content-length", "transfer-encoding",
                                           "date", "server", "keep-alive")}
        if self.server.orders.shards_end and self._operation() == "GetRecords":
            content = without_next_iterator(content)
            headers["x-amz-crc32"] = str(zlib.crc32(content))
        status, rewritten = self.server.orders.rewritten(self._operation(), answer.status, content)
        if rewritten != content:
            headers["x-amz-crc32"] = str(zlib.crc32(rewritten))
        return status, headers, rewritten

    def _answer_error(self, status: int, kind: str, message: str) -> None:
        content = json.dumps({"__type": kind, "message": message}).encode()
        headers = {"content-type": "application/x-amz-json-1.0",
                   "x-amz-crc32": str(zlib.crc32(content))}
        self._answer(status, headers, content, len(content))

    def _answer(self, status: int, headers: dict[str, str], content: bytes, length: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        """Lingering for no time sends RST instead of FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            pass  # the caller has gone
        finally:
            if self._upstream is not None:
                self._upstream.close()

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:
        pass


class FaultProxy(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, upstream_port: int, share: float, seed: int, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.upstream_port = upstream_port
        self.faults = Faults(share, seed)
        self.orders = Orders()

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Stand before DynamoDB Local and spoil calls.")
    parser.add_argument("--upstream-port", type=int, required=True)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--share", type=float, default=0.2, help="of calls that go wrong")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    proxy = FaultProxy(arguments.upstream_port, arguments.share, arguments.seed, arguments.port)
    for number in (signal.SIGINT, signal.SIGTERM):
        # shutdown() waits for the loop that it ends, so it needs a thread of its own.
        signal.signal(number, lambda *_: threading.Thread(target=proxy.shutdown).start())
    print(proxy.endpoint_url, flush=True)
    proxy.serve_forever(poll_interval=0.1)
    print(json.dumps(proxy.faults.counts), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
