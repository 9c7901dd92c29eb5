/**
 * Samples from agents: kept first, announced then, acknowledged last. What a store refuses is not
 * acknowledged, and stays with its agent.
 */
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import type { TargetTraces } from '@maille/engine/trace/target-traces';
import type { Bus } from '@maille/store/bus/bus';
import type { SeriesStore } from '@maille/store/series/series-store';
import { decodeSampleFrame } from '@maille/wire/link/sample-frame';
import { createSampleBatch, type SampleBatch } from '@maille/wire/link/samples';

export interface SampleIntakeOptions {
  series: Pick<SeriesStore, 'append'>;
  bus: Bus;
  clock: Clock;
  log: Log;
  traces: Pick<TargetTraces, 'tellSamples'>;
  /** Whether there is such a target, or was one a moment ago. */
  knowsTarget(id: number): boolean;
}

export interface IntakeCounters {
  frames: number;
  samples: number;
  /** Frames that were kept before: answered, and not kept again. */
  duplicates: number;
  /** Samples of targets that this server does not know. */
  unknown: number;
  /** Samples from a day or more ahead: a clock gone wrong would make days that no retention ever drops. */
  ahead: number;
  /** Frames that the store could not keep. */
  failed: number;
}

export interface SampleIntake {
  /** What to acknowledge; undefined when it could not be kept. Throws a Problem on a frame that is none. */
  receive(agentNumber: number, bytes: Uint8Array): { epoch: string; sequence: number } | undefined;
  readonly counters: Readonly<IntakeCounters>;
}

const said = { stored: 'stored a sample', duplicate: 'had a sample already' };
const MAX_AHEAD_MS = 86_400_000;
const SAY_EVERY_MS = 60_000;

export function createSampleIntake(options: SampleIntakeOptions): SampleIntake {
  const { series, bus, clock, log, traces, knowsTarget } = options;
  const counters: IntakeCounters = { frames: 0, samples: 0, duplicates: 0, unknown: 0, ahead: 0, failed: 0 };
  const saidAtMs = new Map<string, number>();

  /** One line a minute and kind: a full disk fails twenty times a second. */
  function say(kind: 'warn' | 'error', message: string, fields: Record<string, unknown>): void {
    const nowMs = clock.monoMs();
    if (nowMs - (saidAtMs.get(message) ?? Number.NEGATIVE_INFINITY) < SAY_EVERY_MS) return;
    saidAtMs.set(message, nowMs);
    log[kind]({ ...fields, counters }, message);
  }

  function keepable(batch: SampleBatch, agentNumber: number): SampleBatch {
    const latestUs = (clock.wallMs() + MAX_AHEAD_MS - batch.baseMs) * 1_000;
    let unknown = 0;
    let ahead = 0;
    const kept: number[] = [];
    for (let i = 0; i < batch.count; i++) {
      if (!knowsTarget(batch.targetIds[i] as number)) unknown++;
      else if ((batch.offsetsUs[i] as number) > latestUs) ahead++;
      else kept.push(i);
    }
    if (kept.length === batch.count) return batch;
    counters.unknown += unknown;
    counters.ahead += ahead;
    if (ahead > 0) say('warn', 'samples from the future are not kept: a clock is wrong', { agentNumber });
    return pick(batch, kept);
  }

  return {
    receive(agentNumber, bytes) {
      const { epoch, sequence, backlog, batch: received } = decodeSampleFrame(bytes);
      counters.frames++;
      const batch = keepable(received, agentNumber);
      if (batch.count === 0) return { epoch, sequence };
      let outcome: 'stored' | 'duplicate';
      try {
        outcome = series.append({ agentNumber, epoch, sequence }, batch);
      } catch (error) {
        counters.failed++;
        say('error', 'samples cannot be stored: they wait with their agents', { err: error });
        return undefined;
      }
      traces.tellSamples(
        batch,
        { agentNumber, epoch, frame: sequence, backlog },
        `the server ${said[outcome]}`,
      );
      if (outcome === 'duplicate') counters.duplicates++;
      else {
        counters.samples += batch.count;
        bus.publish('samples', { agentNumber, backlog, batch });
      }
      return { epoch, sequence };
    },
    counters,
  };
}

function pick(batch: SampleBatch, indices: number[]): SampleBatch {
  const out = createSampleBatch(indices.length, batch.baseMs);
  for (const index of indices) {
    const at = out.count++;
    out.targetIds[at] = batch.targetIds[index] as number;
    out.offsetsUs[at] = batch.offsetsUs[index] as number;
    out.rtts10ns[at] = batch.rtts10ns[index] as number;
    out.outcomes[at] = batch.outcomes[index] as number;
    out.codes[at] = batch.codes[index] as number;
  }
  return out;
}
