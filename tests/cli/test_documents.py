"""The documents say what the program does: no flag is missing in them, and none is invented.

Problem: documents go stale without anybody noticing. Idea: what can be compared by a machine is:
flags and variables against --help, log events and quoted messages against the sources, promises
against the tests that they name. Reason: prose needs readers, but names do not.

Links, and a page against its translation: tests/tools/test_docs.py.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import unittest
from collections.abc import Iterator
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import documents  # noqa: E402
from documents import ROOT, tracked  # noqa: E402

BINARY = Path(os.environ.get("DDM_MONITOR",
                             ROOT / "build/release/dynamodb-migration-monitor"))
PROGRAM = "dynamodb-migration-monitor"
COMMANDS = ("monitor", "compare", "plan", "repair", "report", "state", "datagen", "datadel")

MAN_PAGE = ROOT / "docs/man/dynamodb-migration-monitor.1"
READMES = (ROOT / "README.md", ROOT / "README_TW.md")
FLAG_PAGES = (ROOT / "docs/flags.md", ROOT / "docs/flags_TW.md")
VARIABLE_PAGES = (MAN_PAGE, ROOT / "docs/configuration.md", ROOT / "docs/configuration_TW.md")
MARKDOWN = tracked("*.md")
NIGHT = ROOT / "docs/night.md"
GUARANTEES = ROOT / "docs/guarantees.md"

FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
VARIABLE = re.compile(r"\bDDB_[A-Z_]+[A-Z]\b")
INLINE_CODE = re.compile(r"`([^`\n]+)`")


@cache
def run(*arguments: str) -> str:
    return subprocess.run([BINARY, *arguments], check=True, capture_output=True, text=True,
                          timeout=60).stdout


@cache
def flags_offered(command: str) -> frozenset[str]:
    listed = re.findall(r"^  (--[a-z-]+)", run(command, "--help"), re.MULTILINE)
    return frozenset(listed) | {"--help", "--version"}


def variables_offered() -> set[str]:
    return {name for command in COMMANDS for name in VARIABLE.findall(run(command, "--help"))}


def prose(path: Path) -> str:
    return documents.prose(path.read_text())


def uses_of_program(path: Path) -> Iterator[tuple[str, str]]:
    """Each command line of the program, and each flag in running text, with the command meant.

    Flags of other programs (aws, sqlite3) are none of ours, so a text counts only when it begins
    with a flag or calls the program."""
    text = path.read_text()
    for _, language, block in documents.fences(text):
        for line in block.replace("\\\n", " ").splitlines():
            # A drawing, a block without language, has only flags of ours.
            if language == "" or f"{PROGRAM} " in line:
                yield command_of(line), line.split(" > ")[0]
    for span in documents.spans(text):
        if span.startswith(("--", f"{PROGRAM} ")) or span.split()[0] in COMMANDS:
            yield command_of(span), span


def command_of(line: str) -> str:
    first = line.split()[0] if line.split() else ""
    if first in COMMANDS:
        return first
    named = re.search(rf"{PROGRAM} (\w+)", line)
    if not named and PROGRAM not in line:
        return ""
    return named[1] if named and named[1] in COMMANDS else "monitor"


def man_text() -> str:
    return MAN_PAGE.read_text().replace(r"\-", "-")


@cache
def sources() -> str:
    """All sources as one text, with string literals that follow each other joined."""
    files = sorted(path for kind in ("*.cc", "*.h") for path in (ROOT / "src").rglob(kind))
    return re.sub(r'"\s*\n\s*"', "", "\n".join(path.read_text() for path in files))


def events_logged() -> set[str]:
    names: set[str] = set()
    for call in re.finditer(r"log::event\((?!level)", sources()):
        names.update(re.findall(r'"([a-z_]+)"', second_argument(sources()[call.end():])))
    # Those that one place logs for several purposes.
    names.update(re.findall(r'\.\w+_event = "([a-z_]+)"', sources()))
    # serve/server_log.h
    names |= set(re.findall(r'\blog\.warn\("(\w+)"', sources()))
    return names


def second_argument(text: str) -> str:
    depth, commas, begin = 0, 0, 0
    for at, character in enumerate(text):
        depth += (character in "({[") - (character in ")}]")
        if depth < 0 or (depth == 0 and character == ","):
            commas += 1
            if commas == 2 or depth < 0:
                return text[begin:at]
            begin = at + 1
    return ""


def table_under(path: Path, heading: str) -> list[str]:
    """The first cell of each row of the tables under a heading."""
    text = prose(path).split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    return [cell for cell in cells if not set(cell) <= set("-")]


class Flags(unittest.TestCase):
    def test_every_flag_is_documented(self) -> None:
        for command, (name, text) in itertools.product(COMMANDS, self.documents()):
            with self.subTest(document=name, command=command):
                self.assertEqual(flags_offered(command) - set(FLAG.findall(text)), set())

    def test_every_documented_flag_is_offered(self) -> None:
        of_all = frozenset().union(*map(flags_offered, COMMANDS))
        for path in MARKDOWN:
            for command, text in uses_of_program(path):
                offered = flags_offered(command) if command else of_all
                with self.subTest(document=path.name, text=text.strip()):
                    self.assertEqual(set(FLAG.findall(text)) - offered, set())
        self.assertEqual(set(FLAG.findall(man_text())) - of_all, set())

    def test_every_flag_has_an_entry_under_its_command_in_the_man_page(self) -> None:
        entries = self.man_entries()
        for command in COMMANDS:
            with self.subTest(command=command):
                self.assertEqual(entries[command], flags_offered(command) - {"--help", "--version"})

    def test_every_variable_is_documented_and_none_is_invented(self) -> None:
        for path in VARIABLE_PAGES:
            with self.subTest(document=path.name):
                self.assertEqual(set(VARIABLE.findall(path.read_text())), variables_offered())
        for path in MARKDOWN:
            with self.subTest(document=path.name):
                self.assertEqual(set(VARIABLE.findall(path.read_text())) - variables_offered(),
                                 set())

    @staticmethod
    def documents() -> list[tuple[str, str]]:
        pages = [(path.name, " ".join(text for _, text in uses_of_program(path)))
                 for path in FLAG_PAGES]
        return [(MAN_PAGE.name, man_text()), *pages]

    @staticmethod
    def man_entries() -> dict[str, set[str]]:
        entries: dict[str, set[str]] = {command: set() for command in COMMANDS}
        for part in man_text().split('\n.SS "')[1:]:
            heading, rest = part.split('"', 1)
            listed = re.findall(r"^\.TP\n\.BI? (--[a-z-]+)", rest.split("\n.SH")[0], re.MULTILINE)
            for command in re.findall(r"\w+", heading.split(":")[0]):
                entries.get(command, set()).update(listed)
        return entries


class ExitCodes(unittest.TestCase):
    """Their order, and what each is for, as src/report/exit_code.h has them."""

    def test_are_those_of_the_program_in_the_order_in_which_one_holds(self) -> None:
        header = (ROOT / "src/report/exit_code.h").read_text()
        order = re.search(r"The first that holds: ([\d, ]+)\.", header)
        assert order
        right = order[1].split(", ")
        self.assertEqual(set(right), set(re.findall(r"^  \w+ = (\d+),", header, re.MULTILINE)))
        for name, codes in self.told():
            with self.subTest(document=name):
                self.assertEqual(codes, right)

    def test_that_are_wrong_in_a_table_are_noticed(self) -> None:
        table = "The first.\n\n| code | meaning |\n|---|---|\n| 2 | a |\n| 5 | b |\n\n| 7 | c |\n"
        self.assertEqual(self.in_table(table), ["2", "5"])

    @classmethod
    def told(cls) -> Iterator[tuple[str, list[str]]]:
        for path in (ROOT / "docs/reading.md", ROOT / "docs/reading_TW.md"):
            yield path.name, cls.in_table(path.read_text())
        of_monitor = man_text().split('.SH "EXIT STATUS"')[1].split("\n.PP")[0].split("\n.SH")[0]
        yield MAN_PAGE.name, re.findall(r"^\.B (\d)$", of_monitor, re.MULTILINE)

    @staticmethod
    def in_table(text: str) -> list[str]:
        """The first cells of the first table of codes."""
        table = re.search(r"^\|[^|\n]*\|.*\n\|[-|]+\n((?:\| \d .*\n)+)", text, re.MULTILINE)
        return re.findall(r"^\| (\d) ", table[1], re.MULTILINE) if table else []


class Languages(unittest.TestCase):
    def test_both_readmes_name_the_two_commands_of_a_fresh_machine(self) -> None:
        for path in READMES:
            for command in ("./dev demo", "./dev test"):
                with self.subTest(document=path.name, command=command):
                    self.assertIn(command, path.read_text())


class Night(unittest.TestCase):
    def test_lists_every_log_event_and_no_other(self) -> None:
        listed = {name for cell in table_under(NIGHT, "Log events")
                  for name in INLINE_CODE.findall(cell)}
        self.assertGreater(len(listed), 20)
        self.assertEqual(listed, events_logged())

    def test_quotes_the_words_that_the_program_prints(self) -> None:
        quoted = [words for cell in table_under(NIGHT, "3 a.m.")
                  for words in re.findall(r'"([^"]+)"', cell)]
        self.assertGreater(len(quoted), 10)
        for words in quoted:
            with self.subTest(words=words):
                self.assertIn(words, sources())


class Guarantees(unittest.TestCase):
    """Each promise names what keeps it and what shows it, and both are there."""

    SUITE = re.compile(r"(\w+)/(\w+)\.(\w+|\*)")
    OTHER = re.compile(r"(end_to_end|tools|fuzz|cli|aws|referee|simulation|web)/(\w+)")

    def test_every_promise_is_kept_by_a_source_and_shown_by_a_test(self) -> None:
        rows = self.promises()
        self.assertGreater(len(rows), 20)
        for promise, _, shown_by in rows:
            with self.subTest(promise=promise):
                self.assertTrue(INLINE_CODE.findall(shown_by))
                for name in INLINE_CODE.findall(shown_by):
                    self.assertTrue(self.exists(name), f"there is no test {name}")

    def test_every_source_named_exists(self) -> None:
        named = [name for name in INLINE_CODE.findall(prose(GUARANTEES))
                 if re.match(r"(src|tools)/", name)]
        self.assertGreater(len(named), 15)
        for name in named:
            with self.subTest(source=name):
                self.assertTrue((ROOT / name).is_file())

    @staticmethod
    def promises() -> list[list[str]]:
        """Rows of the tables of promises, without their heads."""
        tables = re.findall(r"^\| promise .*\n\|[-|]+\n((?:\|.*\n)+)", prose(GUARANTEES),
                            re.MULTILINE)
        return [[cell.strip() for cell in line.strip("|").split("|")]
                for table in tables for line in table.splitlines()]

    @classmethod
    def exists(cls, name: str) -> bool:
        if match := cls.SUITE.fullmatch(name):
            folder, suite, test = match.groups()
            tests = {found for file in (ROOT / "tests" / folder).glob("*.cc")
                     for found in re.findall(rf"^[A-Z_]+\({suite},\s*(\w+)", file.read_text(),
                                             re.MULTILINE)}
            return bool(tests) if test == "*" else test in tests
        match = cls.OTHER.fullmatch(name)
        if not match:
            return False
        lists = ROOT / ("fuzz" if match[1] == "fuzz" else f"tests/{match[1]}") / "CMakeLists.txt"
        registered = rf"(ddm_scenario\(|ddm_fuzzer\(|NAME {match[1]}/|ITEMS .*\b){match[2]}\b"
        return re.search(registered, lists.read_text()) is not None


class ManPage(unittest.TestCase):
    def test_is_of_this_version(self) -> None:
        version = run("--version").split()[1].rstrip(",")
        self.assertIn(f'"{version}" "User Commands"', MAN_PAGE.read_text())

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_is_set_without_a_warning(self) -> None:
        setting = subprocess.run(["groff", "-ww", "-man", "-Tutf8", MAN_PAGE], check=True,
                                 capture_output=True, text=True, timeout=60)
        self.assertEqual(setting.stderr, "")


if __name__ == "__main__":
    unittest.main()
