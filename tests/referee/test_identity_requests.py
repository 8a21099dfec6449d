"""What we ask STS, SSO and its OIDC, and what we read of their answers, is what AWS's models say.

As test_requests.py, by the protocols of these three: forms and XML, paths and headers. The fake
that answers (fake_identity.py) is held against the models as well.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree
from datetime import datetime
from typing import Any

from botocore.model import OperationModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from cases import CASES
from fake_identity import Exchange, FakeIdentity
from service_models import Reading, operation_model
from test_requests import NAMING_ELSEWHERE, SOURCES, Calls, names_in
from world import World

RENEWING = next(case for case in CASES if case.name == "SSO by a login near its end")
REST = {("GET", "/federation/credentials"): ("sso", "GetRoleCredentials"),
        ("POST", "/token"): ("sso-oidc", "CreateToken")}
# Of the signature and the connection, not of the operation.
COMMON_HEADERS = {"host", "content-length", "user-agent", "authorization", "x-amz-date",
                  "x-amz-security-token", "content-type", "accept", "connection"}
WORDS_OF_OURS = {
    "BadAnswer": "an error of our own",
    "ErrorResponse": "an error's document", "Error": "an error's document",
    "Code": "an error's document", "Message": "an error's document",
    "RequestId": "an error's document",
    "POST": "a method", "HOME": "a variable", "UTC": "an ending of a time in the login's file",
    "Z": "an ending of a time",
    "expiresAt": "the login's file", "startUrl": "the login's file",
    "registrationExpiresAt": "the login's file",
}


def exchanged_with_sts(fake: FakeIdentity, calls: Calls, name: str) -> tuple[Exchange, Any]:
    outcome = calls.make(name, [])["outcome"]
    return fake.exchanges[-1], outcome


def sso_outcome(fake: FakeIdentity) -> tuple[list[Exchange], Any]:
    """What comes of a login that is renewed and used: the credentials, and the login kept."""
    world = World(RENEWING, fake.url)
    before = len(fake.exchanges)
    done = world.run(os.environ["DDM_RESOLVE_IDENTITY"],
                     json.dumps({"profile": RENEWING.profile, "region": "eu-west-1"}))
    kept = [json.loads(file.read_text())
            for file in sorted((world.home / ".aws/sso/cache").glob("*.json"))]
    return fake.exchanges[before:], (json.loads(done.stdout), kept)


def of_form(operation: OperationModel, form: dict[str, str]) -> dict[str, Any]:
    """A form's members as JSON would have them; all of ours are scalars."""
    kinds = {name: shape.type_name for name, shape in operation.input_shape.members.items()} \
        if operation.input_shape else {}
    return {name: int(value) if kinds.get(name) == "integer" else value
            for name, value in form.items() if name not in ("Action", "Version")}


def of_xml(shape: Shape, element: ElementTree.Element) -> Any:
    """The same for XML."""
    if shape.type_name == "structure":
        told: dict[str, Any] = {}
        for child in element:
            name = child.tag.split("}")[-1]
            assert name not in told, f"{name} twice"
            inner = shape.members.get(name)
            told[name] = of_xml(inner, child) if inner else child.text
        return told
    if shape.type_name == "timestamp":
        return datetime.fromisoformat(element.text or "").timestamp()
    return int(element.text or "") if shape.type_name == "integer" else element.text


def anew(operation: OperationModel, value: dict[str, Any]) -> dict[str, Any]:
    protocol = operation.service_model.protocol
    request: dict[str, Any] = create_serializer(
        protocol, include_validation=False).serialize_to_request(value, operation)
    return request


class Identity(unittest.TestCase):
    fake: FakeIdentity

    def setUp(self) -> None:
        self.fake = FakeIdentity()
        self.fake.__enter__()
        self.addCleanup(self.fake.__exit__)

    def sts(self) -> Calls:
        calls = Calls(AWS_ENDPOINT_URL_STS=self.fake.url)
        self.addCleanup(calls.__exit__)
        return calls

    def assert_read(self, shape: Shape | None, wire: Any) -> dict[str, Any]:
        if shape is None:
            self.assertEqual(wire, {})
            return {}
        reading = Reading(shape, wire)
        self.assertEqual(reading.problems, [])
        value: dict[str, Any] = reading.value
        return value


