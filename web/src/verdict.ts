// The verdict, since when, with all reasons. It is the one part that must never be out of date:
// without a living monitor behind it there is no verdict, only what the last one was.

import { h, keeper, setText } from "./dom";
import { placesOf } from "./facts";
import type { Standing } from "./live";
import { nextStep } from "./next";
import type { Status, Verdict } from "./types";
import { absentText, type Context, elapsed, isLive, type Part, standsOnSample } from "./view";
import type { Words } from "./words";

export function accentOf(verdict: Verdict): string {
  return { "GO": "go", "GO (sampled)": "sampled", "WAIT": "wait", "NO-GO": "no-go" }[verdict];
}

/** What may be shown as the verdict: nothing of a run that nobody hears of, or that has ended. */
export function verdictNow(status: Status | undefined, standing: Standing): Verdict | undefined {
  return status && !status.ended && isLive(standing) ? status.verdict : undefined;
}

/** A tab that nobody sees may stand still for hours: it says of when its verdict is. */
export function windowTitle(
  { words, formats }: Context, last: Status | undefined, verdict: Verdict | undefined, isHidden: boolean,
): string {
  if (!last) {
    return words.title;
  }
  if (isHidden && verdict) {
    return words.verdictAt(last.migration, verdict, formats.minute(last.at));
  }
  return `${verdict ?? "?"} ${last.migration}, ${placesOf(last.tables)} – ${words.title}`;
}

/** That all is proven is said by a GO alone, and while somebody watches. */
export function reasonsTold(words: Words, status: Status, verdict: Verdict | undefined): string[] {
  return status.reasons.length > 0 || verdict !== "GO" ? status.reasons : [words.noReasons];
}

export interface VerdictPart extends Part {
  /** What is shown is not to be trusted: then it is none. */
  blank(): void;
}

export function makeVerdict(context: Context): VerdictPart {
  const { words, formats } = context;
  const word = h("p", { class: "word", id: "verdict-word" }, "…");
  const meaning = h("p", { class: "meaning" });
  const since = h("p", { class: "since", id: "verdict-since" });
  const reasonsTitle = h("h3", {}, words.reasons);
  const reasons = h("ul", { class: "reasons", id: "reasons", lang: "en" });
  const phase = h("dd", { id: "phase" });
  const next = h("dd", { id: "next" });
  const spoken = h("p", { class: "hidden", role: "status", "aria-live": "polite" });
  const root = h(
    "section",
    { id: "verdict", class: "card", "aria-labelledby": "verdict-title" },
    h("h2", { id: "verdict-title" }, words.verdict),
    h("div", { class: "standing" },
      h("div", {},
        h("div", { class: "verdict" }, word, h("div", {}, meaning, since)),
        reasonsTitle, reasons),
      h("dl", { class: "now" },
        h("div", {}, h("dt", {}, words.phase), phase),
        h("div", {}, h("dt", {}, words.next), next))),
    spoken,
  );
  const keepReasons = keeper(reasons);
  let standing: Standing = { kind: "connecting" };
  let last: Status | undefined;

  const show = () => {
    const verdict = verdictNow(last, standing);
    root.dataset["accent"] = verdict ? accentOf(verdict) : "unknown";
    const isTold = last ?? (standing.kind === "absent" && standing.of);
    setText(word, verdict ?? (last?.ended ? words.ended : isTold ? words.unknown : words.connecting));
    if (!last) {
      return;
    }
    if (verdict) {
      // A sample that was accepted comes as a plain GO, and proves no more than before.
      setText(meaning, words.verdictMeaning[verdict === "GO" && standsOnSample(last) ? "GO (sampled)" : verdict]);
      setText(since, words.since(formats.time(last.verdict_since),
                                 formats.duration(elapsed(last.verdict_since, last.at))));
    } else {
      setText(meaning, last.failure ? words.failed(last.failure) : "");
      setText(since, words.lastVerdict(last.verdict, formats.time(last.at)));
    }
    setText(phase, last.phase);
    // Nobody is told to cut over by a page that does not know.
    setText(next, verdict ? nextStep(context, last) : words.nextUnknown);
    const isGo = last.verdict === "GO" || last.verdict === "GO (sampled)";
    setText(reasonsTitle, isGo && last.reasons.length > 0 ? words.limits : words.reasons);
    const told = reasonsTold(words, last, verdict);
    reasonsTitle.hidden = told.length === 0;
    keepReasons(told, () => told.map((each) => h("li", {}, each)));
    setText(spoken, words.announce(verdict ?? words.unknown));
  };
  return {
    root,
    update: (status) => {
      last = status;
      show();
    },
    stand: (now) => {
      standing = now;
      show();
    },
    blank: () => {
      root.dataset["accent"] = "unknown";
      setText(word, words.unknown);
      setText(meaning, "");
      setText(since, "");
      setText(next, words.nextUnknown);
      reasonsTitle.hidden = true;
      keepReasons([], () => []);
      setText(spoken, words.announce(words.unknown));
    },
  };
}

/** What is wrong with the connection, large, over everything. */
export function makeBanner(context: Context): Part & { hear(at: string | undefined): void } {
  const { words, formats } = context;
  const title = h("strong");
  const text = h("span");
  const link = h("a", { href: "/" }, words.login);
  const root = h("div", { id: "banner", role: "alert", hidden: true }, title, text);
  let name = "";
  let heard: string | undefined; // of a list that stands alone

  const show = (standing: Standing, last: Status | undefined) => {
    name = last?.migration ?? name;
    const from = last?.at ?? heard;
    const at = from ? formats.clock(from) : "";
    link.remove();
    // A run that has ended and told so is not lost, though nothing comes of it any more.
    if (standing.kind === "absent" && standing.of) {
      setText(title, words.fleet.absent(standing.of.migration, words.fleet.states[standing.of.state]));
      setText(text, absentText(context, standing.of));
    } else if (last?.ended) {
      setText(title, words.ended);
      setText(text, words.endedText(formats.time(last.at)));
    } else if (standing.kind === "lost") {
      setText(title, words.lost);
      setText(text, from ? words.lostText(at) : words.neverReached);
    } else if (standing.kind === "stalled") {
      setText(title, words.stalled);
      setText(text, words.stalledText(at));
    } else if (standing.kind === "absent") {
      setText(title, words.lost);
      setText(text, name ? words.absent(name) : words.noRun);
    } else if (standing.kind === "standby") {
      setText(title, words.standbyTitle);
      const { state, held_by, seen_at } = standing.of;
      setText(text, words.standby(state, held_by, formats.time(seen_at)));
    } else if (standing.kind === "login") {
      setText(title, words.loginNeeded);
      setText(text, "");
      root.append(link);
    }
    root.hidden = !last?.ended && (isLive(standing) || standing.kind === "connecting");
  };
  let current: Standing = { kind: "connecting" };
  let latest: Status | undefined;
  return {
    root,
    hear: (at) => {
      heard = at;
    },
    update: (status) => {
      latest = status;
      if (status.ended) {
        show(current, status);
      }
    },
    stand: (standing, last) => {
      current = standing;
      latest = last ?? latest;
      show(standing, latest);
    },
  };
}
