"""The structure check must be able to find each thing that it is there for."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

import check_structure as check  # noqa: E402

ORDER = ["base", "runtime", "verify", "cli"]


class Includes(unittest.TestCase):
    def faults(self, line: str, name: str = "src/verify/a.h") -> list[str]:
        return list(check.include_faults(name, [line], ORDER))

    def test_a_lower_folder_and_its_own_are_fine(self) -> None:
        self.assertEqual(self.faults('#include "base/time.h"'), [])
        self.assertEqual(self.faults('#include "verify/b.h"'), [])
        self.assertEqual(self.faults("#include <vector>"), [])

    def test_a_higher_folder_is_not(self) -> None:
        [fault] = self.faults('#include "cli/options.h"')
        self.assertIn("verify must not include cli", fault)

    def test_a_header_is_named_with_its_folder(self) -> None:
        self.assertEqual(len(self.faults('#include "b.h"')), 1)

    def test_a_folder_that_is_not_built_is_told(self) -> None:
        self.assertEqual(len(self.faults("", "src/stray/a.h")), 1)


class Purity(unittest.TestCase):
    HEADERS = {
        "runtime/asio.h": ["#include <boost/asio/awaitable.hpp>"],
        "runtime/clock.h": ['#include "runtime/asio.h"'],
        "verify/rows.h": ["#include <vector>"],
        "verify/rules.h": ['#include "verify/rows.h"'],
    }

    def faults(self, more: dict[str, list[str]] | None = None, waiting: str = "") -> list[str]:
        allowed = {"runtime": "asio clock", "verify": waiting}
        return list(check.purity_faults(self.HEADERS | (more or {}), allowed))

    def test_what_waits_may_reach_asio_and_what_does_not_need_not(self) -> None:
        self.assertEqual(self.faults(), [])

    def test_a_pure_header_may_not_however_long_the_way(self) -> None:
        found = self.faults({"verify/store.h": ['#include "runtime/clock.h"'],
                             "verify/rules.h": ['#include "verify/store.h"']}, waiting="store")
        self.assertEqual(len(found), 1)
        self.assertIn("src/verify/rules.h:1: a pure header reaches Asio through verify/store.h",
                      found[0])

    def test_what_is_allowed_and_does_not_is_told(self) -> None:
        [fault] = self.faults(waiting="rules")
        self.assertIn("verify/rules.h does not reach Asio", fault)


class Texts(unittest.TestCase):
    def faults(self, line: str, name: str = "src/base/a.cc") -> list[str]:
        return list(check.text_faults(name, [line]))

    def test_each_banned_text_is_found(self) -> None:
        # Put together, so that this file is none.
        for line in ("// TO" + "DO: later", "co_spawn(a, b, deta" + "ched)",
                     'open("/ho' + 'me/somebody")', "<<<<" + "<<< ours"):
            with self.subTest(line):
                self.assertEqual(len(self.faults(line)), 1)
        self.assertEqual(len(self.faults('"resol' + 'ved": "https://x"', "a/package-lock.json")), 1)
        self.assertEqual(len(self.faults("file(GL" + "OB x *.cc)", "src/CMakeLists.txt")), 1)

    def test_ordinary_lines_are_not(self) -> None:
        self.assertEqual(self.faults("const auto todo = detached_at;"), [])


class Sizes(unittest.TestCase):
    def test_a_file_has_its_bound(self) -> None:
        lines = [""] * check.FILE_LINES_MAX
        self.assertEqual(list(check.size_faults("src/base/a.cc", lines)), [])
        self.assertEqual(len(list(check.size_faults("src/base/a.cc", [*lines, ""]))), 1)

    def test_a_line_of_python_has_one_too(self) -> None:
        line = "x" * (check.LINE_COLUMNS_MAX + 1)
        self.assertEqual(len(list(check.size_faults("tools/a.py", [line]))), 1)
        self.assertEqual(list(check.size_faults("src/base/a.cc", [line])), [])


    def test_a_function_has_one_and_its_lambdas_count_to_it(self) -> None:
        inner = "  const auto a = [] {\n" + "\n" * (check.FUNCTION_LINES_MAX - 4) + "  };\n"
        self.assertEqual(list(check.function_faults("src/base/a.cc", f"int f() {{\n{inner}}}\n")),
                         [])
        [fault] = check.function_faults("src/base/a.cc", f"\nint f() {{\n\n{inner}}}\n")
        self.assertIn("src/base/a.cc:2: f has 71 lines", fault)


class Sources(unittest.TestCase):
    def test_one_that_no_list_names_is_told(self) -> None:
        self.assertEqual(len(list(check.orphan_faults("src/base/no_such_source.cc"))), 1)
        self.assertEqual(list(check.orphan_faults("src/base/time.cc")), [])

    @unittest.skipUnless((check.ROOT / ".git").exists(), "not a checkout")
    def test_the_project_has_no_fault(self) -> None:
        self.assertEqual(list(check.faults()), [])


if __name__ == "__main__":
    unittest.main()
