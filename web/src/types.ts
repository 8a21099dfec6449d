// What the API answers, as far as the page reads it: docs/status.schema.json, docs/openapi.json.

export type Verdict = "GO" | "GO (sampled)" | "WAIT" | "NO-GO";
export type Phase = "importing" | "catching up" | "baseline" | "steady";

export const kinds = [
  "missing",
  "different",
  "stale",
  "undeleted",
  "unexpected",
  "expired",
  "unreadable",
] as const;
export type Kind = (typeof kinds)[number];

export interface TableFacts {
  name: string;
  arn: string | null;
  table_id: string | null;
  account: string | null;
  region: string;
  endpoint: string;
}

export interface Rate {
  value: number;
  low: number;
  high: number;
  n?: number;
  wrong?: number;
}

export interface Covered {
  sample_rate: number;
  ignored: string[];
}

export interface Gap {
  shard_id: string;
  noticed: string;
  reason: string;
  cured: boolean;
}

export interface Calls {
  calls: number;
  retries: number;
  throttled: number;
  pauses: number;
}

/** What the two tables are beside their items, as a monitor looks at it each hour. */
export interface TableSettings {
  looked_at: string | null;
  trouble: string | null;
  different: number;
  unknown: number;
  rows: {
    name: string;
    source: string | null;
    target: string | null;
    state: "equal" | "accepted" | "different" | "unknown";
  }[];
}

export interface MismatchGroup {
  kind: Kind;
  path: string | null;
  keys: number;
}

export interface Status {
  command: string;
  migration: string;
  version: string;
  at: string;
  started: string;
  ended: boolean;
  failure: string | null;
  committed: string | null;
  /** Newer monitors only: why nothing can be written just now. */
  unsaved_because?: string | null;
  phase: Phase;
  verdict: Verdict;
  verdict_since: string;
  reasons: string[];
  events: {
    total: number;
    unique: number;
    insert: number;
    modify: number;
    remove: number;
    ttl_remove: number;
    per_second: number;
  };
  checks: {
    keys: number;
    keys_changed: number;
    sampled: number;
    verified: number;
    superseded: number;
    pending: number;
    deferred: number;
    failed: number;
    healed: number;
    deletes: number;
    left_to_baseline: number;
  };
  success_rates: { changes: Rate | null; items_at_rest: Rate | null };
  lag_ms: { p50: number; p95: number; p99: number; max: number; count: number } | null;
  mismatches: Record<Kind, number>;
  mismatches_unlisted: Record<Kind, number>;
  /** Newer monitors only. */
  mismatch_groups?: MismatchGroup[];
  open_keys: { all: number };
  shards: { open: number; waiting: number; done: number };
  gaps: Gap[];
  coverage: {
    changes: Covered | null;
    changes_since_comparison: Covered | null;
    items_at_rest: Covered | null;
    /** The comparison of a frozen source speaks for all keys alone. */
    items_at_rest_suffice: boolean;
  };
  read_up_to_age_ms: number | null;
  freeze: { at: string | null; writes_after: number; ttl_deletes_after: number };
  behind_stream_ms: number | null;
  retention_left_s: number | null;
  /** Newer monitors only. */
  last_write?: string | null;
  compared: {
    items: number;
    segments_done: number;
    segments_total: number;
    equal?: number;
    candidates_open?: number;
    restless?: number;
    bytes?: number;
    sample_rate?: number;
    started?: string | null;
    finished?: string | null;
  };
  consumed: { source_rcu: number; target_rcu: number; stream_calls: number; usd: number };
  calls: { source: Calls; target: Calls; stream: Calls };
  tables: { source: TableFacts; target: TableFacts };
  stream: {
    arn: string;
    view_type: string;
    of: string;
    region: string;
    endpoint: string;
    read_up_to: string | null;
  } | null;
  table_settings?: TableSettings | null;
  settings: Record<string, string>;
  files: { state: string | null; findings: string | null };
  credentials: { of: string; access_key_id: string; ends: string | null; renewed: boolean }[];
  alerts: { told: number; failed: number; waiting: number; last_failure: string | null };
}

export interface ListedMigration {
  migration: string;
  command: string;
  at: string;
  phase: Phase;
  verdict: Verdict;
  /** Newer monitors only, these four. */
  reasons?: string[];
  events_per_second?: number;
  lag_p95_ms?: number | null;
  open_mismatches?: number;
  source: string;
  target: string;
  /** By the server's clock; the page's own remark. */
  isOld?: boolean;
}

/** One of a fleet that does not run. */
export interface AbsentMigration {
  migration: string;
  state: "waiting" | "starting" | "standby" | "paused" | "ended";
  why: string;
  again_at?: string;
  /** Of one that has ended. */
  last_verdict?: Verdict;
}

/** A process that waits for a state which another one holds. */
export interface Standby {
  state: string;
  held_by: string;
  seen_at: string;
}

export interface MigrationList {
  /** Newer monitors only: what their clock shows. */
  now?: string;
  version?: string;
  migrations: ListedMigration[];
  /** Newer monitors only. */
  standby?: Standby[];
  absent?: AbsentMigration[];
}

/** Of a minute; figures that were not known are absent. */
export interface HistoryPoint {
  at: string;
  verdict: Verdict;
  phase: Phase;
  events_unique?: number;
  open_keys_all?: number;
  /** Newer monitors only. */
  mismatches_unlisted_all?: number;
  lag_ms_p50?: number;
  lag_ms_p99?: number;
  consumed_usd?: number;
}

export interface Finding {
  id?: string;
  key: unknown;
  kind: Kind;
  state: string;
  paths: { path: string; change: string }[];
  source_digest: string | null;
  target_digest: string | null;
  shard_id: string;
  sequence_number: string;
  first_seen: string;
  confirmed_at: string;
  healed_at: string | null;
  source?: unknown;
  target?: unknown;
}

export interface FindingsPage {
  findings: Finding[];
  next: string | null;
}

export interface Shard {
  id: string;
  parents: string[];
  state: string;
  created: string | null;
  read_up_to: string | null;
  ended: string | null;
}

export interface ShardsPage {
  shards: Shard[];
  total: number;
}
