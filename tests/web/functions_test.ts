import assert from "node:assert/strict";
import test from "node:test";

import { keyText, visible } from "page/foreign_text";
import { formatsFor } from "page/format";
import { placesOf } from "page/facts";
import { countText, limited, refusalOf } from "page/findings";
import { clockAheadOf, hasJumped, Live, reloadFor } from "page/live";
import { checkedText, nextStep } from "page/next";
import { PlotData } from "page/plot_data";
import { noGapText } from "page/progress";
import { stepsOf } from "page/timeline";
import type { HistoryPoint, Status, TableFacts } from "page/types";
import { accentOf, reasonsTold, verdictNow, windowTitle } from "page/verdict";
import type { Context } from "page/view";
import { en } from "page/words_en";
import { zh } from "page/words_zh";

const formats = formatsFor("en", en.units);
const context: Context = { words: en, formats, base: () => undefined };
const live = { kind: "live" } as const;
const lost = { kind: "lost" } as const;

/** A monitor that has nothing to complain of; `parts` of it are otherwise. */
function statusWith(parts: object = {}): Status {
  return {
    command: "monitor", at: "2026-01-01T00:10:00Z", ended: false, phase: "steady", verdict: "WAIT",
    verdict_since: "2026-01-01T00:09:00Z", reasons: [], settings: {}, gaps: [], behind_stream_ms: 0,
    stream: { arn: "arn:aws:dynamodb:eu-west-1:1:table/orders/stream/2026-01-01T00:00:00.000" },
    coverage: { changes: { sample_rate: 1, ignored: [] } }, freeze: { at: null },
    checks: { keys: 10 }, compared: { items: 10, segments_total: 8 }, open_keys: { all: 0 },
    mismatches_unlisted: { missing: 0 }, ...parts,
  } as unknown as Status;
}

test("what a browser obeys or hides is seen", () => {
  assert.equal(visible("a\x1b[31m\u202eb\n\u200b"), "a\\u001b[31m\\u202eb\\u000a\\u200b");
  assert.equal(visible("\u{e0041}\ud800x"), "\\udb40\\udc41\\ud800x");
  assert.equal(visible("注文#1 é <b>&"), "注文#1 é <b>&", "what is harmless stays");
});

test("a key is told by its attributes", () => {
  assert.equal(keyText({ pk: { S: "order#1" }, sk: { N: "7" } }), "pk: order#1, sk: 7 (N)");
  assert.equal(keyText({ hash: "1a2b" }), "hash: 1a2b");
  assert.equal(keyText(null), "null");
  assert.equal(keyText({ "\u202e": { S: "\n" } }), "\\u202e: \\u000a");
});

test("nearly all is not all", () => {
  assert.equal(formats.percent(1), "100 %");
  assert.equal(formats.percent(0.9999999), "99.9999 %");
  assert.equal(formats.percent(0.98765), "98.76 %");
  assert.equal(formats.percent(0), "0 %");
});

test("durations are told in two units at most", () => {
  assert.deepEqual(
    [400, 1_500, 42_000, 90_000, 601_000, 5_400_000, 259_200_000].map(formats.duration),
    ["400 ms", "1.5 s", "42 s", "1 min 30 s", "10 min", "1 h 30 min", "3 d"]);
});

function point(minute: number, events: number, usd = 0): HistoryPoint {
  return {
    at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(), verdict: "WAIT", phase: "steady",
    events_unique: events, consumed_usd: usd,
  };
}

function status(minute: number): Status {
  return {
    at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(), events: { per_second: 5 },
    lag_ms: null, open_keys: { all: 2 }, mismatches_unlisted: {}, consumed: { usd: 0 },
  } as unknown as Status;
}

test("rates come from counters, and a gap is none", () => {
  const data = new PlotData();
  data.setHistory([point(0, 100), point(1, 160), point(2, 10), point(60, 70)]);
  assert.deepEqual(data.within("24h").map((each) => each.rate), [null, 1, null, null, null],
    "a state that began anew, and an hour without a monitor");
});

test("what comes live takes the place of the history", () => {
  const data = new PlotData();
  data.setHistory([point(0, 0), point(1, 60), point(2, 120)]);
  data.add(status(2));
  data.add(status(2));
  data.add(status(3));
  assert.deepEqual(data.within("15m").map((each) => each.rate), [null, 1, 5, 5]);
});

