"""Runs dynalite (tools/dynalite): a DynamoDB by other people, which scans in another order than
DynamoDB Local and writes numbers otherwise. It knows no accounts and no streams, and answers a time
to live that is always off."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import dynamodb_local

FOLDER = Path(__file__).resolve().parent / "dynalite"
# Its own command line would listen on every address.
PROGRAM = """
const server = require("dynalite")({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""


class Dynalite:
    """The server as a context manager, with its data in memory: one account, whoever asks."""

    def __init__(self) -> None:
        self.endpoint_url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Dynalite:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        if not (FOLDER / "node_modules/dynalite").is_dir():
            raise RuntimeError("dynalite is not installed: run ./dev setup")
        self._process = subprocess.Popen(
            ["node", "-e", PROGRAM], cwd=FOLDER, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True, process_group=0, preexec_fn=dynamodb_local.end_with_parent)
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        if not port:
            raise RuntimeError("dynalite ended at its start")
        self.endpoint_url = f"http://127.0.0.1:{port}"

    def client(self, account: str, service: str = "dynamodb") -> Any:
        return dynamodb_local.client(account, self.endpoint_url, service)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
