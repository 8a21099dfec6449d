"""Public functions of src/ that nobody in src/ uses: tests alone keep nothing alive.

By names, not by types: a function counts as used where a file that includes its header calls a
function of its name, or names it as a value, outside of its own body. So one that shares its name
with a used one may pass; one that is used is not called unused.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from cpp_text import Function, Token, functions_of, tokens_of

THIS_FILE = "tools/unused_functions.py"

# Called by the language or a library, not by name.
BY_THE_LANGUAGE = re.compile(r"operator|~|begin$|end$|await_\w+$")

FOREIGN = {"std", "ranges", "views", "asio", "fmt"}
# f(name), {x, name}, &name: a variable of that name looks the same.
VALUE_AFTER = {"(", ",", "{", "&", "=", "?", ":", "return"}
VALUE_BEFORE = {")", ",", "}", ";", ":"}

# owner::name, and why it stays although only others than src/ use it
ALLOWED = {
    "compare_session::abandon": "how the tests and the simulation kill a process",
    "state_keeper::abandon": "how the tests and the simulation kill a process",
    "divert": "tests and fuzzers read what is logged",
    "escape_html": "markup is made with it",
    "escape_markdown": "markup is made with it",
    "http_client::connections_opened": "shows that connections are used again",
    "http_transport::clock_skew": "shows what was learnt of the service's clock",
    "monitor_session::abandon": "how the tests and the simulation kill a process",
    "named_executor::execute": "Asio calls it",
    "named_executor::prefer": "Asio calls it",
    "named_executor::query": "Asio calls it",
    "named_executor::require": "Asio calls it",
    "needed_actions": "docs/iam.md is held against the list",
    "retry_bucket::tokens": "what a retry costs is the decision",
    "slot_queue::waiting": "a test has to know that somebody waits",
}


def declared(functions: list[Function]) -> Iterator[Function]:
    for function in functions:
        constructs = function.name == function.owner.rpartition("::")[2]
        if function.public and not (constructs or function.overrides
                                    or BY_THE_LANGUAGE.match(function.name)):
            yield function


class Uses:
    """The names that a file uses, each with where: in which function of that same name, or ""."""

    def __init__(self, tokens: list[Token], functions: list[Function]) -> None:
        self.called: defaultdict[str, set[str]] = defaultdict(set)  # x.name(), or by a member
        self.named: defaultdict[str, set[str]] = defaultdict(set)  # name(), f(name), scope::name
        self.words = [token.text for token in tokens] + [""]
        declared_at = {function.at for function in functions}
        bodies: defaultdict[str, list[Function]] = defaultdict(list)
        self.in_class = [False] * len(tokens)
        for function in functions:
            bodies[function.name].append(function)
            if function.owner:
                for at in function.body:
                    self.in_class[at] = True
        for at, word in enumerate(self.words):
            if at not in declared_at and re.match(r"[A-Za-z_]", word):
                self.add(at, next((function.full_name for function in bodies[word]
                                   if at in function.body), ""))

    def add(self, at: int, where: str) -> None:
        before, word, after = (self.words[at + step] for step in (-1, 0, 1))
        is_call = after in ("(", "<")
        qualified = before == "::" and self.words[at - 2] not in FOREIGN
        of_an_object = before in (".", "->")
        if qualified or is_call and (of_an_object or before != "::" and self.in_class[at]):
            self.called[word].add(where)
        if qualified or not of_an_object and before != "::" and (
                is_call or before in VALUE_AFTER and after in VALUE_BEFORE):
            self.named[word].add(where)

    def have(self, function: Function) -> bool:
        places = (self.called if function.owner else self.named).get(function.name, set())
        return bool(places - {function.full_name})


def included(sources: dict[str, str]) -> dict[str, set[str]]:
    """Of each file all that it includes, however long the way, and itself."""
    direct = {name: re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.MULTILINE)
              for name, text in sources.items()}
    reached: dict[str, set[str]] = {}
    for name in sources:
        reached[name] = {name}
        waiting = [name]
        while waiting:
            more = set(direct.get(waiting.pop(), [])) - reached[name]
            reached[name] |= more
            waiting += more
    return reached


def unused(sources: dict[str, str]) -> Iterator[tuple[str, Function]]:
    """Of all of src/, by names in includes: "folder/file.h" and "folder/file.cc"."""
    public: list[tuple[str, Function]] = []
    uses: dict[str, Uses] = {}
    for name, text in sources.items():
        tokens = tokens_of(text)
        functions = functions_of(tokens)
        uses[name] = Uses(tokens, functions)
        if name.endswith(".h"):
            public += [(name, function) for function in declared(functions)]
    reached = included(sources)
    return ((header, function) for header, function in public
            if not any(header in reached[name] and each.have(function)
                       for name, each in uses.items()))


def faults(sources: dict[str, str], allowed: dict[str, str]) -> Iterator[str]:
    found: set[str] = set()
    for header, function in unused(sources):
        found.add(function.full_name)
        if function.full_name not in allowed:
            yield (f"src/{header}:{function.first_line}: nothing in src/ uses "
                   f"{function.full_name}: take it out, or say under ALLOWED in {THIS_FILE} "
                   "why it stays")
    for name in sorted(allowed.keys() - found):
        yield f"{THIS_FILE}:1: {name} is used, or gone: take it out of ALLOWED"
