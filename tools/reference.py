#!/usr/bin/python3
"""Writes the flag reference, in both languages, and the man page's flags from the option tables.

Problem: three texts that tell of the same eighty flags drift apart, and the one that is read is the
one that is wrong. Idea: the table that parses a flag also says what it means and what is possible
(src/cli/*_flags.cc); tests/cli/print_flags prints it, and here it becomes the rows of docs/flags.md
and the entries of the man page, between two marks. The rest of both is prose, and stays. Reason: a
flag is written down once; completions and --help come from the same table.

The Chinese page is the same tables through docs/flags_TW.po, where each English text has its
translation. A text that has none, because it is new or was changed, is an error, and so is a
translation of nothing: nobody forgets one.

In flags.md a command has rows for what is its own; what it shares with `monitor`, word for word, is
only named. In the man page an entry is headed by all commands that have it.

usage: reference.py PRINT_FLAGS [--check]   --check: exit 1 if a document is not what it would write
"""

from __future__ import annotations

import difflib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polib

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/flags.md"
CHINESE_PAGE = ROOT / "docs/flags_TW.md"
TRANSLATIONS = ROOT / "docs/flags_TW.po"
MAN_PAGE = ROOT / "docs/man/dynamodb-migration-monitor.1"
HEAD = "| flag | required, or default | possible values | meaning |"
RULE = "|---|---|---|---|"
NAMES = re.compile(r"(--[a-z][a-z-]*[a-z](?: json)?|\b[A-Z]+(?:_[A-Z][A-Z0-9]*)+\b"
                   r"|\bGO(?: \(sampled\))?(?!\w)|\bNO-GO\b)")
# What the value of a flag is, where neither its row nor its type says more.
VALUES = {"FILE": "a file", "NAME": "a name", "URL": "URL", "REGION": "an AWS region"}


class Flag(NamedTuple):
    name: str
    value: str
    help: str
    more: str
    default: str
    possible: str
    variable: str
    required: bool
    is_switch: bool
    default_is_a_value: bool


class Group(NamedTuple):
    title: str
    flags: list[Flag]


Say = Callable[[str], str]


def in_english(text: str) -> str:
    return text


class Chinese:
    """The translation of each text; what is only code and numbers has none of its own."""

    def __init__(self, translations: dict[str, str]) -> None:
        self._translations = translations
        self.unknown: set[str] = set()
        self.used: set[str] = set()

    def __call__(self, text: str) -> str:
        if text in self._translations:
            self.used.add(text)
            return self._translations[text]
        if between := re.fullmatch(r"([\d,]+) to ([\d,]+)", text):
            return f"{between[1]} 到 {between[2]}"
        if re.fullmatch(r"[\d,]+|\*D\*|(\*N\*|`[^`]*`)(, `[^`]*`)*", text):
            return text if re.fullmatch(r"[\d,]+", text) else text.replace(", ", "、")
        self.unknown.add(text)
        return text

    def faults(self) -> list[str]:
        return [f"has no translation: {text}" for text in sorted(self.unknown)] + \
               [f"is translated and used nowhere: {text}"
                for text in sorted(self._translations.keys() - self.used)]


def flag_of(row: dict[str, object]) -> Flag:
    def text(name: str) -> str:
        return str(row[name])
    choices = row["choices"]
    assert isinstance(choices, list)
    possible = ", ".join(f"`{choice}`" for choice in choices) or text("possible") or \
        VALUES.get(text("value"), "")
    assert possible, f"--{row['name']}: neither row nor binding says what is possible"
    return Flag(text("name"), text("value"), text("help"), text("more"), text("default"), possible,
                text("variable"), bool(row["required"]), bool(row["switch"]),
                bool(row["default_is_a_value"]))


def tables(print_flags: str) -> dict[str, list[Group]]:
    printed = subprocess.run([print_flags], check=True, capture_output=True, text=True).stdout
    return {each["command"]: [Group(group["title"], [flag_of(row) for row in group["flags"]])
                              for group in each["groups"]]
            for each in json.loads(printed)}


def sentences(flag: Flag) -> str:
    """What the flag means, as Markdown: names of flags, variables and values stand as code."""
    text = flag.help + (f". {flag.more}" if flag.more else "")
    parts = re.split(r"(`[^`]*`|\]\([^)]*\))", text)
    for i in range(0, len(parts), 2):
        parts[i] = NAMES.sub(r"`\1`", parts[i])
        parts[i] = parts[i].replace("a * at the end", "a `*` at the end")
    return "".join(parts)


def with_commas(value: str) -> str:
    return f"{int(value):,}" if value.isdigit() and len(value) > 4 else value


def default_of(flag: Flag) -> str:
    if flag.required:
        return "**required**"
    if flag.is_switch and not flag.default:
        return "off"
    if not flag.default:
        return "none"
    text = with_commas(flag.default)
    if flag.default_is_a_value:
        return text if re.fullmatch(r"[\d,]+", text) else f"`{text}`"
    names = r"(--[a-z][a-z-]*[a-z]|\b[A-Z]+(?:_[A-Z][A-Z0-9]*)+\b|\./\S+|\bap-northeast-1\b)"
    return re.sub(names, r"`\1`", text)


