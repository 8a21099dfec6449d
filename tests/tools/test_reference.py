"""What tools/reference.py makes of a row of an option table."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import reference  # noqa: E402
from reference import Flag, Group  # noqa: E402


def flag(**different: object) -> Flag:
    usual = Flag(name="max-keys", value="N", help="at most this many keys", more="",
                 default="20000", possible="1 to 99,999", variable="", required=False,
                 is_switch=False,
                 default_is_a_value=True)
    return usual._replace(**different)  # type: ignore[arg-type]


class Page(unittest.TestCase):
    def test_a_row_has_name_default_values_and_meaning(self) -> None:
        self.assertEqual(reference.row_of(flag(), reference.in_english),
                         "| `--max-keys` | 20,000 | 1 to 99,999 | at most this many keys |\n")

    def test_names_of_flags_and_variables_stand_as_code_once(self) -> None:
        self.assertEqual(
            reference.sentences(flag(help="as --other, or AWS_REGION; GO needs `--this`",
                                     more="[See](page.md#--anchor)")),
            "as `--other`, or `AWS_REGION`; `GO` needs `--this`. [See](page.md#--anchor)")

    def test_defaults_are_told_apart(self) -> None:
        for different, told in (({"required": True}, "**required**"),
                                ({"is_switch": True, "default": ""}, "off"),
                                ({"default": ""}, "none"), ({"default": "1m"}, "`1m`"),
                                ({"default": "as --other", "default_is_a_value": False},
                                 "as `--other`")):
            with self.subTest(told=told):
                self.assertEqual(reference.default_of(flag(**different)), told)

    def test_what_a_command_shares_with_monitor_is_only_named(self) -> None:
        shared, own = flag(), flag(name="own")
        block = reference.page_block("compare", [Group("Some", [shared, own])], {shared},
                                     reference.in_english)
        self.assertIn("| `--own` |", block)
        self.assertNotIn("| `--max-keys` |", block)
        self.assertTrue(block.endswith("As for `monitor`: `--max-keys`.\n"))


class Chinese(unittest.TestCase):
    def test_code_and_numbers_need_no_translation(self) -> None:
        said = reference.Chinese({})
        for text, told in (("1 to 1,000", "1 到 1,000"), ("`a`, `b`", "`a`、`b`"),
                           ("*N*, `all`", "*N*、`all`"), ("10,000", "10,000"), ("*D*", "*D*")):
            with self.subTest(text=text):
                self.assertEqual(said(text), told)
        self.assertEqual(said.faults(), [])

    def test_a_text_without_translation_is_an_error_and_so_is_one_that_nobody_uses(self) -> None:
        said = reference.Chinese({"a word": "字", "an old word": "舊字"})
        self.assertEqual(said("a word"), "字")
        said("a new word")
        self.assertEqual(said.faults(), ["has no translation: a new word",
                                         "is translated and used nowhere: an old word"])


class ManPage(unittest.TestCase):
    def test_an_entry_is_headed_by_all_commands_that_have_it(self) -> None:
        groups = {"monitor": [Group("Some", [flag()])],
                  "compare": [Group("Others", [flag(), flag(name="own")])]}
        block = reference.man_block(groups)
        self.assertIn('.SS "monitor and compare: some"\n.TP\n.BI \\-\\-max\\-keys " N"\n', block)
        self.assertIn('.SS "compare: others"\n.TP\n.BI \\-\\-own " N"\n', block)
        self.assertEqual(block.count("max\\-keys"), 1)

    def test_a_sentence_that_only_points_elsewhere_is_left_out(self) -> None:
        self.assertEqual(reference.without_links_that_lead("More of it. See [page](page.md)"),
                         "More of it")
        self.assertEqual(reference.without_links_that_lead("[page](page.md)"), "")
        self.assertEqual(reference.roff("a [status line](x.md) with `-1`"),
                         "a status line with \\fB\\-1\\fR")


class Marks(unittest.TestCase):
    def test_only_what_is_between_them_is_written(self) -> None:
        self.assertEqual(reference.between("a\n(\nold\n)\nb\n", "(", ")", "new\n"),
                         "a\n(\nnew\n)\nb\n")

    def test_a_document_without_them_is_an_error(self) -> None:
        with self.assertRaises(AssertionError):
            reference.between("a\n", "(", ")", "new\n")


if __name__ == "__main__":
    unittest.main()
