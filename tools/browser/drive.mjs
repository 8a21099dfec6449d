// A real Chromium, driven by whoever writes to standard input: one JSON object a line, and one a
// line in answer. It sees only what a person or an assistive program sees.
//
//   {"do": "open", "url": …, "scheme": "light"|"dark", "width": 1280, "locale": "en"}
//   {"do": "read"}                      what the page shows
//   {"do": "read", "status": PATH}      with the status of the same second beside it
//   {"do": "click", "selector": …}   {"do": "fill", "selector": …, "text": …}   {"do": "press", "key": …}
//   {"do": "choose", "selector": …, "value": …}   {"do": "focused"}
//   {"do": "audit"}                     what axe-core finds serious or critical
//   {"do": "weight"}                    elements, bytes of the script's heap, the largest answer of each path
//   {"do": "problems"}                  console errors, violations of the policy, requests to elsewhere
//   {"do": "picture", "path": …, "height": 900}   without a height: the whole page
//
// Its end is the end of standard input.

import { createRequire } from "node:module";
import fs from "node:fs";
import readline from "node:readline";
import { chromium } from "playwright-core";

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// Below the patience of who asks (tools/chromium.py): a busy machine starts a browser slowly.
const patience = 100_000;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: flags, timeout: patience });
let page;
let problems = [];
let loads = 0;
let answers = {};

async function open({ url, scheme = "light", width = 1280, height = 900, locale = "en" }) {
  await page?.context().close();
  problems = [];
  loads = 0;
  answers = {};
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale });
  page = await context.newPage();
  await page.addInitScript(() => {
    window.policyViolations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      window.policyViolations.push(`${event.violatedDirective}: ${event.blockedURI}`));
  });
  const origin = new URL(url).origin;
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      problems.push(`console: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith("data:") && new URL(request.url()).origin !== origin) {
      problems.push(`request: ${request.url()}`);
    }
  });
  const seen = answers;
  page.on("requestfinished", async (request) => {
    const path = new URL(request.url()).pathname;
    const { responseBodySize: bytes } = await request.sizes().catch(() => ({ responseBodySize: 0 }));
    const { count, most } = seen[path] ?? { count: 0, most: 0 };
    seen[path] = { count: count + 1, most: Math.max(most, bytes) };
  });
  page.on("load", () => ++loads);
  await page.goto(url, { timeout: patience });
  return {};
}

/** In the page: nothing is waited for between the first thing read and the last. */
function shown() {
  const text = (selector) => document.querySelector(selector)?.textContent ?? null;
  const all = (selector, of) => [...document.querySelectorAll(selector)].map(of);
  const banner = document.querySelector("#banner");
  return {
    at: document.querySelector("#page")?.dataset.at ?? null,
    title: document.title,
    language: document.documentElement.lang,
    verdict: text("#verdict-word"),
    since: text("#verdict-since"),
    next: text("#next"),
    steps: all(".steps .done", (each) => each.textContent),
    reasons: all("#reasons li", (each) => each.textContent),
    banner: banner && !banner.hidden ? banner.textContent : null,
    old: document.querySelector("#page")?.classList.contains("old") ?? false,
    figures: Object.fromEntries(all(".value[id]", (each) => [each.id, each.textContent])),
    groups: Object.fromEntries(all("[data-kind]", (each) => [each.dataset.kind, each.textContent])),
    count: text("#findings-count"),
    rows: all("#findings-rows tr", (row) => ({
      kind: row.querySelector(".kind").textContent,
      key: row.querySelector(".key").textContent,
      paths: [...row.querySelectorAll(".paths code")].map((each) => each.textContent),
    })),
    where: text("#findings-where"),
    fleet: document.querySelector("#fleet")?.checkVisibility() ? {
      verdict: text("#fleet-verdict"),
      counts: text("#fleet-counts"),
      rows: all("#fleet-rows tr", (row) =>
        [...row.children].map((each) => each.textContent)),
    } : null,
    older: document.querySelector("#findings-older")?.getAttribute("aria-disabled") === "false",
    shards: all("#shards rect", (each) => each.textContent),
    plots: all(".canvas", (each) => each.getAttribute("aria-label")),
    text: document.body.innerText,
    elements: document.querySelectorAll("img, iframe, object, embed, [onerror], [style*=url]").length,
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  };
}

async function read({ status }) {
  for (let attempt = 0; status && attempt < 40; ++attempt) {
    const json = await page.evaluate(async (path) => (await fetch(path)).json(), status);
    const seen = await page.evaluate(shown);
    if (json.at === seen.at) {
      return { ...seen, status: json, loads };
    }
    await page.waitForTimeout(100);
  }
  return { ...(await page.evaluate(shown)), loads };
}

async function audit() {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return {
    violations: violations
      .filter((each) => each.impact === "serious" || each.impact === "critical")
      .map((each) => `${each.id}: ${each.help}: ${each.nodes.map((node) => node.html).join(" | ")}`),
    others: violations.map((each) => `${each.impact} ${each.id}`),
  };
}

/** After a collection, so that only what is held counts. */
async function weight() {
  const protocol = await page.context().newCDPSession(page);
  await protocol.send("HeapProfiler.collectGarbage");
  const { usedSize: heap } = await protocol.send("Runtime.getHeapUsage");
  await protocol.detach();
  return { heap, elements: await page.evaluate(() => document.querySelectorAll("*").length), answers };
}

const commands = {
  open,
  read,
  audit,
  weight,
  click: async ({ selector }) => page.click(selector, { timeout: patience }),
  fill: async ({ selector, text }) => page.fill(selector, text, { timeout: patience }),
  choose: async ({ selector, value }) => void (await page.selectOption(selector, value, { timeout: patience })),
  press: async ({ key }) => page.keyboard.press(key),
  focused: async () => page.evaluate(() => document.activeElement?.textContent?.slice(0, 80) ?? ""),
  problems: async () => ({
    problems: [...problems, ...(await page.evaluate(() => window.policyViolations)).map((each) => `policy: ${each}`)],
  }),
  picture: async ({ path, height }) => {
    await page.screenshot(height
      ? { path, clip: { x: 0, y: 0, width: page.viewportSize().width, height } , fullPage: true }
      : { path, fullPage: true });
    return {};
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    const asked = JSON.parse(line);
    answer = (await commands[asked.do](asked)) ?? {};
  } catch (failure) {
    answer = { failure: String(failure) };
  }
  process.stdout.write(JSON.stringify(typeof answer === "string" ? { text: answer } : answer) + "\n");
}
await browser.close();
