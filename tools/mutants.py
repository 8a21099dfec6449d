"""What can be made wrong in a C++ source by one small change: the mutants of `./dev mutate`.

Pure: a text goes in, changes of it come out. Only what is decided in functions is changed, never
declarations, texts or log lines; and no change moves a line.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cpp_text import CLOSING, Function, Token, functions_of, past, tokens_of

SWAPPED = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "&&": "||", "||": "&&", "+": "-", "-": "+", "+=": "-=", "-=": "+=", "++": "--", "--": "++",
    "true": "false", "false": "true",
}
WITH_SPACES = {"<", ">", "&&", "+", "-"}  # else a template's, a reference or a sign
JOINED = re.compile(r"\s*(R?\"|'|fmt::|std::string)")  # texts know no minus
NOTHING = {"{}", "std::nullopt", "nullptr", "0", "result<void>{}"}
CONTROL = {"if", "else", "for", "while", "do", "switch", "case", "default", "return", "co_return",
           "using", "static_assert", "const", "constexpr", "auto", "static", "struct", "break"}
NAME = re.compile(r"[A-Za-z_]\w*$")


@dataclass(frozen=True)
class Mutant:
    line: int
    begin: int
    end: int
    new: str

    def applied(self, text: str) -> str:
        lines = text.count("\n", self.begin, self.end) - self.new.count("\n")
        return text[:self.begin] + self.new + "\n" * lines + text[self.end:]

    def told(self, text: str) -> str:
        """In one line: `a < b` → `a <= b`."""
        def line_of(whole: str, end: int) -> str:
            first = whole.rfind("\n", 0, self.begin) + 1
            last = whole.find("\n", end)
            return " ".join(whole[first:last if last >= 0 else None].split())
        after = line_of(self.applied(text), self.begin + len(self.new))
        return f"{line_of(text, self.end)}  →  {after or 'nothing'}"


def swapped(text: str, token: Token) -> Iterator[Mutant]:
    new = SWAPPED.get(token.text)
    spaced = text[token.begin - 1] == " " and text[token.end:token.end + 1] in (" ", "\n")
    joins = token.text in ("+", "+=") and (
        JOINED.match(text, token.end) or text[:token.begin].rstrip().endswith('"'))
    if new and (spaced or token.text not in WITH_SPACES) and not joins:
        yield Mutant(token.line, token.begin, token.end, new)


def off_by_one(token: Token) -> Iterator[Mutant]:
    if match := re.fullmatch(r"(\d+)(ms|s|min|h)?", token.text):
        yield Mutant(token.line, token.begin, token.end, f"{int(match[1]) + 1}{match[2] or ''}")


def least_for_most(tokens: list[Token], at: int) -> Iterator[Mutant]:
    other = {"min": "max", "max": "min"}.get(tokens[at].text)
    if other and tokens[at - 1].text == "::" and tokens[at - 2].text == "std":
        yield Mutant(tokens[at].line, tokens[at].begin, tokens[at].end, other)


def without_negation(tokens: list[Token], at: int) -> Iterator[Mutant]:
    if tokens[at].text == "!":
        yield Mutant(tokens[at].line, tokens[at].begin, tokens[at].end, "")


def negated(text: str, tokens: list[Token], at: int) -> Iterator[Mutant]:
    if tokens[at].text not in ("if", "while") or tokens[at + 1].text != "(":
        return
    close = past(tokens, at + 1) - 1
    semicolons = [i for i in range(at + 2, close) if tokens[i].text == ";"]
    first = semicolons[-1] + 1 if semicolons else at + 2
    if tokens[first].text in ("const", "auto"):
        return  # a declaration: only its value could be negated
    begin, end = tokens[first].begin, tokens[close].begin
    yield Mutant(tokens[first].line, begin, end, f"!({text[begin:end]})")


def constant_returned(text: str, tokens: list[Token], at: int,
                      function: Function) -> Iterator[Mutant]:
    word = tokens[at].text
    if word not in ("return", "co_return") or tokens[at + 1].text == ";":
        return
    end = at
    while tokens[end].text != ";":
        end = past(tokens, end) if tokens[end].text in CLOSING else end + 1
    begin = tokens[at + 1].begin
    head = [token.text for token in tokens[max(0, function.at - 12):function.at]]
    is_bool = "bool" in head and not {";", "}"} & set(head[head.index("bool"):])
    for new in ("true", "false") if is_bool else ("{}",):
        if text[begin:tokens[end].begin] not in ({new} if is_bool else NOTHING):
            yield Mutant(tokens[at].line, begin, tokens[end].begin, new)


def dropped(tokens: list[Token], at: int) -> Iterator[Mutant]:
    """A statement that begins at `at` and is neither a declaration nor control."""
    word = tokens[at].text
    if tokens[at - 1].text not in (";", "{", "}") or word in CONTROL or word == "log":
        return
    if not (NAME.match(word) or word in ("++", "--", "*")):
        return
    end = at
    while tokens[end].text == "::" or NAME.match(tokens[end].text):
        if NAME.match(tokens[end].text) and NAME.match(tokens[end + 1].text) and word != "co_await":
            return  # type name
        end += 1
    if end > at and tokens[end].text in ("<", ":", "&", "*", "{"):
        return  # type<of> name, type& name
    while end < len(tokens) and tokens[end].text not in (";", "}", ","):
        end = past(tokens, end) if tokens[end].text in CLOSING else end + 1
    if end < len(tokens) and tokens[end].text == ";":
        yield Mutant(tokens[at].line, tokens[at].begin, tokens[end].end, ";")


def in_brackets(tokens: list[Token]) -> list[bool]:
    """Of each token whether its innermost bracket is no brace, as in the head of a loop."""
    found: list[bool] = []
    opened: list[str] = []
    for token in tokens:
        if opened and token.text in CLOSING.values():
            opened.pop()
        found.append(bool(opened) and opened[-1] != "{")
        if token.text in CLOSING:
            opened.append(token.text)
    return found


def log_lines(tokens: list[Token]) -> set[int]:
    """Tokens of calls of log::event and the like."""
    found: set[int] = set()
    for at in range(len(tokens) - 3):
        if tokens[at].text == "log" and tokens[at + 1].text == "::" and tokens[at + 3].text == "(":
            found |= set(range(at, past(tokens, at + 3)))
    return found


def mutants_of(text: str) -> list[Mutant]:
    tokens = tokens_of(text)
    passed, inside = log_lines(tokens), in_brackets(tokens)
    found: list[Mutant] = []
    for function in functions_of(tokens):
        for at in function.body[1:-1]:
            if at in passed:
                continue
            found += [*swapped(text, tokens[at]), *off_by_one(tokens[at]),
                      *least_for_most(tokens, at), *without_negation(tokens, at),
                      *negated(text, tokens, at), *constant_returned(text, tokens, at, function),
                      *(() if inside[at] else dropped(tokens, at))]
    return list(dict.fromkeys(found))


def drawn(sources: dict[str, str], seed: int) -> Iterator[tuple[str, Mutant]]:
    """All of them, each once, in an order that the seed decides: a line, then a change of it, so
    that long lines do not count for more."""
    dice = random.Random(seed)
    lines: dict[tuple[str, int], list[Mutant]] = {}
    for name in sorted(sources):
        for mutant in mutants_of(sources[name]):
            lines.setdefault((name, mutant.line), []).append(mutant)
    while lines:
        places = list(lines)
        dice.shuffle(places)
        for place in places:
            mutants = lines[place]
            yield place[0], mutants.pop(dice.randrange(len(mutants)))
            if not mutants:
                del lines[place]