class Sts(Identity):
    def setUp(self) -> None:
        super().setUp()
        self.names = [name for name in Calls.names() if name.startswith("sts_client")]

    def test_is_asked_as_botocore_would_and_answered_by_the_model(self) -> None:
        calls = self.sts()
        for name in self.names:
            with self.subTest(name):
                exchange, outcome = exchanged_with_sts(self.fake, calls, name)
                self.assertNotIn("error", outcome)
                self.assertEqual((exchange.method, exchange.path), ("POST", "/"))
                form = dict(urllib.parse.parse_qsl(exchange.body.decode(), strict_parsing=True))
                operation = operation_model("sts", form["Action"])
                value = self.assert_read(operation.input_shape, of_form(operation, form))
                sent = {each: str(given) for each, given in anew(operation, value)["body"].items()}
                self.assertEqual(sent, form)
                self.check_answer(operation, exchange.answer)

    def check_answer(self, operation: OperationModel, text: str) -> None:
        root = ElementTree.fromstring(text)
        self.assertEqual(root.tag.split("}")[-1], f"{operation.name}Response")
        result = next(each for each in root if each.tag.endswith(f"{operation.name}Result"))
        self.assert_read(operation.output_shape, of_xml(operation.output_shape, result))

    def test_answers_are_read_by_names_that_the_model_has(self) -> None:
        calls = self.sts()
        sent, read, operations = set[str](), set[str](), set[str]()
        for name in self.names:
            self.fake.alter = lambda text: text
            exchange, whole = exchanged_with_sts(self.fake, calls, name)
            form = dict(urllib.parse.parse_qsl(exchange.body.decode()))
            sent |= form.keys()
            operations |= {form["Action"], f"{form['Action']}Response", f"{form['Action']}Result"}
            for tag in set(re.findall(r"<(\w+)[ >]", exchange.answer)):
                self.fake.alter = lambda text, tag=tag: re.sub(
                    f"<{tag}>.*?</{tag}>", "", text, count=1, flags=re.DOTALL)
                if exchanged_with_sts(self.fake, calls, name)[1] != whole:
                    read.add(tag)
        for source in sorted(name for name in NAMING_ELSEWHERE if "/sts_" in name):
            with self.subTest(source):
                named = names_in(SOURCES / source)
                self.assertGreater(len(named), 5)
                self.assertEqual(named - sent - read - operations - WORDS_OF_OURS.keys(), set())

    def test_refusals_are_told_as_botocore_reads_them(self) -> None:
        self.fake.status = 503
        calls = self.sts()
        exchange, outcome = exchanged_with_sts(self.fake, calls, self.names[0])
        parsed = create_parser("query").parse(
            {"status_code": exchange.status, "headers": {}, "body": exchange.answer.encode()}, None)
        for part in (parsed["Error"]["Code"], parsed["Error"]["Message"],
                     parsed["ResponseMetadata"]["RequestId"]):
            self.assertIn(part, outcome["error"])


class Sso(Identity):
    def test_is_asked_as_botocore_would_and_answered_by_the_model(self) -> None:
        exchanges, outcome = sso_outcome(self.fake)
        self.assertIn("access_key_id", outcome[0])
        self.assertEqual([each.path.split("?")[0] for each in exchanges],
                         ["/token", "/federation/credentials"])
        for exchange in exchanges:
            url = urllib.parse.urlsplit(exchange.path)
            operation = operation_model(*REST[exchange.method, url.path])
            with self.subTest(operation.name):
                value = self.assert_read(operation.input_shape, self.rest(operation, exchange))
                request = anew(operation, value)
                self.assertEqual(request["method"], exchange.method)
                self.assertEqual(request["url_path"], url.path)
                self.assertEqual({name: [given] for name, given in request["query_string"].items()},
                                 urllib.parse.parse_qs(url.query, strict_parsing=bool(url.query)))
                self.assertEqual(json.loads(request["body"] or "{}"),
                                 json.loads(exchange.body or b"{}"))
                self.assertEqual(
                    {name.lower(): given for name, given in request["headers"].items()
                     if name.lower() not in COMMON_HEADERS},
                    {name: given for name, given in exchange.headers.items()
                     if name not in COMMON_HEADERS})
                if exchange.body:
                    self.assertEqual(exchange.headers["content-type"],
                                     request["headers"]["Content-Type"])
                self.assert_read(operation.output_shape, json.loads(exchange.answer))

    def rest(self, operation: OperationModel, exchange: Exchange) -> dict[str, Any]:
        """A request's members, wherever they stand in it, as one JSON object."""
        wire: dict[str, Any] = json.loads(exchange.body or b"{}")
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(exchange.path).query))
        places = {"querystring": query, "header": exchange.headers}
        for name, member in operation.input_shape.members.items():
            place = places.get(member.serialization.get("location", ""))
            written = member.serialization.get("name", name)
            if place and written in place:
                # Reading knows members by the name that stands on the wire.
                wire[written] = place[written]
        return wire

    def test_answers_are_read_by_names_that_the_model_has(self) -> None:
        exchanges, whole = sso_outcome(self.fake)
        read, sent = set[str](), set[str]()
        for exchange in exchanges:
            sent |= json.loads(exchange.body or b"{}").keys()
            answer = json.loads(exchange.answer)
            inner = answer.get("roleCredentials", {})
            for name in itertools.chain(answer, inner):
                self.fake.alter = lambda text, name=name: self.removed(text, name)
                if self.stable(sso_outcome(self.fake)[1]) != self.stable(whole):
                    read.add(name)
        for source in sorted(name for name in NAMING_ELSEWHERE if "/sso_" in name):
            with self.subTest(source):
                named = names_in(SOURCES / source)
                self.assertTrue(named)
                self.assertEqual(named - sent - read - WORDS_OF_OURS.keys(), set())

    @staticmethod
    def removed(text: str, name: str) -> str:
        document = json.loads(text)
        for holder in (document, document.get("roleCredentials", {})):
            holder.pop(name, None)
        return json.dumps(document)

    @staticmethod
    def stable(outcome: Any) -> str:
        """Without times, which pass."""
        return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME", json.dumps(outcome, sort_keys=True))


if __name__ == "__main__":
    unittest.main()
