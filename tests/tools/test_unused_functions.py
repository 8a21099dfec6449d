"""A function that nobody uses is found, and one that is used is left alone."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from unused_functions import faults, unused  # noqa: E402


class Unused(unittest.TestCase):
    HEADER = "class a {\n public:\n  int f() const;\n  int size() const { return size_; }\n" \
             " private:\n  int size_ = 0;\n};\nint g(int b);\n"
    SOURCE = '#include "x/a.h"\nint a::f() const { return f(); }\nint g(int b) { return b; }\n'

    def names(self, user: str, header: str = HEADER) -> list[str]:
        user = '#include "x/user.h"\n' + user
        return [function.full_name for _, function in unused(
            {"x/a.h": header, "x/a.cc": self.SOURCE, "x/user.h": '#include "x/a.h"\n',
             "x/user.cc": user})]

    def test_declarations_and_the_own_body_are_no_use(self) -> None:
        self.assertEqual(self.names(""), ["a::f", "a::size", "g"])

    def test_a_call_is_one(self) -> None:
        for use in ("b.f() + c->size() + g(1)", "&a::f, &a::size, apply(d, g)",
                    "ranges(e, &a::f), x::a::size(), f(g, 1)"):
            with self.subTest(use):
                self.assertEqual(self.names(f"int main() {{ {use}; }}"), [])

    def test_comments_texts_and_values_of_that_name_are_not(self) -> None:
        for use in ('// b.f() c.size() g()', 'const auto d = "b.f() c.size() g()";',
                    "int d() { return b.f + c.size + d.g + std::size(e); }",
                    "struct d { int f; int size = 0; bool g; };"):
            with self.subTest(use):
                self.assertEqual(self.names(use), ["a::f", "a::size", "g"])

    def test_neither_is_what_happens_without_the_header(self) -> None:
        found = unused({"x/a.h": self.HEADER, "x/b.cc": "int main() { b.f() + b.size() + g(1); }"})
        self.assertEqual(len(list(found)), 3)

    def test_what_hands_on_to_its_own_name_must_itself_be_used(self) -> None:
        user = "class outer {\n public:\n  int f() { return inner_.f(); }\n};\n"
        sources = {"x/a.h": "struct a { int f(); };\n", "x/outer.h": '#include "x/a.h"\n' + user}
        self.assertEqual([function.full_name for _, function in unused(sources)], ["outer::f"])

    def test_what_is_private_overrides_or_is_called_by_the_language_passes(self) -> None:
        for header in ("class a { int f(); };", "struct a : b { int f() override; };",
                       "struct a { a(); ~a(); };", "struct a { bool operator==(const a&) const; };",
                       "struct a { int* begin(); int* end(); };"):
            with self.subTest(header):
                self.assertEqual(self.names("", header), [])

    def test_one_that_is_allowed_passes_until_it_is_used_or_gone(self) -> None:
        sources = {"x/a.h": "int f();\n"}
        [fault] = faults(sources, {})
        self.assertIn("src/x/a.h:1: nothing in src/ uses f", fault)
        self.assertEqual(list(faults(sources, {"f": "a reason"})), [])
        [fault] = faults({"x/a.h": ""}, {"f": "a reason"})
        self.assertIn("f is used, or gone", fault)


if __name__ == "__main__":
    unittest.main()
