"""tools/debian.sh: what a package is called, and what a program asks the system for."""

from __future__ import annotations

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-euo", "pipefail", "-c",
                           f"source '{ROOT}/tools/debian.sh'; {command}"],
                          cwd=folder, capture_output=True, text=True, check=False)


class Packages(unittest.TestCase):
    def test_are_called_by_the_version_of_the_project(self) -> None:
        version = re.search(r"VERSION (\d+\.\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text())
        assert version
        name = "build/package/dynamodb-migration-monitor"
        self.assertEqual(run("package_file deb arm64").stdout,
                         f"{name}_{version[1]}_arm64.deb\n")
        self.assertEqual(run("package_file image amd64").stdout,
                         f"{name}_{version[1]}_amd64.oci.tar\n")
        self.assertEqual(run("package_file portable").stdout,
                         f"{name}-{version[1]}-linux-{run('uname -m').stdout.strip()}.tar.gz\n")

    def test_of_another_version_are_no_matter_and_a_missing_one_is_told(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            (place / "CMakeLists.txt").write_text("project(x VERSION 1.2.3 LANGUAGES CXX)\n")
            packages = place / "build/package"
            packages.mkdir(parents=True)
            (packages / "dynamodb-migration-monitor_1.2.2_amd64.deb").touch()
            wanted = "build/package/dynamodb-migration-monitor_1.2.3_amd64.deb"
            missing = run("made_package deb amd64", place)
            self.assertNotEqual(missing.returncode, 0)
            self.assertIn(f"{wanted} is missing", missing.stderr)
            (place / wanted).touch()
            self.assertEqual(run("made_package deb amd64", place).stdout, f"{wanted}\n")


class StateFormat(unittest.TestCase):
    def test_of_a_package_is_that_of_the_sources(self) -> None:
        text = (ROOT / "src/state/state_file.h").read_text()
        [wanted] = re.findall(r"format_version = (\d+);", text)
        name = "dynamodb-migration-monitor 2.0.0"
        right = run(f"check_state_format '{name}, state format {wanted}'")
        self.assertEqual((right.returncode, right.stderr), (0, ""))
        for line in (name, f"{name}, state format {int(wanted) - 1}",
                     f"{name}, state format 1{wanted}"):
            refused = run(f"check_state_format '{line}'")
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(f'the package is an old one: it says "{line}"', refused.stderr)


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
