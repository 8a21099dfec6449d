"""The HTTP server: everything that is shown anywhere is the same, and nobody who reads disturbs."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import jsonschema
from go_scenario import MISMATCHES, TO_GO, GoScenario
from harness import Migration, dynamodb_local

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FETCHED = ROOT / "tools/prometheus/usr/bin"
PROMETHEUS = shutil.which("prometheus", path=f"{os.environ['PATH']}:{FETCHED}") or ""
LOCAL = ["--listen", "127.0.0.1:0"]


def resolved(schema: Any) -> Any:
    """References to other files in place of them."""
    if isinstance(schema, dict):
        if set(schema) == {"$ref"} and schema["$ref"].endswith(".json"):
            return json.loads((DOCS / schema["$ref"]).read_text())
        return {name: resolved(value) for name, value in schema.items()}
    return [resolved(each) for each in schema] if isinstance(schema, list) else schema


class Http(GoScenario):
    def address(self, side: Migration) -> str:
        place = r"listening.*http://(127\.0\.0\.1:\d+)/"
        side.monitor.wait_for_log(place)
        return str(re.findall(place, side.monitor.log())[-1])

    def ask(self, address: str, target: str, method: str = "GET",
            **headers: str) -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection(address, timeout=30)
        connection.putrequest(method, target, skip_host="host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}

    def wait_for(self, address: str, target: str, status: int, seconds: float = 60) -> str:
        give_up = time.monotonic() + seconds
        while True:
            got, body, _ = self.ask(address, target)
            if got == status:
                return body
            self.assertLess(time.monotonic(), give_up, body)
            time.sleep(0.2)

    def metric(self, page: str, name: str, **labels: str) -> float:
        for line in page.splitlines():
            if line.startswith(name + "{") and all(f'{key}="{value}"' in line
                                                   for key, value in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"no {name} {labels}\n{page}")

    def panels_without_data(self, prometheus: str) -> list[str]:
        """Of the dashboard, as Grafana would ask. What needs an incident may be empty."""
        incidents = ("credentials", "retention", "ddm_lag", "histogram_quantile", "freeze", "alert")
        dashboard = json.loads((ROOT / "deploy/grafana/ddm.json").read_text())
        empty = []
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                expression = target["expr"]
                for variable, value in (("$migration", ".*"), ("$command", ".*"),
                                        ("$__rate_interval", "1m"), ("$__interval", "1m"),
                                        ("$__range", "1h")):
                    expression = expression.replace(variable, value)
                query = "/api/v1/query?query=" + urllib.parse.quote(expression)
                answer = json.loads(self.ask(prometheus, query)[1])
                self.assertEqual(answer["status"], "success", expression)
                if not answer["data"]["result"] and not any(each in expression
                                                            for each in incidents):
                    empty.append(expression)
        return empty

    def test_all_that_shows_it_shows_the_same(self) -> None:
        side = self.equal_tables()
        side.monitor.start(*TO_GO, *LOCAL, "--log-format", "json", "--emf", "Test")
        address = self.address(side)
        self.wait_for(address, "/go", 200)
        name = json.loads(self.ask(address, "/api/v1/migrations")[1])["migrations"][0]["migration"]
        self.lose(side, range(3))
        side.monitor.wait_for_log("verdict: NO-GO")
        time.sleep(3)
        _, status_text, _ = self.ask(address, f"/api/v1/migrations/{name}/status")
        _, page, _ = self.ask(address, "/metrics")
        ended = side.monitor.stop()
        self.assert_exit(ended, MISMATCHES)
        status, report = json.loads(status_text), ended.report()
        log = side.monitor.log()
        lines = [json.loads(line) for line in log.splitlines() if line.startswith('{"time"')]
        told = [line for line in lines if line["event"] == "status"][-1]
        changed = [line for line in lines if line["event"] == "verdict_changed"][-1]

        # The end adds what the end alone makes known; here it is nothing.
        self.assertEqual(status["reasons"], report["reasons"])
        self.assertEqual(told["reasons"], report["reasons"])
        self.assertEqual(changed["reasons"], report["reasons"])
        for reason in report["reasons"]:
            self.assertIn(f"\n  - {reason}", log)
        for member in ("events", "checks", "mismatches", "open_keys", "compared"):
            for figure, value in report[member].items():
                if figure != "per_second":
                    self.assertEqual(status[member][figure], value, f"{member}.{figure}")
                if f"{member}_{figure}" in told:
                    self.assertEqual(told[f"{member}_{figure}"], value, f"{member}.{figure}")
        labels = {"migration": name}
        self.assertEqual(self.metric(page, "ddm_verdict", verdict="no_go", **labels), 1)
        for kind, count in report["mismatches"].items():
            self.assertEqual(self.metric(page, "ddm_mismatches_open", kind=kind, **labels), count)
        self.assertEqual(self.metric(page, "ddm_events_read_total", **labels),
                         report["events"]["total"])
        metrics = told["_aws"]["CloudWatchMetrics"][0]["Metrics"]
        self.assertTrue(all(isinstance(told[each["Name"]], (int, float)) for each in metrics))
        self.assertIn(f"{report['mismatches']['stale']} stale", log)

    def test_answers_have_the_documented_shape(self) -> None:
        side = self.equal_tables()
        side.monitor.start(*TO_GO, *LOCAL)
        address = self.address(side)
        self.wait_for(address, "/go", 200)
        self.lose(side, range(3))
        side.monitor.wait_for_log("verdict: NO-GO")
        self.wait_for(address, "/go", 503)
        name = json.loads(self.ask(address, "/api/v1/migrations")[1])["migrations"][0]["migration"]
        document = json.loads((DOCS / "openapi.json").read_text())
        for path, methods in document["paths"].items():
            target = path.replace("{name}", name)
            if path.endswith("/events"):
                continue
            with self.subTest(path=path):
                status, body, headers = self.ask(address, target)
                answer = methods["get"]["responses"][str(status)]
                kind = headers["content-type"].split(";")[0]
                content = answer["content"][kind]
                self.assertEqual(headers["cache-control"], "no-store")
                self.assertNotIn("access-control-allow-origin", headers)
                if kind == "application/json":
                    jsonschema.validate(json.loads(body), resolved(content["schema"]))
                self.assertEqual(self.ask(address, target, "HEAD")[:2], (status, ""))
        give_up = time.monotonic() + 30  # they are read from the state, which has them soon
        while '"kind"' not in self.ask(address, f"/api/v1/migrations/{name}/findings")[1]:
            self.assertLess(time.monotonic(), give_up)
            time.sleep(0.2)
        listed = [json.loads(self.ask(address, f"/api/v1/migrations/{name}/findings{query}")[1])
                  for query in ("", "?limit=2", "?kind=missing", "?kind=stale&path=v",
                                "?state=all", "?state=healed")]
        self.assertEqual([len(each["findings"]) for each in listed], [3, 2, 0, 3, 3, 0])
        parts = [json.loads(self.ask(address, f"/api/v1/migrations/{name}/findings?{query}")[1])
                 for query in ("state=all&limit=2",)]
        parts += [json.loads(self.ask(address, f"/api/v1/migrations/{name}/findings"
                                               f"?state=all&after={parts[0]['next']}")[1])]
        self.assertEqual([each["id"] for part in parts for each in part["findings"]],
                         [each["id"] for each in listed[4]["findings"]])
        rest = self.ask(address, f"/api/v1/migrations/{name}/findings?after={listed[1]['next']}")
        self.assertEqual(json.loads(rest[1]), {"findings": listed[0]["findings"][2:], "next": None})
        page = self.ask(address, "/", accept="text/html,*/*;q=0.8")
        self.assertTrue(page[1].startswith("<!DOCTYPE html>"), page[1][:200])
        self.assertIn("script-src 'self'", page[2]["content-security-policy"])
        shards = json.loads(self.ask(address, f"/api/v1/migrations/{name}/shards")[1])
        self.assertEqual(shards["total"], len(shards["shards"]))
        self.assertIn("open", [each["state"] for each in shards["shards"]])
        for query in ("?limit=0", "?limit=x", "?after=1", "?after=1-zz", "?state=closed",
                      "?kind=none"):
            self.assertEqual(self.ask(address, f"/api/v1/migrations/{name}/findings{query}")[0],
                             400, query)

    @unittest.skipUnless(PROMETHEUS, "Prometheus could not be fetched by ./dev setup")
    def test_prometheus_scrapes_it(self) -> None:
        side = self.equal_tables()
        token = side.monitor.folder / "token"
        token.write_text("correct-horse-battery-staple\n")
        side.monitor.start(*TO_GO, *LOCAL, "--listen-token-file", str(token))
        address = self.address(side)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            own = f"127.0.0.1:{free.getsockname()[1]}"
        config = side.monitor.folder / "prometheus.yml"
        config.write_text(json.dumps({"scrape_configs": [
            {"job_name": "ddm", "scrape_interval": "1s",
             "authorization": {"credentials_file": str(token)},
             "static_configs": [{"targets": [address]}]}]}))
        server = subprocess.Popen(
            [PROMETHEUS, f"--config.file={config}", f"--web.listen-address={own}",
             f"--storage.tsdb.path={side.monitor.folder / 'tsdb'}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=dynamodb_local.end_with_parent)
        try:
            query = "/api/v1/query?query=ddm_verdict%7Bverdict%3D%22go%22%7D"
            give_up = time.monotonic() + 90
            while True:
                try:
                    found = json.loads(self.ask(own, query)[1])["data"]["result"]
                except (OSError, ValueError, KeyError):
                    found = []
                if found and found[0]["value"][1] == "1":
                    break
                self.assertLess(time.monotonic(), give_up, found)
                time.sleep(0.5)
            time.sleep(5)  # a rate needs two scrapes
            self.assertEqual(self.panels_without_data(own), [])
        finally:
            server.kill()
            server.wait()
        side.monitor.stop()

    def test_what_is_hostile_is_refused(self) -> None:
        side = self.equal_tables()
        side.monitor.start(*TO_GO, *LOCAL)
        address = self.address(side)
        self.assertEqual(self.ask(address, "/go", host="evil.example")[0], 421)
        self.assertEqual(self.ask(address, "/healthz", host="evil.example")[:2], (200, ""))
        for target in ("/../etc/passwd", "/%2e%2e/x", "/a%00b", "/api//v1"):
            self.assertEqual(self.ask(address, target)[0], 400, target)
        self.assertEqual(self.ask(address, "/healthz", "POST", content_length="0")[0], 405)
        self.assertEqual(self.ask(address, "/api/v1/migrations/none/status")[0], 404)
        self.wait_for(address, "/healthz", 200)
        side.monitor.stop()

    def test_events_come_each_second_and_who_never_reads_disturbs_nobody(self) -> None:
        side = self.equal_tables()
        side.monitor.start(*TO_GO, *LOCAL)
        address = self.address(side)
        self.wait_for(address, "/readyz", 200)
        name = json.loads(self.ask(address, "/api/v1/migrations")[1])["migrations"][0]["migration"]
        target = f"/api/v1/migrations/{name}/events"
        host, port = address.split(":")
        silent = [socket.create_connection((host, int(port))) for _ in range(20)]
        for each in silent:
            each.sendall(f"GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
        events = []
        with urllib.request.urlopen(f"http://{address}{target}", timeout=30) as stream:
            self.assertEqual(stream.headers["content-type"].split(";")[0], "text/event-stream")
            while len(events) < 4:
                line = stream.readline().decode()
                if line.startswith("data: "):
                    events.append(json.loads(line[6:]))
        self.assertEqual(events[0]["schema"], 2)
        self.assertLess(events[0]["at"], events[-1]["at"])
        self.wait_for(address, "/go", 200)
        for each in silent:
            each.close()
        ended = side.monitor.stop()
        self.assert_exit(ended, 0)

    def test_a_token_is_asked_for_beyond_loopback_and_kept_secret(self) -> None:
        side = self.equal_tables()
        refused = side.monitor.run("monitor", *side.monitor.flags(), "--listen", "0.0.0.0:0")
        self.assert_exit(refused, 2)
        self.assertIn("--listen-token-file", refused.log)
        token = "correct-horse-battery-staple"
        path = side.monitor.folder / "token"
        path.write_text(token + "\n")
        side.monitor.start(*TO_GO, *LOCAL, "--listen-token-file", str(path))
        address = self.address(side)
        self.assertEqual(self.ask(address, "/metrics")[0], 401)
        self.assertEqual(self.ask(address, f"/metrics?token={token}")[0], 401)
        self.assertEqual(self.ask(address, "/metrics", authorization="Bearer wrong")[0], 401)
        self.assertEqual(self.ask(address, "/metrics", authorization=f"Bearer {token}")[0], 200)
        side.monitor.stop()
        self.assertNotIn(token, side.monitor.log())
        self.assertNotIn(token.encode(), side.monitor.state.read_bytes())

    def test_a_port_in_use_is_told_before_anything_is_done(self) -> None:
        side = self.equal_tables()
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            ended = side.monitor.run("monitor", *side.monitor.flags(),
                                     "--listen", f"127.0.0.1:{other.getsockname()[1]}")
        self.assertIn("--listen", ended.log)
        self.assertNotEqual(ended.code, 0)
        self.assertFalse(side.monitor.state.exists())
