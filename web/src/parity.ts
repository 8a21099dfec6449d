// The settings of the two tables: what a copy of the items does not carry over.
//
// It stands open while something differs or is not known, until its reader closes it; another
// difference opens it again. What was never looked at is not called equal.

import { h, keeper, scrolled, setText, table } from "./dom";
import type { TableSettings } from "./types";
import { type Context, type Part } from "./view";

type Row = TableSettings["rows"][number];
const order: readonly Row["state"][] = ["different", "unknown", "accepted", "equal"];

export function makeParity({ words, formats }: Context): Part {
  const text = words.parity;
  const counts = h("span", { class: "change" });
  const body = h("div");
  const root = h("details", { class: "block wide", id: "parity" },
    h("summary", {}, h("h3", {}, text.title), " ", counts), body);
  const keepBody = keeper(body);
  let inDoubt = "[]";

  const countsOf = (rows: Row[]) => order
    .map((state) => ({ state, n: rows.filter((row) => row.state === state).length }))
    .filter(({ n }) => n > 0)
    .map(({ state, n }) => text.count(formats.count(n), text.states[state]));
  const value = (of: string | null) => (of === null ? text.notKnown : h("code", {}, of));

  const show = (of: TableSettings) => {
    const rows = order.flatMap((state) => of.rows.filter((row) => row.state === state));
    const told = of.looked_at ? countsOf(rows) : [text.notYet];
    setText(counts, [...told, ...(of.trouble ? [text.stale] : [])].join(words.listSeparator));
    const doubts = JSON.stringify(rows.filter(({ state }) => state === "different" || state === "unknown"));
    if (doubts !== inDoubt) {
      inDoubt = doubts;
      root.open ||= doubts !== "[]";
    }
    keepBody(of, () => [
      h("p", { class: "note" }, text.lead),
      of.looked_at ? h("p", { class: "note" }, text.lookedAt, " ", formats.moment(of.looked_at)) : null,
      of.trouble ? h("p", {}, text.failed(of.trouble)) : null,
      rows.length > 0
        ? scrolled(text.title, table(text.title,
            [text.name, words.side["source"] ?? "", words.side["target"] ?? "", text.state],
            rows.map((row) => [h("code", {}, row.name), value(row.source), value(row.target),
                               h("span", { class: `state-${row.state}` }, text.states[row.state])]), "parity"))
        : null,
    ]);
  };
  return {
    root,
    update: ({ table_settings: of }) => {
      root.hidden = !of;
      if (of) {
        show(of);
      }
    },
  };
}
