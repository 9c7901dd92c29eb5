/**
 * The proof that nothing acknowledged is lost or told twice: a program appends, and is killed with -9 at
 * random, many times; each new life repeats a few of the last frames, as an agent does that missed an ack.
 * Days end all the while and are closed; one target's samples come a day late, into days that are closed
 * already.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import type { SampleRow } from '../series-model.ts';
import { ROUNDED_RELATIVE_ERROR } from '../series-store.ts';
import { openEmbeddedSeries } from './embedded-series.ts';

export const crashAgent = 3;
export const crashEpoch = 'c0ffee00c0ffee00';
export const crashClosing = { afterMs: 600_000, quietMs: 120_000 };
const START = Date.UTC(2026, 0, 31, 22, 45);
const STEP_MS = 20_000; // a journal is moved every 3 frames, an hour ends every 180, a day every 4,320
const LATE_TARGET = 18;
const LATE_MS = 90_000_000; // 25 hours
const isLate = (sequence: number): boolean => sequence % 100 < 10; // in bursts: days close between them
const targets = [1, 16, 17, LATE_TARGET];
const MAX_TIMES_THE_KILLS = 10;

export const crashSentMs = (sequence: number): number => START + sequence * STEP_MS;
const targetsOf = (sequence: number): number[] =>
  targets.filter((target) => (target === LATE_TARGET) === isLate(sequence));
const sentMsOf = (sequence: number, target: number): number =>
  crashSentMs(sequence) - (target === LATE_TARGET ? LATE_MS : 0);
export const crashRows = (sequence: number): SampleRow[] =>
  targetsOf(sequence).map((id) => [id, sentMsOf(sequence, id), id * 1_000_000 + (sequence % 1_000) * 10]);

export interface CrashFigures {
  kills: number;
  acknowledged: number;
  repeated: number;
  /** Found though never acknowledged: the kill fell between the write and the word of it. */
  unacknowledged: number;
  missing: number;
  doubled: number;
  wrong: number;
  /** Days that were closed at the end. */
  closed: number;
  complaints: string[];
}

export async function proveCrashes(
  folder: string,
  kills: number,
  random: () => number,
  log: Log,
): Promise<CrashFigures> {
  const acknowledged = new Set<number>();
  const complaints: string[] = [];
  let repeated = 0;
  let next = 1;
  let lives = 0;
  // A proof in which no day was closed proves too little: on a slow machine it takes more lives.
  while (lives < kills || (lives < MAX_TIMES_THE_KILLS * kills && closedDays(join(folder, 'raw')) === 0)) {
    lives++;
    const from = Math.max(1, next - 5);
    const life = await liveAndDie(folder, from, Math.floor(random() * 800), (sequence, verdict) => {
      if (verdict === 'duplicate') repeated++;
      acknowledged.add(sequence);
      next = Math.max(next, sequence + 1);
    });
    complaints.push(...life);
  }

  const clock = { ...systemClock, wallMs: () => crashSentMs(next) };
  const store = await openEmbeddedSeries({ folder, clock, log, closing: crashClosing });
  const figures: CrashFigures = {
    kills: lives,
    acknowledged: acknowledged.size,
    repeated,
    unacknowledged: 0,
    missing: 0,
    doubled: 0,
    wrong: 0,
    closed: 0,
    complaints,
  };
  try {
    for (const target of targets) {
      const [fromMs, toMs] = [sentMsOf(0, target), crashSentMs(next + 10)];
      const [series] = await store.readRaw(target, fromMs, toMs, crashAgent);
      const found = new Map<number, number>();
      for (let i = 0; i < (series?.count ?? 0); i++) {
        const sequence = ((series?.sentAtMs[i] as number) - fromMs) / STEP_MS;
        found.set(sequence, (found.get(sequence) ?? 0) + 1);
        const rttNs = crashRows(sequence).find(([id]) => id === target)?.[2] ?? Number.NaN;
        const off = Math.abs((series?.rttsNs[i] as number) - rttNs);
        if (!(off <= (series?.precision === 'rounded' ? ROUNDED_RELATIVE_ERROR * rttNs : 0) + 5))
          figures.wrong++;
      }
      for (const sequence of acknowledged)
        if (targetsOf(sequence).includes(target) && !found.has(sequence)) figures.missing++;
      for (const [sequence, times] of found) {
        if (times > 1) figures.doubled++;
        if (!acknowledged.has(sequence)) figures.unacknowledged++;
      }
      // The rollups say the same.
      for (const resolution of ['minute', 'hour'] as const) {
        const [rollup] = await store.readRollup(target, resolution, fromMs, toMs);
        const sent = rollup?.sent.reduce((sum, n) => sum + n, 0);
        if (sent !== series?.count) figures.wrong++;
      }
    }
  } finally {
    await store.stop();
  }
  figures.closed = closedDays(join(folder, 'raw'));
  return figures;
}

function closedDays(folder: string): number {
  return readdirSync(folder).filter((name) => {
    if (!name.endsWith('.sqlite')) return false;
    const file = new DatabaseSync(join(folder, name), { readOnly: true });
    try {
      return file.prepare('select 1 from closed_hour limit 1').get() !== undefined;
    } finally {
      file.close();
    }
  }).length;
}

/** Runs the writer until it has told `lines` lines and a little more; the result is what it complained of. */
async function liveAndDie(
  folder: string,
  from: number,
  lines: number,
  onAcknowledged: (sequence: number, verdict: string) => void,
): Promise<string[]> {
  const script = fileURLToPath(new URL('./crash-writer.ts', import.meta.url));
  const child = spawn(process.execPath, [script, folder, String(from)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [sequence, verdict] = line.split(' ') as [string, string];
    // A line may be cut off by the kill: then it was never said.
    if (verdict === 'stored' || verdict === 'duplicate') onAcknowledged(Number(sequence), verdict);
    if (seen++ === lines) child.kill('SIGKILL');
  }
  await ended;
  if (child.signalCode !== 'SIGKILL') complaints.push(`the writer ended by itself: ${child.exitCode}`);
  return complaints;
}
