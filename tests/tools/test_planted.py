"""Each planted bug goes where it belongs: its context stands in the sources, word for word.

One that is applied with some tolerance may land in another function, and then says nothing.
"""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATCHES = sorted((ROOT / "tests/simulation/planted").glob("*.patch"))


def refusal(patch: Path | str) -> str:
    """What is wrong with it; empty when it applies."""
    text = patch.read_text() if isinstance(patch, Path) else patch
    return subprocess.run(["git", "apply", "--check", "-"], input=text, cwd=ROOT, text=True,
                          capture_output=True, check=False).stderr


class Planted(unittest.TestCase):
    def test_each_applies(self) -> None:
        self.assertGreater(len(PATCHES), 30)
        for patch in PATCHES:
            with self.subTest(patch.name):
                self.assertEqual(refusal(patch), "")

    def test_one_whose_context_has_changed_is_refused(self) -> None:
        text = PATCHES[0].read_text()
        line = next(line for line in text.splitlines() if line.startswith(" ") and line.strip())
        self.assertNotEqual(refusal(text.replace(line, line + " // changed")), "")


if __name__ == "__main__":
    unittest.main()
