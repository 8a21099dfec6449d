"""Runs the monitor between two accounts of one DynamoDB Local, for the demo and the tests."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dynamodb_local
from patience import PATIENCE_SECONDS

Report = dict[str, Any]


@dataclass
class Ended:
    """What a command left behind: its exit code, its standard output, its standard error."""

    code: int
    output: str
    log: str

    def report(self) -> Report:
        """The one object that --output json prints."""
        report: Report = json.loads(self.output)
        return report


# Flags of which each occurrence counts, beside the --state of report.
REPEATABLE = {"--accept", "--ignore-attribute", "--listen-allow-host", "--migration"}


def once_each(arguments: list[str]) -> list[str]:
    """The program refuses two values of one flag: later flags take the place of earlier ones."""
    repeatable = REPEATABLE | ({"--state"} if arguments[:1] == ["report"] else set())
    parts: list[list[str]] = [[]]
    for word in arguments:
        if word.startswith("--"):
            parts.append([])
        parts[-1].append(word)
    names = [part[0].partition("=")[0] if part else "" for part in parts]
    return [word for number, part in enumerate(parts) for word in part
            if names[number] in repeatable or names[number] not in names[number + 1:]]


class Monitor:
    """The commands of one migration: its profiles, its tables and its state, all in one folder."""

    def __init__(self, binary: Path, folder: Path, endpoint_url: str, table: str = "orders",
                 source: str = "source", target: str = "target",
                 target_endpoint_url: str | None = None) -> None:
        self.binary = binary
        self.folder = folder
        self.endpoint_url = endpoint_url
        self.target_endpoint_url = target_endpoint_url or endpoint_url
        self.table = table
        self.state = folder / "orders.monitor.db"
        self.findings = folder / "findings.jsonl"
        self._process: subprocess.Popen[str] | None = None
        self._output = folder / "output"
        self._log = folder / "log"
        self._config = folder / "aws_config"
        self._config.write_text("".join(
            f"[profile {profile}]\nregion = {dynamodb_local.REGION}\n"
            f"aws_access_key_id = {account}\naws_secret_access_key = local\n"
            for profile, account in (("source", source), ("target", target))))
        (folder / "aws_credentials").touch()

    def environment(self, **more: str) -> dict[str, str]:
        """Ours without what would configure an AWS client, and with the two profiles."""
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith(("AWS_", "DDB_"))}
        return inherited | {
            "AWS_CONFIG_FILE": str(self._config),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "aws_credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
        } | more

    def flags(self) -> list[str]:
        return ["--source-profile", "source", "--target-profile", "target",
                "--target-table", self.table, "--region", dynamodb_local.REGION,
                "--source-endpoint-url", self.endpoint_url,
                "--target-endpoint-url", self.target_endpoint_url,
                *self.state_flags()]

    def state_flags(self) -> list[str]:
        return ["--state", str(self.state), "--findings", str(self.findings)]

    def run(self, *arguments: str, timeout: float = PATIENCE_SECONDS, **environment: str) -> Ended:
        """Any command line of the binary, to its end."""
        done = subprocess.run([self.binary, *once_each(list(arguments))], cwd=self.folder,
                              env=self.environment(**environment), capture_output=True, text=True,
                              timeout=timeout)
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, live: bool = False, command: str = "monitor") -> None:
        """A command with this migration's flags, in the background. Live: its log is ours."""
        assert self._process is None
        words = once_each([command, *self.flags(), *arguments, "--output", "json"])
        with open(self._output, "w") as output, open(self._log, "a") as log:
            self._process = subprocess.Popen(
                [self.binary, *words], cwd=self.folder, env=self.environment(), text=True,
                stdout=output, stderr=None if live else log,
                preexec_fn=dynamodb_local.end_with_parent)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, timeout: float = PATIENCE_SECONDS) -> Ended:
        assert self._process is not None
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"still running after {timeout} s:\n{self.log()[-4000:]}") from None
        self._process = None
        return Ended(code, self._output.read_text(), self.log())

    def stop(self, timeout: float = PATIENCE_SECONDS) -> Ended:
        """The first signal drains."""
        self.signal(signal.SIGINT)
        return self.wait(timeout)

    def kill(self) -> None:
        """At once, as kill -9 does; harmless when it is not running."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def finish(self, *arguments: str, live: bool = False,
               timeout: float = PATIENCE_SECONDS) -> Ended:
        """Goes on where the last run ended, until every change up to now has its outcome."""
        self.start(*arguments, "--until-caught-up", live=live)
        return self.wait(timeout)

    def log(self) -> str:
        """Of all runs by start() so far."""
        return self._log.read_text() if self._log.exists() else ""

    def wait_for_log(self, pattern: str, seconds: float = PATIENCE_SECONDS, after: int = 0) -> None:
        """Until the log matches, behind its first `after` characters."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.log()[after:]):
            if not self.running:
                raise RuntimeError(f"the monitor ended early:\n{self.log()[-4000:]}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"no '{pattern}' within {seconds} s:\n{self.log()[-4000:]}")
            time.sleep(0.2)