test("a forecast needs two minutes, and looks at the last hour", () => {
  const data = new PlotData();
  data.setHistory([point(0, 0, 1), point(1, 0, 1.5)]);
  assert.equal(data.usdPerDay(), undefined);
  data.setHistory([point(0, 0, 0), point(30, 0, 100), point(90, 0, 101)]);
  assert.equal(data.usdPerDay(), 24);
});

test("a sample is no GO", () => {
  const sampled = statusWith({ verdict: "GO (sampled)" });
  assert.notEqual(accentOf("GO (sampled)"), accentOf("GO"));
  assert.equal(nextStep(context, sampled), en.nextText.goSampled);
  assert.equal(nextStep(context, statusWith({ verdict: "GO" })), en.nextText.go);
  assert.equal(verdictNow(statusWith({ verdict: "GO" }), lost), undefined);
});

test("a comparison promises no GO", () => {
  for (const phase of ["baseline", "steady"]) {
    const comparing = statusWith({ command: "compare", stream: null, phase });
    assert.equal(nextStep(context, comparing), en.nextText.comparing);
    assert.equal(nextStep(context, { ...comparing, verdict: "NO-GO" }), en.nextText.noGo);
  }
  assert.equal(nextStep(context, statusWith({ phase: "baseline" })), en.nextText.baseline);
});

test("what is not proven is not said", () => {
  const go = statusWith({ verdict: "GO" });
  assert.deepEqual(reasonsTold(en, go, "GO"), [en.noReasons]);
  assert.deepEqual(reasonsTold(en, go, undefined), []);
  assert.deepEqual(reasonsTold(en, statusWith(), "WAIT"), []);
  assert.deepEqual(reasonsTold(en, statusWith({ reasons: ["late"] }), undefined), ["late"]);
  assert.equal(noGapText(context, statusWith()), "No gap is known.");
  assert.equal(noGapText(context, statusWith({ stream: null })), en.noStream);
  const rated = (sample_rate: number) => statusWith({ coverage: { changes: { sample_rate } } });
  assert.equal(checkedText(context, rated(1)), "Changes of each key are checked. ");
  assert.equal(checkedText(context, rated(1_000)), "Changes of 1 key in 1,000 are checked. ");
  assert.equal(checkedText(context, statusWith({ coverage: { changes: null } })), "");
});

test("no key is wrong only as far as one looks", () => {
  const told = (parts: object, standing: typeof live | typeof lost = live) =>
    countText(context, statusWith(parts), standing);
  const counted = { mismatches_unlisted: { missing: 1_200 } };
  assert.equal(told({}), "No key is known to be wrong.");
  assert.equal(told({}, lost), en.findingsUnknown);
  assert.equal(told({ checks: { keys: 0 }, compared: { items: 0 } }), en.findingsUnchecked);
  assert.equal(told(counted), "1,200 were confirmed and are only counted.");
  assert.equal(told({ mismatches_unlisted: { missing: 1 } }), "1 was confirmed and is only counted.");
  assert.equal(told({ open_keys: { all: 1 }, ...counted }),
               "1 key is open. 1,200 more were confirmed and are only counted.");
  assert.equal(told({ open_keys: { all: 2 } }, lost), "2 keys are open.");
});

test("a moment that nobody saw is not done", () => {
  const told = (parts: object, standing: typeof live | typeof lost = live) =>
    stepsOf(statusWith(parts), standing).join(" ");
  assert.equal(told({ phase: "importing" }), "done now next next next");
  assert.equal(told({ phase: "catching up", behind_stream_ms: null }), "done done done now next");
  assert.equal(told({}), "done done done done next");
  assert.equal(told({ behind_stream_ms: null }), "done done done unknown next");
  assert.equal(told({ stream: null, phase: "baseline" }), "unknown unknown unknown unknown next");
  assert.equal(told({ verdict: "GO (sampled)" }), "done done done done next");
  assert.equal(told({ verdict: "GO" }), "done done done done done");
  assert.equal(told({ verdict: "GO" }, lost), "done done done done next");
});

test("a clock that jumps, and an answer that is slow", () => {
  assert.ok(hasJumped(10_000, 9_999) && hasJumped(0, 60_001));
  assert.ok(!hasJumped(0, 0) && !hasJumped(0, 60_000));
  const date = "Thu, 01 Jan 1970 00:01:00 GMT";
  assert.equal(clockAheadOf(date, 50_000, 52_000), 10_000, "as of when it was asked for");
  assert.equal(clockAheadOf(date, 50_000, 55_001), undefined);
  assert.equal(clockAheadOf(date, 50_000, 49_999), undefined);
  assert.equal(clockAheadOf(null, 50_000, 50_000), 0);
});

