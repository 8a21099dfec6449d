"""What a document consists of: fences of code with the mark before each, running text, links.

Problem: three tests read the same pages, and what one of them took for prose (a fence that is
indented, or calls its language bash) was seen by none. Idea: one reader of Markdown for all.
Reason: what it does not see, no test sees.
"""

from __future__ import annotations

import re
import subprocess
import textwrap
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

FENCE = re.compile(r"^(?:(?P<mark><!--.*?-->)\n+)?"
                   r"(?P<open>[ \t]*)(?P<ticks>```+|~~~+)[ \t]*(?P<language>\S*).*\n"
                   r"(?P<text>(?:.*\n)*?)[ \t]*(?P=ticks)[ \t]*$", re.MULTILINE)
COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
INLINE_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[([^]^]+)\]:\s*<?([^\s>]+)>?", re.MULTILINE)
BY_REFERENCE = re.compile(r"(?<!\])\[([^][]+)\]\[([^][]*)\]")
# `./dev reference` writes what stands between these.
GENERATED = re.compile(r"flags of [a-z]+: |end of flags$")


class Fence(NamedTuple):
    mark: str  # what stands in the comment before it
    language: str
    text: str  # without what it is indented by


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(path for name in sorted(filter(None, listing.split("\0")))
                 if (path := ROOT / name).is_file())


def pages() -> list[Path]:
    """All documents but translations, which have the same code (tests/tools/test_docs.py)."""
    return [path for path in tracked("*.md") if not path.stem.endswith("_TW")]


def fences(text: str) -> list[Fence]:
    return [Fence(unmarked(found["mark"] or ""), found["language"], textwrap.dedent(found["text"]))
            for found in FENCE.finditer(text)]


def prose(text: str) -> str:
    """The text without its fences."""
    return FENCE.sub(lambda found: found["mark"] or "", text)


def spans(text: str) -> list[str]:
    """The code within running text."""
    return SPAN.findall(prose(text))


def stray_marks(text: str) -> list[str]:
    """Comments that stand before no fence, and so mark nothing."""
    alone = COMMENT.findall(SPAN.sub("", FENCE.sub("", text)))
    return [comment for comment in alone if not GENERATED.match(comment)]


def links(text: str) -> list[str]:
    """Where links lead; "" where a reference is defined nowhere."""
    text = SPAN.sub("", prose(text))
    defined = {name.lower(): target for name, target in REFERENCE.findall(text)}
    named = [(name or label).lower() for label, name in BY_REFERENCE.findall(text)]
    return [*INLINE_LINK.findall(text), *defined.values(),
            *(defined.get(name, "") for name in named)]


def unmarked(comment: str) -> str:
    return "".join(COMMENT.findall(comment))
