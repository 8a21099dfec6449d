"""A program and a webhook are told once when something begins and once when it ends."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from pathlib import Path

from go_scenario import MISMATCHES, TO_GO, GoScenario
from harness import Migration
from webhook import Webhook


class Alerts(GoScenario):
    def setUp(self) -> None:
        super().setUp()
        self.webhook = Webhook()
        self.addCleanup(self.webhook.close)

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        give_up = time.monotonic() + 90
        while not condition():
            self.assertLess(time.monotonic(), give_up, what)
            time.sleep(0.2)

    def script(self, side: Migration, text: str) -> Path:
        path = side.monitor.folder / "on alert"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def events(self, side: Migration) -> list[str]:
        told = side.monitor.folder / "told"
        lines = told.read_text().splitlines() if told.exists() else []
        documents = [json.loads(line) for line in lines]
        return [f"{each['condition']} {each['event']} {each['verdict']}" for each in documents]

    def test_begins_and_ends_are_told_once_also_over_a_restart(self) -> None:
        side = self.equal_tables()
        script = self.script(side, 'test "$1" = "two words" && cat >> told\n')
        flags = [*TO_GO, "--on-alert", f"'{script}' 'two words'",
                 "--alert-webhook", self.webhook.url]
        side.monitor.start(*flags)
        self.wait_for_verdict(side.monitor)
        self.lose(side, range(3))
        self.wait_for(lambda: "mismatches/stale begins NO-GO" in self.events(side), "it is told")
        self.wait_for(lambda: "verdict changed NO-GO" in self.events(side), "NO-GO is told")
        ended = side.monitor.stop()
        self.assert_exit(ended, MISMATCHES)
        before = self.events(side)
        self.assertEqual([(each["condition"], each["event"]) for each in self.webhook.bodies],
                         [tuple(each.split()[:2]) for each in before])
        self.assertEqual(set(self.webhook.paths), {"/services/T0/hush?key=quiet"})
        self.assertTrue(all(each["text"] and each["migration"] for each in self.webhook.bodies))
        self.assertEqual(ended.report()["alerts"]["told"], 2 * len(before))

        side.monitor.start(*flags)
        side.monitor.wait_for_log("verdict: NO-GO")
        time.sleep(3)
        side.monitor.stop()
        self.assertEqual(self.events(side), before)
        self.assertNotIn("hush", side.monitor.log())
        self.assertNotIn(b"hush", side.monitor.state.read_bytes())

    def test_what_hangs_or_is_down_is_seen_and_holds_nothing_up(self) -> None:
        side = self.equal_tables()
        self.webhook.status = 503
        side.monitor.start(*TO_GO, "--on-alert", f"'{self.script(side, 'sleep 600')}'",
                           "--alert-webhook", self.webhook.url)
        self.wait_for_verdict(side.monitor)
        side.monitor.wait_for_log("event=alert_failed")
        self.webhook.status = 200
        self.wait_for(lambda: bool(self.webhook.bodies), "told once it can be")
        began = time.monotonic()
        side.monitor.stop(90)
        self.assertLess(time.monotonic() - began, 60)
        self.assertIn("had not ended after 30", side.monitor.log())

    def test_a_full_disk_is_told_and_waited_out(self) -> None:
        side = self.equal_tables()
        side.monitor.start(*TO_GO, "--alert-webhook", self.webhook.url)
        self.wait_for_verdict(side.monitor)
        pid, present = side.monitor.pid, resource.RLIMIT_FSIZE
        before = resource.prlimit(pid, present)
        # The write-ahead log cannot grow, and all other files are smaller.
        size = Path(f"{side.monitor.state}-wal").stat().st_size
        self.assertGreater(size, 2 * len(side.monitor.log()))
        resource.prlimit(pid, present, (size, before[1]))
        side.monitor.wait_for_log("event=no_room")
        self.wait_for(lambda: ("state", "begins") in self.conditions(), "it is told")
        side.monitor.wait_for_log("verdict: WAIT")
        self.assertIn("what is seen cannot be saved", side.monitor.log())
        self.lose(side, range(2))  # while nothing is read
        time.sleep(5)
        resource.prlimit(pid, present, before)
        side.monitor.wait_for_log("event=room_again")
        self.wait_for(lambda: ("state", "ends") in self.conditions(), "its end is told")
        side.monitor.wait_for_log("verdict: NO-GO")
        ended = side.monitor.stop()
        self.assert_exit(ended, MISMATCHES)
        self.assertEqual(ended.report()["open_keys"]["all"], 2)

    def conditions(self) -> list[tuple[str, str]]:
        return [(each["condition"], each["event"]) for each in self.webhook.bodies]

    def test_what_cannot_be_is_refused_at_once(self) -> None:
        side = self.equal_tables()
        for flags, word in ((["--on-alert", "notify 'open"], "quotation mark"),
                            (["--alert-webhook", "ftp://hush@x"], "is no address"),
                            (["--alert-webhook", "https//host/hush"], "is no address"),
                            (["--alert-webhook", " https://host/hush"], "is no address")):
            ended = side.monitor.run("monitor", *side.monitor.flags(), *flags)
            self.assert_exit(ended, 2)
            self.assertIn(word, ended.log)
            self.assertNotIn("hush", ended.log)


