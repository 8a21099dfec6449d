// Three plots over one span of time. Each has its last values as text, and a summary in words for
// those who do not see it.

import uPlot from "uplot";
import { h, section, setText } from "./dom";
import { type Point, type PlotData, type Range, ranges } from "./plot_data";
import type { Status } from "./types";
import { type Context, type Part } from "./view";

interface Line {
  label: string;
  color: string; // a custom property of the style
  of: (point: Point) => number | null;
}

interface Drawing {
  title: string;
  lines: Line[];
  text: (value: number) => string;
  axis: (value: number) => string;
}

const height = 150;

function drawingsOf({ words, formats }: Context): Drawing[] {
  const short = (value: number) => formats.decimal(value, 1);
  return [
    {
      title: words.plot.rate,
      lines: [{ label: "", color: "--line-1", of: (point) => point.rate }],
      text: short,
      axis: short,
    },
    {
      title: words.plot.lag,
      lines: [
        { label: "p50", color: "--line-1", of: (point) => point.lag[0] },
        { label: "p99", color: "--line-2", of: (point) => point.lag[1] },
      ],
      text: formats.duration,
      axis: (value) => formats.duration(value),
    },
    {
      title: words.plot.open,
      lines: [{ label: "", color: "--line-3", of: (point) => point.open }],
      text: formats.count,
      axis: (value) => (Number.isInteger(value) ? formats.count(value) : ""),
    },
  ];
}

function extremes(points: Point[], line: Line): [number, number, number] | undefined {
  const values = points.map(line.of).filter((each): each is number => each !== null);
  const last = values[values.length - 1];
  return last === undefined
    ? undefined
    : [last, values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

class Figure {
  readonly root: HTMLElement;
  private readonly canvas = h("div", { class: "canvas", role: "img" });
  private readonly values = h("span", { class: "values" });
  private plot: uPlot | undefined;
  private points: Point[] = [];

  constructor(private readonly context: Context, private readonly drawing: Drawing) {
    this.canvas.setAttribute("aria-label", drawing.title); // until there is something to say of it
    this.root = h("figure", {}, h("figcaption", {}, h("span", {}, drawing.title), this.values), this.canvas);
  }

  width(): number {
    return Math.max(200, this.canvas.clientWidth);
  }

  show(points: Point[]): void {
    this.points = points;
    const data: uPlot.AlignedData = [
      points.map((each) => each.at),
      ...this.drawing.lines.map((line) => points.map(line.of)),
    ];
    if (this.plot) {
      this.plot.setData(data);
    } else if (this.canvas.clientWidth > 0) {
      this.plot = new uPlot(this.options(), data, this.canvas);
    }
    this.tell();
  }

  resize(): void {
    if (this.plot && this.plot.width !== this.width()) {
      this.plot.setSize({ width: this.width(), height });
    }
  }

  forget(): void {
    this.plot?.destroy();
    this.plot = undefined;
  }

  /** The values at the cursor, else the last ones. */
  private tell(): void {
    const { drawing } = this;
    const at = this.plot?.cursor.idx;
    const told = drawing.lines.map((line) => {
      const found = extremes(this.points, line);
      const pointed = at === null || at === undefined ? undefined : this.points[at];
      const value = pointed ? line.of(pointed) : found?.[0];
      return value === undefined || value === null ? "" : `${line.label} ${drawing.text(value)}`.trim();
    });
    setText(this.values, told.filter(Boolean).join(" · "));
    const { words } = this.context;
    const summary = drawing.lines.map((line) => {
      const found = extremes(this.points, line);
      const name = [drawing.title, line.label].filter(Boolean).join(" ");
      return found
        ? words.plot.summary(name, drawing.text(found[0]), drawing.text(found[1]), drawing.text(found[2]))
        : `${name}: ${words.plot.none}`;
    });
    this.canvas.setAttribute("aria-label", summary.join(" "));
  }

  private options(): uPlot.Options {
    const style = getComputedStyle(document.documentElement);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const font = "11px system-ui, sans-serif";
    const axis = { stroke: color("--muted"), font, grid: { stroke: color("--line"), width: 1 },
                   ticks: { show: false } };
    return {
      width: this.width(),
      height,
      legend: { show: false },
      cursor: { y: false, sync: { key: "time" }, points: { size: 6 } },
      scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, space: 70, size: 26, values: timeMarks },
        { ...axis, size: 62, space: 34, gap: 4, values: (_, marks) => marks.map(this.drawing.axis) },
      ],
      series: [
        {},
        ...this.drawing.lines.map((line) => ({
          label: line.label, stroke: color(line.color), width: 1.5, points: { show: false },
        })),
      ],
      hooks: { setCursor: [() => this.tell()] },
    };
  }
}

/** Hours and minutes; days where the marks are that far apart. */
function timeMarks(_: uPlot, marks: number[], __: number, ___: number, apart: number): string[] {
  return marks.map((mark) => {
    const date = new Date(mark * 1000);
    const two = (value: number) => String(value).padStart(2, "0");
    return apart >= 86_400
      ? `${date.getMonth() + 1}/${date.getDate()}`
      : `${two(date.getHours())}:${two(date.getMinutes())}` + (apart < 60 ? `:${two(date.getSeconds())}` : "");
  });
}

export function makePlots(context: Context, data: PlotData): Part {
  const { words } = context;
  let range: Range = "15m";
  const buttons = ranges.map((each) => {
    const button = h("button", { type: "button", "aria-pressed": String(each === range) }, words.ranges[each]);
    button.addEventListener("click", () => {
      range = each;
      for (const [at, other] of buttons.entries()) {
        other.setAttribute("aria-pressed", String(ranges[at] === range));
      }
      show();
    });
    return button;
  });
  const figures = drawingsOf(context).map((drawing) => new Figure(context, drawing));
  const root = section("plots", words.plots,
    h("div", { class: "ranges", role: "group", "aria-label": words.range }, ...buttons),
    h("div", { class: "plots" }, ...figures.map((each) => each.root)));
  const show = () => {
    const points = data.within(range);
    figures.forEach((each) => each.show(points));
  };
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  const redraw = () => {
    figures.forEach((each) => each.forget());
    show();
  };
  scheme.addEventListener("change", redraw);
  const sizes = new ResizeObserver(() => figures.forEach((each) => each.resize()));
  sizes.observe(root);
  return {
    root,
    update: (_: Status) => show(),
    close: () => {
      scheme.removeEventListener("change", redraw);
      sizes.disconnect();
      figures.forEach((each) => each.forget());
    },
  };
}
