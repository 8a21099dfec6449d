"""What is shipped is hardened: the program of a build with the release's flags, for any processor.
Where a build for tests is tested, a small program of the release preset stands in for it.

The scripts that make packages call this for theirs (check_hardening in tools/debian.sh): in a
portable program Debian's archives bring many of the same symbols, so the commands by which our own
sources were compiled are looked at, too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READELF = ("readelf", "--wide")  # of any processor's programs
FLAGS = {"-D_FORTIFY_SOURCE=3", "-D_GLIBCXX_ASSERTIONS", "-fPIE", "-fstack-protector-strong",
         "-fstack-clash-protection"}
# By the processor: its flag, and the instruction with which a function begins.
CONTROL_FLOW = {"X86-64": ("-fcf-protection=full", bytes.fromhex("f30f1efa")),          # endbr64
                "AArch64": ("-mbranch-protection=standard", bytes.fromhex("3f2303d5"))}  # paciasp


def readelf(binary: Path, *what: str) -> str:
    return subprocess.run([*READELF, *what, str(binary)], check=True, capture_output=True,
                          text=True).stdout


def is_release(binary: Path) -> bool:
    return "__asan_init" not in readelf(binary, "--symbols", "--dyn-syms") \
        and "__tsan_init" not in readelf(binary, "--symbols") \
        and "__llvm_profile_runtime" not in readelf(binary, "--symbols")


def beginning_of(function: str, binary: Path) -> bytes:
    """Its first instruction; that of a program which still has its symbols."""
    place = re.search(rf"^ *\d+: ([0-9a-f]+) .* FUNC .* {function}$", readelf(binary, "--symbols"),
                      re.MULTILINE)
    assert place, f"{binary}: no {function} among its symbols"
    address = int(place[1], 16)
    for offset, start, size in re.findall(r"LOAD +0x(\w+) 0x(\w+) 0x\w+ 0x(\w+)",
                                          readelf(binary, "--program-headers")):
        if 0 <= (behind := address - int(start, 16)) < int(size, 16):
            with binary.open("rb") as file:
                file.seek(int(offset, 16) + behind)
                return file.read(4)
    raise AssertionError(f"{binary}: {function} is in no segment")


class Hardening(unittest.TestCase):
    binary: Path

    @classmethod
    def setUpClass(cls) -> None:
        shipped = Path(os.environ["DDM_MONITOR"])
        if is_release(shipped) or "DDM_SHIPPED" in os.environ:
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
        symbols = readelf(self.binary, "--dyn-syms")
        self.assertIn("__stack_chk_fail", symbols)
        self.assertRegex(symbols, r"__memcpy_chk|__vsnprintf_chk")

    def test_checked_containers(self) -> None:
        self.assertIn("__glibcxx_assert_fail", readelf(self.binary, "--symbols"))

    def test_control_flow_protection(self) -> None:
        self.assertEqual(beginning_of("main", self.binary), self.control_flow()[1])

    def test_all_sources_of_ours_are_compiled_so(self) -> None:
        build = next(folder for folder in self.binary.parents
                     if (folder / "compile_commands.json").exists())
        home = re.search(r"^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$",
                         (build / "CMakeCache.txt").read_text(), re.MULTILINE)
        assert home
        wanted = FLAGS | {self.control_flow()[0]}
        ours = [command for command in json.loads((build / "compile_commands.json").read_text())
                if command["file"].startswith(f"{home[1]}/src/")]
        self.assertGreater(len(ours), 200)
        for command in ours:
            self.assertLessEqual(wanted, set(command["command"].split()), command["file"])

    def control_flow(self) -> tuple[str, bytes]:
        machine = re.search(r"Machine:\s+(.*)", readelf(self.binary, "--file-header"))
        assert machine
        return next(of for name, of in CONTROL_FLOW.items() if name in machine[1])


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