def row_of(flag: Flag, said: Say) -> str:
    return (f"| `--{flag.name}` | {said(default_of(flag))} | {said(flag.possible)} "
            f"| {said(sentences(flag))} |\n")


def table_of(flags: list[Flag], said: Say) -> str:
    return f"{said(HEAD)}\n{RULE}\n" + "".join(row_of(flag, said) for flag in flags)


def page_block(command: str, groups: list[Group], of_monitor: set[Flag], said: Say) -> str:
    if command == "monitor":
        return "\n".join(f"### {said(group.title)}\n\n{table_of(group.flags, said)}"
                         for group in groups)
    flags = [flag for group in groups for flag in group.flags]
    own = [flag for flag in flags if flag not in of_monitor]
    shared = [f"`--{flag.name}`" for flag in flags if flag in of_monitor]
    named = said("As for `monitor`: {}.").format(said(", ".join(shared)))
    return f"{table_of(own, said)}\n{named}\n"


def roff(text: str) -> str:
    """Markdown of one paragraph as roff: code and emphasis in bold and italics, links as text."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    text = re.sub(r"\*([^*`]+)\*(?!\\)", r"\\fI\1\\fR", text)
    text = text.replace('"', "\\(dq").replace("…", "\\&...")
    return text


def without_links_that_lead(text: str) -> str:
    """A sentence that only points to another page says nothing on paper."""
    return re.sub(r"(?:^|\. |, )(?:See )?\[[^]]*\]\([^)]*\)$", "", text)


def man_entry(flag: Flag) -> str:
    value = f' " {flag.value}"' if flag.value else ""
    macro = ".BI" if value else ".B"
    meaning = sentences(flag._replace(more=without_links_that_lead(flag.more)))
    lines = [meaning[0].upper() + meaning[1:] + "."]
    if not flag.is_switch and re.search(r"[`*\d]", flag.possible):  # else its name says as much
        lines.append(f"Possible: {flag.possible}.")
    default = default_of(flag)
    lines.append("Required." if flag.required else "Off by default." if default == "off"
                 else f"Default: {default}.")
    if flag.variable:
        lines.append(f"Variable: `{flag.variable}`.")
    name = "\\-\\-" + flag.name.replace("-", "\\-")
    return f".TP\n{macro} {name}{value}\n" + "".join(f"{roff(line)}\n" for line in lines)


def man_block(all_groups: dict[str, list[Group]]) -> str:
    having: dict[Flag, list[str]] = {}
    title: dict[Flag, str] = {}
    for command, groups in all_groups.items():
        for group in groups:
            for flag in group.flags:
                having.setdefault(flag, []).append(command)
                title.setdefault(flag, group.title)
    entries: dict[tuple[str, str], list[Flag]] = {}
    for flag, commands in having.items():
        named = ", ".join(commands[:-1]) + " and " + commands[-1] if commands[1:] else commands[0]
        entries.setdefault((named, title[flag]), []).append(flag)
    return "".join(
        f'.SS "{named}: {words[0].lower() + words[1:] if words != "HTTP" else words}"\n'
        + "".join(map(man_entry, flags)) for (named, words), flags in entries.items())


def between(text: str, begin: str, end: str, block: str) -> str:
    before, found, rest = text.partition(begin + "\n")
    assert found, f"no line {begin}"
    _, found, after = rest.partition(end + "\n")
    assert found, f"no line {end} behind {begin}"
    return f"{before}{begin}\n{block}{end}\n{after}"


def page(path: Path, groups: dict[str, list[Group]], said: Say) -> str:
    of_monitor = {flag for group in groups["monitor"] for flag in group.flags}
    text = path.read_text()
    for command, its_groups in groups.items():
        text = between(text, f"<!-- flags of {command}: ./dev reference writes them -->",
                       "<!-- end of flags -->", page_block(command, its_groups, of_monitor, said))
    return text


def written(groups: dict[str, list[Group]]) -> dict[Path, str]:
    said = Chinese({each.msgid: each.msgstr for each in polib.pofile(str(TRANSLATIONS))})
    texts = {PAGE: page(PAGE, groups, in_english),
             CHINESE_PAGE: page(CHINESE_PAGE, groups, said),
             MAN_PAGE: between(MAN_PAGE.read_text(), '.\\" flags: ./dev reference writes them',
                               '.\\" end of flags', man_block(groups))}
    if faults := said.faults():
        sys.exit("\n".join(f"{TRANSLATIONS.relative_to(ROOT)}: {fault}" for fault in faults))
    return texts


def main() -> int:
    print_flags, *rest = sys.argv[1:]
    stale = False
    for path, text in written(tables(print_flags)).items():
        if text == path.read_text():
            continue
        if rest == ["--check"]:
            stale = True
            sys.stdout.writelines(difflib.unified_diff(
                path.read_text().splitlines(True), text.splitlines(True), str(path), "as written"))
        else:
            path.write_text(text)
            print(f"wrote {path.relative_to(ROOT)}")
    if stale:
        print("not what the option tables say: run ./dev reference")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
