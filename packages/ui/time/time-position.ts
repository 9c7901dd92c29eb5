/**
 * The one time that every page obeys: now, a window of the past, or a replay that runs through one.
 * It travels in the URL as one short text, so that any view can be sent to a colleague:
 *   live · live-24h · 20261121T120000Z-20261121T130000Z
 *   20261121T120000Z-20261121T130000Z-at-20261121T121500Z-x60 (running) …-x60-paused
 */
export type TimePosition =
  | { mode: 'live'; spanMs: number }
  | { mode: 'window'; fromMs: number; toMs: number }
  | { mode: 'replay'; fromMs: number; toMs: number; atMs: number; speed: number; playing: boolean };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
export const spans = [15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS] as const;
export const replaySpeeds = [1, 5, 10, 60, 600] as const;
export const defaultTime: TimePosition = { mode: 'live', spanMs: HOUR_MS };
/** A window is at least what the ring shows. */
export const MIN_WINDOW_MS = MINUTE_MS;

const units = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;

function spanText(spanMs: number): string {
  for (const unit of ['d', 'h', 'm'] as const)
    if (spanMs % units[unit] === 0) return `${spanMs / units[unit]}${unit}`;
  return `${Math.ceil(spanMs / MINUTE_MS)}m`;
}

const instantText = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

