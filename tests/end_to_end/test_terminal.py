"""On a terminal: a panel that stands below the log, in any window, and leaves no trace.

A terminal emulator reads what a terminal would, cell by cell.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time

from foreign_strings import EVIL, UNSAFE, answers, refusal
from go_scenario import ALL_EQUAL, INCOMPLETE, MISMATCHES, TO_GO, GoScenario
from harness import TABLE, Migration
from monitor import once_each
from screen import COLOUR, HEAD, SEQUENCE, Terminal

CALM = ["--stats-interval", "1h"]
UTF8 = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
LABELS = ("- ", "changes ", "lag ", "baseline ", "shards ", "wrong ", "success ", "drain ",
          "price ", "compared ")
FAILED = 4


class OnATerminal(GoScenario):
    def open(self, side: Migration, *flags: str, columns: int = 80, rows: int = 24,
             command: str = "monitor", **environment: str) -> Terminal:
        monitor = side.monitor
        inherited = {name: value for name, value in monitor.environment().items()
                     if name not in ("NO_COLOR", "TERM", "LC_ALL", "LC_CTYPE", "LANG")}
        terminal = Terminal([monitor.binary, *once_each([command, *monitor.flags(), *flags])],
                            monitor.folder, inherited | UTF8 | environment, columns, rows)
        self.addCleanup(terminal.close)
        return terminal

    def shows(self, terminal: Terminal, pattern: str, seconds: float = 60) -> None:
        terminal.wait_until(lambda: bool(re.search(pattern, "\n".join(terminal.panel()))), seconds)

    def fault_in_panel(self, terminal: Terminal) -> str | None:
        """It is whole: one head, then lines that begin as lines of a panel do, and nothing else."""
        panel = terminal.panel()
        if not panel:
            return "no panel"
        narrow = terminal.cells.columns - 1 < 40
        for number, row in enumerate(panel[1:], 1):
            if HEAD.match(row) or not (row.startswith(LABELS) or row.startswith(" " * 10) or
                                       narrow):
                return f"row {number}"
        heads = [row for row in terminal.screen() if HEAD.match(row)]
        return None if len(heads) == 1 else f"{len(heads)} heads"

    def assert_whole(self, terminal: Terminal, seconds: float = 10) -> None:
        try:
            terminal.wait_until(lambda: self.fault_in_panel(terminal) is None, seconds)
        except TimeoutError as missing:
            self.fail(f"{self.fault_in_panel(terminal)}: {missing}")
        self.assertEqual(terminal.cells.overflows, 0)

    def assert_ended_cleanly(self, terminal: Terminal) -> None:
        self.assertTrue(terminal.is_as_it_was())
        self.assertEqual([row for row in terminal.screen() if HEAD.match(row)], [])
        self.assertEqual(terminal.cells.cursor.x, 0)
        self.assertEqual(terminal.cells.overflows, 0)
        foreign = SEQUENCE.sub("", terminal.text()).replace("\r", "")
        found = UNSAFE.search(foreign)
        self.assertIsNone(found, foreign[max(0, found.start() - 80):][:100] if found else "")

    def with_evil_keys(self) -> Migration:
        side = self.equal_tables()
        for number in range(3):
            key = side.schema.key(100 + number)
            key["order_id"] = {"S": f"{number}訂單é{EVIL}"}
            side.source.put_item(TableName=TABLE, Item=key | {EVIL: {"S": EVIL}})
        return side

    def test_is_whole_in_any_window_whatever_scrolls_above(self) -> None:
        side = self.with_evil_keys()
        terminal = self.open(side, *TO_GO, "--verbose", "--accept", "stream")
        self.shows(terminal, "wrong +3 missing open")
        for number, (columns, rows) in enumerate(((80, 24), (40, 10), (20, 3), (200, 60), (23, 24),
                                                  (132, 5), (80, 24))):
            with self.subTest(f"{columns}x{rows}"):
                terminal.resize(columns, rows)
                time.sleep(1.5)
                # A frame that was on its way when the window changed is one for the old window.
                terminal.cells.overflows = 0
                self.write(side, range(10), f"v{number}")  # lines of the log
                time.sleep(1.5)
                self.assert_whole(terminal)
        self.assertIn("NO-GO at", terminal.panel()[0])
        terminal.type(b"\x03")
        self.assertEqual(terminal.end(), MISMATCHES)
        self.assert_ended_cleanly(terminal)
        self.assertTrue(any("mismatches" in row for row in terminal.screen()), terminal.screen())

    def test_keys_that_are_typed_and_a_stop_do_no_harm(self) -> None:
        side = self.equal_tables()
        terminal = self.open(side, *TO_GO, *CALM)
        self.shows(terminal, "^GO at")
        with self.subTest("typed"):
            terminal.type(b"what is this\n\n\n")
            time.sleep(3)
            self.assert_whole(terminal)
        with self.subTest("stopped, and in the foreground again"):
            os.kill(terminal.process.pid, signal.SIGSTOP)
            time.sleep(1.5)
            terminal.write_as_shell(b"\n[1]+  Stopped\n$ fg\n")
            os.kill(terminal.process.pid, signal.SIGCONT)
            terminal.wait_until(lambda: "$ fg" in terminal.screen() and
                                len(terminal.panel()) > 3 and
                                terminal.screen().index("$ fg") + len(terminal.panel()) + 1 ==
                                len(terminal.screen()), 10)
        os.kill(terminal.process.pid, signal.SIGTERM)
        self.assertEqual(terminal.end(), ALL_EQUAL)
        self.assertTrue(terminal.is_as_it_was())

    def test_a_slow_line_is_not_flooded(self) -> None:
        side = self.equal_tables()
        terminal = self.open(side, *TO_GO, *CALM, columns=120, rows=40)
        self.shows(terminal, "^GO at")
        time.sleep(2)
        begun, before = time.monotonic(), terminal.written
        time.sleep(8)
        rate = (terminal.written - before) / (time.monotonic() - begun)
        print(f"{rate:.0f} bytes a second")
        self.assertGreater(rate, 10)
        self.assertLess(rate, 500)
        self.assert_whole(terminal)

    def test_a_run_that_fails_leaves_the_screen_clean(self) -> None:
        side = self.equal_tables()
        proxy = self.fault_proxy()
        side.monitor.endpoint_url = side.monitor.target_endpoint_url = proxy.endpoint_url
        terminal = self.open(side, *TO_GO, *CALM)
        self.shows(terminal, "^GO at")
        proxy.orders.rewrite(answers("GetRecords", 400, refusal("AccessDeniedException")))
        self.assertEqual(terminal.end(120), FAILED)
        self.assert_ended_cleanly(terminal)
        self.assertIn("error: ", "\n".join(terminal.screen()))

    def test_colours_the_verdict_alone_and_nothing_with_no_color(self) -> None:
        side = self.equal_tables()
        terminal = self.open(side, *TO_GO, *CALM)
        self.shows(terminal, "^GO at")
        os.kill(terminal.process.pid, signal.SIGTERM)
        self.assertEqual(terminal.end(), ALL_EQUAL)
        self.assert_ended_cleanly(terminal)
        self.assertLessEqual(set(COLOUR.findall(terminal.text())),
                             {"\x1b[30;42m", "\x1b[30;43m", "\x1b[0m"})
        plain = self.open(side, *TO_GO, *CALM, NO_COLOR="1")
        self.shows(plain, "^GO at")
        plain.type(b"\x03")
        self.assertEqual(plain.end(), ALL_EQUAL)
        self.assert_ended_cleanly(plain)
        self.assertEqual(COLOUR.findall(plain.text()), [])

    def test_ascii_where_the_locale_has_no_more(self) -> None:
        side = self.with_evil_keys()
        terminal = self.open(side, *TO_GO, *CALM, LC_ALL="C")
        self.shows(terminal, "wrong +3 missing open")
        self.assertTrue(all(row.isascii() for row in terminal.panel()), terminal.panel())
        terminal.type(b"\x03")
        self.assertEqual(terminal.end(), MISMATCHES)

    def test_a_dumb_terminal_gets_plain_lines(self) -> None:
        side = self.equal_tables()
        terminal = self.open(side, *TO_GO, "--duration", "3s", TERM="dumb")
        terminal.end()
        self.assertNotIn("\x1b", terminal.text())
        self.assertIn("  verdict: ", terminal.text())

    def test_compare_has_a_panel_too(self) -> None:
        side = self.equal_tables(items=300)
        terminal = self.open(side, "--max-rcu", "2", "--segments", "4", command="compare")
        self.shows(terminal, r"compared +\[")
        self.assert_whole(terminal)
        terminal.type(b"\x03")
        self.assertIn(terminal.end(), (ALL_EQUAL, INCOMPLETE))
        self.assert_ended_cleanly(terminal)

    def test_quiet_says_how_it_ended_and_no_more(self) -> None:
        side = self.with_evil_keys()
        terminal = self.open(side, *TO_GO, "--quiet", "--duration", "8s")
        self.assertEqual(terminal.end(), MISMATCHES)
        text = terminal.text()
        self.assertNotIn("\x1b", text)
        self.assertNotIn("phase: ", text)
        self.assertNotIn(" INFO ", text)
        self.assertIn("verdict: NO-GO", text)
        self.assertIn("3 missing open", text)
        with self.subTest("into a pipe"):
            done = subprocess.run([side.monitor.binary, *side.monitor.flags(), *TO_GO, "--quiet",
                                   "--duration", "2s"], cwd=side.monitor.folder,
                                  env=side.monitor.environment(), capture_output=True, text=True,
                                  timeout=60)
            self.assertEqual(done.returncode, MISMATCHES)
            self.assertEqual(done.stdout.count("verdict: "), 1)
            self.assertNotIn(" INFO ", done.stderr)

    def test_a_pipe_gets_plain_lines_and_the_first_screen_says_what_comes(self) -> None:
        side = self.equal_tables()
        done = subprocess.run([side.monitor.binary, *side.monitor.flags(), *TO_GO,
                               "--duration", "2s"], cwd=side.monitor.folder, timeout=60,
                              env=side.monitor.environment() | UTF8, capture_output=True, text=True)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"next +first checks in 200 ms .*, first block in 500 ms")
        self.assertRegex(done.stdout, r"GO no sooner than \d\d:\d\d:\d\dZ, in 1 s: replication")
