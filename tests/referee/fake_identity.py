"""AWS's services that hand out credentials, on one loopback port: STS, SSO and its OIDC, the
container agent, the instance's metadata service.

The keys it gives are a digest of what was asked (role, external id, who signed, where), so that two
programs that got the same keys have asked the same. A request to STS must be signed rightly: the
secret of key K is "secret-of-K", and botocore computes the signature anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

# Session names that a program makes up where none is configured.
MADE_UP = re.compile(r"aws-sdk-js-|botocore-session-|dynamodb-migration-monitor$")
SSO_TOKEN = "planted-sso-token"
RENEWED_SSO_TOKEN = "planted-renewed-sso-token"
REFRESH_TOKEN = "planted-refresh-token"
CONTAINER_TOKEN = "planted-container-token"
WEB_TOKEN = "planted-web-token"
INSTANCE_TOKEN = "planted-instance-token"
INSTANCE_ROLE = "instance-role"


def keys_of(*asked: object) -> dict[str, str]:
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest().upper()
    key = "ASIA" + digest[:16]
    return {"id": key, "secret": f"secret-of-{key}", "token": f"token-of-{key}"}


def in_an_hour() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=1)


class Refusal(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Exchange:
    """One request with its answer; names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer: str


class FakeIdentity:
    """As a context manager. `status` other than 200 makes every service fail with it, `garbage`
    makes it answer what no service would; `alter` changes what it would have answered. With a
    certificate and its key it speaks TLS."""

    def __init__(self, certificate: Path | None = None, key: Path | None = None) -> None:
        self.status = 200
        self.garbage = ""
        self.life = timedelta(hours=1)
        self.alter: Callable[[str], str] = lambda text: text
        self.paths: list[str] = []
        self.exchanges: list[Exchange] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.fake = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        if certificate and key:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate, key)
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> FakeIdentity:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.answer()

    def do_PUT(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        fake: FakeIdentity = self.server.fake  # type: ignore[attr-defined]
        body = self._body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urllib.parse.urlsplit(self.path)
        fake.paths.append(f"{self.command} {url.path}")
        query = dict(urllib.parse.parse_qsl(url.query))
        try:
            if fake.status != 200:
                raise Refusal(fake.status, "ServiceUnavailable", "told to fail")
            if fake.garbage:
                self.send(200, fake.garbage)
            elif self.headers["x-amz-target"]:
                raise Refusal(400, "AccessDeniedException", "tables are not served here")
            elif self.command == "POST" and url.path == "/":
                self.send(200, self.sts(dict(urllib.parse.parse_qsl(body.decode())), body, fake),
                          "text/xml")
            elif self.command == "POST" and url.path == "/token":
                self.send(200, json.dumps(self.oidc(json.loads(body))))
            elif url.path == "/federation/credentials":
                self.send(200, json.dumps(self.sso(query, fake)))
            elif url.path == "/latest/api/token" and self.command == "PUT":
                self.send(200, INSTANCE_TOKEN)
            elif url.path.startswith("/latest/meta-data/iam/security-credentials/"):
                self.send(200, self.instance(url.path.rsplit("/", 1)[1], fake))
            elif url.path == "/container":
                self.send(200, self.container(query, fake))
            else:
                raise Refusal(404, "NotFound", f"no such path: {url.path}")
        except Refusal as refusal:
            self.refuse(refusal, url.path)

    def refuse(self, refusal: Refusal, path: str) -> None:
        if self.headers["x-amz-target"]:
            self.send(refusal.status, json.dumps({
                "__type": f"com.amazon.coral.service#{refusal.code}", "message": str(refusal)}))
        elif path == "/":
            self.send(refusal.status,
                      "<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error>"
                      f"<Type>Sender</Type><Code>{refusal.code}</Code><Message>{refusal}</Message>"
                      "</Error><RequestId>sts-request-1</RequestId></ErrorResponse>", "text/xml")
        else:
            self.send(refusal.status, json.dumps({"error": refusal.code, "message": str(refusal)}))

    def send(self, status: int, text: str, kind: str = "application/json") -> None:
        fake: FakeIdentity = self.server.fake  # type: ignore[attr-defined]
        text = fake.alter(text)
        headers = {name.lower(): value for name, value in self.headers.items()}
        fake.exchanges.append(
            Exchange(self.command, self.path, headers, self._body, status, text))
        data = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.send_header("x-amzn-requestid", "request-1")
        self.end_headers()
        self.wfile.write(data)

    def sts(self, form: dict[str, str], body: bytes, fake: FakeIdentity) -> str:
        action = form["Action"]
        if action == "GetCallerIdentity":
            signer, _ = self.signer(body)
            result = ("<Arn>arn:aws:iam::123456789012:user/u</Arn><UserId>AIDA1</UserId>"
                      f"<Account>{len(signer):012}</Account>")
            return (f"<{action}Response><{action}Result>{result}</{action}Result>"
                    f"</{action}Response>")
        session = form["RoleSessionName"]
        asked = [action, form["RoleArn"], "" if MADE_UP.match(session) else session,
                 form.get("ExternalId"), form.get("DurationSeconds", "3600")]
        if action == "AssumeRole":
            asked += self.signer(body)
        elif form["WebIdentityToken"] != WEB_TOKEN:
            raise Refusal(400, "InvalidIdentityToken", "not the token")
        keys = keys_of(*asked)
        end = (in_an_hour() - timedelta(hours=1) + fake.life).strftime("%Y-%m-%dT%H:%M:%SZ")
        account = form["RoleArn"].split(":")[4]
        return (f"<{action}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'>"
                f"<{action}Result><AssumedRoleUser><Arn>arn:aws:sts::{account}:assumed-role/r/s"
                "</Arn><AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser><Credentials>"
                f"<AccessKeyId>{keys['id']}</AccessKeyId>"
                f"<SecretAccessKey>{keys['secret']}</SecretAccessKey>"
                f"<SessionToken>{keys['token']}</SessionToken><Expiration>{end}</Expiration>"
                f"</Credentials></{action}Result></{action}Response>")

    def signer(self, body: bytes) -> tuple[str, str]:
        """Whose key signed, and for which region; a wrong signature is refused."""
        given = self.headers["authorization"] or ""
        match = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d+/([^/]+)/sts/aws4_request, ?"
                         r"SignedHeaders=([^,]+), ?Signature=(\w+)$", given)
        if not match:
            raise Refusal(403, "MissingAuthenticationToken", "no signature")
        key, region, names, signature = match.groups()
        if key.startswith("AKIADENIED"):
            raise Refusal(403, "AccessDenied", "not authorized to perform: sts:AssumeRole")
        token = self.headers["x-amz-security-token"]
        if token and token != f"token-of-{key}":
            raise Refusal(403, "InvalidClientTokenId", "not the session token of this key")
        request = AWSRequest("POST", self.server_url() + self.path,
                             {name: self.headers[name] for name in names.split(";")}, body)
        request.context["timestamp"] = self.headers["x-amz-date"]
        auth = SigV4Auth(Credentials(key, f"secret-of-{key}", token), "sts", region)
        auth.headers_to_sign = lambda _: request.headers  # exactly those that were signed
        text = auth.string_to_sign(request, auth.canonical_request(request))
        if auth.signature(text, request) != signature:
            raise Refusal(403, "SignatureDoesNotMatch", "not the signature of this request")
        return key + (" with token" if token else ""), region

    def server_url(self) -> str:
        return f"http://{self.headers['host']}"

    def oidc(self, asked: dict[str, str]) -> dict[str, object]:
        if asked != {"clientId": "client", "clientSecret": "planted-client-secret",
                     "grantType": "refresh_token", "refreshToken": REFRESH_TOKEN}:
            raise Refusal(400, "invalid_grant", "not this refresh token")
        return {"accessToken": RENEWED_SSO_TOKEN, "tokenType": "Bearer", "expiresIn": 3600,
                "refreshToken": REFRESH_TOKEN}

    def sso(self, query: dict[str, str], fake: FakeIdentity) -> dict[str, object]:
        token = self.headers["x-amz-sso_bearer_token"]
        if token not in (SSO_TOKEN, RENEWED_SSO_TOKEN):
            raise Refusal(401, "UnauthorizedException", "Session token not found or invalid")
        if query["role_name"] == "forbidden":
            raise Refusal(403, "ForbiddenException", "No access")
        keys = keys_of("sso", query, token)
        end = in_an_hour() - timedelta(hours=1) + fake.life
        return {"roleCredentials": {
            "accessKeyId": keys["id"], "secretAccessKey": keys["secret"],
            "sessionToken": keys["token"], "expiration": int(end.timestamp() * 1000)}}

    def instance(self, role: str, fake: FakeIdentity) -> str:
        if self.headers["x-aws-ec2-metadata-token"] != INSTANCE_TOKEN:
            raise Refusal(401, "Unauthorized", "no session token")
        if not role:
            return INSTANCE_ROLE
        return self.plain_keys(keys_of("instance", role), fake)

    def container(self, query: dict[str, str], fake: FakeIdentity) -> str:
        token = self.headers["authorization"]
        if token not in (None, CONTAINER_TOKEN):
            raise Refusal(401, "Unauthorized", "not this token")
        return self.plain_keys(keys_of("container", query, token), fake)

    @staticmethod
    def plain_keys(keys: dict[str, str], fake: FakeIdentity) -> str:
        end = in_an_hour() - timedelta(hours=1) + fake.life
        return json.dumps({
            "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": keys["id"],
            "SecretAccessKey": keys["secret"], "Token": keys["token"],
            "LastUpdated": "2026-01-01T00:00:00Z",
            "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ")})
