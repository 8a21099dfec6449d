"""Runs tests/support/serve_fake.cc: the fake DynamoDB, with many shards or a million items."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import dynamodb_local


class FakeService:
    """Has what DynamodbLocal has for a scenario. The accounts are `source` and `target`."""

    def __init__(self, *arguments: str, binary: Path | None = None) -> None:
        self._command = [str(binary or os.environ["DDM_SERVE_FAKE"]), *arguments]
        self._process: subprocess.Popen[str] | None = None
        self.endpoint_url = ""

    def __enter__(self) -> FakeService:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, process_group=0,
                                         preexec_fn=dynamodb_local.end_with_parent)
        self.endpoint_url = self._answer()

    def client(self, account: str, service: str = "dynamodb") -> Any:
        return dynamodb_local.client(account, self.endpoint_url, service)

    def command(self, line: str) -> str:
        """One of those that serve_fake --help lists."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        answer = self._process.stdout.readline().strip()
        if not answer:
            raise RuntimeError("the fake service ended early")
        return answer

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.communicate(timeout=60)