function parseInstant(text: string): number | undefined {
  const m = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!m) return undefined;
  const ms = Date.parse(`${m[1]}-${m[2]}-${m[3]}T${m[4]}:${m[5]}:${m[6]}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

export function formatTimePosition(position: TimePosition): string {
  if (position.mode === 'live')
    return position.spanMs === HOUR_MS ? 'live' : `live-${spanText(position.spanMs)}`;
  const window = `${instantText(position.fromMs)}-${instantText(position.toMs)}`;
  if (position.mode === 'window') return window;
  return `${window}-at-${instantText(position.atMs)}-x${position.speed}${position.playing ? '' : '-paused'}`;
}

/** Whatever is not understood is live: a URL that somebody mistyped still shows the page. */
export function parseTimePosition(text: string | undefined): TimePosition {
  const live = /^live-(\d{1,3})([mhd])$/.exec(text ?? '');
  if (live) {
    const spanMs = Number(live[1]) * units[live[2] as keyof typeof units];
    return spanMs >= MIN_WINDOW_MS && spanMs <= 400 * DAY_MS ? { mode: 'live', spanMs } : defaultTime;
  }
  const past = /^(\w{16})-(\w{16})(?:-at-(\w{16})-x(\d{1,3})(-paused)?)?$/.exec(text ?? '');
  const fromMs = past && parseInstant(past[1] as string);
  const toMs = past && parseInstant(past[2] as string);
  if (!past || fromMs === undefined || toMs === undefined) return defaultTime;
  if (fromMs === null || toMs === null || toMs - fromMs < MIN_WINDOW_MS) return defaultTime;
  if (past[3] === undefined) return { mode: 'window', fromMs, toMs };
  const atMs = parseInstant(past[3]);
  const speed = Number(past[4]);
  if (atMs === undefined || speed < 1 || speed > 600) return { mode: 'window', fromMs, toMs };
  const bounded = Math.min(toMs, Math.max(fromMs, atMs));
  return { mode: 'replay', fromMs, toMs, atMs: bounded, speed, playing: past[5] === undefined };
}

/** What charts draw. */
export function windowOf(position: TimePosition, nowMs: number): { fromMs: number; toMs: number } {
  return position.mode === 'live'
    ? { fromMs: nowMs - position.spanMs, toMs: nowMs }
    : { fromMs: position.fromMs, toMs: position.toMs };
}

/** The same length of time, one step earlier or later; never into the future: there it becomes live. */
export function shiftWindow(position: TimePosition, direction: -1 | 1, nowMs: number): TimePosition {
  const { fromMs, toMs } = windowOf(position, nowMs);
  const length = toMs - fromMs;
  const shifted = { fromMs: fromMs + direction * length, toMs: toMs + direction * length };
  if (shifted.toMs >= nowMs) return { mode: 'live', spanMs: length };
  return { mode: 'window', ...shifted };
}

/** A window made by hand: ends in order, at least a minute, not in the future. */
export function windowBetween(aMs: number, bMs: number, nowMs: number): TimePosition {
  const toMs = Math.min(nowMs, Math.max(aMs, bMs));
  const fromMs = Math.min(Math.min(aMs, bMs), toMs - MIN_WINDOW_MS);
  return {
    mode: 'window',
    fromMs: Math.floor(fromMs / 1_000) * 1_000,
    toMs: Math.ceil(toMs / 1_000) * 1_000,
  };
}

/** Where a replay stands after `elapsedMs` of real time; at its end it pauses. */
export function advanceReplay(
  position: Extract<TimePosition, { mode: 'replay' }>,
  elapsedMs: number,
): Extract<TimePosition, { mode: 'replay' }> {
  if (!position.playing) return position;
  const atMs = Math.min(position.toMs, position.atMs + elapsedMs * position.speed);
  return { ...position, atMs, playing: atMs < position.toMs };
}

type Replay = Extract<TimePosition, { mode: 'replay' }>;
const FIRST_SPEED = 10;

const speedOf = (position: TimePosition) => (position.mode === 'replay' ? position.speed : FIRST_SPEED);
const wholeSecond = (ms: number) => Math.floor(ms / 1_000) * 1_000;

/** The window that is shown now, played from its beginning; a replay at its end begins anew. */
export function playReplay(position: TimePosition, nowMs: number): Replay {
  if (position.mode === 'replay') {
    const { fromMs, toMs, atMs } = position;
    return { ...position, atMs: atMs >= toMs ? fromMs : atMs, playing: true };
  }
  const { fromMs, toMs } = windowOf(position, nowMs);
  const from = wholeSecond(fromMs);
  return {
    mode: 'replay',
    fromMs: from,
    toMs: wholeSecond(toMs),
    atMs: from,
    speed: FIRST_SPEED,
    playing: true,
  };
}

/**
 * Standing still at a moment: in the window that is shown, or in one as long around the moment where it
 * lies outside. Every view moves there, as all of them obey the one time.
 */
export function standAt(position: TimePosition, atMs: number, nowMs: number): Replay {
  const shown = windowOf(position, nowMs);
  const length = Math.max(MIN_WINDOW_MS, shown.toMs - shown.fromMs);
  const outside = atMs < shown.fromMs || atMs > shown.toMs;
  const toMs = wholeSecond(outside ? Math.min(nowMs, atMs + length / 2) : shown.toMs);
  const fromMs = wholeSecond(outside ? toMs - length : shown.fromMs);
  const bounded = Math.min(toMs, Math.max(fromMs, wholeSecond(atMs)));
  return { mode: 'replay', fromMs, toMs, atMs: bounded, speed: speedOf(position), playing: false };
}

/** Where the view stands: the end of what is shown, unless a replay stands elsewhere. */
export function momentOf(position: TimePosition, nowMs: number): number {
  return position.mode === 'replay' ? position.atMs : windowOf(position, nowMs).toMs;
}

/** A step of a second or a minute, and stop; never out of the window. */
export function stepReplay(position: TimePosition, byMs: number, nowMs: number): Replay {
  const { fromMs, toMs } = windowOf(position, nowMs);
  const atMs = momentOf(position, nowMs) + byMs;
  return standAt(position, Math.min(toMs, Math.max(fromMs, atMs)), nowMs);
}

/** The next moment of `momentsMs` in that direction; what is closer than a second counts as here. */
export function nextMoment(
  momentsMs: readonly number[],
  atMs: number,
  direction: -1 | 1,
): number | undefined {
  const ahead = momentsMs.filter((ms) => (ms - atMs) * direction >= 1_000);
  if (ahead.length === 0) return undefined;
  return direction > 0 ? Math.min(...ahead) : Math.max(...ahead);
}
