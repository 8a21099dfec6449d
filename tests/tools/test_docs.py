"""The documents hold together: each link leads somewhere, and a translation says as much.

Problem: pages move, headings are reworded, a figure is mended in one language only; nobody follows
two thousand links by hand. Idea: what a machine can compare is: links against files and headings,
paths of documents in the sources against the documents, each page `NAME_TW.md` against `NAME.md`.
Reason: prose needs readers, but places and numbers do not.

What the documents say about the program is held against it in tests/cli/test_documents.py.
"""

from __future__ import annotations

import re
import subprocess
import unittest
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("src", "tests", "tools", "web", "deploy", "fuzz", "bench", "dev", ".ci")


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(path for name in sorted(filter(None, listing.split("\0")))
                 if (path := ROOT / name).is_file())


def prose(path: Path) -> str:
    """The text without its code blocks."""
    return re.sub(r"^ *```.*?^ *```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@cache
def anchors(path: Path) -> frozenset[str]:
    """Of all headings; the second of two that are alike ends with -1."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE):
        name = slug(heading)
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return frozenset(found)


def blocks(path: Path) -> list[tuple[str, list[str]]]:
    """Language and lines of each code block."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)
    return [(language, text.splitlines()) for language, text in found]


class Links(unittest.TestCase):
    def test_every_relative_link_leads_to_a_file_and_a_heading(self) -> None:
        followed = 0
        for path in tracked("*.md"):
            for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
                if re.match(r"[a-z]+:", target):
                    continue
                followed += 1
                place, _, anchor = unquote(target).partition("#")
                file = (path.parent / place).resolve() if place else path
                with self.subTest(document=path.name, link=target):
                    self.assertTrue(file.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(file))
        self.assertGreater(followed, 100)

    def test_every_document_that_the_sources_name_is_there(self) -> None:
        for path in tracked(*SOURCES):
            if path.suffix in (".md", ".png"):
                continue
            text = path.read_text(errors="replace")
            for place, anchor in re.findall(r"\b(docs/[\w/]+\.md)(?:#([\w-]+))?", text):
                with self.subTest(source=path.name, document=place):
                    self.assertTrue((ROOT / place).is_file())
                    if anchor:
                        self.assertIn(anchor, anchors(ROOT / place))


class Translations(unittest.TestCase):
    def test_have_the_headings_blocks_and_rows_of_the_page_they_translate(self) -> None:
        pairs = self.pairs()
        self.assertTrue(pairs)
        for english, chinese in pairs:
            with self.subTest(document=english.name):
                self.assertEqual(self.build_of(english), self.build_of(chinese))

    @staticmethod
    def pairs() -> list[tuple[Path, Path]]:
        return [(path.with_name(path.name.replace("_TW", "")), path) for path in tracked("*_TW.md")]

    @staticmethod
    def build_of(path: Path) -> list[str]:
        """The marks of headings and of rows, and the languages of blocks, in their order."""
        marks = re.findall(r"^(#+ |\||```\w+|```)", path.read_text(), re.MULTILINE)
        return [mark.strip() for mark in marks]


if __name__ == "__main__":
    unittest.main()
