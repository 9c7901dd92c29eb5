import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Log, silentLog } from '@maille/base/log';
import { createSampleBatch, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import { MAX_TRACED_TARGETS } from '@maille/wire/trace';
import { createTargetTraces } from './target-traces.ts';

const word = 'abcdef012345';

function setUp() {
  const lines: Record<string, unknown>[] = [];
  const log: Log = { ...silentLog, info: (fields, message) => lines.push({ ...fields, message }) };
  let nowMs = 1_000;
  return {
    lines,
    traces: createTargetTraces(log, () => nowMs),
    setNow: (ms: number) => {
      nowMs = ms;
    },
  };
}

function batchOf(...targetIds: number[]) {
  const batch = createSampleBatch(targetIds.length, 1_000);
  for (const id of targetIds) {
    const i = batch.count++;
    batch.targetIds[i] = id;
    batch.offsetsUs[i] = 500;
    batch.rtts10ns[i] = 12;
    batch.outcomes[i] = OUTCOME_TIMEOUT;
  }
  return batch;
}

test('only what is traced gets lines, each with the trace id', () => {
  const { traces, lines } = setUp();
  traces.change([{ id: 1, trace: { id: word, untilMs: 2_000 } }, { id: 2 }], []);
  traces.tell(1, { address: '192.0.2.1' }, 'asked for');
  traces.tell(2, {}, 'asked for');
  traces.tellSamples(batchOf(2, 1, 3), { sequence: 7 }, 'stored');
  assert.deepEqual(lines, [
    { trace: word, targetId: 1, address: '192.0.2.1', message: 'asked for' },
    {
      trace: word,
      targetId: 1,
      sentAtMs: 1_000.5,
      outcome: 'timeout',
      code: 0,
      rttNs: 120,
      sequence: 7,
      message: 'stored',
    },
  ]);
});

test('a trace ends by itself, when the target goes, and when it is taken back', () => {
  const { traces, lines, setNow } = setUp();
  const traced = (id: number) => ({ id, trace: { id: word, untilMs: 2_000 } });
  traces.replace([traced(1), traced(2), traced(3), traced(4)]);
  traces.change([{ id: 2 }], [1]);
  traces.replace([traced(3), traced(2)].slice(0, 1));
  for (const id of [1, 2, 4]) traces.tell(id, {}, 'no more');
  setNow(2_000);
  traces.tell(3, {}, 'over');
  traces.change([traced(5)], []);
  traces.tell(5, {}, 'over before it began');
  assert.deepEqual(lines, []);
});

test('no more are followed than the bound, whoever asks', () => {
  const { traces, lines } = setUp();
  const many = Array.from({ length: MAX_TRACED_TARGETS + 5 }, (_, i) => ({
    id: i + 1,
    trace: { id: word, untilMs: 2_000 },
  }));
  traces.replace(many);
  for (const { id } of many) traces.tell(id, {}, 'one');
  assert.equal(lines.length, MAX_TRACED_TARGETS);
});
