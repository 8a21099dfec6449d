// Several migrations at a glance: one line each, the worst first, and what all of them come to.
//
// Problem: of forty tables thirty-eight are well, and who looks has to find the two others; of a line
// that nobody speaks for any more, its last verdict may not go on to stand there.
// Idea: the list says all of it (live.ts: whether it is of now). What does not run counts as WAIT, and
// so does what is old, whose verdict is "?". Lines stay the elements they are and only change
// places: who has reached one by the keyboard stays on it.
// Reason: the same as on the terminal (src/report/overview.h), so that both say the same.

import { h, keeper, scrolled, setText } from "./dom";
import type { AbsentMigration, ListedMigration, MigrationList, Verdict } from "./types";
import { accentOf } from "./verdict";
import { absentText, type Context } from "./view";

type State = AbsentMigration["state"] | "running";

export interface FleetRow {
  name: string;
  state: State;
  /** Nothing: it is not known now. */
  verdict: Verdict | undefined;
  now: ListedMigration | undefined;
  absent: AbsentMigration | undefined;
}

const worst: readonly Verdict[] = ["NO-GO", "WAIT", "GO (sampled)", "GO"];

/** Worst first; those alike by their names: the list has them as they began. `isLive`: it is of now. */
export function fleetRows({ migrations, absent = [] }: MigrationList, isLive: boolean): FleetRow[] {
  const running = migrations.map((now): FleetRow => ({
    name: now.migration, state: "running", verdict: isLive && !now.isOld ? now.verdict : undefined,
    now, absent: undefined,
  }));
  const others = absent.map((each): FleetRow => ({
    name: each.migration, state: each.state, verdict: isLive ? "WAIT" : undefined, now: undefined, absent: each,
  }));
  const byName = new Intl.Collator("en", { numeric: true });
  return [...others, ...running].sort((a, b) => badness(a) - badness(b) || byName.compare(a.name, b.name));
}

function badness({ verdict, state, absent }: FleetRow): number {
  if (!verdict) {
    return 1;
  }
  if (state === "ended") {
    return absent?.last_verdict === "NO-GO" ? 0 : 3;
  }
  return { "NO-GO": 0, "WAIT": state === "running" ? 4 : 2, "GO (sampled)": 5, "GO": 6 }[verdict];
}

/** The worst one; nothing where there is none that is known. What does not run is never well. */
export function fleetVerdict(rows: FleetRow[]): Verdict | undefined {
  if (rows.every((each) => !each.verdict)) {
    return undefined;
  }
  const all = rows.map((each) => (each.absent?.last_verdict === "NO-GO" ? "NO-GO" : each.verdict ?? "WAIT"));
  return worst.find((each) => all.includes(each));
}

/** "1 at NO-GO, 1 paused, 38 at GO". */
export function fleetCounts({ words, formats }: Context, rows: FleetRow[]): string {
  const parts: string[] = [];
  const add = (is: (row: FleetRow) => boolean, text: (n: string) => string) => {
    const count = rows.filter(is).length;
    if (count > 0) {
      parts.push(text(formats.count(count)));
    }
  };
  const { fleet } = words;
  const addAt = (verdict: Verdict) =>
    add((row) => row.state === "running" && row.verdict === verdict, (n) => fleet.countAt(n, verdict));
  const addIn = (state: State) => add((row) => row.state === state, (n) => fleet.countIn(n, fleet.states[state]));
  addAt("NO-GO");
  addIn("paused");
  add((row) => row.state === "running" && !row.verdict, fleet.countUnknown);
  worst.slice(1).forEach(addAt);
  (["starting", "waiting", "standby", "ended"] as const).forEach(addIn);
  return parts.join(words.fleet.separator);
}

/** What an operator would ask next. */
function reasonOf(context: Context, { now, absent, verdict }: FleetRow): string {
  const { words, formats } = context;
  if (absent) {
    return absentText(context, absent);
  }
  if (now && !verdict) {
    return words.fleet.silent(formats.time(now.at));
  }
  const [first, ...more] = now?.reasons ?? [];
  return first ? first + (more.length > 0 ? " " + words.fleet.more(formats.count(more.length)) : "") : "";
}

interface Line {
  root: HTMLElement;
  update(row: FleetRow): void;
}

/** With its roles told: a narrow window shows it as no table any more. */
function makeLine(context: Context, name: string): Line {
  const { words, formats } = context;
  const { columns, states } = words.fleet;
  const cell = (id: string, label: string) => h("td", { role: "cell", class: id, "data-label": label });
  const verdict = cell("of-verdict", columns.verdict);
  const link = h("a", { href: "#" + encodeURIComponent(name) }, name);
  const state = cell("of-state", columns.state);
  const rate = cell("number of-rate", columns.rate);
  const lag = cell("number of-lag", columns.lag);
  const open = cell("number of-open", columns.open);
  const why = cell("why", columns.why);
  const root = h("tr", { role: "row" }, verdict,
    h("th", { role: "rowheader", scope: "row", class: "of-name" }, link), state, rate, lag, open, why);
  root.addEventListener("click", (event) => {
    // Anywhere in the line; but what is selected is meant to be copied.
    if (event.target !== link && !getSelection()?.toString()) {
      link.click();
    }
  });
  const keepVerdict = keeper(verdict);
  const figure = (value: number | null | undefined, text: (value: number) => string) =>
    (value === undefined || value === null ? "–" : text(value));
  return {
    root,
    update: (row) => {
      const { now } = row;
      const shown = row.state === "ended" ? undefined : row.verdict;
      keepVerdict([shown, row.state], () => [shown
        ? h("span", { class: `badge accent-${accentOf(shown)}` }, shown)
        : h("span", { class: "badge unknown" }, row.state === "ended" ? "–" : "?")]);
      const follows = now && now.command !== "compare";
      setText(state, follows ? now.phase : states[row.state]);
      setText(rate, follows
        ? figure(now.events_per_second, (value) => formats.decimal(value, value < 10 ? 1 : 0)) : "–");
      setText(lag, figure(now?.lag_p95_ms, formats.duration));
      setText(open, figure(now?.open_mismatches, formats.count));
      open.classList.toggle("wrong", (now?.open_mismatches ?? 0) > 0);
      setText(why, reasonOf(context, row));
      why.setAttribute("lang", now && row.verdict ? "en" : words.language);
      root.classList.toggle("silent", !row.verdict);
      root.classList.toggle("absent", !now);
    },
  };
}

