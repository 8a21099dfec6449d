#!/usr/bin/python3
"""A server on loopback that shows FOLDER/certificate.pem (key.pem); prints its port.

It answers nothing of use: what is asked of it has come through a handshake, or has not.

usage: tools/tls_server.py FOLDER
"""

from __future__ import annotations

import http.server
import ssl
import sys
from pathlib import Path


def main() -> None:
    folder = Path(sys.argv[1])
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


main()
