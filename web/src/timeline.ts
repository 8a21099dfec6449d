// The five moments of a migration, and which of them have been.
//
// The monitor sees T0 in the stream's ARN, T2 when the target is there, T3 and T4 itself; the
// export is made elsewhere and leaves no trace here. When a moment was is looked up in the history.

import { h, keeper, section } from "./dom";
import type { Standing } from "./live";
import type { HistoryPoint, Status } from "./types";
import { type Context, isLive, type Part } from "./view";

interface Moments {
  imported?: string;
  caughtUp?: string;
}

/** "arn:…/stream/2026-01-31T22:00:00.123" is labelled with when the stream was enabled, in UTC. */
function enabledAt(status: Status): string | undefined {
  const label = status.stream?.arn.split("/stream/")[1];
  return label && !Number.isNaN(Date.parse(label + "Z")) ? label + "Z" : undefined;
}

/** The first points after the last phase of importing, and of catching up. */
function momentsOf(points: HistoryPoint[]): Moments {
  const found: Moments = {};
  points.forEach((point, at) => {
    const before = points[at - 1]?.phase;
    if (point.phase === "importing") {
      delete found.imported;
      delete found.caughtUp;
    } else if (before === "importing") {
      found.imported = point.at;
    }
    if (point.phase === "catching up") {
      delete found.caughtUp;
    } else if (before === "catching up") {
      found.caughtUp = point.at;
    }
  });
  return found;
}

/** How many of the five have been reached. Verified is only what somebody watches. */
function reached(status: Status, standing: Standing): number {
  if (isLive(standing) && !status.ended && status.verdict === "GO") {
    return 5;
  }
  return { "importing": 1, "catching up": 3, "baseline": 4, "steady": 4 }[status.phase];
}

export interface Timeline extends Part {
  setHistory(points: HistoryPoint[]): void;
}

export function makeTimeline({ words, formats }: Context): Timeline {
  const steps = h("ol", { class: "steps" });
  const root = section("timeline", words.timeline, steps);
  const keepSteps = keeper(steps);
  let moments: Moments = {};
  let standing: Standing = { kind: "connecting" };

  const show = (status: Status) => {
    const done = reached(status, standing);
    const times = [
      enabledAt(status),
      undefined,
      done > 2 ? moments.imported : undefined,
      done > 3 ? moments.caughtUp : undefined,
      done > 4 ? status.verdict_since : undefined,
    ];
    keepSteps([done, times], () => Object.values(words.steps).map((name, at) => {
      const state = at < done ? "done" : at === done ? "now" : "next";
      // Of the export nobody tells; with the target there it must have been made.
      // "Verified" is no work that is under way: it is, or it is not.
      const now = at === 4 ? words.stepNext : words.stepNow;
      const label = { done: words.stepDone, now, next: words.stepNext }[state];
      const time = times[at];
      return h(
        "li",
        { class: state, "aria-current": state === "now" ? "step" : undefined },
        h("span", { class: "dot", "aria-hidden": "true" }),
        h("span", { class: "step-name" }, h("b", {}, `T${at}`), ` ${name}`),
        h("span", { class: "step-time" }, time ? formats.moment(time)
          : at === 1 && state === "done" ? words.notSeen : label),
      );
    }));
  };
  return {
    root,
    setHistory: (points) => {
      moments = momentsOf(points);
    },
    update: show,
    stand: (now, last) => {
      standing = now;
      if (last) {
        show(last);
      }
    },
  };
}
