"""Every string of every answer, replaced by what nobody should ever see or take for ours.

A marker stands behind each kind of line break: a line of output that begins with it was written by
a service, not by us. What stands before a break is what a terminal obeys, or what hides text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

FORGED = "FORGED"
BREAKS = ("\n", "\r", "\u2028", "\u2029", "\u0085")
EVIL = ("x\x1b]0;owned\x07\x7f\x9b2J\u202egnp.\u2066\u061c\u200b\ufeff\u180e\u034f\u3164\ufffc"
        "\U000e0041" + "".join(f"{each}{FORGED}" for each in BREAKS) + "y")
# Escape sequences, bells, DEL, C1 controls, marks that turn text around, what is invisible.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e"
                    "\u2060-\u206f\u3164\ufeff\ufff9-\ufffc\U0001d173-\U0001d17a"
                    "\U000e0000-\U000e007f\ud800-\udfff]")
BEGINS_A_LINE = re.compile(rf"(?:^|[\n\r\u0085\u2028\u2029])\s*{FORGED}")

Path = tuple[str | int, ...]
Rewrite = Callable[[str, int, bytes], tuple[int, bytes]]


def strings_of(document: Any, path: Path = ()) -> Iterator[Path]:
    """Of a list the first element stands for all."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from strings_of(value, (*path, name))
    elif isinstance(document, list) and document:
        yield from strings_of(document[0], (*path, 0))
    elif isinstance(document, str):
        yield path


def spoil(document: Any, path: Path) -> None:
    """The string at `path`, where there is one, is followed by EVIL."""
    for step in path[:-1]:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return
    last = path[-1] if path else None
    if isinstance(document, dict) and isinstance(document.get(last), str):
        document[last] += EVIL
    elif isinstance(document, list) and document and isinstance(document[0], str):
        document[0] += EVIL


def spoils(operation: str, paths: list[Path]) -> Rewrite:
    def rewrite(asked: str, status: int, content: bytes) -> tuple[int, bytes]:
        if asked != operation or status != 200:
            return status, content
        document = json.loads(content)
        for path in paths:
            spoil(document, path)
        return status, json.dumps(document).encode()
    return rewrite


def answers(operation: str, status: int, content: bytes) -> Rewrite:
    return lambda asked, was, body: (status, content) if asked == operation else (was, body)


def refusal(code: str) -> bytes:
    return json.dumps({"__type": f"com.amazonaws#{code}", "message": f"denied {EVIL}"}).encode()


def no_json() -> bytes:
    return f"<html>{EVIL}".encode() + b"\xff\xfe"


def fault_in(text: str) -> str | None:
    """What is wrong with an output, and around where."""
    for what, pattern in (("raw", UNSAFE), ("a forged line", BEGINS_A_LINE)):
        if found := pattern.search(text):
            return f"{what}: {text[max(0, found.start() - 100):found.end() + 20]!r}"
    return None
