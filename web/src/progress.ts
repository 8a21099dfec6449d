// The items at rest, the gaps, and what all of it costs.

import { h, keeper, section, setText, table } from "./dom";
import type { PlotData } from "./plot_data";
import type { Gap, Status } from "./types";
import { type Context, elapsed, type Part } from "./view";

const gapsMax = 100;

/** By the share that is done; nothing before there is one. */
function timeLeft(status: Status): number | undefined {
  const { started, finished, segments_done: done, segments_total: total } = status.compared;
  if (!started || finished || done === 0 || done >= total) {
    return undefined;
  }
  return (elapsed(started, status.at) / done) * (total - done);
}

export function makeBaseline({ words, formats }: Context): Part {
  const bar = h("progress", { "aria-label": words.baselineProgress, max: 1, value: 0 });
  const text = h("p", { id: "baseline-text" });
  const more = h("ul", { class: "plain" });
  const root = section("baseline", words.baseline, bar, text, more);
  const keepMore = keeper(more);
  return {
    root,
    update: (status) => {
      const { compared } = status;
      const { count } = formats;
      bar.hidden = compared.segments_total === 0;
      if (compared.segments_total === 0) {
        setText(text, words.baselineNone);
        keepMore([], () => []);
        return;
      }
      bar.max = compared.segments_total;
      bar.value = compared.segments_done;
      setText(text, words.baselineText(count(compared.segments_done), count(compared.segments_total),
                                       count(compared.items)));
      const left = timeLeft(status);
      const parts = [
        left !== undefined ? words.baselineEta(formats.duration(left)) : "",
        compared.finished ? words.baselineFinished(formats.time(compared.finished)) : "",
        compared.candidates_open ? words.baselineOpen(count(compared.candidates_open)) : "",
        compared.restless ? words.baselineRestless(count(compared.restless)) : "",
      ].filter(Boolean);
      keepMore(parts, () => parts.map((each) => h("li", {}, each)));
    },
  };
}

/** What no gap means: nothing where no stream is read, and never that there is none. */
export function noGapText({ words }: Context, status: Status): string {
  return status.stream ? words.noGaps : words.noStream;
}

/** Of all that the monitor knows, oldest first: the open ones before the cured ones, the newest first. */
function gapsShown(gaps: Gap[]): Gap[] {
  const newest = [...gaps].reverse();
  return [...newest.filter((gap) => !gap.cured), ...newest.filter((gap) => gap.cured)].slice(0, gapsMax);
}

export function makeGaps(context: Context): Part {
  const { words, formats } = context;
  const content = h("div");
  const root = section("gaps", words.gaps, content);
  const keep = keeper(content);
  return {
    root,
    update: (status) => {
      root.classList.toggle("wrong", status.gaps.some((gap) => !gap.cured));
      keep([status.gaps, noGapText(context, status)], () => {
        if (status.gaps.length === 0) {
          return [h("p", {}, noGapText(context, status))];
        }
        const text = words.gap;
        const shown = gapsShown(status.gaps);
        const more = status.gaps.length - shown.length;
        const openMore = Math.max(0, status.gaps.filter((gap) => !gap.cured).length - gapsMax);
        return [
          h("div", { class: "scroll", role: "region", "aria-label": words.gaps, tabindex: "0" },
            table(words.gaps, [text.noticed, text.reason, text.shard, text.state],
              shown.map((gap) => [
                formats.moment(gap.noticed), gap.reason, h("code", {}, gap.shard_id || "–"),
                gap.cured ? words.gapCured : words.gapOpen,
              ]))),
          more > 0
            ? h("p", { class: "note" }, words.gapsMore(formats.count(more), openMore, formats.count(openMore)))
            : null,
        ];
      });
    },
  };
}

export function makeCost({ words, formats }: Context, data: PlotData): Part {
  const soFar = h("dd", { class: "value", id: "cost" });
  const forecast = h("dd", { class: "value" });
  const forecastName = h("dt", {}, words.costForecast);
  const detail = h("p", { class: "detail" });
  const root = section("costs", words.cost,
    h("dl", { class: "tiles" },
      h("div", {}, h("dt", {}, words.costSoFar), soFar),
      h("div", {}, forecastName, forecast)),
    detail);
  return {
    root,
    update: (status) => {
      const { consumed } = status;
      setText(soFar, formats.usd(consumed.usd));
      const day = data.usdPerDay();
      setText(forecast, day === undefined ? "–" : formats.usd(day));
      setText(forecastName, day === undefined ? words.costUnknown : words.costForecast);
      setText(detail, words.costDetail(formats.count(consumed.source_rcu), formats.count(consumed.target_rcu),
                                       formats.count(consumed.stream_calls)));
    },
  };
}
