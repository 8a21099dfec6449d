#!/usr/bin/python3
"""Checks what no compiler checks: which folder may include which, what must not stand in the
sources, how long files and functions are, and which functions nobody uses.

The order of the folders is read from src/CMakeLists.txt, so that it is written down once.
Prints one line a fault, as file:line: what; exits 1 if there is any.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import unused_functions
from cpp_text import definitions

ROOT = Path(__file__).resolve().parent.parent
THIS_FILE = "tools/check_structure.py"

FILE_LINES_MAX = 600
LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70

# pattern, the files it is for, what to say
BANNED = [
    (r"\b(TODO|FIXME|XXX)\b", r".*", "unfinished work: do it or open an issue"),
    (r"\bco_spawn\(.*\bdetached\b|\basio::detached\b", r".*\.(cc|h)$",
     "a detached coroutine loses its errors: spawn it in a task_group"),
    (r"(?<![\w.~$}])/(home|Users|root|work)/\w", r"(?!LICENSE).*", "a path of one machine"),
    (r'"resolved":', r".*package-lock\.json$", "a registry's address in a lock file: "
     "npm install --omit-lockfile-registry-resolved"),
    (r"\bfile\s*\(\s*GLOB", r".*CMakeLists\.txt$", "globbing: name the files"),
    (r"<<<<<<< |>>>>>>> ", r".*", "a merge conflict"),
]
# Headers that wait for something: they may reach Asio. All others are pure, and stay so: values,
# decisions, parsers and texts, which a test asks without a loop.
WAITING = {
    "aws":
        "assumed_role container_credentials credential_chain credential_context "
        "credentials_source http_transport instance_metadata process_credentials "
        "profile_keys refreshing_credentials service_client sso_credentials sso_token "
        "sts_client transport",
    "cli":
        "absence_alerts alert_sender baseline_export compare_command compared_tables connection comparison_array copied_files ending event_loop export_changes fetched_part held_state item_command "
        "live_panels merged_comparison monitor_command onlookers open_migration other_parts plan_look process reached_table repair_command "
        "run_description shared_budgets shared_connections shown_runs source_export start_text state_beginning web_api web_findings web_server web_shards",
    "compare": "changed_keys export_scanner page_source pair_log segment_scanner table_comparer",
    "dynamodb": "answer describe_settings dynamodb_client streams_client table_reader",
    "exports": "export_bucket export_file_reader export_folder export_store table_export",
    "monitor":
        "baseline change_ledger checking compare_session comparison_parts coverage_gaps deferred_feed finding_desk "
        "finding_news findings_flow handover migration monitor_session opened_state other_commands run_end "
        "same_place session session_part settings_watch stream_reading "
        "watched_tables",
    "net": "answer_parser connection host_lookup http_client slot_queue tls_context",
    "plan": "permissions",
    "remote": "dynamodb_state_table fetch_copy file_source state_directory state_keeper state_table",
    "repair": "finding_notes repair_session",
    "runtime":
        "asio child_process clock deadline drain_signal named_executor rate_limiter retry signal "
        "task_group then_always worker_pool",
    "s3": "s3_answer s3_client",
    "serve": "event_feed http_server request_parser server_connection server_limits",
    "state": "sqlite_store state_store state_tables",
    "summary": "signs_of_life stored_facts",
    "stream": "listing_pace record_sink shard_reader stream_consumer stream_follower",
    "testdata": "item_writer",
    "verify": "findings_file record_verifier",
}
ASIO = re.compile(r"\s*#\s*include\s+<boost/(asio|beast)[/.]")
BANNED_FOLDERS = {"util", "utils", "common", "helpers", "manager", "misc"}


def tracked_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(name for name in listing.split("\0") if name and (ROOT / name).is_file())


def folder_order() -> list[str]:
    text = (ROOT / "src/CMakeLists.txt").read_text()
    return re.findall(r"^add_subdirectory\((\w+)\)", text, re.MULTILINE)


def include_faults(name: str, lines: list[str], order: list[str]) -> Iterator[str]:
    folder = name.split("/")[1]
    if folder not in order:
        yield f"{name}:1: folder '{folder}' is not in src/CMakeLists.txt"
        return
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not match:
            continue
        included = match[1].split("/")[0]
        if "/" not in match[1] or included not in order:
            yield f"{name}:{number}: include a project header as \"folder/file.h\""
        elif order.index(included) > order.index(folder):
            yield (f"{name}:{number}: {folder} must not include {included}: "
                   f"the order is {' < '.join(order)}")


def asio_reached(headers: dict[str, list[str]]) -> dict[str, str]:
    """Of each header that reaches Asio, the first step on the way there."""
    direct = {name: [match[1] for line in lines
                     if (match := re.match(r'\s*#\s*include\s+"([^"]+)"', line))]
              for name, lines in headers.items()}
    reached = {name: "Asio" for name, lines in headers.items() if any(map(ASIO.match, lines))}
    while more := {name: step for name, included in direct.items() if name not in reached
                   for step in included if step in reached}:
        reached |= more
    return reached


def purity_faults(headers: dict[str, list[str]], waiting: dict[str, str]) -> Iterator[str]:
    """`headers` by their names in includes, "folder/file.h"."""
    may = {f"{folder}/{stem}.h" for folder, stems in waiting.items() for stem in stems.split()}
    reached = asio_reached(headers)
    for name in sorted(reached.keys() - may):
        yield (f"src/{name}:1: a pure header reaches Asio through {reached[name]}: take values from a "
               f"header of their own, or name this one under WAITING in {THIS_FILE}")
    for name in sorted(may - reached.keys()):
        yield f"{THIS_FILE}:1: {name} does not reach Asio: take it out of WAITING"


def text_faults(name: str, lines: list[str]) -> Iterator[str]:
    for pattern, files, what in BANNED:
        if not re.match(files, name):
            continue
        for number, line in enumerate(lines, 1):
            if re.search(pattern, line):
                yield f"{name}:{number}: {what}"


def size_faults(name: str, lines: list[str]) -> Iterator[str]:
    if len(lines) > FILE_LINES_MAX:
        yield f"{name}:{len(lines)}: more than {FILE_LINES_MAX} lines: one file, one thing"
    for number, line in enumerate(lines, 1):
        # clang-format sees to the columns of C++.
        if name.endswith(".py") and len(line) > LINE_COLUMNS_MAX:
            yield f"{name}:{number}: longer than {LINE_COLUMNS_MAX} columns"


def function_faults(name: str, text: str) -> Iterator[str]:
    """The lambdas in a function count to it."""
    for function in definitions(text):
        if function.lines > FUNCTION_LINES_MAX:
            yield (f"{name}:{function.first_line}: {function.full_name} has {function.lines} lines, "
                   f"more than {FUNCTION_LINES_MAX}")


def orphan_faults(name: str) -> Iterator[str]:
    """A source that no CMakeLists.txt names is not built, and rots."""
    path = ROOT / name
    for folder in path.parents:
        lists = folder / "CMakeLists.txt"
        if lists.is_file() and re.search(rf"(?<![\w.]){re.escape(path.stem)}\b", lists.read_text()):
            return
        if folder == ROOT:
            break
    yield f"{name}:1: no CMakeLists.txt names this source"


def faults() -> Iterator[str]:
    order = folder_order()
    headers = {}
    sources = {}
    for name in tracked_files():
        if name == THIS_FILE:
            continue
        try:
            text = (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, a fuzz input; what a test beside this one has taken away again
        lines = text.splitlines()
        yield from text_faults(name, lines)
        if BANNED_FOLDERS & set(Path(name).parts[:-1]):
            yield f"{name}:1: a folder is named for what it holds, not util or common"
        if name.endswith((".cc", ".h", ".py")):
            yield from size_faults(name, lines)
        if name.endswith((".cc", ".h")):
            yield from function_faults(name, text)
        if name.endswith((".cc", ".h")) and re.match(r"src/\w+/", name):
            yield from include_faults(name, lines, order)
            sources[name.removeprefix("src/")] = text
        if name.endswith(".h") and name.startswith("src/"):
            headers[name.removeprefix("src/")] = lines
        if name.endswith(".cc"):
            yield from orphan_faults(name)
    yield from purity_faults(headers, WAITING)
    yield from unused_functions.faults(sources, unused_functions.ALLOWED)


def main() -> int:
    found = list(faults())
    for fault in found:
        print(fault)
    print(f"structure: {len(found)} faults" if found else "structure: no faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