/** A browser as far as live.ts asks for it, with a clock that the test moves. */
class Watched {
  now = 1_700_000_000_000;
  asked: string | undefined = "orders";
  silentFor = 0; // each migration of the list, ms
  listWorks = true;
  listTakes = 0;
  proxyAhead = 0; // of the clock in the header; the monitor's own is the browser's
  tellsTime = true;
  told: string[] = [];
  lists: string[] = []; // whether each migration is old, as a list was told
  sources: { closed: boolean; handlers: Record<string, (event: unknown) => void> }[] = [];
  onStatus = () => {};
  page: Live | undefined;
  private beat = () => {};
  private readonly listeners: Record<string, () => void> = {};
  private readonly kept = { now: Date.now, fetch: globalThis.fetch };

  constructor() {
    const watched = this;
    Date.now = () => this.now;
    Object.assign(globalThis, {
      window: { setInterval: (beat: () => void) => (this.beat = beat, 1), clearInterval: () => {} },
      document: {
        addEventListener: (name: string, does: () => void) => (this.listeners[name] = does),
        removeEventListener: (name: string) => delete this.listeners[name],
      },
      fetch: async () => {
        if (!watched.listWorks) {
          throw new Error("refused");
        }
        const now = watched.tellsTime ? new Date(watched.now).toISOString() : undefined;
        const date = new Date(watched.now + watched.proxyAhead).toUTCString();
        if (watched.listTakes > 0) {
          watched.now += watched.listTakes;
          watched.speak();
        }
        const list = ["orders", "users"].map((migration) =>
          ({ migration, at: new Date(watched.now - watched.silentFor).toISOString() }));
        return new Response(JSON.stringify({ now, migrations: list }), { headers: { Date: date } });
      },
      EventSource: class {
        closed = false;
        handlers: Record<string, (event: unknown) => void> = {};
        constructor() {
          watched.sources.push(this);
        }
        addEventListener(name: string, does: (event: unknown) => void) {
          this.handlers[name] = does;
        }
        close() {
          this.closed = true;
        }
      },
    });
  }

  async start(): Promise<Live> {
    const started = this.page = new Live(this.asked, {
      onStatus: () => this.onStatus(), onStanding: ({ kind }) => this.told.push(kind),
      onMigrations: ({ migrations }) => this.lists.push(migrations.map((each) => each.isOld).join()),
    });
    await this.after(0);
    return started;
  }

  /** The answers that are under way arrive. */
  async after(ms: number, each = 500): Promise<void> {
    const end = this.now + ms;
    do {
      this.now = Math.min(end, this.now + each);
      this.beat();
      await new Promise((done) => setImmediate(done));
    } while (this.now < end);
  }

  speak(age = 0): void {
    const data = JSON.stringify({ at: new Date(this.now - age).toISOString() });
    this.sources[this.sources.length - 1]?.handlers["status"]?.({ data });
  }

  happen(name: string): void {
    this.listeners[name]?.();
  }

  open(): number {
    return this.sources.filter((each) => !each.closed).length;
  }

  end(page: Live): void {
    page.close();
    Date.now = this.kept.now;
    globalThis.fetch = this.kept.fetch;
  }
}

async function watching(does: (browser: Watched) => Promise<void>, parts: Partial<Watched> = {}): Promise<void> {
  const browser = Object.assign(new Watched(), parts);
  const page = await browser.start();
  try {
    await does(browser);
    assert.ok(browser.open() <= 1);
  } finally {
    browser.end(page);
    assert.equal(browser.open(), 0);
  }
}

test("a connection on which nothing ever comes is tried again", () => watching(async (browser) => {
  await browser.after(14_000);
  assert.deepEqual([browser.told, browser.sources.length], [[], 1]);
  await browser.after(4_000);
  assert.deepEqual([browser.told, browser.sources.length], [["lost"], 2]);
  browser.speak();
  assert.deepEqual(browser.told, ["lost", "live"]);
}));

