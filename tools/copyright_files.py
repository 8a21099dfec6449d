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


def licence_of(file: Path) -> tuple[str, str]:
    """(expression or NOASSERTION, comment): of all files but those of Debian's packaging."""
    text = file.read_text(errors="replace") if file.exists() else ""
    if not re.match(r"Format: *https?://", text):
        return "NOASSERTION", "Debian's copyright file is not machine-readable"
    names: list[str] = []
    for stanza in re.split(r"\n\s*\n", text):
        files = re.search(r"^Files:(.*(?:\n .*)*)", stanza, re.M)
        licence = re.search(r"^License: *(.*)", stanza, re.M)
        if files and licence and not all(each.startswith("debian/") for each in files[1].split()):
            name = re.sub(r"\s+", " ", licence[1].strip())
            if name not in names:
                names.append(name)
    expressions = [expression(name) for name in names]
    said = "Debian's copyright file says: " + "; ".join(names)
    if not names or None in expressions:
        return "NOASSERTION", said
    known = sorted({f"({each})" if " OR " in (each or "") and len(set(expressions)) > 1
                    else str(each) for each in expressions})
    return " AND ".join(known), said


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
