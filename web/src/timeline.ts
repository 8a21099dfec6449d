// The five moments of a migration, the present phase, and what comes next in words.
//
// The monitor sees T0 in the stream's ARN, T2 when the target is there, T3 and T4 itself; the
// export is made elsewhere and leaves no trace here. When a moment was is looked up in the history.

import { h, keeper, section, setText } from "./dom";
import type { HistoryPoint, Status } from "./types";
import { type Context, type Part } from "./view";
import { accentOf } from "./verdict";

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

/** How many of the five have been reached. */
function reached(status: Status): number {
  if (accentOf(status.verdict) === "go") {
    return 5;
  }
  return { "importing": 1, "catching up": 3, "baseline": 4, "steady": 4 }[status.phase];
}

export interface Timeline extends Part {
  setHistory(points: HistoryPoint[]): void;
}

export function makeTimeline({ words, formats }: Context): Timeline {
  const steps = h("ol", { class: "steps" });
  const phase = h("dd", { id: "phase" });
  const next = h("dd", { id: "next" });
  const root = section(
    "timeline",
    words.timeline,
    steps,
    h("dl", { class: "now" }, h("div", {}, h("dt", {}, words.phase), phase),
      h("div", {}, h("dt", {}, words.next), next)),
  );
  const keepSteps = keeper(steps);
  let moments: Moments = {};

  const nextWords = (status: Status) => {
    const text = words.nextText;
    if (status.verdict === "NO-GO") {
      return text.noGo;
    }
    if (accentOf(status.verdict) === "go") {
      return text.go;
    }
    if (status.freeze.at && Date.parse(status.freeze.at) <= Date.parse(status.at)) {
      return text.frozen(formats.time(status.freeze.at));
    }
    switch (status.phase) {
      case "importing":
        return text.importing;
      case "catching up":
        return text.catchingUp;
      case "baseline":
        return text.baseline;
      default:
        return status.compared.segments_total === 0
          ? text.steadyNoBaseline
          : text.steadyWait(status.settings["settle"] ?? "");
    }
  };
  return {
    root,
    setHistory: (points) => {
      moments = momentsOf(points);
    },
    update: (status) => {
      const done = reached(status);
      const times = [
        enabledAt(status),
        undefined,
        done > 2 ? moments.imported : undefined,
        done > 3 ? moments.caughtUp : undefined,
        done > 4 ? status.verdict_since : undefined,
      ];
      const names = Object.values(words.steps);
      keepSteps([done, times], () =>
        names.map((name, at) => {
          const state = at < done ? "done" : at === done ? "now" : "next";
          // Of the export nobody tells; with the target there it must have been made.
          const label = { done: words.stepDone, now: words.stepNow, next: words.stepNext }[state];
          const time = times[at];
          return h(
            "li",
            { class: state, "aria-current": state === "now" ? "step" : undefined },
            h("span", { class: "dot", "aria-hidden": "true" }),
            h("span", { class: "step-name" }, h("b", {}, `T${at}`), ` ${name}`),
            h("span", { class: "step-time" }, time ? formats.moment(time)
              : at === 1 && state === "done" ? words.notSeen : label),
          );
        }),
      );
      setText(phase, status.phase);
      setText(next, nextWords(status));
    },
  };
}
