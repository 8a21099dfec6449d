// What is watched and how: identities, coverage, credentials, settings. It hardly ever changes.

import { h, keeper, scrolled, section, table } from "./dom";
import { makeParity } from "./parity";
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

export function makeFacts(context: Context): Part {
  const { words, formats } = context;
  const content = h("div", { class: "facts-grid" });
  const parity = makeParity(context);
  const settings = h("div");
  // What a reader opens stays open, whatever changes beside it.
  const root = section("facts", words.facts, content, h("div", { class: "facts-grid" }, parity.root,
    h("details", { class: "block wide", id: "settings" }, h("summary", {}, h("h3", {}, words.settings)), settings)));
  const keep = keeper(content);
  const keepSettings = keeper(settings);

  const block = (title: string, ...children: (Node | null)[]) =>
    h("div", { class: "block" }, h("h3", {}, title), ...children);

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
  return {
    root,
    update: (status) => {
      const shown = [status.tables, status.stream?.arn, status.coverage, status.credentials, status.files,
                     status.alerts, status.started];
      keep(shown, () => [tables(status), stream(status), coverage(status), credentials(status), run(status)]);
      parity.update(status);
      keepSettings(status.settings, () => [
        scrolled(words.settings, table(words.settings, [words.setting.name, words.setting.value],
          Object.entries(status.settings).map(([name, value]) =>
            [h("code", {}, `--${name}`), code(value)]), "settings")),
      ]);
    },
  };
}
