// What every part of the page is given, and what it is.

import type { Formats } from "./format";
import type { Standing } from "./live";
import type { AbsentMigration, Status } from "./types";
import type { Words } from "./words";

/** The same for as long as the page speaks one language and shows one migration. */
export interface Context {
  words: Words;
  formats: Formats;
  /** "/api/v1/migrations/NAME"; nothing before a name is known. */
  base(): string | undefined;
}

/** A part of the page. It is updated each second, and keeps what has not changed. */
export interface Part {
  root: HTMLElement;
  update(status: Status): void;
  /** For those that look different when nothing comes. */
  stand?(standing: Standing, last: Status | undefined): void;
  close?(): void;
}

export const isLive = (standing: Standing) => standing.kind === "live";

/** It speaks for some keys only, whatever was accepted: a GO then is no proof for the others. */
export function standsOnSample({ coverage }: Status): boolean {
  const { changes_since_comparison: changes, items_at_rest: rest } = coverage;
  return (rest?.sample_rate ?? 1) > 1 || (!coverage.items_at_rest_suffice && (changes?.sample_rate ?? 1) > 1);
}

/** Why one does not run, and when it is tried again. */
export function absentText(
  { words, formats }: Context, { why, again_at: again, last_verdict: last }: AbsentMigration,
): string {
  const { fleet } = words;
  const parts = [why, again ? fleet.again(formats.time(again)) : "", last ? fleet.lastVerdict(last) : ""];
  return parts.filter((each) => each).join(words.listSeparator);
}

export function elapsed(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

export function sum(values: Record<string, number>): number {
  return Object.values(values).reduce((all, each) => all + each, 0);
}

/** Of every kind; what was confirmed and is only counted is wrong until a comparison tells better. */
export function wrongKeys(status: Status): number {
  return status.open_keys.all + sum(status.mismatches_unlisted);
}
