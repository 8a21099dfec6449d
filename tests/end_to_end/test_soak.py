"""The short form of ./dev soak: a fifth of the calls goes wrong, server and monitor are killed."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

SOAK = Path(__file__).resolve().parents[2] / "tools/soak.py"


class Soak(unittest.TestCase):
    def test_faults_and_kills_cost_time_and_nothing_else(self) -> None:
        done = subprocess.run(
            [SOAK, "--minutes", "0.5", "--rate", "60", "--items", "1000", "--kills", "2",
             "--defects", "2", "--max-lag", "8", "--binary", os.environ["DDM_MONITOR"]],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=280)
        print(done.stdout, file=sys.stderr)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("\nEXACT\n", done.stdout)
