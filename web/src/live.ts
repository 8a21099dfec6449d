// The status as it comes, and the knowledge of whether it still comes.
//
// Problem: a page that shows GO while nobody watches any more tells a lie, and a browser takes its
// time to notice: a dead machine sends nothing, a sleeping laptop runs no timers, a status that
// arrives first may be an old one.
// Idea: only a status with another time than the last one is news. Five seconds without news, an
// error of the connection, or a first status that is old by the server's own clock, and the page
// is told so at once. Everything about the connection is our own: before each attempt the list of
// migrations is asked for, which tells a login that has ended from a run that has.
// Reason: the rule stands in one place, and does not depend on how a browser retries.

import type { ListedMigration, Status } from "./types";

export type Standing =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "lost" } // nothing comes
  | { kind: "stalled" } // it answers with what is old
  | { kind: "absent" } // it answers, and there is no such run
  | { kind: "login" };

export interface Watcher {
  onStatus(status: Status): void;
  onStanding(standing: Standing): void;
  onMigrations(list: ListedMigration[]): void;
}

const silenceMax = 5_000; // ms
const retryAfter = 2_000;
const listEach = 10_000;

export class Live {
  private source: EventSource | undefined;
  private lastAt = "";
  private lastNews = Date.now();
  private clockAhead = 0; // of the server's clock, ms
  private connectedAt = 0;
  private nextTry = 0;
  private nextList = 0;
  private asking = false;
  private standing: Standing = { kind: "connecting" };
  private readonly timer: number;
  private readonly onVisible = () => this.beat();

  /** `name`: of the migration; undefined: the first that there is. */
  constructor(
    private name: string | undefined,
    private readonly watcher: Watcher,
  ) {
    this.timer = window.setInterval(() => this.beat(), 500);
    document.addEventListener("visibilitychange", this.onVisible);
    this.beat();
  }

  close(): void {
    window.clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.onVisible);
    this.disconnect();
  }

  private beat(): void {
    const now = Date.now();
    if (this.standing.kind === "live" && Math.abs(now - this.lastNews) > silenceMax) {
      this.say({ kind: "lost" });
    }
    if (now >= this.nextList || (!this.source && now >= this.nextTry)) {
      void this.ask();
    }
    const heard = Math.max(this.lastNews, this.connectedAt);
    if (this.source && this.standing.kind === "lost" && now - heard > 3 * silenceMax) {
      this.disconnect(); // a connection that is open and dead
    }
  }

  private say(standing: Standing): void {
    if (standing.kind !== this.standing.kind) {
      this.standing = standing;
      this.watcher.onStanding(standing);
    }
  }

  private isOld(at: string): boolean {
    return Date.now() + this.clockAhead - Date.parse(at) > silenceMax + 1_000;
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
    try {
      const answer = await fetch("/api/v1/migrations", { signal: AbortSignal.timeout(5_000) });
      const now = Date.now();
      this.nextTry = now + retryAfter;
      this.nextList = now + listEach;
      if (answer.status === 401) {
        this.disconnect();
        this.say({ kind: "login" });
        return;
      }
      const date = Date.parse(answer.headers.get("Date") ?? "");
      this.clockAhead = Number.isNaN(date) ? 0 : date - now;
      const list = ((await answer.json()) as { migrations: ListedMigration[] }).migrations;
      for (const each of list) {
        each.isOld = this.isOld(each.at);
      }
      this.watcher.onMigrations(list);
      this.name ??= list[0]?.migration;
      if (!list.some((each) => each.migration === this.name)) {
        this.disconnect();
        this.say({ kind: "absent" });
      } else if (!this.source) {
        this.connect();
      }
    } catch {
      this.nextTry = Date.now() + retryAfter;
      this.nextList = Date.now() + listEach;
      this.disconnect();
      this.say({ kind: "lost" });
    } finally {
      this.asking = false;
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
    this.lastAt = status.at;
    this.watcher.onStatus(status);
    const isOld = this.isOld(status.at);
    if (!isOld) {
      this.lastNews = now;
    }
    this.say({ kind: isOld ? "stalled" : "live" });
  }
}
