"""C++ as text: what is code in it, and where its functions stand.

No compiler: it knows the C++ that clang-format leaves behind, which is all that the checks of this
project need. Comments, texts and preprocessor lines become blanks, so that every line keeps its
number; statements at the scope of a namespace or class are then read brace by brace.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

NOT_CODE = re.compile(
    r"""
    //[^\n]*
  | /\*.*?\*/
  | \bR"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"
  | "(?:\\.|[^"\\\n])*"
  | (?<![\w])'(?:\\.|[^'\\\n])+'              # not the ' of 10'000
  | ^[ \t]*\#(?:\\\n|[^\n])*
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE)
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.']*|::|->|\+\+|--|[<>=!+-]=|&&|\|\||\S")
CLOSING = {"(": ")", "[": "]", "{": "}"}
SPECIFIERS = {"requires", "noexcept", "alignas", "decltype", "explicit"}


def blanked(text: str) -> str:
    """The same lines and columns, with nothing in them but code. A text stays as `""`."""
    def blank(match: re.Match[str]) -> str:
        found = match[0]
        spaces = re.sub(r"[^\n]", " ", found)
        if found.startswith(('"', 'R"')):
            return '""' + spaces[2:]
        return spaces
    return NOT_CODE.sub(blank, text)


@dataclass(frozen=True)
class Token:
    text: str
    line: int
    begin: int

    @property
    def end(self) -> int:
        return self.begin + len(self.text)


def tokens_of(text: str) -> list[Token]:
    code = blanked(text)
    starts = [0, *(match.end() for match in re.finditer("\n", code))]
    return [Token(match[0], bisect_right(starts, match.start()), match.start())
            for match in TOKEN.finditer(code)]


@dataclass(frozen=True)
class Function:
    """A declaration or a definition, at the scope of a namespace or class."""
    name: str
    owner: str  # the class, or nothing
    public: bool
    overrides: bool
    first_line: int
    last_line: int
    at: int  # its name among the tokens
    body: range  # the tokens of the definition's body; empty for a declaration

    @property
    def lines(self) -> int:
        return self.last_line - self.first_line + 1

    @property
    def full_name(self) -> str:
        return f"{self.owner}::{self.name}" if self.owner else self.name


def past(tokens: list[Token], opening: int) -> int:
    """Behind the bracket that closes the one at `opening`."""
    depth = 0
    for at in range(opening, len(tokens)):
        if tokens[at].text in CLOSING:
            depth += 1
        elif tokens[at].text in CLOSING.values():
            depth -= 1
            if depth == 0:
                return at + 1
    return len(tokens)


def past_angles(tokens: list[Token], opening: int) -> int:
    depth = 0
    at = opening
    while at < len(tokens):
        if tokens[at].text in CLOSING:
            at = past(tokens, at)
            continue
        depth += {"<": 1, ">": -1}.get(tokens[at].text, 0)
        at += 1
        if depth == 0:
            break
    return at


class Statement:
    """What was read since the last `;` or brace, as far as it tells a function from the rest."""

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.words: list[str] = []  # outside of brackets
        self.name_at: int | None = None
        self.assigned = False
        self.initialises = False  # members, behind the colon of a constructor

    def kind(self) -> str:
        if "namespace" in self.words or self.words == ["extern", '"', '"']:
            return "namespace"
        if "enum" in self.words:
            return "enum"
        if self.name_at is not None:
            return "function"
        if {"class", "struct", "union"} & set(self.words):
            return "class"
        return "value"

    def class_name(self) -> str:
        after = next(i for i, word in enumerate(self.words) if word in ("class", "struct", "union"))
        names = self.words[after + 1:]
        end = names.index(":") if ":" in names else len(names)
        return "".join(word for word in names[:end] if word != "final")


class Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.found: list[Function] = []

    def text(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def scope(self, at: int, owner: str, public: bool) -> int:
        """Reads to behind the brace that closes the scope."""
        statement = Statement(at)
        while at < len(self.tokens):
            word = self.text(at)
            if word == "}":
                return at + 1
            if word == ";":
                self.end(statement, at, owner, public, range(0))
                at += 1
                statement = Statement(at)
            elif word == ":" and statement.words in (["public"], ["private"], ["protected"]):
                public = statement.words == ["public"]
                at += 1
                statement = Statement(at)
            elif word == "{":
                at, ended = self.brace(statement, at, owner, public)
                statement = Statement(at) if ended else statement
            else:
                at = self.step(statement, at)
        return at

    def step(self, statement: Statement, at: int) -> int:
        word = self.text(at)
        statement.words.append(word)
        if word == "operator":
            statement.name_at = at
            at += 1
            while self.text(at) != "(" or self.text(at + 1) == ")" and self.text(at + 2) == "(":
                at += 2 if self.text(at) == "(" else 1
            return past(self.tokens, at)
        if word == "(":
            before = self.text(at - 1)
            if (statement.name_at is None and not statement.assigned and before not in SPECIFIERS
                    and re.match(r"[A-Za-z_]", before)):
                statement.name_at = at - 1
            return past(self.tokens, at)
        if word == "[":
            if self.text(at - 1) == "=" and statement.name_at is None:
                statement.name_at = at - 2  # a lambda with a name
            return past(self.tokens, at)
        if word == "<" and not statement.assigned:
            return past_angles(self.tokens, at)
        if word == "=":
            statement.assigned = True
        if word == ":" and statement.name_at is not None and not statement.assigned:
            statement.initialises = True
        return at + 1

    def brace(self, statement: Statement, at: int, owner: str, public: bool) -> tuple[int, bool]:
        """Behind the brace, and whether the statement ended with it."""
        kind = statement.kind()
        if kind == "namespace":
            return self.scope(at + 1, owner, True), True
        if kind == "class":
            inner = statement.class_name()
            name = f"{owner}::{inner}" if owner else inner
            end = self.scope(at + 1, name, public and "class" not in statement.words)
            # What follows, if anything, are values of the class.
            while end < len(self.tokens) and self.text(end) != ";":
                end += 1
            return end + 1, True
        end = past(self.tokens, at)
        member = statement.initialises and re.match(r"[\w>]", self.text(at - 1))
        if kind != "function" or member:
            return end, False
        self.end(statement, end - 1, owner, public, range(at, end))
        return end, True

    def end(self, statement: Statement, last: int, owner: str, public: bool, body: range) -> None:
        if statement.kind() != "function" or statement.words[0] in ("using", "static_assert"):
            return
        at = statement.name_at
        assert at is not None
        before, name = at - 1, self.text(at)
        if self.text(before) == "~":
            before, name = before - 1, "~" + name
        qualifiers: list[str] = []
        while self.text(before) == "::" and re.match(r"\w", self.text(before - 1)):
            qualifiers.insert(0, self.text(before - 1))
            before -= 2
        self.found.append(Function(
            name=name, owner=owner or "::".join(qualifiers), public=public,
            overrides="override" in statement.words,
            first_line=self.tokens[statement.begin].line, last_line=self.tokens[last].line,
            at=at, body=body))


def functions_of(tokens: list[Token]) -> list[Function]:
    reader = Reader(tokens)
    at = 0
    while at < len(tokens):
        at = reader.scope(at, "", True)
    return reader.found


def definitions(text: str) -> Iterator[Function]:
    return (function for function in functions_of(tokens_of(text)) if function.body)
