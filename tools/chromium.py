"""A real Chromium, for the tests of the page and its pictures; its driver is browser/drive.mjs."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dynamodb_local
from patience import PATIENCE_SECONDS

DRIVER = Path(__file__).resolve().parent / "browser/drive.mjs"
Shown = dict[str, Any]


class Browser:
    def __init__(self) -> None:
        assert shutil.which("chromium"), "there is no chromium: run ./dev setup"
        self._process = subprocess.Popen(
            [shutil.which("node") or "node", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, preexec_fn=dynamodb_local.end_with_parent)

    def do(self, what: str, **more: Any) -> Shown:
        """What does not answer in time is ended, and fails."""
        assert self._process.stdin and self._process.stdout
        guard = threading.Timer(PATIENCE_SECONDS, self._process.kill)
        guard.start()
        try:
            self._process.stdin.write(json.dumps({"do": what} | more) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            guard.cancel()
        if not line:
            raise RuntimeError(f"the browser has ended at {what}")
        answer: Shown = json.loads(line)
        if "failure" in answer:
            raise RuntimeError(f"{what} {more}: {answer['failure']}")
        return answer

    def read(self, **more: Any) -> Shown:
        return self.do("read", **more)

    def wait_for(self, condition: Callable[[Shown], bool],
                 seconds: float = PATIENCE_SECONDS) -> Shown:
        deadline = time.monotonic() + seconds
        while True:
            shown = self.read()
            if condition(shown):
                return shown
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds} s:\n{shown['text'][:3000]}")
            time.sleep(0.2)

    def problems(self) -> list[str]:
        return list(self.do("problems")["problems"])

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
