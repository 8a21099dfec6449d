"""Stands before DynamoDB Local, which takes any session token at any time, and refuses those that
have ended, as AWS does: a token "ends-1769864400" ends at that second.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSED_ON = ("authorization", "content-type", "x-amz-date", "x-amz-target", "x-amz-security-token")


class ExpiryGate:
    def __init__(self, endpoint_url: str) -> None:
        self.behind = urllib.parse.urlsplit(endpoint_url).netloc
        self.passed = 0
        self.refused = 0
        self.tokens: set[str] = set()
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.gate = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def admits(self, token: str) -> bool:
        good = token.startswith("ends-") and time.time() < int(token.removeprefix("ends-"))
        with self.lock:
            self.tokens.add(token)
            self.passed += good
            self.refused += not good
        return good


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        gate: ExpiryGate = self.server.gate  # type: ignore[attr-defined]
        self.behind = http.client.HTTPConnection(gate.behind)
        self.gate = gate

    def finish(self) -> None:
        self.behind.close()
        super().finish()

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if not self.gate.admits(self.headers["x-amz-security-token"] or ""):
            self.reply(400, json.dumps({
                "__type": "com.amazon.coral.service#ExpiredTokenException",
                "message": "The security token included in the request is expired"}).encode())
            return
        self.behind.request("POST", "/", body, {
            name: self.headers[name] for name in PASSED_ON if self.headers[name]})
        answer = self.behind.getresponse()
        self.reply(answer.status, answer.read())

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