export interface Overview {
  root: HTMLElement;
  show(list: MigrationList, isLive: boolean): void;
  /** What it shows now. */
  verdict(): Verdict | undefined;
  /** What is shown is not to be trusted: then it is none. */
  blank(): void;
}

let filterText = ""; // stays while one of the migrations is looked at

export function makeOverview(context: Context): Overview {
  const { words, formats } = context;
  const { fleet } = words;
  const word = h("p", { class: "word", id: "fleet-verdict" }, words.connecting);
  const meaning = h("p", { class: "meaning" });
  const counts = h("p", { id: "fleet-counts" });
  const asOf = h("p", { class: "since", id: "fleet-as-of" });
  const spoken = h("p", { class: "hidden", role: "status", "aria-live": "polite" });
  const input = h("input", { type: "search", id: "fleet-filter", autocomplete: "off", spellcheck: "false" });
  input.value = filterText;
  const found = h("p", { class: "note", id: "fleet-found", role: "status" });
  const rows = h("tbody", { role: "rowgroup", id: "fleet-rows" });
  const columns = fleet.columns;
  const head = (text: string, name = "") => h("th", { role: "columnheader", scope: "col", class: name }, text);
  const table = h("table", { role: "table", class: "fleet" },
    h("caption", { class: "hidden" }, fleet.caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" },
      head(columns.verdict), head(columns.name), head(columns.state), head(columns.rate, "number"),
      head(columns.lag, "number"), head(columns.open, "number"), head(columns.why, "why"))),
    rows);
  const region = scrolled(fleet.caption, table);
  region.id = "fleet-table";
  const root = h("section", { id: "fleet", class: "card", "aria-labelledby": "fleet-title" },
    h("h2", { id: "fleet-title" }, fleet.title),
    h("div", { class: "verdict" }, word, h("div", {}, meaning, counts, asOf)),
    h("div", { class: "filters" }, h("label", {}, fleet.filter, input)),
    found, region, spoken);
  const lines = new Map<string, Line>();
  let all: FleetRow[] = [];
  let order = "";
  let verdict: Verdict | undefined;

  const arrange = () => {
    const wanted = filterText.trim().toLowerCase();
    const shown = all.filter((each) => each.name.toLowerCase().includes(wanted));
    setText(found, wanted ? fleet.found(formats.count(shown.length), formats.count(all.length)) : "");
    const names = JSON.stringify(shown.map((each) => each.name));
    if (names !== order) {
      order = names;
      const focused = document.activeElement;
      rows.replaceChildren(...shown.flatMap((each) => lines.get(each.name)?.root ?? []));
      if (focused instanceof HTMLElement && rows.contains(focused)) {
        focused.focus({ preventScroll: true });
      }
    }
  };
  input.addEventListener("input", () => {
    filterText = input.value;
    arrange();
  });
  return {
    root,
    show: (list, isLive) => {
      all = fleetRows(list, isLive);
      verdict = fleetVerdict(all);
      root.dataset["accent"] = verdict ? accentOf(verdict) : "unknown";
      setText(word, verdict ?? words.unknown);
      setText(meaning, verdict ? fleet.meaning[verdict] : words.nextUnknown);
      setText(counts, fleet.count(all.length, formats.count(all.length), isLive ? fleetCounts(context, all) : ""));
      setText(asOf, list.now ? fleet.asOf(formats.clock(list.now)) : "");
      setText(spoken, fleet.announce(verdict ?? words.unknown));
      for (const each of all) {
        const line = lines.get(each.name) ?? makeLine(context, each.name);
        lines.set(each.name, line);
        line.update(each);
      }
      arrange();
    },
    verdict: () => verdict,
    blank: () => {
      verdict = undefined;
      root.dataset["accent"] = "unknown";
      setText(word, words.unknown);
      setText(meaning, words.nextUnknown);
      setText(counts, "");
      setText(spoken, fleet.announce(words.unknown));
      rows.replaceChildren();
      order = "";
    },
  };
}

/** The name of the window: a tab that nobody sees says of when its verdict is. */
export function fleetTitle(
  { words, formats }: Context, list: MigrationList, verdict: Verdict | undefined, isHidden: boolean,
): string {
  const count = list.migrations.length + (list.absent?.length ?? 0);
  const name = words.fleet.count(count, formats.count(count), "");
  return isHidden && verdict && list.now
    ? words.verdictAt(name, verdict, formats.minute(list.now)) : `${verdict ?? "?"} ${name} – ${words.title}`;
}
