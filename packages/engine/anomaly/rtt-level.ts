/**
 * The level of RTT over about a minute, its median, against the learnt one: finds what is too small to be far,
 * and lasts. Spikes move a median by a step each, however high they are. Where there are two modes it is
 * the lower quartile over some minutes, since a minute’s median may be either.
 */
import { lowerSigma, sigmaOf } from './rtt-quartiles.ts';
import {
  EXCEED,
  MODES,
  Q25,
  Q50,
  RECENT,
  RTT_SINCE_MS,
  S_RTT,
  type SeriesState,
  STAY,
  TIMES,
  VALUES,
} from './series-state.ts';

/** One millisecond, in units of 10 ns: less is no news. */
export const MIN_CHANGE = 100_000;
/** Of the recent median: a memory of about sixty samples. */
const RECENT_RATE = 0.1;
const NEAR_SIGMAS = 2.5;
const MIN_NEAR = 0.1;
/** What usually lies far above for more of its time has two modes. */
const MODES_FROM = 0.08;
const MODES_UNTIL = 0.05;
/** Of the recent quartile then: a hundred and fifty samples of the higher mode alone to get to the bound. */
const MODES_STEP = 0.0027;

function hasModes(values: Float32Array, at: number): boolean {
  return values[at + MODES] === 1;
}

/** What is recent is measured anew when that changes: the other measure is not where this one is. */
export function lookForModes(values: Float32Array, at: number): void {
  const enter = values[at + EXCEED] as number;
  const share = enter / (1 - (values[at + STAY] as number) + enter);
  if (!hasModes(values, at) && share > MODES_FROM) {
    values[at + MODES] = 1;
    values[at + RECENT] = values[at + Q25] as number;
  } else if (hasModes(values, at) && share < MODES_UNTIL) {
    values[at + MODES] = 0;
    values[at + RECENT] = values[at + Q50] as number;
  }
}

export function moveRecent(values: Float32Array, at: number, y: number, sigma: number, alarm: number): void {
  const recent = values[at + RECENT] as number;
  const quick = alarm === 0 ? 1 : 3;
  if (hasModes(values, at)) {
    const step = quick * MODES_STEP * Math.max(1, lowerSigma(values, at) / 0.04);
    values[at + RECENT] = y > recent ? recent + 0.25 * step : recent - 0.75 * step;
  } else {
    const step = quick * 0.5 * sigma * RECENT_RATE;
    values[at + RECENT] = y > recent ? recent + step : recent - step;
  }
}

/** How far the recent level lies above the usual one, as a part of what raises an alarm. */
export function nearness(values: Float32Array, at: number): number {
  const modes = hasModes(values, at);
  const spread = modes ? lowerSigma(values, at) : sigmaOf(values, at);
  return riseOf(values, at) / Math.max(MIN_NEAR, NEAR_SIGMAS * spread);
}

export function riseOf(values: Float32Array, at: number): number {
  return (values[at + RECENT] as number) - (values[at + (hasModes(values, at) ? Q25 : Q50)] as number);
}

export function isNear({ values, times }: SeriesState, series: number, sentMs: number): boolean {
  const at = series * VALUES;
  const near = nearness(values, at);
  if (near < 1) {
    // While nothing is far: since when it may have been rising.
    if (values[at + S_RTT] === 0 && near < 0.5) times[series * TIMES + RTT_SINCE_MS] = sentMs;
    return false;
  }
  const recent = values[at + RECENT] as number;
  return Math.exp(recent) - Math.exp(recent - riseOf(values, at)) >= MIN_CHANGE;
}
