#!/usr/bin/python3
"""Stands for the AWS CLI in the commands of the documents.

Problem: the documents tell what to type into the AWS CLI, and a misspelt flag there is found by a
user at night. Idea: command, flags and their values are read by the models of botocore, which the
AWS CLI itself is made from, and the call is sent to the endpoint of AWS_ENDPOINT_URL; with
DDM_NEEDS_AWS it is not sent. Reason: the CLI of Debian knows no
AWS_ENDPOINT_URL, and the documents are not to speak of DynamoDB Local.

Exit codes are those of the AWS CLI: 0, 252 for a command line that is wrong, 254 for a refusal.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

PLACEHOLDERS = ("IMPORT_ARN",)
GLOBAL = {"profile", "region", "query", "output"}
# Answered by a service that is not here.
ONLY_AWS = {
    ("sts", "get-caller-identity"),
    ("dynamodb", "update-continuous-backups"), ("dynamodb", "export-table-to-point-in-time"),
    ("dynamodb", "import-table"), ("dynamodb", "list-imports"), ("dynamodb", "describe-import"),
}
# Commands that are none of a service, or are newer than botocore's models in Debian 12.
BY_NAME = {("configure", "list"): {"profile"}, ("sso", "login"): {"profile"},
           ("ecs", "wait services-stable"): {"cluster", "services"},
           ("dynamodb", "put-resource-policy"): {"profile", "policy", "resource-arn"}}


class Wrong(Exception):
    """The command line is."""


def options_of(words: list[str]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            options[word[2:]] = latest = []
        elif not options:
            raise Wrong(f"{word} follows no flag")
        else:
            latest.append(word)
    return options


def text_of(values: list[str]) -> str:
    if len(values) != 1:
        raise Wrong(f"one value is wanted, not {values}")
    if values[0].startswith("file://"):
        return Path(values[0].removeprefix("file://")).read_text()
    return values[0]


def value_of(shape: Any, values: list[str]) -> Any:
    """What the text is for a member of this shape."""
    kind = shape.type_name
    if kind == "boolean" and not values:
        return True
    if kind == "list" and not values[0].lstrip().startswith("["):
        return [value_of(shape.member, [value]) for value in values]
    text = text_of(values)
    if kind == "string":
        return text
    if kind in ("integer", "long"):
        return int(text)
    if kind == "boolean":
        return text.lower() == "true"
    if text.lstrip().startswith(("{", "[")):
        return json.loads(text)
    pairs = dict(pair.split("=", 1) for pair in text.split(","))  # the CLI's shorthand
    unknown = pairs.keys() - shape.members.keys()
    if unknown:
        raise Wrong(f"no member {unknown}")
    return {name: value_of(shape.members[name], [value]) for name, value in pairs.items()}


def request_of(model: Any, options: dict[str, list[str]]) -> dict[str, Any]:
    members = {xform_name(name, "-"): (name, shape)
               for name, shape in model.input_shape.members.items()}
    request = {}
    for option, values in options.items():
        if option == "cli-input-json":
            request |= json.loads(text_of(values))
        elif option not in GLOBAL:
            if option not in members:
                raise Wrong(f"no flag --{option}")
            name, shape = members[option]
            request[name] = value_of(shape, values)
    # IMPORT_ARN and the like stand for what only the reader knows.
    lengths = {name: "x" * 64 if text in PLACEHOLDERS else text for name, text in request.items()}
    report = ParamValidator().validate(lengths, model.input_shape)
    if report.has_errors():
        raise Wrong(report.generate_report())
    return request


def answer_of(service: str, operation: str, options: dict[str, list[str]]) -> Any:
    profile = options.get("profile", [None])[0]
    session = botocore.session.Session(profile=profile)
    model = session.get_service_model(service)
    named = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in named:
        raise Wrong(f"no command {service} {operation}")
    query = jmespath.compile(options["query"][0]) if "query" in options else None
    request = request_of(model.operation_model(named[operation]), options)
    if os.environ.get("DDM_NEEDS_AWS"):
        return None
    if (service, operation) in ONLY_AWS:
        raise Wrong("only AWS answers this: the block is not marked so")
    region = options.get("region", [None])[0]
    client = session.create_client(service, region_name=region,
                                   endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    answer = getattr(client, xform_name(named[operation]))(**request)
    answer.pop("ResponseMetadata")
    return query.search(answer) if query else answer


def main() -> int:
    service, operation, *words = sys.argv[1:]
    if operation == "wait":
        operation += f" {words.pop(0)}"
    try:
        options = options_of(words)
        if (service, operation) in BY_NAME:
            if options.keys() - BY_NAME[service, operation]:
                raise Wrong(f"no flags {options.keys()}")
            return 0
        answer = answer_of(service, operation, options)
    except (Wrong, ValueError) as wrong:
        print(f"aws: {wrong}", file=sys.stderr)
        return 252
    except ClientError as refused:
        print(f"aws: {refused}", file=sys.stderr)
        return 254
    if options.get("output") == ["text"]:
        print(answer)
    else:
        print(json.dumps(answer, indent=4, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
