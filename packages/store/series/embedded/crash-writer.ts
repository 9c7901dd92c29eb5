/**
 * The program that the crash proof kills: appends batches as fast as it can, tells each on standard output
 * once it is kept, and lets an hour of its own clock pass every few thousand, so that journals, day files
 * and hours are being written all the time.
 *   node crash-writer.ts FOLDER FIRST-SEQUENCE
 */
import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { type Clock, systemClock } from '@maille/base/clock';
import { batchOf } from '../series-model.ts';
import { crashAgent, crashClosing, crashEpoch, crashRows, crashSentMs } from './crash-proof.ts';
import { openEmbeddedSeries } from './embedded-series.ts';

const FRAMES_A_BURST = 50;
const [folder, first] = process.argv.slice(2) as [string, string];
const log = {
  debug() {},
  info() {},
  warn() {},
  error: (_: object, message: string) => void writeSync(2, `${message}\n`),
};
const ticks: (() => void)[] = [];
let nowMs = crashSentMs(Number(first));
const clock: Clock = {
  wallMs: () => nowMs,
  monoMs: () => nowMs,
  after: systemClock.after,
  every(_, fn) {
    ticks.push(fn);
    return () => {};
  },
};
const store = await openEmbeddedSeries({ folder, clock, log, closing: crashClosing });
writeSync(1, 'open\n');
for (let sequence = Number(first); ; sequence++) {
  const source = { agentNumber: crashAgent, epoch: crashEpoch, sequence };
  const verdict = store.append(source, batchOf(crashRows(sequence)));
  writeSync(1, `${sequence} ${verdict}\n`);
  nowMs = crashSentMs(sequence + 1);
  for (const tick of ticks) tick();
  await new Promise((resolve) => setImmediate(resolve));
  // Now and then nothing comes for a while: hours and days are put away then.
  if (sequence % FRAMES_A_BURST !== 0) continue;
  for (let idle = 0; idle < FRAMES_A_BURST; idle++) {
    writeSync(1, 'idle\n');
    for (const tick of ticks) tick();
    await setTimeout(2);
  }
}
