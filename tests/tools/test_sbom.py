"""What tools/sbom.py says of a package: licences in SPDX's words, the page by its lock file."""

from __future__ import annotations

import json
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import sbom  # noqa: E402
from copyright_files import licence_of  # noqa: E402

FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"


class Licences(unittest.TestCase):
    def said(self, text: str) -> tuple[str, str]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "copyright"
            file.write_text(text)
            return licence_of(file)

    def test_of_all_files_but_the_packaging_are_joined(self) -> None:
        text = FORMAT + "Files: *\nLicense: Expat\n Text.\n\n" \
            "Files: a.c\nLicense: BSD-2-clause\n\n" \
            "Files: debian/*\nLicense: GPL-3+\n\nLicense: Expat\n Text.\n"
        self.assertEqual(self.said(text)[0], "BSD-2-Clause AND MIT")

    def test_a_choice_stays_one(self) -> None:
        text = FORMAT + "Files: *\nLicense: Zlib\n\nFiles: b.c\nLicense: Expat or CC0-1.0\n"
        self.assertEqual(self.said(text)[0], "(MIT OR CC0-1.0) AND Zlib")

    def test_what_spdx_has_no_word_for_is_told_in_debians(self) -> None:
        licence, comment = self.said(FORMAT + "Files: *\nLicense: public-domain\n")
        self.assertEqual(licence, "NOASSERTION")
        self.assertIn("public-domain", comment)

    def test_of_a_file_of_prose_or_none_nothing_is_asserted(self) -> None:
        self.assertEqual(self.said("This is GCC.\n")[0], "NOASSERTION")
        self.assertEqual(licence_of(Path("/nonexistent"))[0], "NOASSERTION")


class Page(unittest.TestCase):
    def test_what_is_bundled_has_version_licence_and_integrity_of_the_lock_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            inputs = ["src/main.ts", "node_modules/uplot/dist/uPlot.esm.js"]
            (Path(folder) / "web").mkdir()
            (Path(folder) / "web/page.js.inputs.json").write_text(json.dumps(inputs))
            [page] = sbom.bundled(Path(folder))
        lock = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
        self.assertEqual((page["name"], page["versionInfo"], page["licenseDeclared"]),
                         ("uplot", lock["node_modules/uplot"]["version"], "MIT"))
        self.assertIn("sha512-", page["comment"])


class Names(unittest.TestCase):
    def test_hold_only_what_spdx_allows(self) -> None:
        self.assertRegex(sbom.identifier("deb-libstdc++-12-dev-amd64"),
                         r"^SPDXRef-[A-Za-z0-9.-]+$")


if __name__ == "__main__":
    unittest.main()
