"""What stands before s3rver, which does not look at signatures, has no conditional reads, and
announces a byte of an empty object where S3 refuses a range of it.

Holds each request and its signature against those that botocore makes, makes up for what s3rver
lacks, keeps what was asked, and spoils an answer where a test orders it.
"""

from __future__ import annotations

import http.client
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.serialize import create_serializer

SECRET = "local"


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    key: str  # access key
    region: str


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None  # bytes of the body, then a reset


# None: as s3rver answered it.
Order = Callable[[Asked, Answer], Answer | None]


def document(status: int, code: str, message: str = "no", more: str = "",
             **headers: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>".encode()
    return Answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def wrong_with_signature(method: str, path: str, headers: dict[str, str]) -> str:
    """Empty: it is botocore's."""
    given = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d+/([^/]+)/s3/aws4_request, "
                         r"SignedHeaders=([^,]+), Signature=(\w+)", headers["authorization"])
    if not given:
        return f"no signature for s3: {headers['authorization']}"
    names = given[3].split(";")
    needed = {name for name in headers if name.startswith("x-amz-") or name in (
        "host", "range", "if-match")}
    if set(names) != needed:
        return f"signed are {names}, and not {needed}"
    request = AWSRequest(method, f"http://{headers['host']}{path}",
                         {name: headers[name] for name in names})
    request.context["timestamp"] = headers["x-amz-date"]
    signer = S3SigV4Auth(Credentials(given[1], SECRET), "s3", given[2])
    right = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)),
                             request)
    return "" if right == given[4] else f"botocore signs {right}, and not {given[4]}"


@cache
def s3_model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("s3", "service-2"), "s3")


def wrong_with_request(path: str, headers: dict[str, str]) -> str:
    """Empty: it is the one that botocore makes of the same wishes, by the model of S3."""
    bucket, _, key = unquote(urlsplit(path).path).removeprefix("/").partition("/")
    query = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))
    operation = "ListObjectsV2" if query.get("list-type") == "2" else "GetObject"
    wishes = {"Bucket": bucket}
    if operation == "ListObjectsV2":
        wishes |= {"Prefix": query.get("prefix", ""), "Delimiter": query.get("delimiter", "")}
    else:
        wishes |= {"Key": key} | {name: headers[header] for name, header in (
            ("Range", "range"), ("IfMatch", "if-match")) if header in headers}
    made = create_serializer("rest-xml").serialize_to_request(
        wishes, s3_model().operation_model(operation))
    anew = urlsplit(made["url_path"])
    right = (anew.path.rstrip("/"), dict(parse_qsl(anew.query)) | made["query_string"],
             {name.lower(): value for name, value in made["headers"].items()})
    sent = (urlsplit(path).path.rstrip("/"), query,
            {name: headers[name] for name in ("range", "if-match") if name in headers})
    return "" if right == sent else f"botocore asks {right}, and not {sent}"


class BucketGate(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = port
        self.asked: list[Asked] = []
        self.faults: list[str] = []
        self.order: Order = lambda asked, answer: None
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # the comparison has ended
            super().handle_error(request, client_address)

    def answer_to(self, handler: BaseHTTPRequestHandler) -> Answer:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        if wrong := (wrong_with_signature(handler.command, handler.path, headers) or
                     wrong_with_request(handler.path, headers)):
            self.faults.append(wrong)
            return document(403, "SignatureDoesNotMatch", wrong)
        scope = headers["authorization"].split("Credential=")[1].split("/")
        asked = Asked(handler.path, headers, scope[0], scope[2])
        self.asked.append(asked)
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=30)
        upstream.request(handler.command, handler.path, headers=headers)
        got = upstream.getresponse()
        try:
            body = got.read()
        except http.client.IncompleteRead:  # so it answers a range of nothing; S3 refuses it
            body = None
        upstream.close()
        answer = document(416, "InvalidRange") if body is None else Answer(got.status, body, {
            name: value for name, value in got.getheaders()
            if name.lower() not in ("connection", "transfer-encoding", "content-length",
                                    "keep-alive")})
        tag = {name.lower(): value for name, value in answer.headers.items()}.get("etag")
        if tag and headers.get("if-match", tag) != tag:
            answer = document(412, "PreconditionFailed", "At least one did not hold")
        return self.order(asked, answer) or answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: BucketGate

    def do_GET(self) -> None:
        answer = self.server.answer_to(self)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[:answer.cut_after])
        if answer.cut_after is not None:
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass
