/** One JSON log line as a person reads it: `server 12:00:01 warn  the sentence key=value`. */
import type { Paint } from '../terminal/paint.ts';
import { safeText } from '../terminal/safe-text.ts';

const levels: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const notFields = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'v', 'name']);

export function formatLogLine(name: string, line: string, paint: Paint): string {
  const entry = parse(line);
  if (!entry) return `${paint.quiet(name.padEnd(6))} ${safeText(line)}`;
  const level = typeof entry.level === 'number' ? (levels[entry.level] ?? '') : String(entry.level ?? '');
  const colour =
    level === 'error' || level === 'fatal' ? paint.bad : level === 'warn' ? paint.warn : paint.quiet;
  const time = typeof entry.time === 'number' ? new Date(entry.time).toISOString().slice(11, 19) : '';
  const fields = Object.entries(entry)
    .filter(([key]) => !notFields.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  const message = safeText(`${entry.msg ?? ''} ${fields.join(' ')}`.trim()).slice(0, 500);
  return `${paint.quiet(`${name.padEnd(6)} ${time}`)} ${colour(level.padEnd(5))} ${message}`;
}

/** The sentence of a log line that tells of trouble; undefined for every other line. */
export function troubleOf(line: string): string | undefined {
  const entry = parse(line);
  if (!entry) return line.trim() === '' || /^\s+at /.test(line) ? undefined : safeText(line.trim());
  if (typeof entry.level !== 'number' || entry.level < 50) return undefined;
  const error = entry.err as { message?: unknown } | undefined;
  return safeText([entry.msg, error?.message].filter((part) => typeof part === 'string').join(': '));
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
