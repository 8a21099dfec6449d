"""What AWS's own models say of a request and of an answer.

Debian's botocore brings the models. It is of 2022, so the members that the AWS SDK for JavaScript
knows beside them are added (sdk_model.mjs). JSON off the wire is read strictly: every member must
be known, of its type, within its bounds, one of its values. A request that was read is then written
anew by botocore, which must send the same.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import subprocess
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

HERE = Path(__file__).resolve().parent
SERVICES = {"DynamoDB_20120810": "dynamodb", "DynamoDBStreams_20120810": "dynamodbstreams"}
# The SDK's enumerations stand beside its shapes, unlinked.
SDK_ENUMERATIONS = {("ShardFilter", "Type"): "ShardFilterType"}
# Errors that belong to no operation.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html
COMMON_ERRORS = {"ValidationException", "SerializationException", "ThrottlingException",
                 "UnknownOperationException", "AccessDeniedException", "ExpiredTokenException",
                 "ServiceUnavailableException", "InternalServerError"}
# The model has it begin at 1, the service at 0.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
BEGINS_AT_0 = re.compile(r"\.NumberOfDecreasesToday(: 0 is not within|, value: 0, valid min)")


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"a member twice: {names}")
    return dict(pairs)


def parse(text: str | bytes) -> Any:
    return json.loads(text, object_pairs_hook=without_duplicates)


def widened(raw: dict[str, Any], newer: dict[str, Any]) -> set[str]:
    """Adds to `raw` what only `newer` knows; the names of the members that were added."""
    shapes, added = raw["shapes"], set()
    for name, shape in newer["shapes"].items():
        known = shapes.setdefault(name, shape)
        for member, reference in shape.get("members", {}).items():
            enumeration = SDK_ENUMERATIONS.get((name, member))
            if enumeration:
                reference = {"shape": enumeration}
                shapes[enumeration] = {"type": "string",
                                       "enum": newer["enumerations"][enumeration]}
            if known is shape or member not in known["members"]:
                known["members"][member] = reference
                added.add(f"{name}.{member}")
    return added


@cache
def sdk_models() -> dict[str, Any]:
    return json.loads(subprocess.run(["node", str(HERE / "sdk_model.mjs")], check=True,
                                     capture_output=True, timeout=60).stdout)


@cache
def service_model(service: str) -> ServiceModel:
    raw = Loader().load_service_model(service, "service-2")
    newer = sdk_models().get(service)
    if newer:
        widened(raw, newer)
    return ServiceModel(raw, service)


@cache
def operation_model(service: str, operation: str) -> OperationModel:
    return service_model(service).operation_model(operation)


def of_target(target: str) -> OperationModel:
    """Of an X-Amz-Target header."""
    prefix, operation = target.split(".")
    return operation_model(SERVICES[prefix], operation)


class Reading:
    """JSON off the wire as botocore has it in memory, and everything that is wrong with it."""

    def __init__(self, shape: Shape, wire: Any) -> None:
        self.problems: list[str] = []
        self.value = self._read(shape, wire, shape.name)
        if self.value is not None:
            report = ParamValidator().validate(self.value, shape)
            self.problems += report.generate_report().splitlines()

    def _read(self, shape: Shape, wire: Any, path: str) -> Any:
        expected = {"structure": dict, "map": dict, "list": list, "string": str, "boolean": bool,
                    "blob": str, "integer": int, "long": int, "double": (int, float),
                    "float": (int, float), "timestamp": (int, float)}[shape.type_name]
        if not isinstance(wire, expected) or isinstance(wire, bool) != (expected is bool):
            return self._refuse(path, f"{wire!r:.60} is no {shape.type_name}")
        return getattr(self, f"_read_{shape.type_name}", self._read_number)(shape, wire, path)

    def _refuse(self, path: str, why: str) -> None:
        self.problems.append(f"{path}: {why}")

    def _read_structure(self, shape: Shape, wire: dict[str, Any], path: str) -> dict[str, Any]:
        names = {member.serialization.get("name", name): name
                 for name, member in shape.members.items()}
        for unknown in wire.keys() - names.keys():
            self._refuse(path, f"no member {unknown}")
        if shape.name == "AttributeValue" and len(wire) != 1:
            self._refuse(path, f"{len(wire)} types in one value")
        return {names[name]: self._read(shape.members[names[name]], value, f"{path}.{name}")
                for name, value in wire.items() if name in names}

    def _read_map(self, shape: Shape, wire: dict[str, Any], path: str) -> dict[str, Any]:
        return {self._read(shape.key, name, path): self._read(shape.value, value, f"{path}[{name}]")
                for name, value in wire.items()}

    def _read_list(self, shape: Shape, wire: list[Any], path: str) -> list[Any]:
        self._bound(shape, len(wire), path)
        return [self._read(shape.member, value, f"{path}[]") for value in wire]

    def _read_string(self, shape: Shape, wire: str, path: str) -> str:
        allowed, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
        if allowed and wire not in allowed:
            self._refuse(path, f"{wire} is none of {allowed}")
        if pattern and not re.fullmatch(pattern, wire):
            self._refuse(path, f"{wire} does not match {pattern}")
        self._bound(shape, len(wire), path)
        return wire

    def _read_boolean(self, _: Shape, wire: bool, __: str) -> bool:
        return wire

    def _read_blob(self, _: Shape, wire: str, path: str) -> bytes | None:
        try:
            return base64.b64decode(wire, validate=True)
        except binascii.Error as failure:
            return self._refuse(path, f"{wire!r:.60} is not base64: {failure}")

    def _read_timestamp(self, _: Shape, wire: float, __: str) -> datetime:
        return datetime.fromtimestamp(wire, timezone.utc)

    def _read_number(self, shape: Shape, wire: float, path: str) -> float:
        self._bound(shape, wire, path)
        return wire

    def _bound(self, shape: Shape, size: float, path: str) -> None:
        low, high = shape.metadata.get("min", size), shape.metadata.get("max", size)
        if not low <= size <= high:
            self._refuse(path, f"{size} is not within {low} and {high}")


def wrong_with_request(target: str, body: Any) -> list[str]:
    operation = of_target(target)
    reading = Reading(operation.input_shape, body)
    if reading.problems:
        return reading.problems
    serializer = create_serializer(operation.service_model.protocol, include_validation=False)
    anew = serializer.serialize_to_request(reading.value, operation)
    sent = json.loads(anew["body"])
    problems = [] if sent == body else [f"{target}: {body}, which botocore writes as {sent}"]
    if anew["headers"]["X-Amz-Target"] != target:
        problems.append(f"{target} is {anew['headers']['X-Amz-Target']} for botocore")
    return problems


def wrong_with_answer(target: str, status: int, body: Any) -> list[str]:
    operation = of_target(target)
    if status == 200:
        return [problem for problem in Reading(operation.output_shape, body).problems
                if not BEGINS_AT_0.search(problem)]
    name = body.get("__type", "").split("#")[-1]
    shapes = {shape.name: shape for shape in operation.error_shapes}
    if name not in shapes.keys() | COMMON_ERRORS:
        return [f"{target}: no error of it: {name}"]
    said = {each: value for each, value in body.items()
            if each.lower() not in ("__type", "message")}
    if not all(isinstance(body.get(each, ""), str) for each in ("message", "Message")):
        return [f"{target}: a message that is no text"]
    return Reading(shapes[name], said).problems if name in shapes else \
        [f"{target}: {name} has no member {each}" for each in said]


class Example:
    """An answer with every member that the model has."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values  # by the name of the member, where any value would not do

    def of(self, shape: Shape, name: str = "", above: tuple[str, ...] = ()) -> Any:
        for known in (f"{above[-1]}.{name}" if above else "", name):
            if known in self._values:
                return self._values[known]
        if shape.name == "AttributeValue":
            return {"S": f"the-{name}"}
        if shape.type_name == "structure":
            deeper = (*above, shape.name)
            return {member: self.of(inner, member, deeper)
                    for member, inner in shape.members.items()}
        if shape.type_name == "list":
            return [self.of(shape.member, "", above)]
        if shape.type_name == "map":
            return {"orders": self.of(shape.value, "", above)}
        if shape.type_name == "string":
            low = shape.metadata.get("min", 1)
            return shape.metadata.get("enum", [f"the-{name or shape.name}".ljust(low, "-")])[0]
        return {"boolean": True, "blob": "AA=="}.get(shape.type_name, 7)


__all__ = ["COMMON_ERRORS", "SERVICES", "Example", "Reading", "of_target", "operation_model",
           "parse", "service_model", "wrong_with_answer", "wrong_with_request"]
