"""The scripts that `completion` writes, asked by the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

MONITOR = os.environ["DDM_MONITOR"]
PROGRAM = "dynamodb-migration-monitor"
COMMANDS = {"monitor", "compare", "plan", "repair", "report", "state", "datagen", "datadel"}


def script(shell: str) -> str:
    ended = subprocess.run([MONITOR, "completion", shell], capture_output=True, text=True,
                           check=True)
    assert not ended.stderr
    return ended.stdout


def flags_of(command: str) -> set[str]:
    told = subprocess.run([MONITOR, command, "--help"], capture_output=True, text=True, check=True)
    return {line.split()[0] for line in told.stdout.splitlines() if line.startswith("  --")}


def bash(*words: str, folder: str = "/") -> list[str]:
    """What it offers for the last word."""
    ask = ('source /dev/stdin; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));'
           ' _dynamodb_migration_monitor; printf "%s\\n" "${COMPREPLY[@]}"')
    ended = subprocess.run(["bash", "--norc", "-c", ask, "bash", PROGRAM, *words],
                           input=script("bash"), capture_output=True, text=True,
                           check=True, cwd=folder)
    return [line for line in ended.stdout.splitlines() if line]


def fish(line: str, folder: str) -> list[str]:
    """What it offers for the last word of the program's arguments."""
    ended = subprocess.run(["fish", "--no-config", "-c",
                            f"source; complete --do-complete '{PROGRAM} {line}'"],
                           input=script("fish"), capture_output=True, text=True, check=True,
                           cwd=folder, env=os.environ | {"HOME": folder})
    return ended.stdout.splitlines()


def zsh(line: str, folder: str) -> list[str]:
    """The same: the script asks _files for files, which says here that it was asked."""
    ask = (f"""compdef() {{ :; }}; _files() {{ print -r -- my; }}
_arguments() {{ local each; for each; do [[ $each != '*:file:'* ]] || ${{each##*:}}; done; }}
source /dev/stdin; words=({PROGRAM} {line}); CURRENT=$#words; _dynamodb_migration_monitor""")
    ended = subprocess.run(["zsh", "--no-rcs", "-c", ask], input=script("zsh"), text=True,
                           capture_output=True, check=True, cwd=folder)
    return ended.stdout.splitlines()


class Completion(unittest.TestCase):
    def test_offers_commands_first_and_the_flags_of_monitor(self) -> None:
        offered = set(bash(""))
        self.assertLessEqual(COMMANDS, offered)
        self.assertLessEqual(flags_of("monitor"), offered)
        self.assertEqual(bash("rep"), ["repair", "report"])

    def test_offers_each_flag_of_each_command(self) -> None:
        for command in COMMANDS:
            with self.subTest(command):
                self.assertLessEqual(flags_of(command), set(bash(command, "--")))

    def test_offers_the_words_that_a_flag_takes(self) -> None:
        self.assertEqual(bash("report", "--output", ""), ["text", "json", "markdown", "html"])
        self.assertEqual(bash("--output", "j"), ["json"])
        self.assertEqual(bash("monitor", "--max-lag", ""), [])

    def test_offers_files_where_a_flag_takes_one(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "my state.db").touch()
            self.assertEqual(bash("report", "--state", "my", folder=folder), ["my state.db"])

    def test_offers_files_where_a_command_takes_them_without_a_flag(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "my state.db").touch()
            for words in (("report", ""), ("report", "my"), ("report", "a.db", "--alive", "m")):
                self.assertEqual(bash(*words, folder=folder), ["my state.db"])
            self.assertNotIn("my state.db", bash("compare", "", folder=folder))
            for ask in (fish, zsh):
                with self.subTest(ask.__name__):
                    if not shutil.which(ask.__name__):
                        self.skipTest(f"no {ask.__name__} here")
                    self.assertIn("my", "".join(ask("report m", folder)))
                    self.assertNotIn("my", "".join(ask("compare m", folder)))

    def test_zsh_and_fish_can_read_theirs(self) -> None:
        for shell in ("zsh", "fish"):
            text = script(shell)
            for command in COMMANDS:
                for flag in flags_of(command):
                    self.assertIn(f"--{flag[2:]}[" if shell == "zsh" else f" -l {flag[2:]} ", text)
            if shutil.which(shell):
                subprocess.run([shell, "-n", "/dev/stdin"], input=text, text=True, check=True)

    def test_refuses_another_shell(self) -> None:
        for words in ([], ["ksh"], ["bash", "zsh"]):
            ended = subprocess.run([MONITOR, "completion", *words], capture_output=True, text=True,
                                   check=False)
            self.assertEqual(ended.returncode, 2)
            self.assertIn("bash, zsh or fish", ended.stderr)


if __name__ == "__main__":
    unittest.main()
