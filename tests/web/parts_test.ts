// What parts of the page show of a status that a monitor has sent.
//
// sampled_go.json: `monitor --sample-rate 100 --baseline --accept-sampled`, before the fake service.

import assert from "node:assert/strict";
import test from "node:test";

import { identityAfter, makeFacts } from "page/facts";
import { makeFigures } from "page/figures";
import { formatsFor } from "page/format";
import { nextStep } from "page/next";
import { PlotData } from "page/plot_data";
import { makeGaps } from "page/progress";
import { makeTimeline, stepsOf } from "page/timeline";
import type { Status } from "page/types";
import { makeVerdict } from "page/verdict";
import type { Context } from "page/view";
import { en } from "page/words_en";

import { drawn, type FakeElement } from "./fake_document";
import sent from "./sampled_go.json";

const sampledGo = sent as unknown as Status;
const context: Context = { words: en, formats: formatsFor("en", en.units), base: () => undefined };
const live = { kind: "live" } as const;

test("a sample that was accepted is no proof", () => {
  const at = (changes: number, rest: number, suffices = false): Status => {
    const { coverage } = sampledGo;
    const of = (sample_rate: number) => ({ sample_rate, ignored: [] });
    return { ...sampledGo, coverage: { ...coverage, changes_since_comparison: of(changes),
                                       items_at_rest: of(rest), items_at_rest_suffice: suffices } };
  };
  for (const each of [sampledGo, at(100, 1), at(1, 100), at(1, 100, true)]) {
    assert.equal(each.verdict, "GO");
    assert.equal(nextStep(context, each), en.nextText.goAccepted);
    assert.deepEqual(stepsOf(each, live), ["done", "done", "done", "done", "sampled"]);
  }
  for (const each of [at(1, 1), at(100, 1, true)]) {
    assert.equal(nextStep(context, each), en.nextText.go);
    assert.equal(stepsOf(each, live)[4], "done");
  }
  assert.equal(stepsOf(sampledGo, { kind: "lost" })[4], "next");

  const verdict = drawn(() => makeVerdict(context));
  verdict.stand?.(live, undefined);
  verdict.update(sampledGo);
  const said = verdict.tree.textContent;
  assert.ok(said.includes("GO" + en.verdictMeaning["GO (sampled)"]) && said.includes("Only a sample was checked"), said);
  assert.ok(!said.includes(en.verdictMeaning.GO));
  const timeline = drawn(() => makeTimeline(context));
  timeline.stand?.(live, sampledGo);
  assert.ok(timeline.tree.textContent.endsWith("T4 Verified" + en.stepSampled), timeline.tree.textContent);
});

test("what is only counted is wrong too", () => {
  const figures = drawn(() => makeFigures(context));
  const tile = figures.tree.all("div").find((each) => each.textContent.startsWith(en.figure.open));
  const shown = (listed: number, unlisted: number) => {
    figures.update({
      ...sampledGo, open_keys: { all: listed },
      mismatches_unlisted: { ...sampledGo.mismatches_unlisted, missing: unlisted, unreadable: unlisted },
    });
    return [tile?.all("dd")[0]?.textContent, tile?.classList.contains("wrong")];
  };
  assert.deepEqual(shown(0, 0), ["0", false]);
  assert.ok(!tile?.textContent.includes("only counted"));
  assert.deepEqual(shown(0, 2_000), ["4,000", true]);
  assert.ok(tile?.textContent.includes("4,000 only counted"));
  assert.deepEqual(shown(1_000, 2_000), ["5,000", true]);
  assert.deepEqual(shown(3, 0), ["3", true], "as before");

  const data = new PlotData();
  const point = { verdict: "NO-GO", phase: "steady", open_keys_all: 1 } as const;
  data.setHistory([{ ...point, at: "2026-11-28T04:13:00Z" },
                   { ...point, at: "2026-11-28T04:14:00Z", mismatches_unlisted_all: 4 }]);
  data.add({ ...sampledGo, mismatches_unlisted: { ...sampledGo.mismatches_unlisted, stale: 7 } });
  assert.deepEqual(data.within("15m").map((each) => each.open), [1, 5, 7]);
});

