"""Alerts, dashboard and document speak of metrics that there are.

Problem: an alert on a metric that was renamed is silent for ever. Idea: metrics_sample.txt, which
render_metrics_test.cc holds to the renderer, is the list of all names and labels; whatever else
names a metric is held against it. Reason: what Prometheus itself thinks of the files only its
promtool can say, but the names can be compared anywhere.

The tests of promtool are skipped where there is none: ./dev setup fetches it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import unittest
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests/report/metrics_sample.txt"
PROMETHEUS = ROOT / "deploy/prometheus"
RULES = PROMETHEUS / "ddm.rules.yml"
RULES_TEST = PROMETHEUS / "ddm.rules.test.yml"
CONFIG = PROMETHEUS / "prometheus.yml"
DASHBOARD = ROOT / "deploy/grafana/ddm.json"
DOCUMENT = ROOT / "docs/metrics.md"
TOKEN_FILE = "/etc/prometheus/ddm.token"

PROMTOOL = shutil.which("promtool") or shutil.which(
    "promtool", path=str(ROOT / "tools/prometheus/usr/bin"))
needs_promtool = unittest.skipUnless(PROMTOOL, "there is no promtool: ./dev setup fetches it")

# name{label="value",…}, as it stands in samples and expressions
SERIES = re.compile(r"\b(ddm_\w+)(?:\{([^}]*)\})?")
EQUALS = re.compile(r'(\w+)\s*(!?=)\s*"((?:[^"\\]|\\.)*)"')
OF_THE_SCRAPE = {"job", "instance"}


def families() -> dict[str, str]:
    """Name and type of each."""
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", SAMPLE.read_text(), re.MULTILINE))


def labels_by_series() -> dict[str, dict[str, set[str]]]:
    """Of each name that a sample has: its labels, and the values of these."""
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in SAMPLE.read_text().splitlines():
        if match := SERIES.match(line):
            for label, _, value in EQUALS.findall(match[2] or ""):
                found[match[1]][label].add(value)
    return {name: dict(labels) for name, labels in found.items()}


def alerts() -> dict[str, str]:
    """Each alert, and its text: Debian's Python need not know YAML."""
    parts = re.split(r"^ +- alert: (\w+)\n", RULES.read_text(), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2]))


def annotation(name: str, text: str) -> str | None:
    found = re.search(rf'^ +{name}: (?:"(.*)"|(.*))$', text, re.MULTILINE)
    return (found[1] or found[2]) if found else None


def panels() -> list[dict]:
    return json.loads(DASHBOARD.read_text())["panels"]


def dashboard_expressions() -> Iterator[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]
    for annotated in dashboard["annotations"]["list"]:
        yield annotated["expr"]
    for variable in dashboard["templating"]["list"]:
        yield variable.get("definition", "")


def promtool(*arguments: object, text: str | None = None) -> None:
    """Fails with what promtool says, also where that is only a remark."""
    done = subprocess.run([PROMTOOL, *map(str, arguments)], input=text, capture_output=True,
                          text=True, timeout=60)
    said = done.stdout + done.stderr
    if done.returncode != 0:
        raise AssertionError(f"promtool {arguments}:\n{said}")


class Names(unittest.TestCase):
    def test_the_sample_has_every_family_and_each_has_samples(self) -> None:
        self.assertGreater(len(families()), 40)
        of_samples = {re.sub(r"_(bucket|sum|count)$", "", name) if "lag_seconds" in name else name
                      for name in labels_by_series()}
        self.assertEqual(of_samples, set(families()))

    def test_alerts_and_dashboard_use_series_and_labels_that_there_are(self) -> None:
        known = labels_by_series()
        texts = [(RULES.name, text) for text in alerts().values()]
        texts += [(RULES_TEST.name, line) for line in RULES_TEST.read_text().splitlines()
                  if "series:" in line]
        texts += [(DASHBOARD.name, expression) for expression in dashboard_expressions()]
        for file, text in texts:
            for name, matchers in SERIES.findall(text):
                with self.subTest(file=file, name=name, matchers=matchers):
                    self.assertIn(name, known)
                    for label, _, value in EQUALS.findall(matchers):
                        if label not in OF_THE_SCRAPE | {"migration"}:
                            self.assertIn(value, known[name].get(label, set()))

    def test_the_dashboard_shows_nearly_all(self) -> None:
        shown = {name.removesuffix("_bucket") for expression in dashboard_expressions()
                 for name, _ in SERIES.findall(expression)}
        # What is left: facts of the process, and details for those who ask.
        self.assertEqual(set(families()) - shown, {
            "ddm_build_info", "ddm_comparison_finish_timestamp_seconds",
            "ddm_comparison_start_timestamp_seconds", "ddm_credentials_renewed",
            "ddm_freeze_timestamp_seconds", "ddm_lag_upper_bounds_total",
            "ddm_process_start_timestamp_seconds", "ddm_run_failed",
            "ddm_status_timestamp_seconds", "ddm_table_settings",
            "ddm_table_settings_timestamp_seconds", "ddm_writes_after_freeze"})

    def test_the_document_lists_each_family_with_its_type_and_labels(self) -> None:
        rows = {}
        for line in DOCUMENT.read_text().splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == 5 and cells[0].startswith("`ddm_"):
                self.assertNotIn(cells[0], rows)
                rows[cells[0].strip("`")] = cells
        self.assertEqual({name: cells[1] for name, cells in rows.items()}, families())
        self.assertEqual(list(rows), list(families()))
        known = labels_by_series()
        for name, (_, kind, unit, labels, meaning) in rows.items():
            of_samples = dict(known[name + "_bucket" if kind == "histogram" else name])
            for common in ("migration", "command"):
                of_samples.pop(common, None)
            with self.subTest(family=name):
                self.assertTrue(unit and meaning)
                # `name`: `value`, `value`; `other name` (of which the values are too many)
                said = [re.findall(r"`(\w+)`", part) for part in labels.split(";") if part]
                self.assertEqual([words[0] for words in said], list(of_samples))
                for name, *values in said:
                    if values and name != "of":
                        self.assertEqual(set(values), of_samples[name])


