// The five moments of a migration, and which of them have been.
//
// The monitor sees T0 in the stream's ARN, T2 when the target is there, T3 and T4 itself; the
// export is made elsewhere and leaves no trace here. When a moment was is looked up in the history.

import { h, keeper, section } from "./dom";
import type { Standing } from "./live";
import type { HistoryPoint, Status } from "./types";
import { type Context, isLive, type Part, standsOnSample } from "./view";

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

export type Step = "done" | "now" | "next" | "unknown" | "sampled";

/** How many of the five have been reached. Nothing is verified that nobody watches. */
function reached(status: Status, standing: Standing): number {
  if (isLive(standing) && !status.ended && status.verdict === "GO") {
    return 5;
  }
  return { "importing": 1, "catching up": 3, "baseline": 4, "steady": 4 }[status.phase];
}

/** Each of the five; of what nobody could see none says that it is done. */
export function stepsOf(status: Status, standing: Standing): Step[] {
  const done = reached(status, standing);
  if (!status.stream && done < 5) {
    // A comparison by itself sees two tables, and neither how they came nor what still comes.
    return ["unknown", "unknown", "unknown", "unknown", "next"];
  }
  if (done === 5 && standsOnSample(status)) {
    return ["done", "done", "done", "done", "sampled"];
  }
  const steps = [0, 1, 2, 3, 4].map((at): Step => at < done ? "done" : at === done ? "now" : "next");
  if (done === 4) {
    steps[4] = "next"; // it is no work that is under way: it is, or it is not
    if (status.behind_stream_ms === null) {
      steps[3] = "unknown";
    }
  }
  return steps;
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
    const states = stepsOf(status, standing);
    const times = [enabledAt(status), undefined, moments.imported, moments.caughtUp, status.verdict_since];
    keepSteps([states, times], () => Object.values(words.steps).map((name, at) => {
      const state = states[at] ?? "unknown";
      // Of the export nobody tells; with the target there it must have been made.
      const label = {
        done: words.stepDone, now: words.stepNow, next: words.stepNext, unknown: words.stepUnknown,
        sampled: words.stepSampled,
      }[state];
      const time = state === "done" || at === 0 ? times[at] : undefined;
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
