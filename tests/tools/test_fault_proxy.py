"""The fault proxy does what it counts: each fault looks to a client as it should."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import threading
import time
import unittest
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from fault_proxy import THROTTLES, WEIGHTS, FaultProxy, Faults  # noqa: E402

CONTENT = json.dumps({"Records": [], "NextShardIterator": "next", "padding": "x" * 300}).encode()


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.send_header("x-amz-crc32", str(zlib.crc32(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        pass


class OneFault(Faults):
    """Every call goes wrong in the same way."""

    def __init__(self, fault: str | None) -> None:
        super().__init__(1, 1)
        self._fault = fault

    def draw(self) -> str | None:
        return self._fault


class Proxy(unittest.TestCase):
    def setUp(self) -> None:
        self.upstream = self.serve(ThreadingHTTPServer(("127.0.0.1", 0), Upstream))
        self.proxy = self.serve(FaultProxy(self.upstream.server_port, 0.2, 1))

    def serve(self, server: ThreadingHTTPServer) -> ThreadingHTTPServer:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def call(self, fault: str | None) -> tuple[int, bytes, bool]:
        """Status, body, and whether the checksum is the body's."""
        self.proxy.faults = OneFault(fault)
        link = http.client.HTTPConnection("127.0.0.1", self.proxy.server_port, timeout=30)
        self.addCleanup(link.close)
        link.request("POST", "/", b"{}", {"X-Amz-Target": "DynamoDBStreams_20120810.GetRecords"})
        answer = link.getresponse()
        body = answer.read()
        return answer.status, body, answer.headers["x-amz-crc32"] == str(zlib.crc32(body))

    def test_a_call_that_is_spared_is_passed_on_as_it_is(self) -> None:
        self.assertEqual(self.call(None), (200, CONTENT, True))
        self.assertEqual(self.call("stalled"), (200, CONTENT, True))

    def test_errors_of_the_service(self) -> None:
        for fault, status, names in (("internal", 500, ("InternalServerError",)),
                                     ("unavailable", 503, ("ServiceUnavailableException",)),
                                     ("throttled", 400, THROTTLES["GetRecords"])):
            with self.subTest(fault):
                code, body, intact = self.call(fault)
                self.assertEqual((code, intact), (status, True))
                self.assertIn(json.loads(body)["__type"].split("#")[1], names)

    def test_damage_is_seen_by_the_checksum(self) -> None:
        for fault in ("damaged", "wrong_checksum"):
            with self.subTest(fault):
                status, body, intact = self.call(fault)
                self.assertEqual((status, len(body), intact), (200, len(CONTENT), False))
                self.assertEqual(body == CONTENT, fault == "wrong_checksum")

    def test_a_body_that_ends_early(self) -> None:
        with self.assertRaises(http.client.IncompleteRead):
            self.call("truncated")

    def test_resets(self) -> None:
        for fault in ("reset", "reset_midway"):
            with self.subTest(fault), self.assertRaises(ConnectionResetError):
                self.call(fault)

    def test_a_server_that_is_away(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.proxy.upstream_port = unused.getsockname()[1]
        with self.assertRaises(ConnectionResetError):
            self.call(None)


    def test_what_is_ordered_for_an_operation(self) -> None:
        orders = self.proxy.orders
        orders.throttle("GetRecords", after=1)
        orders.throttle("DescribeStream")
        self.assertEqual(self.call(None), (200, CONTENT, True))
        for _ in range(2):
            self.assertEqual(self.call(None)[0], 400)
        orders.relieve("GetRecords")
        orders.delay("GetRecords", 0.5)
        begin = time.monotonic()
        self.assertEqual(self.call(None), (200, CONTENT, True))
        self.assertGreaterEqual(time.monotonic() - begin, 0.5)

    def test_an_answer_that_is_ordered_word_for_word(self) -> None:
        orders = self.proxy.orders
        orders.refuse("GetRecords", 403, b"<html>")
        self.assertEqual(self.call(None)[:2], (403, b"<html>"))
        orders.refuse_as("GetRecords", 400, "AccessDeniedException")
        status, body, _ = self.call(None)
        self.assertEqual(status, 400)
        self.assertTrue(json.loads(body)["__type"].endswith("#AccessDeniedException"))
        orders.relieve("GetRecords")
        self.assertEqual(self.call(None), (200, CONTENT, True))

    def test_the_last_page_of_a_shard(self) -> None:
        self.proxy.orders.shards_end = True
        status, body, intact = self.call(None)
        self.assertEqual((status, intact), (200, True))
        self.assertEqual(json.loads(body).keys(), {"Records", "padding"})


class Drawing(unittest.TestCase):
    def test_the_same_seed_spoils_the_same_calls(self) -> None:
        first, again, other = (Faults(0.2, seed) for seed in (1, 1, 2))
        drawn = [[faults.draw() for _ in range(2000)] for faults in (first, again, other)]
        self.assertEqual(drawn[0], drawn[1])
        self.assertNotEqual(drawn[0], drawn[2])

    def test_the_share_is_kept_and_no_fault_is_left_out(self) -> None:
        faults = Faults(0.2, 1)
        spoilt = [fault for _ in range(5000) if (fault := faults.draw())]
        self.assertAlmostEqual(len(spoilt) / 5000, 0.2, delta=0.02)
        self.assertEqual(set(spoilt), set(WEIGHTS))


if __name__ == "__main__":
    unittest.main()
