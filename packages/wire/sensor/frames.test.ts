import assert from 'node:assert/strict';
import test from 'node:test';
import { Problem } from '@maille/base/problem';
import fc from 'fast-check';
import { createSampleBatch, decodeSampleBatch } from '../link/samples.ts';
import {
  createSensorFrameReader,
  decodeSensorJson,
  decodeSensorSequence,
  encodeSensorMessage,
  encodeSensorSamples,
  sensorSampleBytes,
} from './frames.ts';
import { MAX_SENSOR_FRAME_BYTES, SENSOR_FRAME_JSON, SENSOR_FRAME_SAMPLES } from './messages.ts';

function batchOf(count: number) {
  const batch = createSampleBatch(Math.max(1, count), 1_700_000_000_000);
  for (let i = 0; i < count; i++) batch.targetIds[batch.count++] = i + 1;
  return batch;
}

test('frames come out whole, however the stream is cut', () => {
  const frames = [
    encodeSensorMessage({ type: 'ack', sequence: 7 }),
    encodeSensorSamples(2 ** 40 + 5, batchOf(3)),
    encodeSensorSamples(1, batchOf(0)),
    encodeSensorMessage({ type: 'targets', targets: [] }),
  ];
  const stream = Uint8Array.from(frames.flatMap((frame) => [...frame]));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (cuts) => {
      const seen: [number, Uint8Array][] = [];
      const reader = createSensorFrameReader((kind, payload) => seen.push([kind, payload]));
      let at = 0;
      for (const cut of cuts) {
        reader.push(stream.subarray(at, at + cut));
        at += cut;
      }
      reader.push(stream.subarray(at));
      assert.deepEqual(
        seen.map(([kind]) => kind),
        [SENSOR_FRAME_JSON, SENSOR_FRAME_SAMPLES, SENSOR_FRAME_SAMPLES, SENSOR_FRAME_JSON],
      );
      assert.deepEqual(decodeSensorJson((seen[0] as [number, Uint8Array])[1]), { type: 'ack', sequence: 7 });
      const payload = (seen[1] as [number, Uint8Array])[1];
      assert.equal(decodeSensorSequence(payload), 2 ** 40 + 5);
      assert.deepEqual([...decodeSampleBatch(sensorSampleBytes(payload)).targetIds], [1, 2, 3]);
    }),
  );
});

test('what is no frame is a problem, never a crash nor a large allocation', () => {
  const refuses = (bytes: number[]) =>
    assert.throws(
      () => createSensorFrameReader(() => {}).push(Uint8Array.from(bytes)),
      (error) => error instanceof Problem && error.code === 'invalid',
    );
  refuses([3, 0, 0, 0]);
  refuses([1, 0, 0, 1]); // over the bound
  refuses([4, 0, 0, 0, 1, 0, 9, 0]);
  assert.ok(MAX_SENSOR_FRAME_BYTES < 0x0100_0001);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        createSensorFrameReader((kind, payload) => {
          if (kind === SENSOR_FRAME_JSON) decodeSensorJson(payload);
          else decodeSampleBatch(sensorSampleBytes(payload.subarray(0, decodeSensorSequence(payload))));
        }).push(bytes);
      } catch (error) {
        assert.ok(error instanceof Problem);
      }
    }),
    { numRuns: 3_000 },
  );
});