test("what tells only what is old is tried again", () => watching(async (browser) => {
  for (let second = 0; second < 19; ++second) {
    browser.speak(60_000);
    await browser.after(1_000);
  }
  assert.deepEqual([browser.told, browser.sources.length], [["stalled"], 2]);
  browser.speak(-60_000);
  assert.deepEqual(browser.told, ["stalled"], "the time to come is no news either");
}));

test("a list that fails does not end a stream that speaks", () => watching(async (browser) => {
  browser.speak();
  browser.listWorks = false;
  for (let second = 0; second < 30; ++second) {
    await browser.after(1_000);
    browser.speak();
  }
  assert.deepEqual([browser.told, browser.sources.length], [["live"], 1]);
  await browser.after(12_000);
  assert.deepEqual([browser.told, browser.open()], [["live", "lost"], 0]);
}));

test("a page that was closed by what came says nothing more", () => watching(async (browser) => {
  browser.onStatus = () => browser.page?.close();
  browser.speak();
  await browser.after(20_000);
  assert.deepEqual([browser.told, browser.open()], [[], 0]);
}));

test("the clock of a proxy is not the monitor's", async () => {
  for (const proxyAhead of [-60_000, 60_000]) {
    await watching(async (browser) => {
      browser.speak();
      assert.deepEqual([browser.told, browser.lists], [["live"], ["false,false"]]);
    }, { proxyAhead });
    await watching(async (browser) => {
      browser.speak();
      assert.deepEqual(browser.told, ["stalled"], "an older monitor's time is in the header alone");
    }, { proxyAhead, tellsTime: false });
  }
});

test("what a list told of other migrations does not outlive the list", async () => {
  await watching(async (browser) => {
    const speakFor = async (seconds: number) => {
      for (let second = 0; second < seconds; ++second) {
        browser.speak();
        await browser.after(1_000);
      }
    };
    await speakFor(11);
    assert.deepEqual(browser.lists, ["false,false", "false,false"]);
    browser.listWorks = false;
    await speakFor(20);
    assert.deepEqual(browser.lists.slice(2), ["true,true"], "told once");
    assert.deepEqual(browser.told, ["live"], "this page's own stream goes on");
    browser.listWorks = true;
    await browser.after(10_000);
    assert.equal(browser.lists.at(-1), "false,false");
  });
  await watching(async (browser) => {
    await browser.after(30_000, 30_000);
    assert.deepEqual(browser.lists, ["false,false", "true,true", "false,false"],
                     "a page that nobody sees hardly runs: what stands there is old at once");
  });
});

test("after a jump of the clock only news counts", async () => {
  for (const jump of [-3_600_000, 3_600_000]) {
    await watching(async (browser) => {
      browser.speak();
      browser.now += jump;
      browser.listWorks = false;
      await browser.after(500);
      assert.deepEqual([browser.told, browser.open()], [["live", "lost"], 0], `${jump}`);
      browser.listWorks = true;
      await browser.after(3_000);
      assert.equal(browser.open(), 1);
      browser.speak();
      assert.deepEqual(browser.told, ["live", "lost", "live"]);
      // Where the stream is the first to notice, it stays, and the clocks are compared anew.
      browser.now += jump;
      browser.speak();
      assert.equal(browser.told.at(-1), "lost");
      await browser.after(500);
      browser.speak();
      assert.equal(browser.told.at(-1), "live");
      assert.equal(browser.sources.length, 2);
    });
  }
});

test("a slow answer tells nothing", () => watching(async (browser) => {
  browser.speak();
  browser.listTakes = 5_001;
  for (let second = 0; second < 12; ++second) {
    browser.speak();
    await browser.after(1_000);
  }
  browser.speak();
  assert.deepEqual([browser.told, browser.sources.length], [["live"], 1]);
}));

test("a page that is frozen has lost", () => watching(async (browser) => {
  browser.speak();
  browser.happen("freeze");
  assert.deepEqual(browser.told, ["live", "lost"]);
  await browser.after(1_000);
  browser.speak();
  assert.deepEqual(browser.told, ["live", "lost", "live"]);
}));

test("two migrations of one name are told apart", () => {
  const table = (region: string, account: string | null = null) => ({ region, account }) as TableFacts;
  const [source, target] = [table("eu-west-1"), table("eu-central-1")];
  assert.equal(placesOf({ source, target }), "eu-west-1 → eu-central-1");
  assert.equal(placesOf({ source, target: source }), "eu-west-1");
  assert.equal(placesOf({ source: table("eu-west-1", "1"), target: table("eu-west-1", "2") }),
               "eu-west-1 (1) → eu-west-1 (2)");
});

