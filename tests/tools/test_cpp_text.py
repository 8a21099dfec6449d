"""Functions are found where a compiler finds them, in the layouts that stand in the sources."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from cpp_text import blanked, definitions, functions_of, tokens_of  # noqa: E402


class Blanks(unittest.TestCase):
    def test_comments_texts_and_the_preprocessor_are_no_code(self) -> None:
        for text in ("// f() {", "/* f() {\n } */", '"f() {"', 'R"(f() { ")")"', 'R"x(f()" {)x"',
                     "'{'", r"'\''", r'"\"{"', "#define F() {", "#define F() \\\n {"):
            with self.subTest(text):
                code = blanked(text)
                self.assertEqual(len(code), len(text))
                self.assertEqual(code.count("\n"), text.count("\n"))
                self.assertNotRegex(code, r"[f{}']")

    def test_code_between_them_stays(self) -> None:
        self.assertEqual(blanked('a("x", 10\'000, \'c\');  // d'), 'a("" , 10\'000,    );      ')
        self.assertEqual(blanked('a(/* "b */ "c")'), 'a(         "" )')


class Found(unittest.TestCase):
    def names(self, text: str) -> list[str]:
        return [function.full_name for function in definitions(text)]

    def test_each_kind_of_definition(self) -> None:
        for text, name in {
            "int f() { return 1; }": "f",
            "namespace a::b { namespace { int f() {} } }": "f",
            'extern "C" int f(int a) {}': "f",
            'extern "C" { int f(int a) {} }': "f",
            "auto f(int a = g({1}), b c = {}) -> std::vector<int> {}": "f",
            "std::function<void(int)> f(int) {}": "f",
            "template <typename T = int, int N = 3> requires(N > 2) T f(T t) noexcept {}": "f",
            "[[nodiscard]] constexpr int f() const& {}": "f",
            "a::b::b(int c) : c_{c}, d_(1), e_<int>{2} {}": "a::b::b",
            "a::~a() {}": "a::~a",
            "bool a::operator()(int b) const {}": "a::operator",
            "a& a::operator=(const a& b) {}": "a::operator",
            "const auto f = [](int a) { return a; };": "f",
            "struct a { int f() const { return b; } int b{2}; };": "a::f",
            "class a : public b<c> { explicit a(int d) : e{d} {} };": "a::a",
            "struct a final { struct b { void f() {} }; };": "a::b::f",
            "enum class a { b, c };\nint f() {}": "f",
            "TEST(a, b) {}": "TEST",
        }.items():
            with self.subTest(text):
                self.assertEqual(self.names(text), [name])

    def test_what_is_none(self) -> None:
        for text in ("int f();", "const std::vector<int> a{1, 2};", "constexpr a b = {.c = {d()}};",
                     "struct a { int b = c(); int d{e()}; };", "enum class a { b = c(1) };",
                     "using a = b(int);", "class a;", "static_assert(b(1));"):
            with self.subTest(text):
                self.assertEqual(self.names(text), [])

    def test_lines_go_from_the_declaration_to_the_brace_with_lambdas_in_between(self) -> None:
        text = ("int a;\n\nint f(int b,\n      int c) {\n"
                "  const auto d = [&] {\n  };\n  if (b) {\n  }\n}\n")
        [function] = definitions(text + "int e;\n")
        self.assertEqual((function.first_line, function.last_line, function.lines), (3, 9, 7))

    def test_who_may_call_it_and_whether_it_overrides(self) -> None:
        found = functions_of(tokens_of(
            "class a { void f(); public: void g(); private: void h(); };\n"
            "struct b : c { void i() override; private: void j(); };\nvoid k();"))
        self.assertEqual([function.name for function in found if function.public], ["g", "i", "k"])
        self.assertEqual([function.name for function in found if function.overrides], ["i"])


if __name__ == "__main__":
    unittest.main()
