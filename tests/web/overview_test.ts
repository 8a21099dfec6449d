// What the overview of several migrations makes of their list.

import assert from "node:assert/strict";
import test from "node:test";

import { formatsFor } from "page/format";
import { isFleet } from "page/live";
import { fleetCounts, fleetRows, fleetTitle, fleetVerdict } from "page/overview";
import type { AbsentMigration, ListedMigration, MigrationList, Verdict } from "page/types";
import { absentText, type Context } from "page/view";
import { en } from "page/words_en";

const context: Context = { words: en, formats: formatsFor("en", en.units), base: () => undefined };

function running(migration: string, verdict: Verdict, isOld = false): ListedMigration {
  return { migration, verdict, isOld, command: "monitor", at: "2026-01-01T00:00:00Z", phase: "steady",
           source: migration, target: migration };
}

function absent(migration: string, state: AbsentMigration["state"], last?: Verdict): AbsentMigration {
  return { migration, state, why: "", ...(last && { last_verdict: last }) };
}

const verdictOf = (...migrations: ListedMigration[]) => fleetVerdict(fleetRows({ migrations }, true));

test("one that runs alone is no fleet, one that is left of some is", () => {
  assert.equal(isFleet({ migrations: [] }), false);
  assert.equal(isFleet({ migrations: [running("a", "GO")], absent: [] }), false);
  assert.equal(isFleet({ migrations: [running("a", "GO"), running("b", "GO")] }), true);
  assert.equal(isFleet({ migrations: [], absent: [absent("a", "paused")] }), true);
});

test("the worst comes first, and those alike by their names", () => {
  const list: MigrationList = {
    migrations: [running("go", "GO"), running("sampled", "GO (sampled)"), running("wait", "WAIT"),
                 running("old", "GO", true), running("wrong10", "NO-GO"), running("wrong9", "NO-GO")],
    absent: [absent("paused", "paused"), absent("ended", "ended", "GO"), absent("starting", "starting")],
  };
  const rows = fleetRows(list, true);
  assert.deepEqual(rows.map((each) => each.name),
                   ["wrong9", "wrong10", "old", "paused", "starting", "ended", "wait", "sampled", "go"]);
  assert.equal(fleetCounts(context, rows), "2 at NO-GO, 1 paused, 1 not known, 1 at WAIT, 1 at GO (sampled), " +
                                           "1 at GO, 1 starting, 1 ended");
});

test("all are at GO when each is, and runs", () => {
  assert.equal(verdictOf(running("a", "GO"), running("b", "GO")), "GO");
  assert.equal(verdictOf(running("a", "GO"), running("b", "GO (sampled)")), "GO (sampled)");
  assert.equal(verdictOf(running("a", "WAIT"), running("b", "GO (sampled)")), "WAIT");
  assert.equal(verdictOf(running("a", "WAIT"), running("b", "NO-GO")), "NO-GO");
  assert.equal(verdictOf(running("a", "GO"), running("b", "GO", true)), "WAIT", "nobody knows of b");
  for (const state of ["waiting", "starting", "standby", "paused", "ended"] as const) {
    const list = { migrations: [running("a", "GO")], absent: [absent("b", state, "GO")] };
    assert.equal(fleetVerdict(fleetRows(list, true)), "WAIT", state);
  }
  const wrong = { migrations: [running("a", "GO")], absent: [absent("b", "ended", "NO-GO")] };
  assert.equal(fleetVerdict(fleetRows(wrong, true)), "NO-GO");
  assert.equal(fleetRows(wrong, true)[0]?.name, "b");
});

test("of an old list nothing is a verdict", () => {
  const list = { now: "2026-01-01T00:00:00Z", migrations: [running("a", "NO-GO"), running("b", "GO")],
                 absent: [absent("c", "ended", "NO-GO")] };
  const rows = fleetRows(list, false);
  assert.ok(rows.every((each) => each.verdict === undefined));
  assert.equal(fleetVerdict(rows), undefined);
  assert.equal(verdictOf(running("a", "GO", true), running("b", "GO", true)), undefined);
  assert.equal(fleetTitle(context, list, undefined, false), "? 3 migrations – Migration monitor");
  assert.ok(fleetTitle(context, list, "GO", true).startsWith("3 migrations: GO at "));
});

test("what does not run says why, and when it is tried again", () => {
  const again = "2026-01-01T00:00:00Z";
  assert.equal(absentText(context, { ...absent("a", "paused"), why: "denied", again_at: again }),
               `denied; tried again at ${context.formats.time(again)}`);
  assert.equal(absentText(context, absent("a", "ended", "GO")), "last GO");
});