test("a tab that nobody sees says of when its verdict is", () => {
  const at = new Date();
  at.setHours(12, 3, 9);
  const tables = { source: { region: "eu-west-1" }, target: { region: "eu-central-1" } };
  const last = statusWith({ migration: "orders", at: at.toISOString(), tables });
  assert.equal(windowTitle(context, last, "GO", true), "orders: GO at 12:03");
  const where = "orders, eu-west-1 → eu-central-1 – Migration monitor";
  assert.equal(windowTitle(context, last, "GO", false), `GO ${where}`);
  assert.equal(windowTitle(context, last, undefined, true), `? ${where}`);
  assert.equal(windowTitle(context, undefined, undefined, true), "Migration monitor");
});

test("a new version is a reason to load once", () => {
  assert.equal(reloadFor("1", "1", [], 0), undefined);
  const first = reloadFor("1", "2", [], 1_000) ?? [];
  assert.deepEqual(first, [{ change: "1 → 2", at: 1_000 }]);
  assert.equal(reloadFor("1", "2", first, 2_000), undefined);
  const back = reloadFor("2", "1", first, 200_000) ?? [];
  assert.equal(back.length, 2, "the way back is another one");
  assert.equal(reloadFor("1", "2", back, 301_000), undefined);
  assert.deepEqual(reloadFor("1", "2", back, 301_001), [...back.slice(1), { change: "1 → 2", at: 301_001 }],
                   "there again, later");
  const older = ["1 → 2"] as unknown as typeof first; // of a page that kept no times
  assert.equal(reloadFor("1", "2", older, 0)?.length, 1);
});

test("a request ends when it is no longer wanted, or takes too long", async () => {
  const { any } = AbortSignal as unknown as { any?: unknown };
  for (const has of [any, undefined]) {
    Object.assign(AbortSignal, { any: has });
    const page = new AbortController();
    const long = limited(page.signal, 60_000);
    const short = limited(page.signal, 5);
    await new Promise((done) => setTimeout(done, 50));
    assert.deepEqual([long.aborted, short.aborted, short.reason.name], [false, true, "TimeoutError"]);
    page.abort();
    assert.ok(long.aborted && limited(page.signal, 60_000).aborted);
  }
  Object.assign(AbortSignal, { any });
});

test("why there is no list is told in the server's own words", async () => {
  const answer = (body: string, type: string) => refusalOf(new Response(body, { status: 503, headers: { "Content-Type": type } }));
  const text = "text/plain; charset=utf-8";
  assert.equal(await answer("the state waits for room on the disk: ask again\n", text),
               "the state waits for room on the disk: ask again");
  assert.equal((await answer("x".repeat(10_000), text)).length, 300);
  assert.equal(await answer("<html>Bad Gateway</html>", "text/html"), "503");
  assert.equal(await answer("", text), "503");
});

test("each language has a word for everything", () => {
  const paths = (words: object): string[] => Object.entries(words).flatMap(([name, value]) =>
    typeof value === "object" ? paths(value).map((each) => `${name}.${each}`) : [name]);
  assert.deepEqual(paths(zh).sort(), paths(en).sort());
});

test("where none is chosen the list is what must be of now", async () => {
  const browser = new Watched();
  browser.asked = undefined;
  const page = await browser.start();
  assert.deepEqual([browser.told, browser.open()], [["live"], 0]);
  await browser.after(20_000);
  assert.deepEqual(browser.told, ["live"]);
  assert.ok(browser.lists.length >= 8, "each two seconds");
  assert.ok(browser.lists.every((each) => each === "false,false"));
  browser.silentFor = 5_000;
  browser.lists = [];
  await browser.after(4_000);
  assert.ok(browser.lists.includes("true,true"), "it ages between two lists as well");
  assert.deepEqual(browser.told, ["live"]);
  browser.silentFor = 0;
  await browser.after(2_500);
  browser.listWorks = false;
  await browser.after(2_500);
  assert.deepEqual([browser.told, browser.lists.at(-1)], [["live", "lost"], "true,true"]);
  browser.listWorks = true;
  await browser.after(2_500);
  assert.deepEqual(browser.told, ["live", "lost", "live"]);
  browser.end(page);
});
