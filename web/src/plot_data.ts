// The points of the plots: each second while the page is open, each minute from the history.

import type { HistoryPoint, Status } from "./types";
import { wrongKeys } from "./view";

export type Range = "15m" | "24h" | "14d";
export const ranges: readonly Range[] = ["15m", "24h", "14d"];
export const rangeSeconds: Record<Range, number> = { "15m": 900, "24h": 86_400, "14d": 1_209_600 };

export interface Point {
  at: number; // s since 1970
  rate: number | null;
  lag: [number | null, number | null]; // ms: p50, p99
  open: number | null;
  usd: number | null;
}

const gapMax = 1_800; // s; beyond it nobody was watching

/** Changes between two points of the history, a second. A state that began anew counts from 0. */
function rateBetween(before: HistoryPoint | undefined, point: HistoryPoint): number | null {
  const from = before?.events_unique;
  const to = point.events_unique;
  if (!before || from === undefined || to === undefined || to < from) {
    return null;
  }
  const seconds = (Date.parse(point.at) - Date.parse(before.at)) / 1000;
  return seconds > 0 && seconds <= gapMax ? (to - from) / seconds : null;
}

export class PlotData {
  private history: Point[] = [];
  private live: Point[] = [];

  setHistory(points: HistoryPoint[]): void {
    this.history = points.map((point, at) => ({
      at: Date.parse(point.at) / 1000,
      rate: rateBetween(points[at - 1], point),
      lag: [point.lag_ms_p50 ?? null, point.lag_ms_p99 ?? null],
      open: point.open_keys_all === undefined
        ? null : point.open_keys_all + (point.mismatches_unlisted_all ?? 0),
      usd: point.consumed_usd ?? null,
    }));
  }

  add(status: Status): void {
    const at = Date.parse(status.at) / 1000;
    const last = this.live[this.live.length - 1];
    if (last && at <= last.at) {
      return;
    }
    this.live.push({
      at,
      rate: status.events.per_second,
      lag: [status.lag_ms?.p50 ?? null, status.lag_ms?.p99 ?? null],
      open: wrongKeys(status),
      usd: status.consumed.usd,
    });
    if (this.live.length > rangeSeconds["15m"] + 60) {
      this.live.shift();
    }
  }

  /** Oldest first. Where nothing was told for long stands a point without figures. */
  within(range: Range): Point[] {
    const newest = this.live[this.live.length - 1] ?? this.history[this.history.length - 1];
    if (!newest) {
      return [];
    }
    const from = newest.at - rangeSeconds[range];
    const firstLive = this.live[0]?.at ?? Infinity;
    // Days are drawn of minutes: a second more each second would only make them slow.
    const live = range === "15m" ? this.live : this.live.filter((_, at) =>
      at % 30 === 0 || at === this.live.length - 1);
    const all = [...this.history.filter((each) => each.at < firstLive), ...live]
      .filter((each) => each.at >= from);
    const found: Point[] = [];
    for (const each of all) {
      const before = found[found.length - 1];
      if (before && each.at - before.at > gapMax) {
        found.push({ at: before.at + 1, rate: null, lag: [null, null], open: null, usd: null });
      }
      found.push(each);
    }
    return found;
  }

  /** USD a day, from the last hour or what there is of it; undefined: two minutes are needed. */
  usdPerDay(): number | undefined {
    const points = [...this.history, ...this.live].filter((each) => each.usd !== null);
    const last = points[points.length - 1];
    const first = last && points.find((each) => each.at >= last.at - 3_600 && each.at < last.at);
    if (!last || !first || last.at - first.at < 120 || (last.usd ?? 0) < (first.usd ?? 0)) {
      return undefined;
    }
    return (((last.usd ?? 0) - (first.usd ?? 0)) / (last.at - first.at)) * 86_400;
  }
}
