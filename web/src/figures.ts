// The figures of this second. Each has an id: what a script or a test reads.

import { h, section, setText } from "./dom";
import type { Status } from "./types";
import { type Context, type Part, sum, wrongKeys } from "./view";

interface Figure {
  id: string;
  label: string;
  value: (status: Status) => string;
  detail?: (status: Status) => string;
  isWrong?: (status: Status) => boolean;
}

function figuresOf({ words, formats }: Context): Figure[] {
  const { count, duration } = formats;
  const text = words.figure;
  const orNothing = (ms: number | null | undefined) =>
    ms === null || ms === undefined ? text.notKnown : duration(ms);
  return [
    {
      id: "open-keys",
      label: text.open,
      value: (now) => count(wrongKeys(now)),
      detail: (now) => {
        const unlisted = sum(now.mismatches_unlisted);
        return text.openDetail(count(now.checks.healed), count(now.checks.failed)) +
          (unlisted > 0 ? ", " + text.onlyCounted(count(unlisted)) : "");
      },
      isWrong: (now) => wrongKeys(now) > 0,
    },
    {
      id: "events-unique",
      label: text.events,
      value: (now) => count(now.events.unique),
      detail: (now) => text.eventsDetail(count(now.events.insert), count(now.events.modify),
                                         count(now.events.remove)),
    },
    {
      id: "events-rate",
      label: text.rate,
      value: (now) => formats.decimal(now.events.per_second),
      detail: (now) => now.checks.left_to_baseline > 0
        ? text.leftToBaseline(count(now.checks.left_to_baseline)) : "",
    },
    {
      id: "checks-verified",
      label: text.verified,
      value: (now) => count(now.checks.verified),
      detail: (now) =>
        text.verifiedDetail(count(now.checks.pending), count(now.checks.superseded)) +
        (now.checks.deferred > 0 ? ", " + text.deferred(count(now.checks.deferred)) : ""),
    },
    {
      id: "keys-checked",
      label: text.checked,
      value: (now) => count(now.checks.keys),
      detail: (now) => text.checkedDetail(count(now.checks.keys_changed)),
    },
    {
      id: "success",
      label: text.success,
      value: (now) => {
        const rate = now.success_rates.changes ?? now.success_rates.items_at_rest;
        return rate ? formats.percent(rate.value) : text.nothing;
      },
      detail: (now) => {
        const { changes, items_at_rest: rest } = now.success_rates;
        const first = changes ?? rest;
        const parts = first
          ? [text.successDetail(formats.percent(first.low), count(first.n ?? 0))] : [];
        if (changes && rest) {
          parts.push(text.successRest(formats.percent(rest.value), count(rest.n ?? 0)));
        }
        return parts.join(words.listSeparator);
      },
    },
    {
      id: "lag",
      label: text.lag,
      value: (now) => now.lag_ms ? duration(now.lag_ms.p50) : text.nothing,
      detail: (now) => now.lag_ms
        ? text.lagDetail(duration(now.lag_ms.p95), duration(now.lag_ms.p99), duration(now.lag_ms.max))
        : "",
    },
    {
      id: "behind",
      label: text.reading,
      value: (now) => orNothing(now.behind_stream_ms),
      detail: (now) => now.retention_left_s === null
        ? "" : text.readingDetail(duration(now.retention_left_s * 1000)),
    },
    {
      id: "last-write",
      label: text.lastWrite,
      value: (now) => now.last_write ? formats.time(now.last_write) : text.notKnown,
    },
  ];
}

export function makeFigures(context: Context): Part {
  const shown = figuresOf(context).map((figure) => {
    const value = h("dd", { class: "value", id: figure.id });
    const detail = h("dd", { class: "detail" });
    return { figure, value, detail, tile: h("div", {}, h("dt", {}, figure.label), value, detail) };
  });
  const root = section("figures", context.words.figures,
                       h("dl", { class: "tiles" }, ...shown.map((each) => each.tile)));
  return {
    root,
    update: (status) => {
      for (const { figure, value, detail, tile } of shown) {
        // An older monitor does not know of it.
        tile.hidden = figure.id === "last-write" && status.last_write === undefined;
        setText(value, figure.value(status));
        setText(detail, figure.detail?.(status) ?? "");
        tile.classList.toggle("wrong", figure.isWrong?.(status) ?? false);
      }
    },
  };
}
