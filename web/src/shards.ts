// The shards of the stream over time: each a bar from its creation to its end, a child in its
// parent's lane where that is free, a line where a split leads to another one.

import { h, keeper, section, setText, svg, table } from "./dom";
import type { Shard, ShardsPage, Status } from "./types";
import { type Context, type Part } from "./view";

const width = 1000;
const laneHeight = 10;
const lanesMax = 40;
const windowMax = 26 * 3_600_000; // ms; a stream keeps a day
const readEach = 10_000;

interface Placed {
  shard: Shard;
  from: number;
  to: number;
  lane: number;
}

function placed(shards: Shard[], now: number): Placed[] {
  const oldest = Math.max(
    now - windowMax,
    Math.min(now - 60_000, ...shards.map((each) => (each.created ? Date.parse(each.created) : now))));
  const childBegins = new Map<string, number>();
  for (const each of shards) {
    for (const parent of each.parents) {
      childBegins.set(parent, Math.min(childBegins.get(parent) ?? Infinity,
        each.created ? Date.parse(each.created) : now));
    }
  }
  const inOrder = [...shards].sort((a, b) => (a.id < b.id ? -1 : 1));
  const laneEnds: number[] = [];
  const laneOf = new Map<string, number>();
  const found: Placed[] = [];
  for (const shard of inOrder) {
    const from = Math.max(oldest, shard.created ? Date.parse(shard.created) : oldest);
    const isOver = shard.state === "done" || shard.state === "skipped";
    const over = childBegins.get(shard.id) ?? (shard.ended ? Date.parse(shard.ended) : now);
    const to = Math.max(from, isOver || childBegins.has(shard.id) ? over : now);
    if (to < oldest) {
      continue;
    }
    const isFree = (lane: number | undefined): lane is number =>
      lane !== undefined && (laneEnds[lane] ?? 0) <= from;
    const parents = shard.parents.map((parent) => laneOf.get(parent)).find(isFree);
    const free = parents ?? laneEnds.findIndex((end) => end <= from);
    const lane = free >= 0 ? free : laneEnds.length;
    laneEnds[lane] = to;
    laneOf.set(shard.id, lane);
    found.push({ shard, from, to, lane });
  }
  return found.filter((each) => each.lane < lanesMax);
}

export function makeShards(context: Context): Part {
  const { words, formats } = context;
  const counts = h("p", { id: "shard-counts" });
  const strip = h("div", { class: "strip" });
  const legend = h("p", { class: "legend" });
  const rows = h("div");
  const root = section("shards", words.shards, counts, strip, legend,
    h("details", {}, h("summary", {}, words.shardList), rows));
  const keepStrip = keeper(strip);
  const keepRows = keeper(rows);
  const keepLegend = keeper(legend);
  let nextRead = 0;
  let signature = "";
  let page: ShardsPage = { shards: [], total: 0 };
  let closed = false;

  const stateOf = (shard: Shard) => words.shardState[shard.state] ?? shard.state;

  const draw = (now: number) => {
    const bars = placed(page.shards, now);
    const first = Math.min(now - 60_000, ...bars.map((each) => each.from));
    const x = (at: number) => Math.round(((at - first) / Math.max(1, now - first)) * width * 10) / 10;
    const lanes = Math.max(1, ...bars.map((each) => each.lane + 1));
    const byId = new Map(bars.map((each) => [each.shard.id, each]));
    const links = bars.flatMap((each) => each.shard.parents.map((parent) => ({ each, parent: byId.get(parent) })))
      .filter(({ each, parent }) => parent && parent.lane !== each.lane);
    return [
      svg("svg", {
        viewBox: `0 0 ${width} ${lanes * laneHeight}`, preserveAspectRatio: "none", role: "img",
        height: lanes * laneHeight, "aria-label": counts.textContent ?? "",
      },
      ...links.map(({ each, parent }) => svg("line", {
        class: "link", x1: x(each.from), x2: x(each.from),
        y1: ((parent?.lane ?? 0) + 0.5) * laneHeight, y2: (each.lane + 0.5) * laneHeight,
      })),
      ...bars.map((each) => svg("rect", {
        class: `shard-${each.shard.state}`, x: x(each.from), y: each.lane * laneHeight + 1.5,
        width: Math.max(2, x(each.to) - x(each.from) - 1), height: laneHeight - 3, rx: 1,
      }, svg("title", {}, `${each.shard.id}, ${stateOf(each.shard)}`)))),
      h("p", { class: "span", "aria-hidden": "true" },
        h("span", {}, formats.time(new Date(first))), h("span", {}, words.now)),
    ];
  };

  const show = (status: Status) => {
    const now = Date.parse(status.at);
    setText(counts, words.shardCounts(formats.count(status.shards.open), formats.count(status.shards.waiting),
      formats.count(status.shards.done)));
    if (page.shards.length === 0) {
      keepStrip("none", () => [h("p", { class: "note" }, words.noShards)]);
      return;
    }
    // Bars grow too slowly to be drawn anew each second.
    keepStrip([page, Math.floor(now / 30_000)], () => draw(now));
    keepLegend([...new Set(page.shards.map((each) => each.state)), page.total - page.shards.length], () => [
      ...[...new Set(page.shards.map((each) => each.state))].map((state) =>
        h("span", { class: `key shard-${state}` }, words.shardState[state] ?? state)),
      page.total > page.shards.length
        ? h("span", {}, words.shardsLeftOut(formats.count(page.total - page.shards.length))) : null,
    ]);
    const text = words.shard;
    keepRows(page, () => [
      h("div", { class: "scroll", role: "region", "aria-label": words.shards, tabindex: "0" },
        table(words.shards, [text.id, text.state, text.parents, text.created, text.readUpTo],
          page.shards.map((each) => [
            h("code", {}, each.id), stateOf(each), h("code", {}, each.parents.join(", ") || "–"),
            each.created ? formats.moment(each.created) : "–",
            each.read_up_to ? formats.moment(each.read_up_to) : "–",
          ]))),
    ]);
  };

  const read = async (status: Status) => {
    const base = context.base();
    if (!base) {
      return;
    }
    try {
      const answer = await fetch(`${base}/shards`);
      if (answer.ok && !closed) {
        page = (await answer.json()) as ShardsPage;
        show(status);
      }
    } catch {
      // It is asked for again; whether the monitor answers at all is said elsewhere.
    }
  };

  return {
    root,
    update: (status) => {
      show(status);
      const changed = JSON.stringify(status.shards);
      const now = Date.now();
      if (now >= nextRead || (changed !== signature && now >= nextRead - readEach + 1_500)) {
        signature = changed;
        nextRead = now + readEach;
        void read(status);
      }
    },
    close: () => {
      closed = true;
    },
  };
}
