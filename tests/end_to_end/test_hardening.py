"""The release binary is hardened. Where a build for tests is tested, a small program of the release
preset stands in for it.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READELF = ("llvm-readelf-19", "--wide")


def readelf(binary: Path, *what: str) -> str:
    return subprocess.run([*READELF, *what, str(binary)], check=True, capture_output=True,
                          text=True).stdout


def is_release(binary: Path) -> bool:
    return "__asan_init" not in readelf(binary, "--symbols", "--dyn-symbols") \
        and "__tsan_init" not in readelf(binary, "--symbols") \
        and "__llvm_profile_runtime" not in readelf(binary, "--symbols")


class Hardening(unittest.TestCase):
    binary: Path

    @classmethod
    def setUpClass(cls) -> None:
        shipped = Path(os.environ["DDM_MONITOR"])
        if is_release(shipped):
            cls.binary = shipped
            return
        place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(place.cleanup)
        for command in (["cmake", "--preset", "release", "-B", place.name],
                        ["ninja", "-C", place.name, "hardening_probe"]):
            made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert made.returncode == 0, made.stdout + made.stderr
        cls.binary = Path(place.name) / "tests/end_to_end/hardening_probe"

    def test_position_independent(self) -> None:
        self.assertRegex(readelf(self.binary, "--file-header"), r"Type:\s+DYN")
        self.assertRegex(readelf(self.binary, "--dynamic"), r"FLAGS_1.*PIE")

    def test_relocations_are_read_only_from_the_start(self) -> None:
        self.assertIn("GNU_RELRO", readelf(self.binary, "--program-headers"))
        self.assertRegex(readelf(self.binary, "--dynamic"), r"FLAGS_1.*NOW")

    def test_no_memory_is_both_written_and_run(self) -> None:
        for line in readelf(self.binary, "--program-headers").splitlines():
            if re.match(r"\s+(LOAD|GNU_STACK) ", line):
                flags = re.search(r" ([R ][W ][E ]) +0x", line)
                self.assertIsNotNone(flags, line)
                self.assertNotEqual(flags[1][1:], "WE", line)

    def test_stack_protector_and_fortified_functions(self) -> None:
        symbols = readelf(self.binary, "--dyn-symbols")
        self.assertIn("__stack_chk_fail", symbols)
        self.assertRegex(symbols, r"__memcpy_chk|__vsnprintf_chk")

    def test_checked_containers(self) -> None:
        self.assertIn("__glibcxx_assert_fail", readelf(self.binary, "--dyn-symbols"))

    def test_control_flow_protection(self) -> None:
        code = self.binary.read_bytes()
        if platform.machine() == "x86_64":
            self.assertIn(bytes.fromhex("f30f1efa"), code)  # endbr64
        elif platform.machine() == "aarch64":
            self.assertIn(bytes.fromhex("3f2303d5"), code)  # paciasp


class Memory(unittest.TestCase):
    """What is not dumpable belongs to root in /proc, whoever runs it (proc(5))."""

    NOBODY = 65534

    def owner_in_proc(self, *flags: str) -> int:
        with (tempfile.TemporaryDirectory() as name,
              socket.create_server(("127.0.0.1", 0)) as silent):
            folder = Path(name)
            folder.chmod(0o777)
            binary = folder / "monitor"
            shutil.copy(os.environ["DDM_MONITOR"], binary)
            binary.chmod(0o755)
            # It waits for an answer that never comes.
            endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
            process = subprocess.Popen(
                [binary, "datagen", "--table", "t", "--region", "eu-west-1",
                 "--endpoint-url", endpoint, *flags],
                cwd=folder, user=self.NOBODY if os.geteuid() == 0 else None,
                env=os.environ | {"HOME": name, "AWS_ACCESS_KEY_ID": "A",
                                  "AWS_SECRET_ACCESS_KEY": "S"},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                silent.settimeout(30)
                connection, _ = silent.accept()
                with connection:
                    return os.stat(f"/proc/{process.pid}/auxv").st_uid
            finally:
                process.kill()
                process.wait()

    def test_is_not_for_others(self) -> None:
        self.assertEqual(self.owner_in_proc(), 0)

    def test_is_for_a_debugger_when_that_is_asked_for(self) -> None:
        self.assertEqual(self.owner_in_proc("--allow-core-dumps"),
                         os.geteuid() or self.NOBODY)


if __name__ == "__main__":
    unittest.main()
