"""A state in a table: hosts die with their disks, others take over; nothing is lost or doubled."""

import json
import os
import random
import signal
import time
import urllib.request
from functools import partial
from typing import Any

from harness import IMPATIENT, PATIENCE_SECONDS, TRAFFIC_SECONDS_MAX, Migration, wait_until
from hosts import STATES, Host, Hosts

CHANGES = 4000
RATE = 60
# Each takes some 25 s until the other one has taken over; DDM_HOST_DEATHS=20 is the long form.
DEATHS = int(os.environ.get("DDM_HOST_DEATHS", "2"))
TAKEOVER_SECONDS_MAX = 30
CLEAN_TAKEOVER_SECONDS_MAX = 5
# A busy machine: what it adds to each.
SLACK_SECONDS = 5


class Standby(Hosts):
    def started(self, migration: Migration) -> Host:
        host = self.host(migration)
        host.start(*IMPATIENT)
        return host

    def test_hosts_that_die_with_their_disks_lose_nothing_and_double_nothing(self) -> None:
        rng = random.Random(11)
        migration = self.migration(seed=11, missing=3, stale=3, different=3, undeleted=3)
        migration.create()
        self.states(migration)
        migration.replicate()
        holder = self.started(migration)
        holder.wait_for_log("event=state_taken")
        standby = self.started(migration)
        traffic = migration.traffic()
        changes = CHANGES // 2 * DEATHS
        writing = migration.background(
            partial(traffic.run, changes, RATE, TRAFFIC_SECONDS_MAX * DEATHS))
        for _ in range(DEATHS):
            time.sleep(rng.uniform(3, 12))
            self.assertTrue(holder.running and standby.running, standby.log()[-4000:])
            self.assertTrue(standby.is_standby(), standby.log()[-4000:])
            holder.die()
            died = time.monotonic()
            wait_until(standby.has_taken, TAKEOVER_SECONDS_MAX + SLACK_SECONDS)
            print(f"taken over after {time.monotonic() - died:.1f} s")
            holder, standby = standby, self.started(migration)
        writing.join()
        # A clean end: the standby has it at once.
        holder.stop()
        left = time.monotonic()
        wait_until(standby.has_taken, CLEAN_TAKEOVER_SECONDS_MAX + SLACK_SECONDS)
        print(f"taken over {time.monotonic() - left:.1f} s after a clean end")
        standby.stop()
        migration.monitor = standby
        ended = migration.finish(*IMPATIENT)
        self.assert_found_exactly(migration)
        self.assert_exit(ended, 1)
        self.assert_counted(ended.report(), traffic)

    def test_a_holder_that_wakes_after_a_minute_has_no_effect_and_ends(self) -> None:
        migration = self.migration(seed=12)
        migration.create()
        self.states(migration)
        sleeper = self.started(migration)
        sleeper.wait_for_log("event=state_taken")
        wait_until(lambda: "copy" in self.head(migration))
        sleeper.signal(signal.SIGSTOP)
        other = self.started(migration)
        wait_until(other.has_taken, TAKEOVER_SECONDS_MAX + SLACK_SECONDS)
        time.sleep(max(0, 60 - TAKEOVER_SECONDS_MAX))
        before = self.head(migration)
        sleeper.signal(signal.SIGCONT)
        ended = sleeper.wait(PATIENCE_SECONDS)
        self.assert_exit(ended, 4)
        self.assertIn("another process has taken the state", ended.log)
        self.assertIn(str(other.pid), ended.log)
        after = self.head(migration)
        self.assertEqual((after["owner"], after["epoch"]), (before["owner"], before["epoch"]))
        wait_until(lambda: self.head(migration)["counter"] != after["counter"])
        self.assertTrue(other.running)
        self.assert_exit(other.stop(), 3)

    def test_a_standby_is_ready_says_for_whom_it_waits_and_leaves_at_a_signal(self) -> None:
        migration = self.migration(seed=13)
        migration.create()
        self.states(migration)
        holder = self.started(migration)
        holder.wait_for_log("event=state_taken")
        standby = self.host(migration)
        standby.start(*IMPATIENT, "--listen", "127.0.0.1:0")
        standby.wait_for_log("event=listening")
        base = standby.listens_at()

        def get(path: str) -> str:
            with urllib.request.urlopen(base + path, timeout=10) as answer:
                text: str = answer.read().decode().strip()
                return text

        self.assertEqual(get("/readyz"), "standby")
        self.assertEqual(get("/healthz"), "alive")
        listed = json.loads(get("/api/v1/migrations"))
        self.assertEqual(listed["migrations"], [])
        self.assertEqual(listed["standby"][0]["state"], f"dynamodb://{STATES}/orders")
        self.assertIn(f"process {holder.pid}", listed["standby"][0]["held_by"])
        self.assertIn(f'ddm_standby{{state="dynamodb://{STATES}/orders"}} 1', get("/metrics"))
        standby.signal(signal.SIGTERM)
        self.assert_exit(standby.wait(10), 3)
        self.assertTrue(holder.running)
        self.assertEqual(list((standby.folder / "tmp").iterdir()), [])
        # Whoever takes over shows the run itself.
        next_one = self.host(migration)
        next_one.start(*IMPATIENT, "--listen", "127.0.0.1:0")
        next_one.wait_for_log("event=standby ")
        holder.stop()
        wait_until(next_one.has_taken)
        base = next_one.listens_at()
        wait_until(lambda: json.loads(get("/api/v1/migrations"))["migrations"] != [])
        self.assertEqual(json.loads(get("/api/v1/migrations"))["standby"], [])
        self.assertNotIn("ddm_standby", get("/metrics"))
        next_one.stop()

    def test_a_holder_that_is_cut_off_from_the_table_does_not_trust_itself(self) -> None:
        migration = self.migration(seed=14)
        migration.create()
        self.states(migration)
        proxy = self.fault_proxy()
        cut_off = self.host(migration)
        cut_off.state_endpoint_url = f"http://127.0.0.1:{proxy.server_address[1]}"
        cut_off.start(*IMPATIENT, "--listen", "127.0.0.1:0")
        cut_off.wait_for_log("event=listening")
        base = f"{cut_off.listens_at()}/api/v1/migrations"

        def get(path: str = "") -> Any:
            with urllib.request.urlopen(base + path, timeout=10) as answer:
                return json.load(answer)

        def reasons() -> str:
            [run] = get()["migrations"]
            return str(get(f"/{run['migration']}/status")["reasons"])

        wait_until(lambda: "copy" in self.head(migration) and get()["migrations"] != [])
        self.assertNotIn("another one may have taken the state", reasons())
        other = self.started(migration)
        other.wait_for_log("event=standby ")
        for operation in ("GetItem", "PutItem", "BatchWriteItem", "Query"):
            proxy.orders.refuse_as(operation, 503, "ServiceUnavailable")
        wait_until(other.has_taken, TAKEOVER_SECONDS_MAX + SLACK_SECONDS)
        self.assertIn("another one may have taken the state", reasons())
        self.assertTrue(cut_off.running and other.running)
        other.stop()
        cut_off.kill()
