// What is watched and how: identities, coverage, credentials, settings. It hardly ever changes.

import { h, keeper, section, table } from "./dom";
import type { Covered, Status, TableFacts } from "./types";
import { type Context, type Part } from "./view";

function code(text: string | null): HTMLElement | string {
  return text ? h("code", {}, text) : "–";
}

function placeOf({ region, account }: TableFacts): string {
  return account ? `${region} (${account})` : region;
}

/** Where the tables are: what two migrations of one name differ by. */
export function placesOf({ source, target }: Status["tables"]): string {
  const [from, to] = [placeOf(source), placeOf(target)];
  return from === to ? from : `${from} → ${to}`;
}

/** Names and ids of the tables and the stream; null: not known yet. */
export type Identity = (string | null)[];

/** What is known of it with this status too; nothing: the status is of another migration, whatever its name is. */
export function identityAfter(known: Identity | undefined, { tables, stream }: Status): Identity | undefined {
  const told = [tables.source, tables.target].flatMap((each): Identity => [each.name, each.arn, each.table_id]);
  told.push(stream?.arn ?? null);
  const now = told.map((each, at) => each ?? known?.[at] ?? null);
  return now.every((each, at) => (known?.[at] ?? each) === each) ? now : undefined;
}

export function makeFacts({ words, formats }: Context): Part {
  const content = h("div", { class: "facts-grid" });
  const root = section("facts", words.facts, content);
  const keep = keeper(content);

  const block = (title: string, ...children: (Node | null)[]) =>
    h("div", { class: "block" }, h("h3", {}, title), ...children);
  const scrolled = (label: string, child: Node) =>
    h("div", { class: "scroll", role: "region", "aria-label": label, tabindex: "0" }, child);

  const tables = (status: Status) => {
    const text = words.tableFact;
    const row = (name: string, of: (table: TableFacts) => string | null) =>
      [name, code(of(status.tables.source)), code(of(status.tables.target))];
    return block(words.tables, scrolled(words.tables,
      table(words.tables, [text.what, words.side["source"] ?? "", words.side["target"] ?? ""], [
        row(text.name, (each) => each.name),
        row(text.arn, (each) => each.arn),
        row(text.id, (each) => each.table_id),
        row(text.account, (each) => each.account),
        row(text.region, (each) => each.region),
        row(text.endpoint, (each) => each.endpoint),
      ])));
  };
  const list = (entries: [string, Node | string][]) =>
    h("dl", { class: "facts" }, ...entries.map(([name, value]) =>
      h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  const stream = (status: Status) => {
    const of = status.stream;
    const text = words.streamFact;
    return of && block(words.stream, list([
      [text.arn, code(of.arn)],
      [text.view, code(of.view_type)],
      [text.of, words.side[of.of] ?? of.of],
    ]));
  };
  const covered = (of: Covered | null) =>
    of === null
      ? words.notCompared
      : (of.sample_rate === 1 ? words.everyKey : words.oneIn(formats.count(of.sample_rate))) +
        (of.ignored.length > 0 ? words.ignoring(of.ignored.join(", ")) : "");
  const coverage = (status: Status) => block(words.coverage, list([
    [words.coverageOf.changes, covered(status.coverage.changes)],
    [words.coverageOf.since, covered(status.coverage.changes_since_comparison)],
    [words.coverageOf.rest, covered(status.coverage.items_at_rest)],
  ]));
  const credentials = (status: Status) => {
    const text = words.credential;
    return status.credentials.length > 0
      ? block(words.credentials, scrolled(words.credentials,
          table(words.credentials, [text.of, text.key, text.ends], status.credentials.map((each) => [
            words.side[each.of] ?? each.of, code(each.access_key_id),
            each.ends
              ? h("span", {}, formats.moment(each.ends), ", ", each.renewed ? words.renewed : words.notRenewed)
              : words.noEnd,
          ]))))
      : null;
  };
  const run = (status: Status) => {
    const text = words.runFact;
    const { told, failed, waiting, last_failure: failure } = status.alerts;
    const { count } = formats;
    return block(words.run, list([
      [text.command, code(status.command)],
      [text.version, status.version],
      [text.started, formats.moment(status.started)],
      [text.state, code(status.files.state)],
      [text.findings, code(status.files.findings)],
      [text.alerts, words.alerts(count(told), count(failed), count(waiting)) + (failure ? `: ${failure}` : "")],
    ]));
  };
  const parity = (status: Status) => {
    const of = status.table_settings;
    const text = words.parity;
    if (!of) {
      return null;
    }
    const order = ["different", "unknown", "accepted", "equal"];
    const rows = [...of.rows].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
    const known = (value: string | null) => (value === null ? text.notKnown : code(value));
    return h("details", { class: "block wide", open: of.different + of.unknown > 0 },
      h("summary", {}, h("h3", {}, text.title), " ", text.counts(of.different, of.unknown)),
      h("p", {}, of.looked_at ? h("span", {}, text.lookedAt, " ", formats.moment(of.looked_at)) : text.notYet,
        of.trouble ? ` ${text.failed(of.trouble)}` : ""),
      scrolled(text.title, table(text.title, [text.name, words.side["source"] ?? "", words.side["target"] ?? "", text.state],
        rows.map((row) => [code(row.name), known(row.source), known(row.target), text.states[row.state]]), "settings")));
  };
  const settings = (status: Status) => {
    const entries = Object.entries(status.settings);
    return h("details", { class: "block wide" }, h("summary", {}, h("h3", {}, words.settings)),
      scrolled(words.settings, table(words.settings, [words.setting.name, words.setting.value],
        entries.map(([name, value]) => [h("code", {}, `--${name}`), code(value)]), "settings")));
  };
  return {
    root,
    update: (status) => {
      const shown = [status.tables, status.stream?.arn, status.coverage, status.credentials, status.files,
                     status.alerts, status.settings, status.started, status.table_settings];
      keep(shown, () => [tables(status), stream(status), coverage(status), credentials(status), run(status),
                         parity(status), settings(status)]);
    },
  };
}
