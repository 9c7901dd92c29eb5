/** Numbers, times, durations and rates as a person of each language reads them. Unit always. */
import { type Language, localeOf } from './catalogue.ts';

export interface Format {
  number(value: number, maximumFractionDigits?: number): string;
  /** `0.031` → `3.1 %`; a loss that is not nothing never shows as 0 %. */
  percent(ratio: number): string;
  /** Nanoseconds with three significant figures and their unit: µs, ms or s. Null: an em dash. */
  rtt(ns: number | null | undefined): string;
  /** At most three figures and no space, for the smallest places: `244µs`, `1.2ms`, `12ms`. */
  rttShort(ns: number): string;
  bytes(bytes: number): string;
  /** Date and time to the second. */
  dateTime(ms: number): string;
  date(ms: number): string;
  /** Day and month. */
  day(ms: number): string;
  /** Hours, minutes and seconds. */
  time(ms: number): string;
  /** Hours and minutes. */
  clock(ms: number): string;
  /** The two largest units: `3m 20s`. */
  duration(ms: number): string;
  /** `4 minutes ago`, in one unit. */
  ago(ms: number, nowMs: number): string;
  list(items: readonly string[]): string;
}

const NO_VALUE = '—';
const durationUnits = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

export function createFormat(language: Language, timeZone?: string): Format {
  const locale = localeOf(language);
  const zone = timeZone === undefined ? {} : { timeZone };
  const numbers = new Map<number, Intl.NumberFormat>();
  const fixed = (digits: number) => {
    let format = numbers.get(digits);
    if (!format) {
      format = new Intl.NumberFormat(locale, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
      numbers.set(digits, format);
    }
    return format;
  };
  const significant = new Intl.NumberFormat(locale, {
    minimumSignificantDigits: 3,
    maximumSignificantDigits: 3,
  });
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  const dateTimeFormat = new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    ...time,
    ...zone,
  });
  const dateFormat = new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    ...zone,
  });
  const dayFormat = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', ...zone });
  const timeFormat = new Intl.DateTimeFormat(locale, { ...time, ...zone });
  const clockFormat = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...zone,
  });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const listFormat = new Intl.ListFormat(locale, { type: 'conjunction' });
  // English abbreviates to `mins` and `secs` unless narrow; French and Japanese read better short.
  const unit = (name: string, value: number, narrow = language === 'en') =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: narrow ? 'narrow' : 'short',
    }).format(value);

  const format: Format = {
    number: (value, digits = 0) =>
      new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value),
    percent(ratio) {
      const percent = ratio * 100;
      if (percent > 0 && percent < 0.01) return `< ${fixed(2).format(0.01)} %`;
      if (percent > 99.99 && percent < 100) return `> ${fixed(2).format(99.99)} %`;
      const digits = percent === 0 || percent === 100 ? 0 : percent < 1 || percent > 99 ? 2 : 1;
      return `${fixed(digits).format(percent)} %`;
    },
    rtt(ns) {
      if (ns === null || ns === undefined || !Number.isFinite(ns)) return NO_VALUE;
      if (ns < 999_500) return `${significant.format(ns / 1e3)} µs`;
      if (ns < 999.5e6) return `${significant.format(ns / 1e6)} ms`;
      return `${significant.format(ns / 1e9)} s`;
    },
    rttShort(ns) {
      const [value, name] =
        ns < 999_500 ? [ns / 1e3, 'µs'] : ns < 999.5e6 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's'];
      return `${fixed(value < 9.95 ? 1 : 0).format(value)}${name}`;
    },
    bytes(bytes) {
      const steps = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
      let step = 0;
      let value = bytes;
      while (value >= 1023.5 && step < steps.length - 1) {
        value /= 1024;
        step++;
      }
      return step === 0 ? `${fixed(0).format(value)} B` : `${significant.format(value)} ${steps[step]}`;
    },
    dateTime: (ms) => dateTimeFormat.format(ms),
    date: (ms) => dateFormat.format(ms),
    day: (ms) => dayFormat.format(ms),
    time: (ms) => timeFormat.format(ms),
    clock: (ms) => clockFormat.format(ms),
    duration(ms) {
      if (ms < 1_000) return unit('millisecond', Math.max(0, Math.round(ms)), false);
      let rest = Math.round(ms / 1_000) * 1_000;
      const parts: string[] = [];
      for (const [name, size] of durationUnits) {
        const count = Math.floor(rest / size);
        if (count > 0) parts.push(unit(name, count));
        else if (parts.length > 0) break;
        if (parts.length === 2) break;
        rest -= count * size;
      }
      return parts.join(' ');
    },
    ago(ms, nowMs) {
      const past = Math.max(0, nowMs - ms);
      for (const [name, size] of durationUnits) {
        if (past >= size) return relative.format(-Math.floor(past / size), name);
      }
      return relative.format(0, 'second');
    },
    list: (items) => listFormat.format(items),
  };
  return format;
}
