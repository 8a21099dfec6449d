// The live page: one migration at a time, all of its parts fed by one stream of statuses; of several,
// none of them chosen, the overview, fed by the list.
//
// Problem: it stays open for days on somebody's second screen, and must be true each second of it.
// Idea: live.ts alone knows whether the monitor still speaks; every part gets each status, and the
// verdict gets the standing too. Parts keep what has not changed. Reason: nothing here decides
// anything about the migration; all of that is the monitor's.

import { h, keeper, setText } from "./dom";
import { type Identity, identityAfter, makeFacts, placesOf } from "./facts";
import { makeFigures } from "./figures";
import { makeFindings } from "./findings";
import { formatsFor } from "./format";
import { isFleet, Live, type Reload, reloadFor, type Standing } from "./live";
import { fleetTitle, makeOverview } from "./overview";
import { PlotData } from "./plot_data";
import { makePlots } from "./plots";
import { makeBaseline, makeCost, makeGaps } from "./progress";
import { makeShards } from "./shards";
import { makeTimeline } from "./timeline";
import type { HistoryPoint, MigrationList, Status } from "./types";
import { accentOf, makeBanner, makeVerdict, verdictNow, type VerdictPart, windowTitle } from "./verdict";
import { type Context, isLive, type Part } from "./view";
import { chosenWords, keepLanguage, languages, type Words } from "./words";

const historyEach = 60_000;
const reloaded = "ddm-reloaded";
const offeredMax = 12; // of more than these the overview is the way to another one
let loadedVersion: string | undefined; // of the monitor that this page came from

function nameInAddress(): string | undefined {
  try {
    return decodeURIComponent(location.hash.slice(1)) || undefined;
  } catch {
    return undefined;
  }
}

/** A dot of the verdict's colour, for who has many windows open; an empty ring: none is known. */
function showIcon(accent: string): void {
  const color = { "go": "#1a7f4b", "sampled": "#d08b00", "wait": "#d08b00", "no-go": "#c5322a" }[accent];
  const dot = color ? `fill="${color}"` : 'fill="none" stroke="#808890" stroke-width="3"';
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" ${dot}/></svg>`;
  const address = "data:image/svg+xml," + encodeURIComponent(picture);
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (link && link.href !== address) {
    link.href = address;
  }
}

/** A page of another version may not understand what it is told, or not show it. */
function reloadForVersion(version: string): void {
  loadedVersion ??= version;
  try {
    const done = JSON.parse(sessionStorage.getItem(reloaded) ?? "[]") as Reload[];
    const loads = reloadFor(loadedVersion, version, done, Date.now());
    if (loads) {
      sessionStorage.setItem(reloaded, JSON.stringify(loads));
      location.reload();
    }
  } catch {
    // Where nothing can be kept, nothing would end the reloading.
  }
}

/** The page in one language for one migration, until one of both changes. */
class Page {
  private readonly parts: Part[];
  private readonly data = new PlotData();
  private readonly live: Live;
  private readonly heading = h("h1");
  private readonly place = h("p", { class: "place", id: "place" });
  private readonly context: Context;
  private readonly verdict: VerdictPart;
  private readonly banner;
  private readonly overview;
  private readonly onVisibility = () => this.nameWindow();
  private readonly skip = h("a", { class: "skip", href: "#findings-title" });
  private readonly back = h("a", { href: "#" });
  private readonly promise = h("p");
  private readonly chooser = h("nav", { class: "chooser", hidden: true });
  private readonly keepChooser = keeper(this.chooser);
  private readonly timeline;
  private readonly root: HTMLElement;
  private name: string | undefined;
  private offered: string | undefined; // the one that the chooser has marked
  private list: MigrationList = { migrations: [] };
  private isOverview = false;
  private last: Status | undefined;
  private identity: Identity | undefined;
  private standing: Standing = { kind: "connecting" };
  private nextHistory = 0;
  private isBroken = false; // a part could not be drawn

