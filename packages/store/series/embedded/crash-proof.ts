/**
 * The proof that nothing acknowledged is lost or told twice: a program appends, and is killed with -9 at
 * random, many times; each new life repeats a few of the last frames, as an agent does that missed an ack.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import type { SampleRow } from '../series-model.ts';
import { openEmbeddedSeries } from './embedded-series.ts';

export const crashAgent = 3;
export const crashEpoch = 'c0ffee00c0ffee00';
const START = Date.UTC(2026, 0, 31, 22);
const STEP_MS = 2_500; // a journal is moved every 24 frames, an hour ends every 1,440
const targets = [1, 16, 17];

export const crashSentMs = (sequence: number): number => START + sequence * STEP_MS;
export const crashRows = (sequence: number): SampleRow[] =>
  targets.map((id) => [id, crashSentMs(sequence), id * 1_000 + (sequence % 1_000) * 10]);

export interface CrashFigures {
  kills: number;
  acknowledged: number;
  repeated: number;
  /** Found though never acknowledged: the kill fell between the write and the word of it. */
  unacknowledged: number;
  missing: number;
  doubled: number;
  wrong: number;
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
  for (let kill = 0; kill < kills; kill++) {
    const from = Math.max(1, next - 5);
    const life = await liveAndDie(folder, from, Math.floor(random() * 800), (sequence, verdict) => {
      if (verdict === 'duplicate') repeated++;
      acknowledged.add(sequence);
      next = Math.max(next, sequence + 1);
    });
    complaints.push(...life);
  }

  const clock = { ...systemClock, wallMs: () => crashSentMs(next) };
  const store = await openEmbeddedSeries({ folder, clock, log });
  const figures: CrashFigures = {
    kills,
    acknowledged: acknowledged.size,
    repeated,
    unacknowledged: 0,
    missing: 0,
    doubled: 0,
    wrong: 0,
    complaints,
  };
  try {
    for (const target of targets) {
      const [series] = await store.readRaw(target, START, crashSentMs(next + 10), crashAgent);
      const found = new Map<number, number>();
      for (let i = 0; i < (series?.count ?? 0); i++) {
        const sequence = ((series?.sentAtMs[i] as number) - START) / STEP_MS;
        found.set(sequence, (found.get(sequence) ?? 0) + 1);
        const rtt = crashRows(sequence).find(([id]) => id === target)?.[2];
        if (series?.rttsNs[i] !== rtt) figures.wrong++;
      }
      for (const sequence of acknowledged) if (!found.has(sequence)) figures.missing++;
      for (const [sequence, times] of found) {
        if (times > 1) figures.doubled++;
        if (!acknowledged.has(sequence)) figures.unacknowledged++;
      }
      // The rollups say the same.
      for (const resolution of ['minute', 'hour'] as const) {
        const [rollup] = await store.readRollup(target, resolution, START, crashSentMs(next + 10));
        const sent = rollup?.sent.reduce((sum, n) => sum + n, 0);
        if (sent !== series?.count) figures.wrong++;
      }
    }
  } finally {
    await store.stop();
  }
  return figures;
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
