#!/usr/bin/python3
"""The demo: a live migration with faults in its replication, and the monitor that finds them.

Two accounts on one DynamoDB Local hold the same 10,000 orders. Traffic changes the source, a
replicator carries the changes to the target 1 to 3 seconds late and spoils some of them; only it
knows which. The monitor checks every change. At the end its findings are held against what was
planted; exit code 0 means that it found all of it, named each kind rightly, and reported nothing
else. Meanwhile the monitor's page shows all of it; with --keep it goes on after that.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import judge
from defects import LIFE, Defects
from dynamodb_local import DynamodbLocal
from monitor import Monitor, Report
from tables import KeySchema, create_table, enable_stream, put_items
from traffic import initial_items
from truth import Truth

TOOLS = Path(__file__).resolve().parent
BINARY = TOOLS.parent / "build/release/dynamodb-migration-monitor"
TABLE = "orders"


def say(text: str) -> None:
    print(f"\n\033[1m== {text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def free_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def start(stack: ExitStack, *command: str | Path,
          output: Path | None = None) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, stdout=open(output, "wb") if output else None)

    def end() -> None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    stack.callback(end)
    return process


def prepare(local: DynamodbLocal, world: Defects) -> None:
    schema = KeySchema("S")
    items = list(initial_items(schema, world).values())
    for account in ("source", "target"):
        client = local.client(account)
        create_table(client, TABLE, schema)
        put_items(client, TABLE, items)
    enable_stream(local.client("source"), TABLE, "NEW_AND_OLD_IMAGES")


def demonstrate(arguments: argparse.Namespace, folder: Path, stack: ExitStack) -> bool:
    begin = time.monotonic()
    page = free_address()
    say(f"the live page: http://{page}/ (as soon as the monitor has started)")
    world = Defects(arguments.items, arguments.seed, {kind: arguments.defects for kind in LIFE})
    say("DynamoDB Local with two accounts, the same orders in both")
    local = stack.enter_context(DynamodbLocal())
    prepare(local, world)
    print(f"{arguments.items} items a side after {time.monotonic() - begin:.0f} s")

    shared = ["--endpoint-url", local.endpoint_url, "--table", TABLE,
              "--items", str(arguments.items), "--seed", str(arguments.seed)]
    for kind in LIFE:
        shared += [f"--{kind}", str(arguments.defects)]
    planted = folder / "planted.jsonl"
    replicator = start(stack, TOOLS / "replicator.py", *shared, "--planted", planted,
                       "--record", folder / "arrivals.jsonl", output=folder / "replicated")

    monitor = Monitor(BINARY, folder, local.endpoint_url, TABLE)
    flags = ["--sample-rate", "1", "--iterator-type", "TRIM_HORIZON",
             "--max-lag", f"{arguments.max_lag}s", "--validation-interval", "2s",
             "--stats-interval", "10s", "--listen", page]
    say(f"the monitor (--max-lag {arguments.max_lag}s instead of 60s, so that this ends soon)")
    print(" ".join([BINARY.name, "monitor", *monitor.flags(), *flags]), flush=True)
    stack.callback(monitor.kill)
    monitor.start(*flags, live=True)

    say(f"{arguments.changes} changes at {arguments.rate} a second; "
        f"{arguments.defects} defects of each kind: {', '.join(LIFE)}")
    traffic = start(stack, TOOLS / "traffic.py", *shared, "--changes", str(arguments.changes),
                    "--rate", str(arguments.rate), "--record", folder / "written.jsonl",
                    output=folder / "traffic.json")
    while traffic.poll() is None:
        if not monitor.running or replicator.poll() is not None:
            raise RuntimeError("the monitor or the replicator has ended early")
        time.sleep(0.2)
    if traffic.returncode != 0:
        raise RuntimeError("the traffic failed")
    account = json.loads((folder / "traffic.json").read_text())
    say(f"the traffic has ended: {account}; Ctrl-C to the monitor")
    monitor.stop()

    say("the same command once more: it goes on where it was, until each change has been judged")
    ended = monitor.finish(*flags, live=True, timeout=300)
    result = judge.judge(judge.read_findings(monitor.findings), judge.planted_defects(planted),
                         Truth.of(folder / "written.jsonl", folder / "arrivals.jsonl"),
                         arguments.max_lag)
    exact = conclude(result, ended.code, ended.report(), account, begin)
    if arguments.keep:
        keep_open(monitor, flags, page)
    return exact


def keep_open(monitor: Monitor, flags: list[str], page: str) -> None:
    """The same command once more, until somebody has seen enough."""
    say(f"the page stays: http://{page}/ until Ctrl-C")
    monitor.start(*flags, live=True)
    try:
        while monitor.running:
            time.sleep(0.2)
    except KeyboardInterrupt:
        pass  # what was found has been told; the monitor has got it too, or is ended by the caller


def conclude(result: judge.Judgement, code: int, report: Report, account: dict[str, int],
             begin: float) -> bool:
    events = {name: report["events"][name] for name in ("insert", "modify", "remove")}
    written = {name: account[name] for name in events}
    say("findings against what was planted")
    print(result)
    equal = "equal" if events == written else "DIFFERENT"
    print(f"events counted {events}, written {written}: {equal}")
    print(f"exit code of the monitor: {code} (1: confirmed mismatches are open)")
    exact = result.exact and events == written and code == 1
    print(f"{'EXACT' if exact else 'NOT EXACT'} after {time.monotonic() - begin:.0f} s")
    return exact


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.split("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=400, help="changes a second")
    parser.add_argument("--defects", type=int, default=6, help="planted, of each kind")
    parser.add_argument("--max-lag", type=int, default=15, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true",
                        help="leave the page open at the end, until Ctrl-C")
    parser.add_argument("--folder", type=Path, help="keep state and findings there")
    arguments = parser.parse_args()
    if arguments.folder and arguments.folder.exists() and any(arguments.folder.iterdir()):
        parser.error(f"{arguments.folder} is not empty")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return 0 if demonstrate(arguments, folder.resolve(), stack) else 1
        except RuntimeError as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\ninterrupted", file=sys.stderr)
    return 130


if __name__ == "__main__":
    sys.exit(main())
