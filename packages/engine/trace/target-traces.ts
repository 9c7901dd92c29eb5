/**
 * Which targets a process follows through its log, and the lines themselves. Server, agent and sensor
 * each hold one: a line of any of them that is about a traced target carries its trace id, so that one
 * search over the three logs tells a target's whole way.
 */
import type { Log } from '@maille/base/log';
import { outcomes, RTT_UNIT_NS, type SampleBatch } from '@maille/wire/link/samples';
import { MAX_TRACED_TARGETS, type Trace } from '@maille/wire/trace';

interface Traced {
  id: number;
  trace?: Trace | undefined;
}

export interface TargetTraces {
  /** The whole list: what is not in it is followed no more. */
  replace(list: readonly Traced[]): void;
  change(put: readonly Traced[], remove: readonly number[]): void;
  /** One line about one target, if it is traced. */
  tell(targetId: number, fields: Record<string, unknown>, message: string): void;
  /** One line a sample of a traced target. */
  tellSamples(batch: SampleBatch, fields: Record<string, unknown>, message: string): void;
}

export function createTargetTraces(log: Log, wallMs: () => number): TargetTraces {
  const traces = new Map<number, Trace>();

  const change = (put: readonly Traced[], remove: readonly number[]) => {
    for (const id of remove) traces.delete(id);
    for (const { id, trace } of put) {
      traces.delete(id);
      if (trace && trace.untilMs > wallMs() && traces.size < MAX_TRACED_TARGETS) traces.set(id, trace);
    }
  };
  const find = (targetId: number): Trace | undefined => {
    const trace = traces.get(targetId);
    if (!trace || trace.untilMs > wallMs()) return trace;
    traces.delete(targetId);
    return undefined;
  };

  return {
    change,
    replace(list) {
      traces.clear();
      change(list, []);
    },
    tell(targetId, fields, message) {
      const trace = find(targetId);
      if (trace) log.info({ trace: trace.id, targetId, ...fields }, message);
    },
    tellSamples(batch, fields, message) {
      if (traces.size === 0) return; // nearly always: nothing is looked at
      for (let i = 0; i < batch.count; i++) {
        const targetId = batch.targetIds[i] as number;
        const trace = find(targetId);
        if (!trace) continue;
        const sentAtMs = batch.baseMs + (batch.offsetsUs[i] as number) / 1_000;
        const rttNs = (batch.rtts10ns[i] as number) * RTT_UNIT_NS;
        const outcome = outcomes[batch.outcomes[i] as number];
        const code = batch.codes[i];
        const sample = { targetId, sentAtMs, outcome, code, ...(rttNs > 0 && { rttNs }) };
        log.info({ trace: trace.id, ...sample, ...fields }, message);
      }
    },
  };
}
