/** `500ms`, `30s`, `5m`, `2h`, `7d`: a number and its unit, because a bare number is a guess. */
import { UsageError } from './command.ts';

const units: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

export function parseDurationMs(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|min|m|h|d)$/.exec(text);
  if (!match) throw new UsageError(`${option} takes a duration such as 1s, 5m or 1h; not ${text}.`);
  return Math.round(Number(match[1]) * (units[match[2] as string] as number));
}
