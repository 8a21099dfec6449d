#!/usr/bin/python3
"""Makes the decisions wrong, one small change after the other, and shows which nobody notices.

Each mutant is built in a copy of the tree (build/mutate) and held against the unit tests of the
folders that decide, those of its own folder first, and against seeds of the simulation. One that
does not compile is no mutant, and another is drawn for it; one that compiles to the same programs
is equal. What survives is either a missing test or a change that changes nothing.

usage: mutate.py [N] [SEED] [--only PATH] [--again LOG]
  N mutants (20) of those that SEED (1) draws; --again: of these only those that survived in LOG,
  what an earlier run with this SEED has printed, to see whether new tests notice them; N is all of
  them then
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from check_structure import ROOT, tracked_files
from mutants import Mutant, drawn

TREE = ROOT / "build/mutate/tree"
BUILD = ROOT / "build/mutate/out"
FOLDERS = ["verify", "stream", "compare", "report", "monitor"]
SIMULATE = "simulation/simulate"
SEEDS = 150
# No warning is an error here: a dropped statement often leaves something unused.
FLAGS = "-O1 -g0 -w -D_GLIBCXX_ASSERTIONS"
JOBS = os.cpu_count() or 1


def run(command: list[str], seconds: float | None = None,
        environment: dict[str, str] | None = None) -> tuple[int | None, str]:
    """Exit code and output; no exit code where the time was over.

    The limit is one of processor time, so that a busy machine makes no mutant look noticed; what
    sleeps for ever instead is ended after four times as long.
    """
    limit = [] if seconds is None else ["prlimit", f"--cpu={round(seconds)}"]
    with subprocess.Popen([*limit, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", start_new_session=True,
                          env=os.environ | (environment or {})) as process:
        try:
            output, _ = process.communicate(timeout=4 * seconds if seconds else None)
            over = process.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
            return None if over else process.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0]


def copy_tree() -> None:
    """The sources as they are now; what is the same stays untouched, so that little is built."""
    names = set(tracked_files())
    for path in TREE.rglob("*"):
        if path.is_file() and str(path.relative_to(TREE)) not in names:
            path.unlink()
    for name in names:
        copy, content = TREE / name, (ROOT / name).read_bytes()
        if not copy.is_file() or copy.read_bytes() != content:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
            shutil.copymode(ROOT / name, copy)


def programs() -> list[str]:
    return [f"{folder}/{folder}_test" for folder in FOLDERS] + [SIMULATE]


def build() -> tuple[bool, str]:
    code, output = run(["ninja", "-C", str(BUILD), "-j", str(JOBS),
                        *(f"tests/{program}" for program in programs())])
    return code == 0, output


def prints() -> dict[str, str]:
    return {program: hashlib.sha256((BUILD / "tests" / program).read_bytes()).hexdigest()
            for program in programs()}


def complaint_of_test(program: str, seconds: float | None) -> str:
    """The first test that fails; nothing when all pass."""
    def shard(number: int) -> str:
        code, output = run(
            [str(BUILD / "tests" / program), "--gtest_brief=1", "--gtest_fail_fast"], seconds,
            {"GTEST_TOTAL_SHARDS": str(JOBS), "GTEST_SHARD_INDEX": str(number)})
        if code == 0:
            return ""
        failed = re.search(r"\[  FAILED  \] ([^\s,]+)", output)
        return failed[1] if failed else "time limit" if code is None else f"ended with {code}"
    with ThreadPoolExecutor(JOBS) as pool:
        complaint = next(filter(None, pool.map(shard, range(JOBS))), "")
    return f"{program.partition('/')[0]} {complaint}" if complaint else ""


def complaint_of_simulation(seconds: float | None) -> str:
    code, output = run([str(BUILD / "tests" / SIMULATE), "--seeds", str(SEEDS), "--jobs", str(JOBS),
                        "--until-failure"], seconds)
    if code == 0:
        return ""
    if code is None:
        return "simulation time limit"
    seed = re.search(r"violations in +(\d+)", output)
    said = re.search(r"^  ! (?:\S+ )?(.{1,80})", output, re.MULTILINE)
    return f"simulation seed {seed[1] if seed else '?'}: {said[1] if said else 'aborted'}"


def complaint_of(program: str, seconds: float | None) -> str:
    if program == SIMULATE:
        return complaint_of_simulation(seconds)
    return complaint_of_test(program, seconds)


def seconds_of_children() -> float:
    """Processor time of what has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def usual_seconds() -> dict[str, float]:
    """The processor time of each program when nothing is wrong, which must be so."""
    seconds = {}
    for program in programs():
        began = seconds_of_children()
        if found := complaint_of(program, None):
            sys.exit(f"mutate: the tree itself fails: {found}")
        seconds[program] = seconds_of_children() - began
    return seconds


