"""tools/debian.sh: what a program asks the system for."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-euo", "pipefail", "-c",
                           f"source '{ROOT}/tools/debian.sh'; {command}"],
                          cwd=folder, capture_output=True, text=True, check=False)


class Symbols(unittest.TestCase):
    TABLE = "a (GLIBC_2.4) b\nc (GLIBC_2.30) d\ne (GLIBC_2.29)\nf (GCC_3.0) g\nh (GCC_4.2.0)\n"

    def newest(self, library: str) -> subprocess.CompletedProcess[str]:
        return run(f"objdump() {{ printf '{self.TABLE}'; }}; newest_asked_for program {library}")

    def test_the_newest_version_is_that_of_numbers_and_not_of_letters(self) -> None:
        self.assertEqual(self.newest("GLIBC").stdout, "2.30\n")
        self.assertEqual(self.newest("GCC").stdout, "4.2.0\n")

    def test_a_library_that_is_not_asked_for_has_none(self) -> None:
        found = self.newest("GLIBCXX")
        self.assertEqual((found.stdout, found.returncode), ("", 0))


if __name__ == "__main__":
    unittest.main()
