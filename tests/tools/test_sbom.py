"""What tools/sbom.py says of a package: licences in SPDX's words, the page by its lock file, what
belongs to no package, what the system brings.
"""

from __future__ import annotations

import json
import re
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

    def test_one_of_all_files_but_the_packaging_is_that_of_the_whole(self) -> None:
        text = FORMAT + "Files: *\nLicense: Expat\n Text.\n\nFiles: a.c\nLicense: MIT\n\n" \
            "Files: debian/*\nLicense: GPL-3+\n\nLicense: Expat\n Text.\n"
        self.assertEqual(self.said(text)[0], "MIT")

    def test_several_of_different_files_are_not_asserted_of_the_whole_but_told(self) -> None:
        text = FORMAT + "Files: *\nLicense: BSD-2-clause\n\nFiles: a.c\n b.c c.c\n d.c e.c\n" \
            "License: GPL-2\n"
        self.assertEqual(self.said(text), (
            "NOASSERTION", "Debian's copyright file names BSD-2-clause for *; "
                           "GPL-2 for a.c, b.c, c.c and 2 more"))

    def test_that_of_the_header_is_that_of_the_whole(self) -> None:
        text = FORMAT.strip() + "\nLicense: Zlib\n\nFiles: *\nLicense: Zlib\n\n" \
            "Files: b.c\nLicense: Expat\n"
        licence, comment = self.said(text)
        self.assertEqual(licence, "Zlib")
        self.assertIn("Expat for b.c", comment)

    def test_a_choice_stays_one_and_what_holds_at_once_is_joined(self) -> None:
        for name, expression in (("Expat or CC0-1.0", "MIT OR CC0-1.0"),
                                 ("BSD-2-clause and ISC", "BSD-2-Clause AND ISC")):
            text = FORMAT + f"Files: *\nLicense: {name}\n"
            self.assertEqual(self.said(text)[0], expression)

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


class Owners(unittest.TestCase):
    """Of a database with one package."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        database = Path(folder.name)
        (database / "info").mkdir()
        (database / "updates").mkdir()
        (database / "info/format").write_text("1\n")
        (database / "info/libone.list").write_text("/usr/lib/x86_64-linux-gnu/libone.so.1\n")
        (database / "status").write_text(
            "Package: libone\nStatus: install ok installed\nVersion: 1.0-1\n"
            "Architecture: all\nMaintainer: none\nDescription: one\n\n")
        self.debian = sbom.Debian(folder.name, folder.name)

    def test_are_told_beside_what_is_nobodys(self) -> None:
        self.assertEqual(self.debian.owners({"*/libone.so.1", "*/libtwo.so.2", "/opt/three.h"}),
                         ({"libone"}, ["*/libtwo.so.2", "/opt/three.h"]))
        self.assertEqual(self.debian.owners(set()), (set(), []))

    def test_a_library_of_a_package_is_listed(self) -> None:
        [(relationship, _, element)] = sbom.linked(set(), {"*/libone.so.1"}, self.debian)
        self.assertEqual((relationship, element["name"]), ("DYNAMIC_LINK", "libone"))

    def test_a_library_of_no_package_ends_it_with_its_name(self) -> None:
        for archives, libraries in ((set(), {"*/libtwo.so.2"}), ({"/opt/libtwo.a"}, set())):
            with self.assertRaisesRegex(SystemExit, "of no Debian package.*libtwo"):
                sbom.linked(archives, libraries, self.debian)

    def test_a_header_of_no_package_is_told(self) -> None:
        found, nobodys = sbom.compiled_in({"/opt/three.h"}, self.debian)
        self.assertEqual((found, nobodys), ([], ["/opt/three.h"]))


class System(unittest.TestCase):
    LIBRARIES = ("libm.so.6", "libgcc_s.so.1", "libc.so.6", "ld-linux-x86-64.so.2")

    def test_brings_glibc_and_libgcc(self) -> None:
        glibc, libgcc = sbom.of_the_system([*self.LIBRARIES, "libssl.so.3"])
        self.assertEqual((glibc["name"], libgcc["name"]), ("glibc", "libgcc"))
        self.assertIn("libm.so.6, libc.so.6, ld-linux-x86-64.so.2", glibc["comment"])
        self.assertIn("libgcc_s.so.1", libgcc["comment"])
        self.assertEqual(sbom.of_the_system(["libgcc_s.so.1"]), [libgcc])

    def test_brings_what_the_portable_program_may_ask_for_and_nothing_else(self) -> None:
        script = (ROOT / "tools/package_portable.sh").read_text()
        allowed = re.search(r"grep -vE '([^']+)'", script)
        assert allowed
        for name in (*self.LIBRARIES, "ld-linux-aarch64.so.1", "libdl.so.2", "libpthread.so.0",
                     "libssl.so.3", "libstdc++.so.6"):
            with self.subTest(library=name):
                self.assertEqual(bool(re.search(allowed[1], name)),
                                 bool(sbom.of_the_system([name])))


class Names(unittest.TestCase):
    def test_hold_only_what_spdx_allows(self) -> None:
        self.assertRegex(sbom.identifier("deb-libstdc++-12-dev-amd64"),
                         r"^SPDXRef-[A-Za-z0-9.-]+$")


if __name__ == "__main__":
    unittest.main()
