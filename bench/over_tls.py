#!/usr/bin/python3
"""`compare` in the clear, over TLS, and over TLS through a proxy: what the way costs.

Both tables come from one fake service on loopback; in front of it stand a TLS end and a CONNECT
proxy, processes that are not counted. Where Linux's `perf` is there, it tells how much of the CPU
time goes into ciphers (libcrypto, libssl) and into copying (memmove and the kernel's).

usage: bench/over_tls.py BUILD_FOLDER [--items N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from fake_service import FakeService  # noqa: E402
from monitor import Monitor  # noqa: E402

TABLE = "orders"
CHUNK = 1 << 18
COPYING = re.compile(r"memmove|memcpy|_copy_(to|from)_(iter|user)|copy_mc|copyin|copyout")
SECONDS_MAX = 600


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str,
               port: int) -> None:
    there, back = await asyncio.open_connection(host, port, limit=CHUNK)
    await asyncio.gather(pass_on(reader, back), pass_on(there, writer))


async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    host, port = head.split()[1].decode().rsplit(":", 1)
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await join(reader, writer, host, int(port))


async def serve(service_port: int, folder: Path, told: Connection) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    tls = await asyncio.start_server(
        lambda reader, writer: join(reader, writer, "127.0.0.1", service_port), "127.0.0.1", 0,
        ssl=context, limit=CHUNK)
    proxy = await asyncio.start_server(tunnel, "127.0.0.1", 0, limit=CHUNK)
    told.send([server.sockets[0].getsockname()[1] for server in (tls, proxy)])
    await asyncio.sleep(SECONDS_MAX)


def way(service_port: int, folder: Path, told: Connection) -> None:
    asyncio.run(serve(service_port, folder, told))


def shares(record: Path) -> str:
    """Of ciphers and of copying, in percent of the samples."""
    command = ["perf", "report", "-i", str(record), "--stdio", "--no-children", "-g", "none",
               "--sort", "dso,symbol"]
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    ciphers = copying = 0.0
    for line in table.splitlines():
        if found := re.match(r" +([\d.]+)% +(\S+) +(.*)", line):
            if re.match(r"libcrypto|libssl", found[2]):
                ciphers += float(found[1])
            elif COPYING.search(found[3]):
                copying += float(found[1])
    return f", ciphers {ciphers:.0f} %, copying {copying:.0f} %"


def measure(name: str, monitor: Monitor, variables: dict[str, str], folder: Path) -> None:
    command = [str(monitor.binary), "compare", *monitor.flags(), "--max-rcu", "unlimited",
               "--segments", "64", "--output", "json"]
    environment = monitor.environment() | variables

    def run(before: list[str]) -> tuple[int, float]:
        with open(folder / "log", "w") as log, \
                subprocess.Popen([*before, *command], env=environment, cwd=folder, text=True,
                                 stdout=subprocess.PIPE, stderr=log) as process:
            assert process.stdout is not None
            answer = json.loads(process.stdout.read())
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError((folder / "log").read_text()[-2000:])
        return 2 * answer["compared"]["items"], usage.ru_utime + usage.ru_stime

    items, seconds = run([])
    told = ""
    if shutil.which("perf"):
        record = folder / "perf.data"
        run(["perf", "record", "-q", "-F", "1999", "-o", str(record)])
        told = shares(record)
    print(f"  {name:<26}{items / seconds:12,.0f} items a CPU second{told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(usage=(__doc__ or "").rpartition("usage: ")[2].strip())
    parser.add_argument("build", type=Path)
    parser.add_argument("--items", type=int, default=400_000)
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    service = FakeService("--items", str(arguments.items), "--shape", "small",
                          binary=build / "tests/support/serve_fake")
    with service, tempfile.TemporaryDirectory(prefix="ddm-bench-") as name:
        folder = Path(name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
                       check=True, capture_output=True)
        mine, theirs = multiprocessing.Pipe()
        port = int(service.endpoint_url.rsplit(":", 1)[1].rstrip("/"))
        process = multiprocessing.Process(target=way, args=(port, folder, theirs), daemon=True)
        process.start()
        tls_port, proxy_port = mine.recv()
        authority = {"AWS_CA_BUNDLE": str(folder / "certificate.pem")}
        proxy = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy_port}", "NO_PROXY": ""}
        binary = build / "dynamodb-migration-monitor"
        url = f"https://localhost:{tls_port}"
        print(f"whole compare, {arguments.items:,} small items a side")
        for name, endpoint, variables in (
                ("in the clear", service.endpoint_url, {}), ("over TLS", url, authority),
                ("over TLS, through a proxy", url, authority | proxy)):
            part = folder / name.replace(" ", "-")
            part.mkdir()
            measure(name, Monitor(binary, part, endpoint, TABLE), variables, part)
        process.terminate()


if __name__ == "__main__":
    main()
