"""A program on a terminal that we hold: a pseudo-terminal, and an emulator that shows its screen.

pyte (Debian's python3-pyte) obeys what is written and keeps the cells. It folds no lines when it is
resized, as xterm does not; what is asked of a screen must hold on both kinds.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyte
import pyte.modes

from patience import PATIENCE_SECONDS

COLUMNS, ROWS = 80, 24
SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
HEAD = re.compile(r"(NO-GO|WAIT|GO \(sampled\)|GO)(…|\.\.)?( at |$)|(NO-GO|WAIT|GO)( a?t?)?…")


class Cells(pyte.Screen):  # type: ignore[misc]
    """Counts what is written beyond the last column while nothing may wrap."""

    overflows = 0

    def draw(self, data: str) -> None:
        if pyte.modes.DECAWM not in self.mode:
            for char in data:
                if self.cursor.x >= self.columns:
                    self.overflows += 1
                super().draw(char)
            return
        super().draw(data)


class Terminal:
    def __init__(self, command: list[Any], folder: Path, environment: dict[str, str],
                 columns: int = COLUMNS, rows: int = ROWS) -> None:
        self.cells = Cells(columns, rows)
        self._stream = pyte.ByteStream(self.cells)
        self._lock = threading.Lock()
        self._bytes = bytearray()
        self._master, self._slave = os.openpty()
        self._set_size(columns, rows)
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=self._slave, stdout=self._slave,
            stderr=self._slave, start_new_session=True, preexec_fn=self._take_terminal)
        self._closing = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @staticmethod
    def _take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        while not self._closing:
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                part = os.read(self._master, 65536)
            except OSError:
                return
            with self._lock:
                self._bytes += part
                self._stream.feed(part)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._closing = True
        self._thread.join(10)
        os.close(self._slave)
        os.close(self._master)

    def resize(self, columns: int, rows: int) -> None:
        with self._lock:
            self.cells.resize(rows, columns)
            self._set_size(columns, rows)

    def type(self, text: bytes) -> None:
        os.write(self._master, text)

    def write_as_shell(self, text: bytes) -> None:
        """What another program writes to the same terminal."""
        os.write(self._slave, text)

    @property
    def written(self) -> int:
        with self._lock:
            return len(self._bytes)

    def text(self) -> str:
        """All that was written, sequences too."""
        with self._lock:
            return self._bytes.decode(errors="surrogateescape")

    def screen(self) -> list[str]:
        """Rows without blanks at their ends, and without the empty ones at the end."""
        with self._lock:
            rows = [row.rstrip() for row in self.cells.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def panel(self) -> list[str]:
        """From its first line on; empty where there is none."""
        rows = self.screen()
        heads = [number for number, row in enumerate(rows) if HEAD.match(row)]
        return rows[heads[-1]:] if heads else []

    def is_as_it_was(self) -> bool:
        with self._lock:
            return pyte.modes.DECAWM in self.cells.mode and not self.cells.cursor.hidden

    def wait_until(self, condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None and not condition():
                raise TimeoutError("\n".join(["not seen on:", *self.screen()]))
            time.sleep(0.05)

    def end(self, seconds: float = PATIENCE_SECONDS) -> int:
        """The exit code, once all that was written has been read."""
        code = self.process.wait(seconds)
        before = -1
        while before != self.written:
            before = self.written
            time.sleep(0.3)
        return code
