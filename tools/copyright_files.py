"""Debian's copyright files (DEP-5, "machine-readable") as SPDX licence expressions."""

from __future__ import annotations

import re
from pathlib import Path

# Debian's short names whose meaning SPDX has another name for; names that are not here and not
# SPDX's own are told in Debian's words.
NAMES = {
    "expat": "MIT", "mit": "MIT", "apache-2.0": "Apache-2.0", "bsl-1.0": "BSL-1.0",
    "boost-1.0": "BSL-1.0", "zlib": "Zlib", "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause", "isc": "ISC", "cc0-1.0": "CC0-1.0",
    "gpl-2": "GPL-2.0-only", "gpl-2+": "GPL-2.0-or-later", "gpl-3": "GPL-3.0-only",
    "gpl-3+": "GPL-3.0-or-later", "lgpl-2.1": "LGPL-2.1-only", "lgpl-2.1+": "LGPL-2.1-or-later",
    "gpl-3+ with gcc-rle exception": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "apache-2.0 with llvm exception": "Apache-2.0 WITH LLVM-exception",
}


FILES_NAMED = 3


def licence_of(file: Path) -> tuple[str, str]:
    """(expression or NOASSERTION, comment): what the whole is declared to be under.

    That is the licence of the header, or the one that all files have but those of Debian's
    packaging. Several licences of different files make no expression: AND would say that who uses
    the package must comply with all of them (SPDX 2.3, D.4.3), and which files a library was made
    of the copyright file does not tell. Those are named in the comment, each with its files.
    """
    text = file.read_text(errors="replace") if file.exists() else ""
    if not re.match(r"Format: *https?://", text):
        return "NOASSERTION", "Debian's copyright file is not machine-readable"
    header, *stanzas = re.split(r"\n\s*\n", text)
    whole, files = field(header, "License"), files_by_licence(stanzas)
    said = "Debian's copyright file names " + "; ".join(
        [f"{whole} for the whole"] * bool(whole) +
        [f"{name} for {some_of(patterns)}" for name, patterns in files.items()])
    if whole and expression(whole):
        return str(expression(whole)), said
    expressions = {expression(name) for name in files}
    if len(expressions) == 1 and None not in expressions:
        return str(*expressions), said
    return "NOASSERTION", said if whole or files else "Debian's copyright file names no licence"


def files_by_licence(stanzas: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for stanza in stanzas:
        files, licence = field(stanza, "Files").split(), field(stanza, "License")
        if licence and not all(each.startswith("debian/") for each in files):
            found.setdefault(licence, []).extend(files)
    return found


def field(stanza: str, name: str) -> str:
    """In one line; of a licence the name without its text; empty: there is none."""
    more = "" if name == "License" else r"(?:\n[ \t].*)*"
    found = re.search(rf"^{name}:(.*{more})", stanza, re.M)
    return " ".join(found[1].split()) if found else ""


def some_of(patterns: list[str]) -> str:
    named = ", ".join(patterns[:FILES_NAMED])
    return named + (f" and {len(patterns) - FILES_NAMED} more" if patterns[FILES_NAMED:] else "")


def expression(name: str) -> str | None:
    """Of one License field: "Expat", "BSD-2-clause or GPL-2"; None where a name is not known."""
    whole = NAMES.get(name.lower())
    if whole:
        return whole
    joined = re.split(r"\s+(and|or|and/or)\s+|,\s*(and|or)?\s*", name)
    words = [word for word in joined if word]
    if len(words) == 1:
        return None
    made = []
    for word in words:
        if word in ("and", "or", "and/or"):
            made.append("AND" if word == "and" else "OR")
        elif word.lower() in NAMES:
            made.append(NAMES[word.lower()])
        else:
            return None
    mixed = len({word for word in made if word in ("AND", "OR")}) != 1
    return None if mixed else " ".join(made)