  constructor(private readonly words: Words, asked: string | undefined) {
    this.name = asked;
    const context = this.context = {
      words,
      formats: formatsFor(words.language, words.units),
      base: () => this.name && `/api/v1/migrations/${encodeURIComponent(this.name)}`,
    };
    this.timeline = makeTimeline(context);
    this.banner = makeBanner(context);
    this.overview = makeOverview(context);
    this.verdict = makeVerdict(context);
    const main: Part[] = [
      this.verdict, this.timeline, makeFigures(context), makePlots(context, this.data),
      makeFindings(context), makeBaseline(context), makeShards(context), makeCost(context, this.data),
      makeGaps(context), makeFacts(context),
    ];
    this.parts = [...main, this.banner]; // the verdict first of all
    this.chooser.setAttribute("aria-label", words.chooser);
    setText(this.back, words.fleet.back);
    setText(this.heading, words.title);
    this.overview.root.hidden = true;
    this.root = h("div", { id: "page" },
      this.skip,
      h("header", {}, h("div", { class: "what" }, this.heading, this.place), this.chooser, this.languageSwitch()),
      this.banner.root,
      h("main", {}, this.overview.root, ...main.map((each) => each.root)),
      h("footer", {}, this.promise));
    this.choose(false);
    document.documentElement.lang = words.language;
    document.getElementById("page")?.replaceWith(this.root);
    // A link within the page would otherwise change which migration is shown.
    this.skip.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById(this.isOverview ? "fleet-table" : "findings")?.focus();
    });
    // Where there is no name in the address, it does not change by that.
    this.back.addEventListener("click", () => {
      if (!nameInAddress()) {
        begin();
      }
    });
    document.addEventListener("visibilitychange", this.onVisibility);
    this.live = new Live(asked, {
      onStatus: (status) => this.show(status),
      onStanding: (standing) => this.stand(standing),
      onMigrations: (list, isChosen) => this.attempt(() => this.take(list, isChosen)),
    });
  }

  close(): void {
    this.live.close();
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.parts.forEach((each) => each.close?.());
  }

  private languageSwitch(): HTMLElement {
    const buttons = languages.map((each) => {
      const button = h("button", {
        type: "button", lang: each.language, "aria-pressed": String(each === this.words),
      }, each.languageName);
      button.addEventListener("click", () => {
        keepLanguage(each.language);
        begin();
      });
      return button;
    });
    return h("div", { class: "languages", role: "group", "aria-label": this.words.switchLanguage }, ...buttons);
  }

  /** All parts, whatever befalls one; where one fails, what the page says is no verdict. */
  private draw(each: (part: Part) => void): void {
    for (const part of this.parts) {
      this.attempt(() => each(part));
    }
    // Nor is anything verified then.
    const standing: Standing = this.isBroken ? { kind: "lost" } : this.standing;
    this.attempt(() => this.timeline.stand?.(standing, this.last));
    this.attempt(() => this.nameWindow());
  }

  private attempt(does: () => void): void {
    try {
      does();
    } catch (failure) {
      console.error(failure);
      this.isBroken = true;
    }
    if (this.isBroken) {
      this.verdict.blank();
      this.overview.blank();
    }
  }

  private choose(isOverview: boolean): void {
    const { words } = this;
    this.isOverview = isOverview;
    this.root.classList.toggle("all", isOverview);
    this.overview.root.hidden = !isOverview;
    setText(this.skip, isOverview ? words.fleet.skip : words.skip);
    setText(this.promise, isOverview ? words.fleet.readOnly : words.readOnly);
  }

  private take(list: MigrationList, isChosen: boolean): void {
    if (this.isOverview === isChosen) {
      this.choose(!isChosen);
    }
    this.offer(list);
    if (!isChosen) {
      this.isBroken = false;
      this.banner.hear(list.now);
      this.showAll();
      this.nameWindow();
      if (list.version) {
        reloadForVersion(list.version);
      }
    }
  }

  private showAll(): void {
    this.overview.show(this.list, isLive(this.standing));
    this.root.dataset["at"] = this.list.now ?? "";
  }

  private show(status: Status): void {
    reloadForVersion(status.version);
    this.identity = identityAfter(this.identity, status);
    if (!this.identity) {
      begin(status.migration); // nothing of the one before may stay
      return;
    }
    this.last = status;
    this.isBroken = false;
    this.attempt(() => this.prepare(status));
    this.draw((part) => part.update(status));
    this.root.dataset["at"] = status.at; // whose figures these are
  }

  private prepare(status: Status): void {
    if (this.name !== status.migration || this.name !== this.offered) {
      this.name = this.offered = status.migration;
      this.offer(this.list);
    }
    this.data.add(status);
    if (Date.now() >= this.nextHistory) {
      this.nextHistory = Date.now() + historyEach;
      void this.readHistory();
    }
    const { source, target } = status.tables;
    setText(this.heading, source.name === target.name ? status.migration : `${source.name} → ${target.name}`);
    setText(this.place, placesOf(status.tables));
  }

  private stand(standing: Standing): void {
    this.standing = standing;
    this.nextHistory = 0;
    this.isBroken = false;
    if (this.isOverview) {
      this.attempt(() => this.showAll());
    }
    const isKnown = standing.kind !== "absent" || !standing.of || this.last;
    this.root.classList.toggle("never", !isKnown); // to have run while this page was looked at
    this.root.classList.toggle("old", !isLive(standing) && standing.kind !== "connecting");
    this.draw((part) => part.stand?.(standing, this.last));
  }

  private nameWindow(): void {
    const verdict = this.isBroken ? undefined
      : this.isOverview ? this.overview.verdict() : verdictNow(this.last, this.standing);
    const accent = verdict ? accentOf(verdict) : "unknown";
    showIcon(document.hidden ? "unknown" : accent);
    this.root.dataset["accent"] = accent;
    const title = this.isOverview ? fleetTitle(this.context, this.list, verdict, document.hidden)
      : windowTitle(this.context, this.last, verdict, document.hidden);
    if (document.title !== title) {
      document.title = title;
    }
  }

  private offer(list: MigrationList): void {
    this.list = list;
    this.chooser.hidden = this.isOverview || !isFleet(list);
    const offered = list.migrations.length > offeredMax ? [] : list.migrations;
    const shown = offered.map((each) => [each.migration, each.verdict, each.isOld]);
    this.keepChooser([shown, this.name], () => [
      h("ul", {}, h("li", {}, this.back), ...offered.map((each) =>
        h("li", {}, h("a", {
          href: "#" + encodeURIComponent(each.migration),
          "aria-current": each.migration === this.name ? "page" : undefined,
        }, each.isOld ? h("span", { class: "badge" }, "?")
          : h("span", { class: `badge accent-${accentOf(each.verdict)}` }, each.verdict),
          " ", each.migration)))),
    ]);
  }

  private async readHistory(): Promise<void> {
    try {
      const answer = await fetch(`/api/v1/migrations/${encodeURIComponent(this.name ?? "")}/history`);
      if (answer.ok) {
        const { points } = (await answer.json()) as { points: HistoryPoint[] };
        this.data.setHistory(points);
        this.timeline.setHistory(points);
      }
    } catch {
      // The next minute asks again; a lost connection is said elsewhere.
    }
  }
}

let page: Page | undefined;

function begin(name = nameInAddress()): void {
  page?.close();
  page = new Page(chosenWords(), name);
}

window.addEventListener("hashchange", () => begin());
begin();
