"""The live page in a real browser, before a real run with planted defects."""

from __future__ import annotations

import json
import signal
import socket
import time
from typing import Any
from urllib.parse import quote

from foreign_strings import UNSAFE
from go_scenario import BASELINE, EVERY_KEY, GO, NO_GO, QUICK, TO_GO, WAIT, GoScenario
from harness import TABLE, Migration, put_items
from chromium import Browser, Shown  # harness knows where the tools are
from test_fleet import FleetMonitor
from web_api import answer_of

SILENCE_SECONDS = 5  # then the page says so
EVIL = ("<img src=x onerror=alert(1)><script>alert(2)</script>\x1b[31m\u202egnp.\u2066\u200b"
        "'\"&javascript:alert(3)")
STATUS = f"/api/v1/migrations/{TABLE}/status"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Page(GoScenario):
    def setUp(self) -> None:
        super().setUp()
        self.browser = Browser()
        self.addCleanup(self.browser.close)
        self.address = f"127.0.0.1:{free_port()}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.address}{path}"

    def start(self, side: Migration, *flags: str) -> None:
        before = len(side.monitor.log())
        side.monitor.start(*(flags or TO_GO), "--listen", self.address)
        side.monitor.wait_for_log("listening", after=before)

    def api(self, path: str) -> Any:
        return json.loads(answer_of(self.url(path)))

    def assert_shows_its_status(self, shown: Shown) -> None:
        """Everything that is counted, against the JSON of the same second."""
        status, figures = shown["status"], shown["figures"]
        self.assertEqual(shown["verdict"], status["verdict"])
        self.assertEqual(shown["reasons"],
                         status["reasons"] or (["Everything that was asked for is proven."]
                                               if status["verdict"] == GO else []))
        for figure, value in {
                "open-keys": status["open_keys"]["all"],
                "events-unique": status["events"]["unique"],
                "checks-verified": status["checks"]["verified"],
                "keys-checked": status["checks"]["keys"]}.items():
            self.assertEqual(figures[figure], f"{value:,}", figure)
        self.assertIn(f"{status['shards']['open']} open", shown["text"])

    def assert_no_problem(self) -> None:
        # The findings are read for one at a time: another reader, or a page that was just closed.
        self.assertEqual([each for each in self.browser.problems() if "status of 503" not in each],
                         [])

    def test_it_shows_what_is_and_what_heals_without_being_loaded_again(self) -> None:
        side = self.equal_tables()
        self.start(side)
        self.browser.do("open", url=self.url())
        self.browser.wait_for(lambda shown: shown["verdict"] == GO)
        self.assert_shows_its_status(self.browser.read(status=STATUS))
        self.lose(side, range(3))
        self.browser.wait_for(lambda shown: shown["verdict"] == NO_GO and len(shown["rows"]) == 3)
        shown = self.browser.read(status=STATUS)
        self.assert_shows_its_status(shown)
        listed = self.api(f"/api/v1/migrations/{TABLE}/findings")["findings"]
        self.assertEqual([(each["kind"], each["paths"]) for each in shown["rows"]],
                         [(each["kind"], [path["path"] for path in each["paths"]])
                          for each in listed])
        self.assertEqual(shown["groups"], {"stale": "3"})
        self.write(side, [0], "again")
        healed = self.browser.wait_for(lambda now: len(now["rows"]) == 2)
        self.assertEqual(healed["figures"]["open-keys"], "2")
        self.assert_shows_its_status(self.browser.read(status=STATUS))
        self.browser.do("choose", selector="#filter-state", value="healed")
        gone = self.browser.wait_for(lambda now: len(now["rows"]) == 1)
        self.assertNotIn(gone["rows"][0]["key"], [row["key"] for row in healed["rows"]])
        self.browser.do("choose", selector="#filter-state", value="")
        self.write(side, [1, 2], "again")
        self.browser.wait_for(lambda now: now["verdict"] == GO and not now["rows"])
        self.assertEqual(self.browser.read()["loads"], 1)
        self.assert_no_problem()
        side.monitor.stop()

    def test_without_its_monitor_it_shows_no_go(self) -> None:
        side = self.equal_tables()
        self.start(side)
        self.browser.do("open", url=self.url())
        self.browser.wait_for(lambda shown: shown["verdict"] == GO)
        self.assert_no_problem()
        side.monitor.kill()
        killed = time.monotonic()
        lost = self.browser.wait_for(lambda shown: shown["banner"] is not None, 30)
        self.assertLess(time.monotonic() - killed, SILENCE_SECONDS + 5)
        self.assertIn("Connection lost", lost["banner"])
        self.assertEqual(lost["verdict"], "unknown")
        self.assertRegex(lost["since"], r"^last GO at \d\d:\d\d:\d\d$")
        self.assertTrue(lost["old"])
        self.assertIn("Do not cut over", lost["next"])
        self.assertEqual(len(lost["steps"]), 4, "nothing is verified")
        self.assertTrue(lost["title"].startswith("? "), lost["title"])
        self.start(side)
        back = self.browser.wait_for(lambda shown: shown["banner"] is None)
        self.assertFalse(back["old"])
        self.browser.wait_for(lambda shown: shown["verdict"] == GO)
        self.assertEqual(self.browser.read()["loads"], 1)
        side.monitor.stop()
        ended = self.browser.wait_for(lambda shown: shown["banner"] is not None, 30)
        self.assertNotIn(ended["verdict"], ("GO", "GO (sampled)"))

    def test_a_silent_monitor_is_no_living_one(self) -> None:
        """It is stopped, not ended: the connection stays, and nothing comes."""
        side = self.equal_tables()
        self.start(side)
        self.browser.do("open", url=self.url())
        self.browser.wait_for(lambda shown: shown["verdict"] == GO)
        side.monitor.signal(signal.SIGSTOP)
        try:
            lost = self.browser.wait_for(lambda shown: shown["banner"] is not None, 30)
            self.assertEqual(lost["verdict"], "unknown")
        finally:
            side.monitor.signal(signal.SIGCONT)
        self.browser.wait_for(lambda shown: shown["banner"] is None and shown["verdict"] == GO)
        side.monitor.stop()

    def fleet(self) -> dict[str, Migration]:
        """One that is well, one that will be wrong, and one that cannot begin."""
        sides = {"well": self.equal_tables(), "wrong": self.equal_tables()}
        return sides | {"denied": self.migration()}

    def verdicts(self, shown: Shown) -> dict[str, str]:
        return {name: verdict for verdict, name, *_ in (shown["fleet"] or {"rows": []})["rows"]}

    def test_a_fleet_at_a_glance(self) -> None:
        sides = self.fleet()
        monitor = FleetMonitor(self.folder(), sides, {})
        self.addCleanup(monitor.kill)
        monitor.start(*TO_GO, "--listen", self.address)
        monitor.wait_for_log("event=migration_paused migration=denied", 60)
        self.browser.do("open", url=self.url())
        self.browser.wait_for(lambda now: self.verdicts(now) == {
            "denied": WAIT, "well": GO, "wrong": GO})
        self.lose(sides["wrong"], range(3))
        shown = self.browser.wait_for(lambda now: self.verdicts(now).get("wrong") == NO_GO)
        self.assertEqual(list(self.verdicts(shown)), ["wrong", "denied", "well"], "the worst first")
        wrong, denied, well = shown["fleet"]["rows"]
        self.assertEqual(shown["fleet"]["verdict"], NO_GO)
        self.assertEqual(shown["fleet"]["counts"],
                         "3 migrations: 1 at NO-GO, 1 paused, 1 at GO")
        self.assertTrue(shown["title"].startswith("NO-GO 3 migrations"), shown["title"])
        self.assertEqual((wrong[2], wrong[5]), ("steady", "3"))
        self.assertIn("3 confirmed mismatches are open", wrong[6])
        self.assertEqual(denied[2:6], ["paused", "–", "–", "–"])
        self.assertRegex(denied[6], r"orders.*tried again at \d\d:\d\d:\d\d$")
        self.assertEqual((well[2], well[5]), ("steady", "0"))
        self.browser.do("fill", selector="#fleet-filter", text="W")
        self.browser.wait_for(lambda now: list(self.verdicts(now)) == ["wrong", "well"])

        # To one of them, by the keyboard, and back: what was typed is still there.
        self.browser.do("press", key="Tab")
        self.browser.do("press", key="Tab")
        self.assertEqual(self.browser.do("focused")["text"], "wrong")
        time.sleep(3)
        self.assertEqual(self.browser.do("focused")["text"], "wrong", "a list came meanwhile")
        self.browser.do("press", key="Enter")
        one = self.browser.wait_for(lambda now: now["verdict"] == NO_GO and len(now["rows"]) == 3)
        self.assertIsNone(one["fleet"])
        self.browser.do("click", selector=".chooser a[href='#']")
        self.browser.wait_for(lambda now: list(self.verdicts(now)) == ["wrong", "well"])
        self.browser.do("fill", selector="#fleet-filter", text="")
        self.browser.do("click", selector="#fleet-rows a[href='#denied']")
        absent = self.browser.wait_for(lambda now: now["banner"] is not None)
        self.assertRegex(absent["banner"], "^denied: paused.*tried again at")
        self.assertNotIn(absent["verdict"], (GO, NO_GO))
        self.assert_no_problem()
        self.everybody_can_use_the_overview()
        self.nothing_old_looks_alive(monitor)

    def everybody_can_use_the_overview(self) -> None:
        for scheme, width, locale, words in (("light", 1280, "en", "1 paused"),
                                             ("dark", 360, "zh-TW", "1 場暫停")):
            with self.subTest(scheme=scheme, width=width, locale=locale):
                self.browser.do("open", url=self.url(), scheme=scheme, width=width, locale=locale)
                shown = self.browser.wait_for(lambda now: len(self.verdicts(now)) == 3)
                self.assertIn(words, shown["fleet"]["counts"])
                self.assertFalse(shown["wide"], "it scrolls to the side")
                self.assertEqual(self.browser.do("audit")["violations"], [])
                self.assert_no_problem()

    def nothing_old_looks_alive(self, monitor: FleetMonitor) -> None:
        self.browser.do("open", url=self.url())
        self.browser.wait_for(lambda now: self.verdicts(now).get("well") == GO)
        monitor.signal(signal.SIGSTOP)
        stopped = time.monotonic()
        try:
            lost = self.browser.wait_for(lambda now: now["banner"] is not None, 30)
            self.assertLess(time.monotonic() - stopped, SILENCE_SECONDS + 5)
            self.assertIn("Connection lost", lost["banner"])
            self.assertEqual(lost["fleet"]["verdict"], "unknown")
            self.assertEqual(lost["fleet"]["counts"], "3 migrations")
            self.assertEqual(set(self.verdicts(lost).values()), {"?"})
            self.assertTrue(lost["old"])
            self.assertTrue(lost["title"].startswith("? "), lost["title"])
        finally:
            monitor.signal(signal.SIGCONT)
        self.browser.wait_for(lambda now: now["banner"] is None and
                              self.verdicts(now).get("well") == GO)
        self.assertEqual(self.browser.read()["loads"], 1)

    def test_evil_strings_do_no_harm(self) -> None:
        side = self.equal_tables()
        self.start(side, *QUICK, *EVERY_KEY, *BASELINE)
        self.browser.do("open", url=self.url())
        evil = {"order_id": {"S": EVIL}}
        put_items(side.target, TABLE, [evil | {EVIL: {"S": "old"}}])
        put_items(side.source, TABLE, [evil | {EVIL: {"S": "new"}}])
        shown = self.browser.wait_for(lambda now: len(now["rows"]) == 1)
        [row] = shown["rows"]
        self.assertIn("<img src=x onerror=alert(1)><script>alert(2)</script>\\u001b[31m\\u202egnp.",
                      row["key"])
        self.assertIn("\\u202egnp.\\u2066\\u200b", row["paths"][0])
        self.browser.do("click", selector="#findings-rows summary")
        path = row["paths"][0]
        self.browser.do("fill", selector="#filter-path", text=EVIL)
        self.browser.do("press", key="Enter")
        shown = self.browser.wait_for(lambda now: len(now["rows"]) == 1)
        self.assertIsNone(UNSAFE.search(shown["text"].replace("\n", " ").replace("\t", " ")))
        self.assertEqual(shown["elements"], 0, path)
        self.assert_no_problem()
        self.browser.do("open", url=self.url("/#" + quote(EVIL)))
        self.browser.wait_for(lambda now: now["banner"] is not None)
        self.assertEqual(self.browser.read()["elements"], 0)
        self.assert_no_problem()
        side.monitor.stop()

    def test_everybody_can_use_it(self) -> None:
        """Light and dark, wide and narrow, English and Chinese; with findings, details opened."""
        side = self.equal_tables()
        self.start(side)
        self.lose(side, range(3))
        for scheme, width, locale, words in (("light", 1280, "en", "Findings"),
                                             ("dark", 1280, "en", "Findings"),
                                             ("light", 360, "zh-TW", "不一致"),
                                             ("dark", 360, "en", "Findings")):
            with self.subTest(scheme=scheme, width=width, locale=locale):
                self.browser.do("open", url=self.url(), scheme=scheme, width=width, locale=locale)
                shown = self.browser.wait_for(lambda now: len(now["rows"]) == 3)
                self.assertIn(words, shown["text"])
                self.assertFalse(shown["wide"], "it scrolls to the side")
                for details in ("#findings-rows summary", "#shards summary", "#settings summary"):
                    self.browser.do("click", selector=details)
                self.assertEqual(self.browser.do("audit")["violations"], [])
                self.assert_no_problem()
        # The first thing that the keyboard reaches leads to the findings.
        self.browser.do("open", url=self.url())
        self.browser.wait_for(lambda now: len(now["rows"]) == 3)
        self.browser.do("press", key="Tab")
        self.assertEqual(self.browser.do("focused")["text"], "Skip to the findings")
        # A language that was chosen stays.
        self.browser.do("click", selector="button[lang=zh-Hant]")
        self.assertEqual(self.browser.read()["language"], "zh-Hant")
        side.monitor.kill()
        lost = self.browser.wait_for(lambda now: now["banner"] is not None)
        self.assertIn("連線中斷", lost["banner"])
        self.assertEqual(self.browser.do("audit")["violations"], [])

    def test_pages_and_filters(self) -> None:
        side = self.equal_tables(items=300)
        self.start(side)
        self.lose(side, range(80))  # a hundred would be taken for a replication that is behind
        for number in range(80, 85):
            side.target.delete_item(TableName=TABLE, Key=side.schema.key(number))
        self.write(side, range(80, 85), "gone", side.source)
        self.browser.do("open", url=self.url())
        self.browser.wait_for(lambda now: now["figures"].get("open-keys") == "85")

        def newest() -> list[str]:
            listed = self.api(f"/api/v1/migrations/{TABLE}/findings?limit=50")["findings"]
            return [f"order_id: {each['key']['order_id']['S']}" for each in listed]
        # What comes later stands before the page that is shown, and moves none that follow it.
        self.browser.wait_for(lambda now: len(now["rows"]) == 50 and
                              [row["key"] for row in now["rows"]] == newest())
        seen: list[str] = []
        for rows in (50, 35):
            shown = self.browser.wait_for(
                lambda now: len(now["rows"]) == rows and now["rows"][0]["key"] not in seen)
            seen += [each["key"] for each in shown["rows"]]
            if rows == 50:
                self.browser.do("click", selector="#findings-older")
        self.assertEqual(len(set(seen)), 85)
        self.browser.do("fill", selector="#filter-path", text="v")
        self.browser.do("press", key="Enter")
        self.browser.wait_for(lambda now: len(now["rows"]) == 50 and
                              all("v" in row["paths"] for row in now["rows"]))
        self.browser.do("click", selector="button[type=reset]")
        self.browser.do("click", selector="button[aria-label^='Show missing']")
        shown = self.browser.wait_for(lambda now: len(now["rows"]) == 5)
        self.assertEqual({row["kind"] for row in shown["rows"]}, {"missing"})
        self.assert_no_problem()
        side.monitor.stop()
