// Numbers, times and durations as people of a language write them.

import { h } from "./dom";

export interface Formats {
  count(value: number): string;
  decimal(value: number, digits?: number): string;
  percent(share: number): string;
  usd(value: number): string;
  duration(ms: number): string;
  /** With the date where it is not today's. */
  time(at: string | Date): string;
  clock(at: string | Date): string;
  /** Without seconds; with the date where it is not today's. */
  minute(at: string | Date): string;
  /** An element that also carries the moment itself, in UTC. */
  moment(at: string): HTMLTimeElement;
}

interface DurationUnits {
  milliseconds: string;
  seconds: string;
  minutes: string;
  hours: string;
  days: string;
}

export function formatsFor(language: string, units: DurationUnits): Formats {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const clock = new Intl.DateTimeFormat(language, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  const minutes = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const dated = new Intl.DateTimeFormat(language, {
    month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const asDate = (at: string | Date) => (typeof at === "string" ? new Date(at) : at);
  const decimal = (value: number, digits = 1) =>
    new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  const timeBy = (today: Intl.DateTimeFormat) => (at: string | Date) => {
    const date = asDate(at);
    if (Number.isNaN(date.getTime())) {
      return "–";
    }
    return date.toDateString() === new Date().toDateString() ? today.format(date) : dated.format(date);
  };
  const time = timeBy(clock);
  return {
    count: (value) => whole.format(value),
    decimal,
    percent: (share) => {
      // 99.996 % is not 100 %: what is nearly all is rounded down.
      const digits = share > 0.999 && share < 1 ? 4 : 2;
      const scale = 10 ** digits;
      return decimal(Math.floor(share * 100 * scale + 1e-9) / scale, digits) + " %";
    },
    usd: (value) => "$" + decimal(value, value < 0.01 ? 5 : value < 10 ? 3 : 2),
    duration: (ms) => {
      if (ms < 1000) {
        return `${whole.format(ms)} ${units.milliseconds}`;
      }
      const seconds = ms / 1000;
      if (seconds < 60) {
        return `${decimal(seconds, seconds < 10 ? 1 : 0)} ${units.seconds}`;
      }
      const minutes = Math.floor(seconds / 60);
      if (minutes < 60) {
        const rest = Math.floor(seconds % 60);
        return `${minutes} ${units.minutes}` + (minutes < 10 && rest ? ` ${rest} ${units.seconds}` : "");
      }
      const hours = Math.floor(minutes / 60);
      if (hours < 48) {
        return `${hours} ${units.hours}` + (minutes % 60 ? ` ${minutes % 60} ${units.minutes}` : "");
      }
      return `${decimal(hours / 24)} ${units.days}`;
    },
    time,
    minute: timeBy(minutes),
    clock: (at) => clock.format(asDate(at)),
    moment: (at) => h("time", { datetime: at, title: at }, time(at)),
  };
}
