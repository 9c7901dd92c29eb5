import assert from 'node:assert/strict';
import test from 'node:test';
import { readSensorCommand, readSensorReport } from './messages.ts';

test('an agent of before there was a second way to probe asks for echoes', () => {
  const old = { id: 1, address: '127.0.0.1', intervalMs: 1_000, timeoutMs: 3_000 };
  assert.deepEqual(readSensorCommand({ type: 'targets', targets: [{ ...old }] }), {
    type: 'targets',
    targets: [{ ...old, probe: 'icmp' }],
  });
  assert.deepEqual(readSensorCommand({ type: 'change', put: [{ ...old }], remove: [2] }), {
    type: 'change',
    put: [{ ...old, probe: 'icmp' }],
    remove: [2],
  });
});

test('a type that is not known here is passed over, and a field too; what is wrong is refused', () => {
  assert.equal(readSensorCommand({ type: 'capture', prefix: '192.0.2.0/24' }), undefined);
  assert.equal(readSensorReport({ type: 'captured', bytes: 5 }), undefined);
  assert.ok(readSensorCommand({ type: 'ack', sequence: 3, of: 'tomorrow' }));
  for (const wrong of [
    null,
    7,
    'ack',
    [],
    {},
    { type: 7 },
    { type: 'ack' },
    { type: 'targets', targets: [null] },
  ]) {
    assert.throws(() => readSensorCommand(wrong), { code: 'invalid' });
    if (wrong !== null)
      assert.throws(() => readSensorReport({ ...Object(wrong), type: 'route' }), { code: 'invalid' });
  }
});
