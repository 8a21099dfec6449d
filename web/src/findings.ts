// The open findings: filters, groups, pages, and what each one is.
//
// Problem: there may be 100,000, the monitor reads them from its state by pages and for one reader
// at a time, and what heals must vanish here without a reload.
// Idea: one page of 50 is shown. When the counts in the status change it is read again, until the
// state has been committed twice since: the first of these commits may have begun before. A page of the server may be short or empty and not the last: it
// is filled from the next ones, up to a bound. Rows that stay the same stay in the document.

import { h, keeper, section, setText } from "./dom";
import { keyText, visible } from "./foreign_text";
import type { Standing } from "./live";
import { type Finding, type FindingsPage, type Kind, kinds, type Status } from "./types";
import { type Context, isLive, type Part, sum } from "./view";

const rowsShown = 50;
const pagesAtOnce = 20;
const commitsAwaited = 2;
const answerMax = 25_000; // ms
const refusalMax = 300; // characters

interface Filter {
  state: string;
  kind: string;
  path: string;
}

/** The server has its reasons just now; they are in `message`. */
class BusyError extends Error {}

/** Why there is no list, as the monitor says it; a proxy's page is left out. */
export async function refusalOf(answer: Response): Promise<string> {
  const isText = answer.headers.get("Content-Type")?.startsWith("text/plain");
  const text = isText ? (await answer.text()).trim().slice(0, refusalMax) : "";
  return text || `${answer.status}`;
}

/** `signal`, and after so long by itself. Older browsers cannot put two signals together. */
export function limited(signal: AbortSignal, ms: number): AbortSignal {
  const limit = AbortSignal.timeout(ms);
  const any = (AbortSignal as { any?: (signals: AbortSignal[]) => AbortSignal }).any;
  if (any) {
    return any.call(AbortSignal, [signal, limit]);
  }
  const both = new AbortController();
  for (const each of [signal, limit]) {
    const pass = () => both.abort(each.reason);
    if (each.aborted) {
      pass();
    } else {
      each.addEventListener("abort", pass, { once: true, signal: both.signal });
    }
  }
  return both.signal;
}

async function readPage(base: string, filter: Filter, after: string, signal: AbortSignal): Promise<FindingsPage> {
  const query = new URLSearchParams({ limit: String(rowsShown) });
  // The server refuses a request with what nobody can see in it: such a path is looked for here.
  const isAsked = visible(filter.path) === filter.path;
  for (const [name, value] of Object.entries({ ...filter, path: isAsked ? filter.path : "", after })) {
    if (value) {
      query.set(name, value);
    }
  }
  const answer = await fetch(`${base}/findings?${query}`, { signal: limited(signal, answerMax) });
  if (answer.status === 503) {
    throw new BusyError(await refusalOf(answer));
  }
  if (!answer.ok) {
    throw new Error(await refusalOf(answer));
  }
  const page = (await answer.json()) as FindingsPage;
  const fits = (each: Finding) => isAsked || each.paths.some(({ path }) =>
    path === filter.path || path.replace(/\[\d+\]/g, "[]") === filter.path);
  return { findings: page.findings.filter(fits), next: page.next };
}

/** As many as are shown, from as many pages as it takes; `next` as of a page. */
async function readRows(base: string, filter: Filter, after: string, signal: AbortSignal): Promise<FindingsPage> {
  const found: Finding[] = [];
  let next: string | null = after;
  for (let pages = 0; pages < pagesAtOnce && next !== null && found.length < rowsShown; ++pages) {
    const page: FindingsPage = await readPage(base, filter, next, signal);
    // A whole page more could not be shown: it is read again when it is asked for.
    if (found.length > 0 && found.length + page.findings.length > rowsShown) {
      break;
    }
    found.push(...page.findings);
    next = page.next;
  }
  return { findings: found, next };
}

function rowOf(finding: Finding, { words, formats }: Context): HTMLElement {
  const text = words.finding;
  const fact = (name: string, value: string | Node) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, typeof value === "string" ? h("code", {}, value) : value));
  const document = (name: string, value: unknown) =>
    value === undefined
      ? null
      : h("div", { class: "wide" }, h("dt", {}, name),
          h("dd", {}, h("pre", { tabindex: "0", "aria-label": name },
            value === null ? text.none : JSON.stringify(value))));
  const paths = finding.paths.map((each) =>
    h("li", {}, h("code", {}, each.path), " ",
      h("span", { class: "change" }, words.change[each.change] ?? each.change)));
  return h(
    "tr",
    { class: `kind-${visible(finding.kind)}${finding.healed_at ? " healed" : ""}` },
    h("td", {}, h("span", { class: "kind", title: words.kind[finding.kind] }, finding.kind),
      finding.healed_at ? h("span", { class: "change" }, text.healed) : null),
    h("th", { scope: "row" },
      h("details", {},
        h("summary", {}, h("code", { class: "key" }, keyText(finding.key))),
        h("dl", { class: "facts" },
          fact(text.exactKey, JSON.stringify(finding.key)),
          fact(text.firstSeen, formats.moment(finding.first_seen)),
          fact(text.confirmed, formats.moment(finding.confirmed_at)),
          finding.healed_at ? fact(text.healed, formats.moment(finding.healed_at)) : null,
          finding.shard_id ? fact(text.shard, finding.shard_id) : null,
          finding.sequence_number ? fact(text.sequence, finding.sequence_number) : null,
          fact(text.sourceDigest, finding.source_digest ?? text.none),
          fact(text.targetDigest, finding.target_digest ?? text.none),
          document(text.source, finding.source),
          document(text.target, finding.target)))),
    h("td", {}, paths.length > 0 ? h("ul", { class: "paths" }, ...paths) : "–"),
    h("td", { class: "when" }, formats.moment(finding.confirmed_at)),
  );
}

