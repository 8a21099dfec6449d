"""The way to a service: TLS with an authority of one's own, and a proxy that asks for a password
and dies now and then. STS is the service; DynamoDB goes the same way.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path
from typing import Any

from cases import Case, role
from fake_identity import FakeIdentity
from world import World

ROLE = Case("a role", profile="r", config=role("r", "source_profile = keys"))
PASSWORD = "planted-proxy-password"


class Proxy:
    """CONNECT only. The first `deaths` connections are closed without a word."""

    def __init__(self, deaths: int = 0) -> None:
        self.deaths = deaths
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://user:{PASSWORD}@127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            if self.deaths > 0:
                self.deaths -= 1
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.asked.append(head.decode())
            host, port = head.split()[1].decode().rsplit(":", 1)
            known = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
            if f"Basic {known}" not in self.asked[-1]:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                               b"Content-Length: 0\r\n\r\n")
                return
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=copy, args=(server, client), daemon=True)
                back.start()
                copy(client, server)
                back.join(5)


def copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Way(unittest.TestCase):
    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="ddm-way-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", cls.folder / "key.pem", "-out", cls.folder / "ca.pem",
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            check=True, capture_output=True)

    def ask(self, **environment: str) -> dict[str, Any]:
        with FakeIdentity(self.folder / "ca.pem", self.folder / "key.pem") as fake:
            done = World(ROLE, fake.url).run(os.environ["DDM_RESOLVE_IDENTITY"],
                                             json.dumps({"profile": "r", "region": "eu-west-1"}),
                                             **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer: dict[str, Any] = json.loads(done.stdout)
        self.assertNotIn(PASSWORD, done.stdout + done.stderr)
        return answer

    def trusted(self, **environment: str) -> dict[str, Any]:
        return self.ask(AWS_CA_BUNDLE=str(self.folder / "ca.pem"), **environment)

    def proxy(self, deaths: int = 0) -> Proxy:
        proxy = Proxy(deaths)
        self.addCleanup(proxy.close)
        return proxy

    def test_a_self_signed_endpoint_is_refused_with_the_remedy(self) -> None:
        error = self.ask()["error"]
        self.assertIn("self-signed certificate", error)
        self.assertIn("AWS_CA_BUNDLE", error)

    def test_it_is_accepted_with_its_authority(self) -> None:
        self.assertIn("access_key_id", self.trusted())

    def test_a_proxy_gets_user_and_password(self) -> None:
        proxy = self.proxy()
        self.assertIn("access_key_id", self.trusted(HTTPS_PROXY=proxy.url))
        self.assertEqual(len(proxy.asked), 1)

    def test_a_proxy_that_dies_is_tried_again(self) -> None:
        proxy = self.proxy(deaths=2)
        self.assertIn("access_key_id", self.trusted(HTTPS_PROXY=proxy.url))
        self.assertEqual(proxy.deaths, 0)

    def test_a_proxy_that_refuses_the_password_is_told_without_it(self) -> None:
        proxy = self.proxy()
        error = self.trusted(HTTPS_PROXY=proxy.url.replace("user:", "other:"))["error"]
        self.assertIn("the proxy answered HTTP status 407", error)

    def test_an_exempted_endpoint_is_reached_without_the_proxy(self) -> None:
        proxy = self.proxy()
        for exempt in ("localhost", "localhost,10.0.0.0/8", "*"):
            self.assertIn("access_key_id",
                          self.trusted(HTTPS_PROXY=proxy.url, NO_PROXY=exempt))
        self.assertEqual(proxy.asked, [])


if __name__ == "__main__":
    unittest.main()
