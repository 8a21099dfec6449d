"""report tells from the state alone how a migration stands."""

from __future__ import annotations

import html.parser
import json
import re
import time
from typing import Any

from go_scenario import (ALL_EQUAL, BASELINE, INCOMPLETE, MISMATCHES, QUICK, REFUSED, SETTLE, TO_GO,
                         GoScenario)
from harness import TABLE, Migration


class Page(html.parser.HTMLParser):
    """What a reader sees of a page, and what a browser would be asked to do."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in ("meta", "rect", "path", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "path"):
            assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


class Report(GoScenario):
    def page(self, side: Migration, code: int) -> Page:
        """It is one file: no script, and nothing that is fetched."""
        source = self.report(side, "--output", "html", code=code)
        page = Page(source)
        self.assertEqual(page.open, [])
        self.assertFalse(set(page.tags) & {"script", "link", "img", "iframe", "object", "a"})
        self.assertFalse({name for name in page.attributes
                          if name.startswith("on") or name in ("src", "href")})
        self.assertNotRegex(source, r"url\(|@import")
        self.assertLess(len(source), 200_000)
        return page

    def forms(self, side: Migration, code: int) -> dict[str, str]:
        """Each of them, as a reader sees it."""
        markdown = self.report(side, "--output", "markdown", code=code)
        return {"text": self.report(side, code=code),
                "markdown": re.sub(r"<!-- -->|\\(.)", r"\1", markdown),
                "html": self.page(side, code).text}

    def assert_in_each(self, forms: dict[str, str], *parts: str) -> None:
        for name, text in forms.items():
            for part in parts:
                self.assertIn(part, text, name)

    def report(self, side: Migration, *flags: str, code: int) -> str:
        ended = side.monitor.run("report", "--state", str(side.monitor.state), *flags)
        self.assert_exit(ended, code)
        return ended.output

    def documents(self, side: Migration, code: int) -> list[dict[str, Any]]:
        lines = self.report(side, "--output", "json", code=code).splitlines()
        return [json.loads(line) for line in lines]

    def wait_for(self, side: Migration, verdict: str) -> None:
        """Recorded with the commit after it was shown, which a busy machine makes late."""
        give_up = time.monotonic() + 60
        while True:
            ended = side.monitor.run("report", "--state", str(side.monitor.state),
                                     "--output", "json")
            if ended.report()["verdict"] == verdict:
                return
            self.assertLess(time.monotonic(), give_up, ended.output)
            time.sleep(0.5)

    def test_a_monitor_is_asked_while_it_works_and_after_its_end(self) -> None:
        side = self.equal_tables()
        side.monitor.start(*TO_GO)
        self.wait_for_verdict(side.monitor)
        self.wait_for(side, "GO")
        text = self.report(side, code=ALL_EQUAL)
        self.assertIn("goes on", text)
        self.assertIn("verdict: GO", text)
        [document] = self.documents(side, ALL_EQUAL)
        self.assertEqual((document["command"], document["verdict"], document["ended"]),
                         ("monitor", "GO", False))

        self.assertIn(": monitor is at work, last sign of life at ",
                      self.report(side, "--alive", code=ALL_EQUAL))

        self.lose(side, range(3))
        side.monitor.wait_for_log("verdict: NO-GO")
        self.wait_for(side, "NO-GO")
        [document] = self.documents(side, MISMATCHES)
        self.assertEqual(document["verdict"], "NO-GO")

        last = side.monitor.stop().report()
        self.assertIn(": monitor is not at work, last sign of life at ",
                      self.report(side, "--alive", code=INCOMPLETE))
        text = self.report(side, code=MISMATCHES)
        self.assertIn("ended", text)
        [document] = self.documents(side, MISMATCHES)
        self.assertTrue(document["ended"])
        for member in ("events", "checks", "mismatches", "compared", "consumed", "calls"):
            self.assertEqual(document[member], last[member], member)
        self.assertEqual([reason for reason in document["reasons"]
                          if "nobody has seen" not in reason], last["reasons"])

    def test_settings_of_the_tables_are_looked_at_while_it_works(self) -> None:
        side = self.equal_tables()
        side.source.update_time_to_live(
            TableName=TABLE,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
        side.monitor.start(*TO_GO, "--accept", "stream", "--accept", "tll")
        self.wait_for_verdict(side.monitor)
        self.wait_for(side, "GO")
        side.monitor.wait_for_log("table_settings_differ")
        side.monitor.wait_for_log("--accept tll names no setting")
        [document] = self.documents(side, ALL_EQUAL)
        found = document["table_settings"]
        rows = {row["name"]: row for row in found["rows"]}
        self.assertEqual((rows["ttl"]["source"], rows["ttl"]["target"], rows["ttl"]["state"]),
                         ("on expires", "off", "different"))
        self.assertEqual(rows["stream"]["state"], "accepted")
        self.assertEqual(found["different"], 1)
        self.assertIsNotNone(found["looked_at"])
        self.assertIsNone(found["trouble"])
        self.assert_in_each(self.forms(side, ALL_EQUAL), "Settings of the two tables",
                            "on expires", "1 different")
        side.monitor.stop()

    def test_a_monitor_that_ended_at_go_watches_no_more(self) -> None:
        side = self.equal_tables()
        self.reach_go(side)
        [document] = self.documents(side, INCOMPLETE)
        self.assertEqual(document["verdict"], "WAIT")
        self.assertIn("nobody has seen", "\n".join(document["reasons"]))

    def test_a_comparison_speaks_for_itself(self) -> None:
        side = self.equal_tables()
        side.monitor.start("--max-lag", "1s", command="compare")
        self.assert_exit(side.monitor.wait(), ALL_EQUAL)
        [document] = self.documents(side, ALL_EQUAL)
        self.assertEqual(document["command"], "compare")
        self.assertEqual(document["compared"]["items"], 40)

    def test_what_repair_does_and_takes_back_is_known_at_once(self) -> None:
        side = self.equal_tables()
        self.lose(side, range(2))
        side.monitor.start("--max-lag", "1s", command="compare")
        self.assert_exit(side.monitor.wait(), MISMATCHES)
        self.report(side, code=MISMATCHES)
        repair = ["repair", *side.monitor.flags(), "--output", "json"]
        done = side.monitor.run(*repair, "--apply")
        self.assert_exit(done, ALL_EQUAL)
        self.report(side, code=ALL_EQUAL)
        undone = side.monitor.run(*repair, "--undo", done.report()["journal"], "--apply")
        self.assert_exit(undone, MISMATCHES)
        [document] = self.documents(side, MISMATCHES)
        self.assertEqual((document["verdict"], document["open_keys"]["all"]), ("NO-GO", 2))

    def test_each_form_tells_of_defects_and_of_what_was_not_looked_at(self) -> None:
        side = self.equal_tables()
        self.lose(side, range(3))
        side.source.delete_item(TableName=TABLE, Key=side.schema.key(9))
        side.monitor.start(*TO_GO, "--duration", "12s")
        self.assert_exit(side.monitor.wait(), MISMATCHES)
        forms = self.forms(side, MISMATCHES)
        self.assert_in_each(forms, "NO-GO", "3 stale, 1 undeleted", "Not verified", "ended",
                            "deletes checked", "order#000009", "read up to")
        self.assertIn("By kind and attribute", forms["html"])
        self.assertIn("--max-lag", forms["html"])
        [document] = self.documents(side, MISMATCHES)
        self.assertIn({"kind": "stale", "path": "v", "keys": 3}, document["mismatch_groups"])
        self.assertIsNone(document["held"])

    def test_a_go_is_one_of_the_past_once_the_monitor_is_killed(self) -> None:
        side = self.equal_tables()
        side.monitor.start(*TO_GO)
        self.wait_for_verdict(side.monitor)
        self.wait_for(side, "GO")
        self.assertIn("GO since", self.page(side, ALL_EQUAL).text)
        side.monitor.kill()
        forms = self.forms(side, INCOMPLETE)
        self.assert_in_each(forms, "WAIT", "GO was held until 20", "nobody watches any more")
        self.assertIn("verdict: WAIT", forms["text"])
        [document] = self.documents(side, INCOMPLETE)
        self.assertEqual((document["verdict"], document["held"]["verdict"]), ("WAIT", "GO"))
        self.assertEqual(document["held"]["until"], document["at"])

    def test_a_sample_is_told_in_each_form(self) -> None:
        side = self.equal_tables()
        side.monitor.start(*QUICK, "--sample-rate", "2", *BASELINE, "--baseline-sample-rate", "2",
                           *SETTLE)
        self.wait_for_verdict(side.monitor, "GO (sampled)")
        self.wait_for(side, "GO (sampled)")
        self.assert_in_each(self.forms(side, ALL_EQUAL), "GO (sampled)", "1 key in 2 is followed",
                            "1 key in 2 was compared")
        side.monitor.stop()
        self.assert_in_each(self.forms(side, INCOMPLETE), "GO (sampled) was held until")

    def test_several_are_one_table_with_the_worst_code(self) -> None:
        good, bad = self.equal_tables(), self.equal_tables()
        self.lose(bad, range(2))
        for side, code in ((good, ALL_EQUAL), (bad, MISMATCHES)):
            side.monitor.start("--max-lag", "1s", command="compare")
            self.assert_exit(side.monitor.wait(), code)
        states = [str(side.monitor.state) for side in (good, bad)]
        ended = good.monitor.run("report", *states)
        self.assert_exit(ended, MISMATCHES)
        self.assertIn("2 migrations  verdict: NO-GO", ended.output)
        ended = good.monitor.run("report", *states, "--output", "json")
        self.assertEqual([json.loads(line)["verdict"] for line in ended.output.splitlines()],
                         ["WAIT", "NO-GO"])
        ended = good.monitor.run("report", *states, "none.db", "--output", "html")
        self.assert_exit(ended, REFUSED)
        self.assertIn("there is no state ", Page(ended.output).text)

    def test_a_report_of_more_migrations_takes_the_place_of_one_of_fewer(self) -> None:
        side = self.equal_tables()
        side.monitor.start("--max-lag", "1s", command="compare")
        side.monitor.wait()
        state = str(side.monitor.state)
        for form in ("text", "markdown", "json", "html"):
            file = side.monitor.folder / f"report.{form}"
            link = side.monitor.folder / f"link.{form}"
            link.symlink_to(file)
            lengths = set()
            for states, code in (([state], ALL_EQUAL), ([state] * 2, ALL_EQUAL),
                                 ([state, "none.db"], REFUSED), (["none.db", state], REFUSED),
                                 (["none.db"], REFUSED),
                                 ([state] * 3, ALL_EQUAL), ([state], ALL_EQUAL)):
                before = file.stat().st_ino if file.exists() else 0
                ended = side.monitor.run("report", *states, "--output", form, "--output-file",
                                         str(link))
                self.assert_exit(ended, code)
                self.assertNotEqual(file.stat().st_ino, before, (form, states))
                lengths.add(file.stat().st_size)
            self.assertGreater(len(lengths), 2, form)
            self.assertTrue(link.is_symlink())

    def test_a_file_takes_the_place_of_another_and_is_ours_alone(self) -> None:
        side = self.equal_tables()
        side.monitor.start("--max-lag", "1s", command="compare")
        side.monitor.wait()
        file = side.monitor.folder / "report.html"
        to_file = ["--output", "html", "--output-file", str(file)]
        file.write_text("a key, a journal")
        self.report(side, *to_file, code=REFUSED)
        self.assertEqual(file.read_text(), "a key, a journal")
        for other in ('{"schema":1,"key":"x"}\n', "<!doctype html>a page of somebody else\n"):
            file.write_text(other)
            for form in ("html", "json", "text", "markdown"):
                self.report(side, "--output", form, "--output-file", str(file), code=REFUSED)
                self.assertEqual(file.read_text(), other)
        file.unlink()
        for _ in ("anew", "in the place of the first"):
            self.assertEqual(self.report(side, *to_file, code=ALL_EQUAL), "")
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertTrue(file.read_text().endswith("</html>\n"))
        for place in (side.monitor.state, side.monitor.folder, "/nonexistent/report.html",
                      "/proc/report.html", file / "below"):
            self.report(side, "--output-file", str(place), code=REFUSED)
        self.report(side, code=ALL_EQUAL)

    def test_what_is_no_state_is_refused(self) -> None:
        side = self.equal_tables()
        self.report(side, code=REFUSED)
        self.assertFalse(side.monitor.state.exists())
        side.monitor.state.write_text("something else, and long enough to be looked at" * 9)
        self.report(side, code=REFUSED)
