"""Runs s3rver (tools/s3rver): an S3 by other people. It has no conditional reads (If-Match), and
does not look at signatures of version 4."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import dynamodb_local

FOLDER = Path(__file__).resolve().parent / "s3rver"
PROGRAM = """
const S3rver = require("s3rver");
const account = require("s3rver/lib/models/account").DUMMY_ACCOUNT;
const { directory, buckets, keys } = JSON.parse(process.argv[1]);
keys.forEach((key) => account.createKeyPair(key, "local"));
new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory, vhostBuckets: false,
             configureBuckets: buckets.map((name) => ({ name })) })
  .run().then(({ port }) => console.log(port));
"""


class S3rver:
    """The server as a context manager, with buckets and access keys, whose secret is "local"."""

    def __init__(self, buckets: list[str], keys: list[str]) -> None:
        self.port = 0
        self._buckets = buckets
        self._keys = keys
        self._folder = tempfile.TemporaryDirectory(prefix="ddm-s3rver-")
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> S3rver:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if not (FOLDER / "node_modules/s3rver").is_dir():
            raise RuntimeError("s3rver is not installed: run ./dev setup")
        settings = {"directory": self._folder.name, "buckets": self._buckets, "keys": self._keys}
        self._process = subprocess.Popen(
            ["node", "-e", PROGRAM, json.dumps(settings)], cwd=FOLDER, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True, process_group=0,
            preexec_fn=dynamodb_local.end_with_parent)
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        if not port:
            raise RuntimeError("s3rver ended at its start")
        self.port = int(port)

    def client(self, account: str) -> Any:
        return dynamodb_local.client(account, self.endpoint_url, "s3")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
        self._folder.cleanup()
