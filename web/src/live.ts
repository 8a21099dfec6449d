// The status as it comes, and the knowledge of whether it still comes.
//
// Problem: a page that shows GO while nobody watches any more tells a lie, and a browser takes its
// time to notice: a dead machine sends nothing, a sleeping laptop runs no timers, a status that
// arrives first may be an old one.
// Idea: only a status with another time than the last one is news. Five seconds without news, an
// error of the connection, or a first status that is old by the server's own clock, and the page
// is told so at once. Everything about the connection is our own: before each attempt the list of
// migrations is asked for, which tells a login that has ended from a run that has. A connection
// without news is given up whatever was said of it, and a clock that jumps makes all that was
// measured by it unknown.
// Of several migrations, none of them chosen, the list is what is shown: then it is asked for each
// two seconds, and is news as a status is.
// Reason: the rule stands in one place, and does not depend on how a browser retries.

import type { AbsentMigration, MigrationList, Standby, Status } from "./types";

export type Standing =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "lost" } // nothing comes
  | { kind: "stalled" } // it answers with what is old
  | { kind: "absent"; of: AbsentMigration | undefined } // it answers, and there is no such run
  | { kind: "standby"; of: Standby } // it answers, and waits until another process ends
  | { kind: "login" };

export interface Watcher {
  onStatus(status: Status): void;
  onStanding(standing: Standing): void;
  /** `isChosen`: it is the way to others than the one that is shown; else nothing but it is shown. */
  onMigrations(list: MigrationList, isChosen: boolean): void;
}

const silenceMax = 5_000; // ms
const retryAfter = 2_000;
const listEach = 10_000;
const listAgeMax = listEach + 6_000; // the next one is asked for and should have come
const openSilenceMax = 3 * silenceMax; // of a connection that is open
const answerMax = 5_000; // a slower one tells no time
const sleepMax = 60_000; // between two signs of life of the page itself
const reloadKept = 300_000;

/** Whether a clock went back, or on without us: then nothing that was measured by it holds. */
export function hasJumped(before: number, now: number): boolean {
  return now < before || now - before > sleepMax;
}

/** By how much the clock that told `date` is ahead; nothing where the answer took too long to tell. */
export function clockAheadOf(date: string | null, asked: number, answered: number): number | undefined {
  if (answered < asked || answered - asked > answerMax) {
    return undefined;
  }
  const told = Date.parse(date ?? "");
  return Number.isNaN(told) ? 0 : told - asked;
}

export interface Reload {
  change: string;
  at: number; // ms since 1970
}

/**
 * The loads to remember, if the page is to be loaded now: once for each change of version within some
 * minutes. Where the old page comes again it ends; where the monitor goes back and forth it follows.
 */
export function reloadFor(loaded: string, version: string, done: Reload[], now: number): Reload[] | undefined {
  const change = `${loaded} → ${version}`;
  const kept = done.filter(({ at }) => Math.abs(now - at) <= reloadKept);
  return loaded === version || kept.some((each) => each.change === change)
    ? undefined : [...kept, { change, at: now }];
}

/** Of a fleet one may be left that runs, and the others are absent. */
export function isFleet({ migrations, absent = [] }: MigrationList): boolean {
  return migrations.length > 1 || absent.length > 0;
}

export class Live {
  private source: EventSource | undefined;
  private lastAt = "";
  private lastNews = Date.now();
  private clockAhead: number | undefined; // of the server's clock, ms; nothing: not known
  private connectedAt = 0;
  private lastSign = Date.now(); // that this page itself runs
  private closed = false;
  private nextTry = 0;
  private nextList = 0;
  private list: MigrationList = { migrations: [] };
  private listedAt = 0;
  private asking = false;
  private standing: Standing = { kind: "connecting" };
  private readonly timer: number;
  private readonly onVisible = () => this.beat();
  // A page that is frozen shows for hours what it showed last.
  private readonly onFreeze = () => this.say({ kind: "lost" });

  /** `name`: of the migration; undefined: the only one that there is, else all of them. */
  constructor(
    private name: string | undefined,
    private readonly watcher: Watcher,
  ) {
    this.timer = window.setInterval(() => this.beat(), 500);
    document.addEventListener("visibilitychange", this.onVisible);
    document.addEventListener("freeze", this.onFreeze);
    this.beat();
  }

