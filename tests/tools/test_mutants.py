"""Each kind of change is made where it belongs, and nowhere else."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from mutants import drawn, mutants_of  # noqa: E402


def changes(body: str, head: str = "int f()") -> list[str]:
    """The bodies that come out."""
    begin, end = head + " { ", " }\n"
    found = []
    for mutant in mutants_of(begin + body + end):
        text = mutant.applied(begin + body + end)
        assert text.startswith(begin) and text.endswith(end)
        found.append(text.removeprefix(begin).removesuffix(end))
    return found


class Changes(unittest.TestCase):
    def test_each_operator(self) -> None:
        for body, expected in {
            "g(a < b);": "g(a <= b);", "g(a >= b);": "g(a > b);", "g(a == b);": "g(a != b);",
            "g(a && b);": "g(a || b);", "g(a + b);": "g(a - b);", "a += b;": "a -= b;",
            "++a;": "--a;", "g(true);": "g(false);", "g(10);": "g(11);", "g(60s);": "g(61s);",
            "g(std::min(a, b));": "g(std::max(a, b));", "g(!a);": "g(a);",
            "if (a) { g(); }": "if (!(a)) { g(); }",
            "if (const auto a = g(); a.b) {}": "if (const auto a = g(); !(a.b)) {}",
            "return a;": "return {};", "co_return a;": "co_return {};",
            "a.g(b, {c});": ";", "a = b;": ";", "a::g(b);": ";", "co_await g();": ";",
        }.items():
            with self.subTest(body):
                self.assertIn(expected, changes(body))

    def test_a_bool_is_returned_as_either(self) -> None:
        self.assertEqual(changes("return a;", "bool f(int b)"), ["return true;", "return false;"])
        self.assertEqual(changes("return true;", "bool f()"), ["return false;"])

    def test_what_is_no_operator_stays(self) -> None:
        for body in ("std::vector<int> a;", "auto&& a = b;", "const a& b = c;", "a* b{};",
                     'const auto a = "b < c" + d;', "a::b c;", "std::map<a, b> c{};",
                     "for (const auto& a : b) {}", "const auto a = -b;", "return {};",
                     "return std::nullopt;", "// a < b"):
            with self.subTest(body):
                self.assertEqual(changes(body), [])

    def test_declarations_and_log_lines_are_passed(self) -> None:
        self.assertEqual(mutants_of("int f(int a = 1);\nint b = 2;\nenum c { d = 1 };"), [])
        self.assertEqual(changes('log::event(log::level::info, "a", {{"b", c + 1}});'), [])

    def test_the_head_of_a_loop_is_no_statement_to_be_dropped(self) -> None:
        self.assertNotIn("for (int i = a; b; ;) {}", changes("for (int i = a; b; ++i) {}"))

    def test_no_line_moves(self) -> None:
        text = "void f() {\n  g(a,\n    b);\n  if (c ||\n      d) {\n    e = 1;\n  }\n}\n"
        for mutant in mutants_of(text):
            self.assertEqual(mutant.applied(text).count("\n"), text.count("\n"))

    def test_a_change_is_told_in_one_line(self) -> None:
        text = "void f() {\n  if (a &&\n      b < 2) {\n  }\n}\n"
        self.assertIn("b < 2) {  →  b <= 2) {", [mutant.told(text) for mutant in mutants_of(text)])


class Draw(unittest.TestCase):
    SOURCES = {"a.cc": "int f(int b) {\n  if (b < 2) {\n    return 1;\n  }\n  return b + 3;\n}\n",
               "b.cc": "void g() {\n  h();\n}\n"}

    def test_a_seed_decides_the_order(self) -> None:
        self.assertEqual(list(drawn(self.SOURCES, 1)), list(drawn(self.SOURCES, 1)))
        self.assertNotEqual(list(drawn(self.SOURCES, 1)), list(drawn(self.SOURCES, 2)))

    def test_each_comes_once_and_each_line_once_before_any_comes_again(self) -> None:
        all_of_them = list(drawn(self.SOURCES, 3))
        self.assertEqual(len(all_of_them), len(set(all_of_them)))
        self.assertEqual(len(all_of_them), sum(len(mutants_of(t)) for t in self.SOURCES.values()))
        first = {(name, mutant.line) for name, mutant in all_of_them[:4]}
        self.assertEqual(len(first), 4)


if __name__ == "__main__":
    unittest.main()