class Alerts(unittest.TestCase):
    def test_each_says_how_bad_it_is_what_it_means_and_where_it_is_told_what_to_do(self) -> None:
        self.assertGreater(len(alerts()), 10)
        for name, text in alerts().items():
            with self.subTest(alert=name):
                self.assertRegex(text, r"severity: (critical|warning)\n")
                for wanted in ("summary", "description"):
                    self.assertTrue(annotation(wanted, text))
                file, _, anchor = (annotation("runbook", text) or "").partition("#")
                self.assertIn(anchor, self.anchors(ROOT / file))
                row = annotation("row", text)
                self.assertTrue(row or anchor != "3-am")
                if row:
                    self.assertIn(row, self.table_of_3_am())

    def test_each_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(self) -> None:
        cases = re.findall(r"alertname: (\w+)\n +exp_alerts:( \[\])?", RULES_TEST.read_text())
        self.assertEqual({name for name, _ in cases}, set(alerts()))
        for name in alerts():
            with self.subTest(alert=name):
                self.assertEqual({bool(silent) for alert, silent in cases if alert == name},
                                 {True, False})

    @staticmethod
    def anchors(path: Path) -> set[str]:
        headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    @staticmethod
    def table_of_3_am() -> str:
        return (ROOT / "docs/night.md").read_text().split("\n## 3 a.m.")[1].split("\n## ")[0]


class Dashboard(unittest.TestCase):
    def test_data_source_and_migration_are_chosen_by_who_looks(self) -> None:
        dashboard = json.loads(DASHBOARD.read_text())
        self.assertEqual([variable["name"] for variable in dashboard["templating"]["list"]],
                         ["datasource", "migration", "command"])
        for panel in panels():
            for target in panel.get("targets", []):
                with self.subTest(panel=panel["title"]):
                    self.assertEqual(target["datasource"]["uid"], "${datasource}")
                    for _, matchers in SERIES.findall(target["expr"]):
                        self.assertIn('migration=~"$migration"', matchers)

    def test_panels_have_their_own_number_and_place(self) -> None:
        self.assertEqual(len({panel["id"] for panel in panels()}), len(panels()))
        taken: set[tuple[int, int]] = set()
        for panel in panels():
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24)
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                     for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells


@needs_promtool
class Promtool(unittest.TestCase):
    def test_finds_nothing_to_mend_in_the_metrics(self) -> None:
        promtool("check", "metrics", text=SAMPLE.read_text())

    def test_takes_the_rules_and_their_cases_come_out(self) -> None:
        promtool("check", "rules", RULES)
        promtool("test", "rules", RULES_TEST)

    def test_takes_the_configuration(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            token = Path(folder, "ddm.token")
            token.write_text("secret")
            shutil.copy(RULES, folder)
            config = Path(folder, CONFIG.name)
            self.assertIn(TOKEN_FILE, CONFIG.read_text())
            config.write_text(CONFIG.read_text().replace(TOKEN_FILE, str(token)))
            promtool("check", "config", config)

    def test_understands_the_expressions_of_the_dashboard(self) -> None:
        queries = [expression.replace("$__rate_interval", "5m").replace("$__interval", "5m")
                   for expression in dashboard_expressions() if "label_values" not in expression]
        rules = [{"record": f"panel:{number}", "expr": expression}
                 for number, expression in enumerate(filter(None, queries))]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            # JSON is YAML.
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
            file.flush()
            promtool("check", "rules", file.name)


if __name__ == "__main__":
    unittest.main()