  close(): void {
    this.closed = true;
    window.clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.onVisible);
    document.removeEventListener("freeze", this.onFreeze);
    this.disconnect();
  }

  private beat(): void {
    const now = Date.now();
    if (this.lookAtClock(now)) {
      this.disconnect(); // it said nothing meanwhile
      this.nextTry = now;
    }
    if (this.standing.kind === "live" && !this.hasNews(now)) {
      this.say({ kind: "lost" });
    }
    if (Math.abs(now - this.listedAt) > listAgeMax) {
      this.outdateList();
    } else if (!this.isChosen()) {
      this.judgeAges();
    }
    if (now >= this.nextList || (!this.source && now >= this.nextTry)) {
      void this.ask();
    }
    const heard = Math.max(this.lastNews, this.connectedAt);
    if (this.source && now - heard > openSilenceMax) {
      this.disconnect(); // a connection that is open and dead, or tells only what is old
      if (this.standing.kind === "connecting") {
        this.say({ kind: "lost" });
      }
    }
  }

  private hasNews(now: number): boolean {
    return Math.abs(now - this.lastNews) <= silenceMax;
  }

  private lookAtClock(now: number): boolean {
    const jumped = hasJumped(this.lastSign, now);
    if (jumped) {
      this.nextTry = this.nextList = this.connectedAt = now;
      this.lastNews = now - silenceMax - 1; // none that counts
      this.clockAhead = undefined;
      this.outdateList();
      if (this.standing.kind === "live" || this.standing.kind === "stalled") {
        this.say({ kind: "lost" });
      }
    }
    this.lastSign = now;
    return jumped;
  }

  private say(standing: Standing): void {
    if (standing.kind !== this.standing.kind || standing.kind === "standby" || standing.kind === "absent") {
      this.standing = standing;
      this.watcher.onStanding(standing);
    }
  }

  /** As far as the clocks tell; what has no readable time is old. */
  private isOld(at: string): boolean {
    return !(Math.abs(Date.now() + (this.clockAhead ?? NaN) - Date.parse(at)) <= silenceMax + 1_000);
  }

  /** What the list said is of the past: no verdict of another migration may go on to stand there. */
  private outdateList(): void {
    if (this.list.migrations.some((each) => !each.isOld)) {
      this.list.migrations.forEach((each) => (each.isOld = true));
      this.tellList();
    }
  }

  /** Each line is a status of its own, and as old. */
  private judgeAges(): void {
    const aged = this.list.migrations.filter((each) => !each.isOld && this.isOld(each.at));
    if (aged.length > 0) {
      aged.forEach((each) => (each.isOld = true));
      this.tellList();
    }
  }

  private isChosen(): boolean {
    return this.name !== undefined || !isFleet(this.list);
  }

  private tellList(): void {
    this.watcher.onMigrations(this.list, this.isChosen());
  }

  private disconnect(): void {
    this.source?.close();
    this.source = undefined;
    this.nextTry = Date.now() + retryAfter;
  }

  private async ask(): Promise<void> {
    if (this.asking) {
      return;
    }
    this.asking = true;
    const asked = Date.now();
    try {
      const answer = await fetch("/api/v1/migrations", { signal: AbortSignal.timeout(answerMax) });
      const answered = Date.now();
      const body = answer.ok ? ((await answer.json()) as MigrationList) : undefined;
      if (this.closed) {
        return;
      }
      const now = Date.now();
      this.nextTry = now + retryAfter;
      this.nextList = now + listEach;
      if (answer.status === 401) {
        this.outdateList();
        this.disconnect();
        this.say({ kind: "login" });
        return;
      }
      // A proxy puts its own clock into the header; an older monitor tells its time nowhere else.
      const ahead = clockAheadOf(body?.now ?? answer.headers.get("Date"), asked, answered);
      if (!body || ahead === undefined || hasJumped(asked, now)) {
        throw new Error("an answer that tells nothing");
      }
      this.clockAhead = ahead;
      this.takeList(body, now);
    } catch {
      if (!this.closed) {
        this.failed();
      }
    } finally {
      this.asking = false;
    }
  }

  private takeList(told: MigrationList, now: number): void {
    this.list = told;
    this.listedAt = now;
    for (const each of told.migrations) {
      each.isOld = this.isOld(each.at);
    }
    this.tellList();
    if (this.closed) {
      return; // the page is loaded anew
    }
    if (!this.isChosen()) {
      this.lastNews = now;
      this.nextList = now + retryAfter;
      this.say({ kind: "live" });
      return;
    }
    this.name ??= told.migrations[0]?.migration;
    if (!told.migrations.some((each) => each.migration === this.name)) {
      this.disconnect();
      const absent = told.absent?.find((each) => each.migration === this.name);
      const standby = told.standby?.[0];
      this.say(absent || !standby ? { kind: "absent", of: absent } : { kind: "standby", of: standby });
    } else if (!this.source) {
      this.connect();
    }
  }

  /** The list could not be had. A stream that speaks goes on; nothing else does. */
  private failed(): void {
    const now = Date.now();
    this.outdateList();
    this.nextTry = now + retryAfter;
    this.nextList = now + listEach;
    if (!this.source || !this.hasNews(now)) {
      this.disconnect();
      this.say({ kind: "lost" });
    } else if (this.clockAhead === undefined) {
      this.nextList = this.nextTry; // without the server's clock it says nothing that counts
    }
  }

  private connect(): void {
    const source = new EventSource(`/api/v1/migrations/${encodeURIComponent(this.name ?? "")}/events`);
    this.source = source;
    this.connectedAt = Date.now();
    source.addEventListener("status", (event) => {
      if (this.source === source) {
        this.take(JSON.parse((event as MessageEvent<string>).data) as Status);
      }
    });
    source.addEventListener("error", () => {
      if (this.source === source) {
        this.disconnect();
        this.say({ kind: "lost" });
      }
    });
  }

  private take(status: Status): void {
    if (status.at === this.lastAt) {
      return;
    }
    const now = Date.now();
    this.lookAtClock(now);
    this.lastAt = status.at;
    this.watcher.onStatus(status);
    if (this.closed) {
      return; // it was another migration's
    }
    if (this.clockAhead === undefined) {
      this.lastNews = now; // it speaks, and how old that is, the next list tells
      return;
    }
    const isOld = this.isOld(status.at);
    if (!isOld) {
      this.lastNews = now;
    }
    this.say({ kind: isOld ? "stalled" : "live" });
  }
}
