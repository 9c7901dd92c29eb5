/** `3 min ago`, for tables: the exact time is in `--json`. */
const steps: [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

export function timeAgo(thenMs: number, nowMs: number): string {
  const ageMs = Math.max(0, nowMs - thenMs);
  for (const [stepMs, unit] of steps) {
    if (ageMs >= stepMs) return `${Math.floor(ageMs / stepMs)} ${unit} ago`;
  }
  return 'now';
}