def complaint(name: str, changed: set[str], usual: dict[str, float]) -> str:
    """Of the programs that have the mutant in them: the unit tests of its own folder first, the
    simulation last."""
    def confirmed(program: str) -> str:
        """A limit or a signal may be the machine's doing: it must come twice."""
        found = complaint_of(program, 30 + 3 * usual[program])
        if re.search(r" (time limit|ended with -\d+)$", found):
            found = complaint_of(program, 30 + 3 * usual[program])
        return found
    own = name.split("/")[1]
    order = sorted(changed, key=lambda program: (program == SIMULATE,
                                                 not program.startswith(own + "/"), program))
    return next(filter(None, map(confirmed, order)), "")


def judge(name: str, mutant: Mutant, usual_prints: dict[str, str],
          usual: dict[str, float]) -> tuple[str, str]:
    """What became of it, and who noticed."""
    path = TREE / name
    text = path.read_text()
    path.write_text(mutant.applied(text))
    try:
        built, _ = build()
        if not built:
            return "did not compile", ""
        changed = {program for program, print_ in prints().items()
                   if print_ != usual_prints[program]}
        if not changed:
            return "equal", ""
        noticed = complaint(name, changed, usual)
        return ("noticed", noticed) if noticed else ("survived", "")
    finally:
        path.write_text(text)


def sources(only: str) -> dict[str, str]:
    """A header would have half of the tree built anew; what it decides is left out."""
    return {str(path.relative_to(TREE)): path.read_text()
            for folder in FOLDERS for path in sorted((TREE / "src" / folder).glob("*.cc"))
            if str(path.relative_to(TREE)).startswith(only)}


def survivors(log: str) -> set[str]:
    """File, line and change of each, as they were printed."""
    lines = re.findall(r"^survived +(.*)  \(\d+ s\)$", Path(log).read_text(), re.MULTILINE)
    return set(lines)


def wanted(texts: dict[str, str], seed: int, again: str) -> Iterator[tuple[str, Mutant]]:
    """Those that the seed draws; with a log of it those that survived there, and last the names of
    those that are in the tree no more."""
    named = survivors(again) if again else set()
    missed = set(named)
    for name, mutant in drawn(texts, seed):
        told = f"{name}:{mutant.line}  {mutant.told(texts[name])}"
        if not again or told in named:
            missed.discard(told)
            yield name, mutant
    for told in sorted(missed):
        print(f"{'not there':<16}{told}")


def main() -> int:
    parser = argparse.ArgumentParser(usage=(__doc__ or "").rpartition("usage: ")[2].strip())
    parser.add_argument("mutants", nargs="?", type=int)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--again", default="")
    chosen = parser.parse_args()
    mutants = chosen.mutants or (sys.maxsize if chosen.again else 20)
    TREE.mkdir(parents=True, exist_ok=True)
    copy_tree()
    code, output = run(["cmake", "--preset", "ci", "-S", str(TREE), "-B", str(BUILD),
                        f"-DCMAKE_CXX_FLAGS={FLAGS}"])
    built, built_output = build() if code == 0 else (False, output)
    if not built:
        sys.exit(f"mutate: the tree itself does not build:\n{built_output[-3000:]}")
    usual_prints, usual = prints(), usual_seconds()
    tally: Counter[str] = Counter()
    begun = time.monotonic()
    for name, mutant in wanted(sources(chosen.only), chosen.seed, chosen.again):
        if tally["noticed"] + tally["survived"] + tally["equal"] >= mutants:
            break
        began = time.monotonic()
        text = (TREE / name).read_text()
        ended, by = judge(name, mutant, usual_prints, usual)
        tally[ended] += 1
        print(f"{ended:<16}{name}:{mutant.line}  {mutant.told(text)}"
              f"{'  by ' + by if by else ''}  ({time.monotonic() - began:.0f} s)", flush=True)
    different = tally["noticed"] + tally["survived"]
    print(f"seed {chosen.seed}: {tally['noticed']} of {different} noticed, {tally['survived']} "
          f"survived; {tally['equal']} equal, {tally['did not compile']} did not compile; "
          f"{(time.monotonic() - begun) / max(1, sum(tally.values())):.0f} s each")
    return 0


if __name__ == "__main__":
    sys.exit(main())