/** How many keys are wrong. That none is known to be is said only by who checks, and watches. */
export function countText({ words, formats }: Context, status: Status, standing: Standing): string {
  const open = status.open_keys.all;
  const unlisted = sum(status.mismatches_unlisted);
  const told = [
    open > 0 ? words.findingsOpen(open, formats.count(open)) : "",
    unlisted > 0 ? words.findingsUnlisted(unlisted, formats.count(unlisted), open > 0) : "",
  ].filter(Boolean);
  if (told.length > 0) {
    return told.join(" ");
  }
  if (!isLive(standing)) {
    return words.findingsUnknown;
  }
  return status.checks.keys + status.compared.items === 0 ? words.findingsUnchecked : words.findingsNoneOpen;
}

export function makeFindings(context: Context): Part {
  const { words, formats } = context;
  const kindChoice = h("select", { id: "filter-kind" },
    h("option", { value: "" }, words.allKinds), ...kinds.map((kind) => h("option", { value: kind }, kind)));
  const stateChoice = h("select", { id: "filter-state" },
    ...(["", "healed", "all"] as const).map((state) =>
      h("option", { value: state }, words.findingState[state || "open"])));
  const pathChoice = h("input", {
    id: "filter-path", type: "search", autocomplete: "off", spellcheck: "false", placeholder: words.anyPath,
  });
  const clear = h("button", { type: "reset" }, words.clear);
  const form = h("form", { class: "filters" },
    h("label", {}, words.filterState, stateChoice),
    h("label", {}, words.filterKind, kindChoice),
    h("label", {}, words.filterPath, pathChoice),
    h("button", { type: "submit" }, words.apply), clear);
  const count = h("p", { id: "findings-count", role: "status", "aria-live": "polite" });
  const body = h("tbody", { id: "findings-rows" });
  const note = h("p", { class: "note", id: "findings-note" });
  const head = words.finding;
  const list = h("div", { class: "scroll", role: "region", "aria-label": words.findings, tabindex: "0" },
    h("table", { class: "findings" },
      h("caption", { class: "hidden" }, words.findings),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, head.kind), h("th", { scope: "col" }, head.key),
        h("th", { scope: "col" }, head.paths), h("th", { scope: "col", class: "when" }, head.confirmed))),
      body));
  const newest = h("button", { type: "button" }, words.newest);
  const newer = h("button", { type: "button" }, words.newer);
  const older = h("button", { type: "button", id: "findings-older" }, words.older);
  const where = h("span", { id: "findings-where" });
  const groups = h("div", { class: "groups" });
  const root = section("findings", words.findings, count, groups, form, list, note,
    h("div", { class: "pager", role: "group", "aria-label": words.findings }, newest, newer, where, older));
  root.tabIndex = -1;

  let filter: Filter = { state: "", kind: "", path: "" };
  let starts = [""]; // where each page up to the present one begins
  let firstRows = [0]; // how many rows stand before it
  let next: string | null = null;
  let rows = new Map<string, HTMLElement>();
  let signature = "";
  let awaited = 0; // commits, after which the list is what the counts say
  let committed = "";
  let open = 0;
  let standing: Standing = { kind: "connecting" };
  const work = new AbortController();
  let isReading = false;
  let isOutdated = false; // what is being read is another page than the one that is wanted
  let readAgain = false;
  let timer = 0;
  let closed = false;
  const keepGroups = keeper(groups);

  const later = (ms: number) => {
    window.clearTimeout(timer);
    if (!closed) {
      timer = window.setTimeout(() => void load(), ms);
    }
  };

  const showRows = (found: Finding[]) => {
    const kept = new Map<string, HTMLElement>();
    for (const each of found) {
      const text = JSON.stringify(each);
      kept.set(text, rows.get(text) ?? rowOf(each, context));
    }
    const same = kept.size === rows.size && [...kept.keys()].every((text, at) => text === [...rows.keys()][at]);
    if (!same) {
      const focused = document.activeElement;
      body.replaceChildren(...kept.values());
      if (focused instanceof HTMLElement && body.contains(focused)) {
        focused.focus({ preventScroll: true });
      }
    }
    rows = kept;
  };

  const showPager = () => {
    const before = firstRows[firstRows.length - 1] ?? 0;
    setText(where, rows.size > 0
      ? words.findingsShown(formats.count(before + 1), formats.count(before + rows.size)) +
        (filter.state ? "" : words.newestFirst) : "");
    // A disabled button loses the focus: these only say that they do nothing.
    newest.setAttribute("aria-disabled", String(starts.length === 1));
    newer.setAttribute("aria-disabled", String(starts.length === 1));
    older.setAttribute("aria-disabled", String(next === null));
  };

  async function load(): Promise<void> {
    const base = context.base();
    if (!base || closed) {
      return;
    }
    if (isReading) {
      readAgain = true; // the server reads for one at a time, and reads on when we hang up
      return;
    }
    isReading = true;
    isOutdated = readAgain = false;
    try {
      const page = await readRows(base, filter, starts[starts.length - 1] ?? "", work.signal);
      if (isOutdated) {
        return;
      }
      next = page.next;
      list.classList.remove("outdated");
      showRows(page.findings);
      setText(note, page.findings.length > 0 ? "" : page.next === null
        ? (open > 0 || Object.values(filter).some(Boolean) ? words.findingsNone : "") : words.findingsPartly);
      showPager();
    } catch (failure) {
      if (!work.signal.aborted && !isOutdated) {
        const why = failure instanceof Error ? failure.message : String(failure);
        list.classList.toggle("outdated", rows.size > 0);
        setText(note, words.findingsFailed(why) + (rows.size > 0 ? " " + words.findingsOld : ""));
        later(failure instanceof BusyError ? 700 : 3_000);
      }
    } finally {
      isReading = false;
      if (readAgain) {
        later(0);
      }
    }
  }

  // What stands there meanwhile is an answer to another question.
  const goTo = (toStarts: string[], toRows: number[]) => {
    starts = toStarts;
    firstRows = toRows;
    isOutdated = true;
    list.classList.toggle("outdated", rows.size > 0);
    setText(note, words.findingsReading);
    setText(where, "");
    void load();
  };
  const filterBy = (kind: string, path: string, state = "") => {
    filter = { state, kind, path };
    stateChoice.value = state;
    kindChoice.value = kind;
    pathChoice.value = path;
    goTo([""], [0]);
  };
  const filterAsChosen = () => filterBy(kindChoice.value, pathChoice.value.trim(), stateChoice.value);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    filterAsChosen();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    filterBy("", "");
  });
  kindChoice.addEventListener("change", filterAsChosen);
  stateChoice.addEventListener("change", filterAsChosen);
  newest.addEventListener("click", () => starts.length > 1 && goTo([""], [0]));
  newer.addEventListener("click", () => starts.length > 1 && goTo(starts.slice(0, -1), firstRows.slice(0, -1)));
  older.addEventListener("click", () => {
    if (next !== null) {
      goTo([...starts, next], [...firstRows, (firstRows[firstRows.length - 1] ?? 0) + rows.size]);
    }
  });

  const groupTable = (status: Status) => {
    const entries: { kind: Kind; path: string | null; keys: number }[] = status.mismatch_groups ??
      kinds.map((kind) => ({ kind, path: null, keys: status.mismatches[kind] }));
    const found = entries.filter((each) => each.keys > 0).slice(0, 50);
    if (found.length === 0) {
      return [];
    }
    const text = words.group;
    return [
      h("h3", {}, words.groups),
      h("div", { class: "scroll", role: "region", "aria-label": words.groups, tabindex: "0" },
        h("table", { class: "counts" },
          h("caption", { class: "hidden" }, words.groups),
          h("thead", {}, h("tr", {}, ...[text.kind, text.path].map((each) => h("th", { scope: "col" }, each)),
            h("th", { scope: "col", class: "number" }, text.keys), h("td"))),
          h("tbody", {}, ...found.map(({ kind, path, keys }) => {
            const show = h("button", {
              type: "button", class: "link", "aria-label": visible(words.showGroup(kind, path ?? "")),
            }, text.show);
            show.addEventListener("click", () => filterBy(kind, path ?? ""));
            return h("tr", {},
              h("th", { scope: "row" }, h("span", { class: `kind kind-${kind}` }, kind), " ",
                h("span", { class: "change" }, words.kind[kind])),
              h("td", {}, path ? h("code", {}, path) : status.mismatch_groups ? text.wholeItem : ""),
              h("td", { class: "number", "data-kind": kind }, formats.count(keys)),
              h("td", { class: "number" }, show));
          })))),
    ];
  };

  return {
    root,
    update: (status) => {
      open = status.open_keys.all;
      setText(count, countText(context, status, standing));
      keepGroups([status.mismatch_groups ?? null, status.mismatches], () => groupTable(status));
      const now = JSON.stringify([status.started, status.mismatches, open, status.checks.failed, status.checks.healed]);
      if (now !== signature) {
        signature = now;
        awaited = commitsAwaited;
        later(100);
      }
      if (status.committed && status.committed !== committed) {
        committed = status.committed;
        if (awaited > 0) {
          --awaited;
          later(100);
        }
      }
    },
    stand: (now, last) => {
      standing = now;
      if (last) {
        setText(count, countText(context, last, standing));
      }
      if (isLive(standing)) {
        awaited = commitsAwaited;
        later(100);
      }
    },
    close: () => {
      closed = true;
      window.clearTimeout(timer);
      work.abort();
    },
  };
}
