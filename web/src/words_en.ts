// Every word of the page in English; its type is what other languages have to give.
// Verdicts, kinds and the reasons stay as the monitor says them: they are what its logs are
// searched for.

const plural = (n: number, one: string, many: string) => (n === 1 ? one : many);

export const en = {
  language: "en",
  languageName: "English",
  title: "Migration monitor",
  skip: "Skip to the findings",
  chooser: "Migrations",
  switchLanguage: "Language",
  readOnly: "Read-only. Figures come from the monitor each second.",
  units: {
    milliseconds: "ms", seconds: "s", minutes: "min", hours: "h", days: "d",
  },

  verdict: "Verdict",
  connecting: "connecting",
  unknown: "unknown",
  ended: "ended",
  since: (time: string, long: string) => `since ${time}, for ${long}`,
  lastVerdict: (verdict: string, time: string) => `last ${verdict} at ${time}`,
  reasons: "Why",
  limits: "What this does not speak for",
  noReasons: "Everything that was asked for is proven.",
  lost: "Connection lost",
  lostText: (time: string) =>
    `Nothing has come from the monitor since ${time}. What you see below is old. Trying to reach it again.`,
  neverReached: "The monitor does not answer. Trying again.",
  stalled: "The monitor is silent",
  stalledText: (time: string) =>
    `It answers, but its figures are those of ${time}. What you see below is old.`,
  absent: (name: string) => `No migration named ${name} runs here any more. Waiting for it.`,
  noRun: "No run has begun yet. Waiting for one.",
  standbyTitle: "Standby",
  standby: (state: string, holder: string, time: string) =>
    `Standby: ${state} is held by ${holder}, last seen at ${time}. This process takes over when that one ends.`,
  loginNeeded: "Your login has ended.",
  login: "Log in again",
  endedText: (time: string) => `The run ended at ${time}. Nobody watches this migration now.`,
  failed: (what: string) => `The run failed: ${what}`,
  verdictAt: (name: string, verdict: string, time: string) => `${name}: ${verdict} at ${time}`,
  announce: (verdict: string) => `The verdict is ${verdict}`,
  verdictMeaning: {
    "GO": "Cutover is safe.",
    "GO (sampled)": "Well, as far as the sample tells.",
    "WAIT": "Not proven yet.",
    "NO-GO": "Something is wrong. Do not cut over.",
  },

  timeline: "Where the migration stands",
  steps: {
    t0: "Stream enabled",
    t1: "Export",
    t2: "Import done",
    t3: "Replication caught up",
    t4: "Verified",
  },
  stepDone: "done",
  stepNow: "under way",
  stepNext: "to come",
  stepUnknown: "not known",
  stepSampled: "a sample alone, accepted",
  notSeen: "not seen from here",
  phase: "Phase",
  next: "What comes next",
  nextUnknown: "Not known without the monitor. Do not cut over on this page's word.",
  changesChecked: (rate: number, text: string) =>
    rate === 1 ? "Changes of each key are checked. " : `Changes of 1 key in ${text} are checked. `,
  nextText: {
    importing:
      "The target is not there yet. Changes are read and counted; checks begin once it is active.",
    catchingUp:
      "Replication is behind. Missing changes are not called mismatches until it has caught up.",
    baseline: "Items at rest are being compared. GO can come after that, once all has been well for a while.",
    comparing:
      "The items of both tables are being compared. A comparison ends without GO: only a monitor gives it.",
    steadyNoBaseline:
      "For GO, items that never changed must be compared as well: --baseline, or compare.",
    steadyWait: (settle: string) =>
      `GO comes when no reason is left${settle ? ` and all has been well for ${settle}` : ""}.`,
    noGo: "Look at the findings below. One that becomes equal later heals by itself; others need repair, or a gap a new comparison.",
    go: "Stop the writers of the source, let the rest arrive, and cut over.",
    goSampled: "Only a sample was checked. Check all keys (--sample-rate 1, --baseline), or accept the sample knowingly (--accept-sampled).",
    goAccepted: "Only a sample was checked, and the sample was accepted (--accept-sampled). Stop the writers of the source, let the rest arrive, and cut over.",
    frozen: (time: string) => `Writers are frozen as of ${time}: the rest drains.`,
  },

  listSeparator: "; ",
  figures: "Figures",
  figure: {
    events: "Changes read",
    eventsDetail: (insert: string, modify: string, remove: string) =>
      `${insert} inserts, ${modify} modifies, ${remove} removes`,
    rate: "Changes a second",
    checked: "Keys checked",
    checkedDetail: (changed: string) => `of ${changed} keys that changed`,
    verified: "Changes verified",
    verifiedDetail: (pending: string, superseded: string) =>
      `${pending} pending, ${superseded} superseded`,
    open: "Keys wrong now",
    openDetail: (healed: string, failed: string) => `${failed} failed changes, ${healed} healed`,
    onlyCounted: (n: string) => `${n} only counted, not listed`,
    success: "Success",
    successDetail: (low: string, keys: string) => `at least ${low} with 95 % confidence, of ${keys} keys`,
    successRest: (value: string, keys: string) => `at rest ${value} of ${keys} keys`,
    lag: "Replication lag, p50",
    lagDetail: (p95: string, p99: string, max: string) => `p95 ${p95}, p99 ${p99}, max ${max}`,
    reading: "Behind the stream",
    readingDetail: (left: string) => `unread records stay for ${left} more`,
    lastWrite: "Last write to the source",
    deferred: (n: string) => `${n} deferred`,
    leftToBaseline: (n: string) => `${n} left to the baseline`,
    nothing: "nothing yet",
    notKnown: "not known",
  },

  plots: "Over time",
  ranges: { "15m": "15 min", "24h": "24 hours", "14d": "14 days" },
  range: "Span",
  plot: {
    rate: "Changes a second",
    lag: "Replication lag",
    open: "Keys wrong",
    none: "No points in this span yet.",
    summary: (name: string, now: string, least: string, most: string) =>
      `${name}: now ${now}, between ${least} and ${most} in this span.`,
  },

  shards: "Shards of the stream",
  shardCounts: (open: string, waiting: string, done: string) =>
    `${open} open, ${waiting} waiting for their parents, ${done} done`,
  shardsLeftOut: (n: string) => `${n} older ones are not drawn.`,
  shardList: "As a table",
  shard: { id: "Shard", state: "State", parents: "Parent", created: "Created", readUpTo: "Read up to" },
  shardState: {
    open: "open", waiting: "waiting", done: "done", skipped: "skipped",
  } as Record<string, string>,
  now: "now",
  noShards: "No shards are known yet.",

  baseline: "Items at rest",
  baselineText: (done: string, total: string, items: string) =>
    `${done} of ${total} segments, ${items} keys compared`,
  baselineNone: "Not compared in this state. Items that never changed are not proven.",
  baselineEta: (time: string) => `about ${time} left`,
  baselineFinished: (time: string) => `finished ${time}`,
  baselineOpen: (n: string) => `${n} keys found unequal are still being judged`,
  baselineRestless: (n: string) => `${n} changed all the time and were not judged`,
  baselineProgress: "Progress of the comparison",

  gaps: "Coverage gaps",
  noGaps: "No gap is known.",
  noStream: "No stream is read: changes are not followed.",
  gapsMore: (n: string, open: number, text: string) =>
    `and ${n} more, ${open > 0 ? `${text} of them open` : "all of them cured"}`,
  gapOpen: "open: a comparison that begins now makes up for it",
  gapCured: "cured by a later comparison",
  gap: { noticed: "Noticed", reason: "What happened", shard: "Shard", state: "State" },

  cost: "Cost",
  costSoFar: "so far",
  costForecast: "a day, at the present pace",
  costUnknown: "a forecast needs two minutes",
  costDetail: (source: string, target: string, calls: string) =>
    `${source} read units at the source, ${target} at the target, ${calls} stream calls`,

  findings: "Findings",
  findingsOpen: (n: number, text: string) =>
    `${text} ${plural(n, "key is", "keys are")} open.`,
  findingsNoneOpen: "No key is known to be wrong.",
  findingsUnchecked: "No key has been checked yet.",
  findingsUnknown: "Whether a key is wrong is not known now.",
  findingsUnlisted: (n: number, text: string, more: boolean) =>
    `${text}${more ? " more" : ""} ${plural(n, "was confirmed and is", "were confirmed and are")} only counted.`,
  findingsShown: (first: string, last: string) => `${first} to ${last}`,
  newestFirst: ", newest first",
  findingsNone: "None that fits.",
  findingsReading: "Reading the list…",
  findingsFailed: (why: string) => `The list could not be read (${why}). Trying again.`,
  findingsOld: "The rows above are old.",
  findingsPartly: "Searched a part of the list; there is more.",
  filterState: "State",
  findingState: { open: "open", healed: "healed", all: "open and healed" },
  filterKind: "Kind",
  filterPath: "Attribute path",
  allKinds: "all kinds",
  anyPath: "any path",
  apply: "Filter",
  clear: "Clear",
  newest: "Newest",
  newer: "Newer",
  older: "Older",
  groups: "By kind and attribute",
  group: { kind: "Kind", path: "Attribute", keys: "Keys", show: "Show", wholeItem: "whole item" },
  showGroup: (kind: string, path: string) => `Show ${kind} ${path}`,
  finding: {
    kind: "Kind", key: "Key", paths: "Attributes", confirmed: "Confirmed", healed: "healed", details: "Details",
    exactKey: "Key", firstSeen: "First seen", shard: "Shard", sequence: "Sequence number",
    sourceDigest: "Digest at the source", targetDigest: "Digest at the target",
    source: "Source", target: "Target", none: "absent",
  },
  change: {
    changed: "changed", added: "added", removed: "removed", type: "other type",
  } as Record<string, string>,
  kind: {
    missing: "The source holds it, the target does not",
    different: "Both hold it, with unequal values",
    stale: "The target holds an earlier value",
    undeleted: "Deleted at the source, still in the target",
    unexpected: "In the target, never seen at the source",
    expired: "On one side only, and past its TTL; no mismatch",
    unreadable: "Something that cannot be compared",
  },

  facts: "What is watched, and how",
  tables: "Tables",
  side: { source: "Source", target: "Target", stream: "Stream" } as Record<string, string>,
  tableFact: {
    what: "Table", name: "Name", arn: "ARN", id: "TableId", account: "Account", region: "Region",
    endpoint: "Endpoint",
  },
  stream: "Stream",
  streamFact: { arn: "ARN", view: "View type", of: "Of", readUpTo: "Read up to" },
  coverage: "Coverage",
  coverageOf: {
    changes: "Changes, by the settings",
    since: "Changes since the comparison",
    rest: "Items at rest",
  },
  everyKey: "every key",
  oneIn: (n: string) => `1 key in ${n}`,
  ignoring: (list: string) => `, ignoring ${list}`,
  notCompared: "not compared",
  credentials: "Credentials",
  credential: { of: "Of", key: "Access key", ends: "End" },
  noEnd: "not known to end",
  renewed: "renewed before",
  notRenewed: "not renewed",
  parity: {
    stale: "the last look failed",
    title: "Settings of the two tables",
    lead: "What a copy of the items does not carry over. The verdict does not speak of them.",
    count: (n: string, state: string) => `${n} ${state}`,
    lookedAt: "Looked at",
    notYet: "Not looked at yet.",
    failed: (why: string) => `The last look failed: ${why}`,
    notKnown: "not known",
    name: "Setting",
    state: "State",
    states: { equal: "equal", accepted: "accepted", different: "different", unknown: "not known" },
  },
  settings: "Settings",
  setting: { name: "Name", value: "Value" },
  run: "Run",
  runFact: {
    command: "Command", version: "Version", started: "Started", committed: "Committed", state: "State",
    findings: "Findings", alerts: "Alerts",
  },
  alerts: (told: string, failed: string, waiting: string) =>
    `${told} told, ${failed} failed, ${waiting} waiting`,
};

export type Words = typeof en;
