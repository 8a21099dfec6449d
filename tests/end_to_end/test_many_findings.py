"""Tens of thousands of open findings: the live page in a browser, the list over HTTP, the report.

DDM_FINDINGS sets their number: 100,000 for the full proof.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from harness import TABLE, FakeService, KeySchema, Monitor, Scenario
from chromium import Browser, Shown  # harness knows where the tools are
from demo import free_address
from judge import key_text
from web_api import answer_of

FINDINGS = int(os.environ.get("DDM_FINDINGS", "20000"))
MISSING = 120  # the others differ at `total`
EQUAL = 500
ROWS_SHOWN = 50
SCHEMA = KeySchema("S", "N")
COMPARE = ["--max-lag", "1s", "--max-rcu", "unlimited", "--segments", "8"]
MONITOR = ["--sample-rate", "1", "--max-lag", "1s", "--validation-interval", "200ms"]
# An answer of the list is 1 MiB and a line at most; all others tell of everything in a few words.
LIST_BYTES_MAX, OTHER_BYTES_MAX = 1_200_000, 150_000
REPORT_BYTES_MAX = 200_000
ELEMENTS_MAX = 5_000
HEAP_BYTES_MAX = 16 << 20
MONITOR_MEBIBYTES_MAX = 1_536  # sanitizers take most of it
REPORT_MEBIBYTES_MAX = 512  # likewise
SHOWN_SECONDS_MAX = 60  # seconds are usual, on a machine that does other things as well


class ManyFindings(Scenario):
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        cls.service = FakeService("--items", str(FINDINGS + EQUAL), "--shuffled", "1")
        cls.service.start()
        cls.addClassCleanup(cls.service.stop)
        cls.service.command(f"drop 0 {MISSING}")
        cls.service.command(f"change {MISSING} {FINDINGS - MISSING}")

    def setUp(self) -> None:
        self.address = free_address()
        self.monitor = Monitor(Path(os.environ["DDM_MONITOR"]), self.folder(),
                               self.service.endpoint_url, TABLE)
        self.addCleanup(self.monitor.kill)
        self.figures: list[str] = []

    def api(self, path: str) -> Any:
        body = answer_of(f"http://{self.address}/api/v1/migrations/{TABLE}/{path}")
        self.assertLess(len(body), LIST_BYTES_MAX, path)
        return json.loads(body)

    def timed(self, what: str, begun: float) -> None:
        took = time.monotonic() - begun
        self.figures.append(f"{what} {took:.1f} s")
        self.assertLess(took, SHOWN_SECONDS_MAX, what)

    def test_all_are_told_and_each_is_found(self) -> None:
        begun = time.monotonic()
        self.monitor.start(*COMPARE, command="compare")
        self.assert_exit(self.monitor.wait(300), 1)
        self.figures.append(f"{FINDINGS:,} found in {time.monotonic() - begun:.0f} s")
        compared = len(self.monitor.log())
        self.monitor.start(*MONITOR, "--listen", self.address)
        self.monitor.wait_for_log("verdict: NO-GO", after=compared)
        self.assertEqual(self.api("status")["open_keys"]["all"], FINDINGS)
        self.report_tells_them()
        self.page_shows_them()
        self.list_has_them()
        print("; ".join(self.figures), file=sys.stderr)
        ended = self.monitor.stop()
        self.assert_exit(ended, 1)

    def page_shows_them(self) -> None:
        browser = Browser()
        self.addCleanup(browser.close)
        begun = time.monotonic()
        browser.do("open", url=f"http://{self.address}/")
        shown = browser.wait_for(lambda now: len(now["rows"]) == ROWS_SHOWN)
        self.timed("first rows", begun)
        self.assertEqual(shown["count"], f"{FINDINGS:,} keys are open.")
        self.assertEqual(shown["groups"],
                         {"missing": str(MISSING), "different": f"{FINDINGS - MISSING:,}"})
        self.assertEqual(shown["verdict"], "NO-GO")

        # By kind, to the last page.
        begun = time.monotonic()
        browser.do("click", selector="button[aria-label^='Show missing']")
        seen: list[str] = []
        while True:
            # A page is not filled where the next part of the list has more than fits.
            shown = browser.wait_for(lambda now: now["where"].startswith(f"{len(seen) + 1} to "))
            self.assertEqual({row["kind"] for row in shown["rows"]}, {"missing"})
            seen += [row["key"] for row in shown["rows"]]
            if not shown["older"]:
                break
            browser.do("click", selector="#findings-older")
        self.timed(f"{MISSING} by kind", begun)
        self.assertEqual((len(seen), len(set(seen))), (MISSING, MISSING))

        # By path, which nearly all have; then what none has: all are looked through.
        for path, rows in (("total", ROWS_SHOWN), ("state", 0)):
            begun = time.monotonic()
            browser.do("fill", selector="#filter-path", text=path)
            browser.do("choose", selector="#filter-kind", value="different")
            shown = browser.wait_for(lambda now: len(now["rows"]) == rows and
                                     "Reading the list" not in now["text"])
            self.timed(f"at {path}", begun)
            self.assertEqual({path for row in shown["rows"] for path in row["paths"]},
                             {"total"} if rows else set())
        self.assertIn("None that fits.", shown["text"])

        browser.do("click", selector="button[type=reset]")
        begun = time.monotonic()
        for page in range(1, 6):
            where = f"{page * ROWS_SHOWN + 1} to {(page + 1) * ROWS_SHOWN}, newest first"
            browser.do("click", selector="#findings-older")
            browser.wait_for(lambda now: now["where"] == where)
        self.timed("five pages on", begun)
        self.assertEqual(browser.problems(), [])
        self.page_is_light(browser.do("weight"))

    def page_is_light(self, weight: Shown) -> None:
        self.assertLess(weight["elements"], ELEMENTS_MAX)
        self.assertLess(weight["heap"], HEAP_BYTES_MAX)
        for path, answers in weight["answers"].items():
            self.assertLess(answers["most"], OTHER_BYTES_MAX, path)
        status = Path(f"/proc/{self.monitor.pid}/status").read_text()
        [peak] = re.findall(r"VmHWM:\s+(\d+)", status)
        self.assertLess(int(peak) >> 10, MONITOR_MEBIBYTES_MAX)
        self.figures.append(f"{weight['elements']} elements, heap {weight['heap'] >> 10} KiB, "
                            f"monitor {int(peak) >> 10} MiB")

    def list_has_them(self) -> None:
        begun = time.monotonic()
        keys: dict[str, str] = {}
        after: str | None = ""
        while after is not None:
            page = self.api(f"findings?limit=1000&after={after}")
            keys |= {key_text(each["key"]): each["kind"] for each in page["findings"]}
            after = page["next"]
        self.figures.append(f"the whole list {time.monotonic() - begun:.1f} s")
        self.assertEqual(len(keys), FINDINGS)
        self.assertEqual({key for key, kind in keys.items() if kind == "missing"},
                         {key_text(SCHEMA.key(number)) for number in range(MISSING)})
        self.assertEqual(set(keys), {key_text(SCHEMA.key(number)) for number in range(FINDINGS)})

    def report_tells_them(self) -> None:
        file = self.monitor.folder / "report.html"
        begun = time.monotonic()
        with file.open("w") as output:
            process = subprocess.Popen(
                [self.monitor.binary, "report", "--state", str(self.monitor.state), "--output",
                 "html"], stdout=output, env=self.monitor.environment())
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 1)
        # Linux counts what we had ourselves when we made it: this is asked for first of all.
        text, peak = file.read_text(), used.ru_maxrss >> 10
        self.figures.append(f"report {time.monotonic() - begun:.1f} s, {len(text) >> 10} KiB, "
                            f"{peak} MiB")
        self.assertIn(f"{FINDINGS - MISSING:,} different", text)
        self.assertIn(f"{MISSING} missing", text)
        self.assertIn(f"… and {FINDINGS - 200:,} more", text)
        self.assertLess(len(text), REPORT_BYTES_MAX)
        self.assertLess(peak, REPORT_MEBIBYTES_MAX)
