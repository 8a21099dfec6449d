"""One case as files and variables."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from cases import Case


class World:
    """One case's home folder and environment, made anew for each who is asked."""

    def __init__(self, case: Case, fake_url: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ddm-referee-")
        self.home = Path(self._folder.name)
        self._fake_url = fake_url
        self._write(".aws/config", case.config)
        self._write(".aws/credentials", case.credentials)
        for name, text in case.files.items():
            self._write(name, text)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.home),
            "AWS_EC2_METADATA_DISABLED": "true",
            "ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99",
            "AWS_ENDPOINT_URL_STS": fake_url, "AWS_ENDPOINT_URL_SSO": fake_url,
            "AWS_ENDPOINT_URL_SSO_OIDC": fake_url,
        } | {name: self._filled(value) for name, value in case.env.items()}

    def _filled(self, text: str) -> str:
        return text.replace("@FAKE@", self._fake_url).replace("@HOME@", str(self.home))

    def _write(self, name: str, text: str) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._filled(text))

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=self.environment | more, cwd=self.home,
                              capture_output=True, text=True, timeout=60)
