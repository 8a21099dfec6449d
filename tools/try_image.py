#!/usr/bin/python3
"""Proves that the image of tools/make_image.sh can be used: runs it with runc, as its own user on a
read-only root without capabilities, for a comparison and a monitor on DynamoDB Local. Then over
TLS: its authorities refuse a server of an unknown one, and AWS_CA_BUNDLE makes it accepted.

Needs root, and runc, umoci and skopeo (installed when missing).
usage: tools/try_image.py      (the archive in build/package)
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from dynamodb_local import REGION, DynamodbLocal
from tables import KeySchema, create_table, enable_stream, put_items

ROOT = Path(__file__).resolve().parents[1]
USER = 65532
TABLE = "orders"
WRONG = 3


def bundle(work: Path) -> Path:
    for program in ("runc", "umoci", "skopeo"):
        if not shutil.which(program):
            subprocess.run(["apt-get", "-qq", "install", "--yes", "--no-install-recommends",
                            program], check=True, stdout=subprocess.DEVNULL)
    made = 'source tools/debian.sh && made_package image "$(dpkg --print-architecture)"'
    archive = ROOT / subprocess.run(["bash", "-c", made], cwd=ROOT, check=True, text=True,
                                    stdout=subprocess.PIPE).stdout.strip()
    subprocess.run(["skopeo", "copy", "--quiet", "--insecure-policy", f"oci-archive:{archive}",
                    f"oci:{work / 'image'}:x"], check=True)
    subprocess.run(["umoci", "unpack", "--image", f"{work / 'image'}:x", str(work / "bundle")],
                   check=True, stderr=subprocess.DEVNULL)
    return work / "bundle"


class Container:
    """The image with a volume for the state and a folder of profiles, on our loopback."""

    def __init__(self, work: Path) -> None:
        self._bundle = bundle(work)
        self.state, self.profiles = work / "state", work / "profiles"
        self.state.mkdir()
        os.chown(self.state, USER, USER)
        self.profiles.mkdir()
        lines = [f"[{name}]\naws_access_key_id = {name}\naws_secret_access_key = local\n"
                 for name in ("source", "target")]
        (self.profiles / "credentials").write_text("".join(lines))
        self._config = json.loads((self._bundle / "config.json").read_text())
        self._number = 0

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        config: dict[str, Any] = json.loads(json.dumps(self._config))
        process = config["process"]
        assert (process["user"]["uid"], process["args"]) == \
            (USER, ["/usr/bin/dynamodb-migration-monitor"]), process
        process |= {"terminal": False, "args": [*process["args"], *arguments], "capabilities": {},
                    "noNewPrivileges": True}
        variables["AWS_SHARED_CREDENTIALS_FILE"] = "/profiles/credentials"
        process["env"] += [f"{name}={value}" for name, value in variables.items()]
        config["root"]["readonly"] = True
        config["mounts"] = [each for each in config["mounts"] if each["type"] != "cgroup"] + [
            {"destination": f"/{folder.name}", "type": "bind", "source": str(folder),
             "options": ["bind", mode]}
            for folder, mode in ((self.state, "rw"), (self.profiles, "ro"))]
        config["linux"].pop("resources", None)
        config["linux"]["namespaces"] = [each for each in config["linux"]["namespaces"]
                                         if each["type"] not in ("network", "cgroup")]
        (self._bundle / "config.json").write_text(json.dumps(config))
        self._number += 1
        return subprocess.run(["runc", "run", "--bundle", str(self._bundle),
                               f"ddm-{os.getpid()}-{self._number}"], capture_output=True, text=True,
                              check=False, timeout=120)


def certify(work: Path) -> Path:
    """An authority of our own, and a certificate.pem and key.pem for loopback that it signed."""
    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=work, check=True, stderr=subprocess.DEVNULL)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority",
            "-keyout", "authority_key.pem", "-out", "authority.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=loopback",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "asked.pem")
    openssl("x509", "-req", "-in", "asked.pem", "-copy_extensions", "copyall", "-days", "2",
            "-CA", "authority.pem", "-CAkey", "authority_key.pem", "-CAcreateserial",
            "-out", "certificate.pem")
    return work / "authority.pem"


def try_tls(container: Container, work: Path) -> str | None:
    """What is wrong."""
    work.mkdir()
    shutil.copy(certify(work), container.profiles / "authority.pem")
    with subprocess.Popen([sys.executable, ROOT / "tools/tls_server.py", work],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            url = f"https://127.0.0.1:{server.stdout.readline().strip()}"
            tables = ["--region", REGION, "--target-table", TABLE,
                      "--source-profile", "source", "--source-endpoint-url", url,
                      "--target-profile", "target", "--target-endpoint-url", url]
            refused = "certificate is not accepted"
            told = container.run("plan", *tables).stdout
            if refused not in told:
                return f"a certificate of an unknown authority is not refused:\n{told}"
            print("https, by an authority that is not in the image: refused")
            told = container.run("plan", *tables, AWS_CA_BUNDLE="/profiles/authority.pem").stdout
            # The server is no DynamoDB: that its answer is no answer is what shall be told.
            if refused in told or "DescribeTable" not in told:
                return f"with AWS_CA_BUNDLE it is not accepted:\n{told}"
            print("https, with that authority in AWS_CA_BUNDLE: accepted")
        finally:
            server.kill()
    return None


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, DynamodbLocal() as local:
        os.chmod(folder, 0o755)
        container = Container(Path(folder))
        began = time.monotonic()
        told = container.run("--version")
        print(f"{told.stdout.strip()}, started in {time.monotonic() - began:.2f} s")
        subprocess.run(["bash", "-c", 'source tools/debian.sh && check_state_format "$1"', "bash",
                        told.stdout.strip()], cwd=ROOT, check=True)
        schema = KeySchema()
        items = [schema.key(number) | {"v": {"N": "1"}} for number in range(100)]
        for account in ("source", "target"):
            create_table(local.client(account), TABLE, schema)
            put_items(local.client(account), TABLE, items[WRONG if account == "target" else 0:])
        enable_stream(local.client("source"), TABLE, "NEW_AND_OLD_IMAGES")
        tables = ["--source-profile", "source", "--target-profile", "target", "--target-table",
                  TABLE, "--region", REGION, "--source-endpoint-url", local.endpoint_url,
                  "--target-endpoint-url", local.endpoint_url, "--max-lag", "1s",
                  "--output", "json", "--state", "/state/orders.monitor.db"]
        for command in (["compare"], ["monitor", "--duration", "3s", "--sample-rate", "1"]):
            ended = container.run(*command, *tables)
            report = json.loads(ended.stdout or "{}")
            if ended.returncode != 1 or report["mismatches"]["missing"] != WRONG:
                print(ended.stdout, ended.stderr, file=sys.stderr)
                return 1
            print(f"{command[0]}: exit code 1, {WRONG} missing, as it is")
        state = container.state / "orders.monitor.db"
        if state.stat().st_uid != USER:
            print(f"{state} is of another user", file=sys.stderr)
            return 1
        if wrong := try_tls(container, Path(folder) / "tls"):
            print(wrong, file=sys.stderr)
            return 1
    print("the image works: read-only root, no capabilities, user", USER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