test("a migration is known by its tables and its stream, not by its name", () => {
  const { tables, stream } = sampledGo;
  const of = (source: object, target: object = {}, other: object = {}): Status => ({
    ...sampledGo, stream: stream && { ...stream, ...other },
    tables: { source: { ...tables.source, ...source }, target: { ...tables.target, ...target } },
  });
  const known = identityAfter(undefined, sampledGo);
  assert.ok(known);
  assert.deepEqual(identityAfter(known, { ...sampledGo, at: "2026-11-28T04:20:00Z", started: "2026-11-28T04:19:00Z" }),
                   known, "a new run of it");
  assert.equal(identityAfter(known, of({ table_id: "another" })), undefined);
  assert.equal(identityAfter(known, of({}, { table_id: "another" })), undefined);
  assert.equal(identityAfter(known, of({}, {}, { arn: "another" })), undefined);
  // What is not known yet, or just now, says neither.
  const importing = identityAfter(undefined, of({}, { arn: null, table_id: null }));
  assert.deepEqual(importing && identityAfter(importing, sampledGo), known);
  const unknown = identityAfter(known, { ...of({ table_id: null }, { table_id: null }), stream: null });
  assert.deepEqual(unknown, known);
  assert.equal(identityAfter(unknown, of({}, { table_id: "another" })), undefined);
});

test("an open gap is not pushed out by cured ones", () => {
  const gap = (number: number, cured: boolean) =>
    ({ shard_id: `shard-${number}`, noticed: "2026-11-28T04:00:00Z", reason: "trimmed", cured });
  const gaps = drawn(() => makeGaps(context));
  const shown = (cured: boolean[]) => {
    gaps.update({ ...sampledGo, gaps: cured.map((each, number) => gap(number, each)) });
    return gaps.tree.all("code").map((each) => Number(each.textContent.replace("shard-", "")));
  };
  const note = () => gaps.tree.all("p").map((each) => each.textContent).join();
  assert.deepEqual(shown([false, true, false, true]), [2, 0, 3, 1]);
  assert.equal(note(), "");
  const most = shown([false, ...Array<boolean>(120).fill(true)]);
  assert.deepEqual([most.length, most[0], most[1], most.at(-1)], [100, 0, 120, 22]);
  assert.equal(note(), "and 21 more, all of them cured");
  shown(Array<boolean>(103).fill(false));
  assert.equal(note(), "and 3 more, 3 of them open");
});

test("the tables' settings are told apart, and none is called equal that nobody looked at", () => {
  const facts = drawn(() => makeFacts(context));
  const [parity, settings] = facts.tree.all("details");
  assert.ok(parity && settings);
  const summary = () => parity.all("summary")[0]?.textContent;
  const show = (parts: object) =>
    facts.update({ ...sampledGo, table_settings: { ...sampledGo.table_settings, ...parts } } as Status);
  const row = (name: string, state: string, target: string | null = "b") => ({ name, source: "a", target, state });

  facts.update({ ...sampledGo, table_settings: null });
  assert.ok(parity.hidden && !settings.hidden);
  show({ looked_at: null, rows: [], different: 0, unknown: 0, trouble: "source table: denied" });
  assert.deepEqual([parity.hidden, Boolean(parity.open)], [false, false]);
  assert.equal(summary(), "Settings of the two tables Not looked at yet.; the last look failed");
  assert.ok(parity.textContent.includes("The last look failed: source table: denied"));
  assert.equal(parity.all("table").length, 0);

  facts.update(sampledGo);
  assert.ok(parity.open);
  assert.equal(summary(), "Settings of the two tables 1 different; 2 not known; 6 equal");
  const rows = parity.all("tr").map((each) => each.children.map((cell) => (cell as FakeElement).textContent));
  assert.deepEqual(rows.slice(0, 4), [
    ["Setting", "Source", "Target", "State"],
    ["stream", "NEW_AND_OLD_IMAGES", "off", "different"],
    ["pitr", "not known", "not known", "not known"],
    ["warm-throughput", "not known", "not known", "not known"],
  ]);

  // Closed by its reader it stays so until something else differs.
  parity.open = false;
  settings.open = true;
  show({ looked_at: "2026-11-28T05:14:37Z" });
  facts.update({ ...sampledGo, alerts: { ...sampledGo.alerts, told: 7 } });
  assert.deepEqual([parity.open, settings.open], [false, true]);
  show({ rows: [row("ttl", "accepted"), row("pitr", "equal", "a")] });
  assert.deepEqual([parity.open, summary()], [false, "Settings of the two tables 1 accepted; 1 equal"]);
  show({ rows: [row("ttl", "different"), row("pitr", "equal", "a")] });
  assert.ok(parity.open);
});
