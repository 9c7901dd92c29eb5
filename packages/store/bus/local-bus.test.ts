import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { createLocalBus } from './local-bus.ts';

const change = (machineId: string) => ({ machineId, state: 'approved' as const });

test('delivers to every subscriber before publish returns, and to none after it left', () => {
  const bus = createLocalBus(silentLog);
  const seen: string[] = [];
  const leave = bus.subscribe('machine-state', ({ machineId }) => seen.push(`a${machineId}`));
  bus.subscribe('machine-state', ({ machineId }) => seen.push(`b${machineId}`));
  bus.publish('machine-state', change('1'));
  leave();
  bus.publish('machine-state', change('2'));
  assert.deepEqual(seen, ['a1', 'b1', 'b2']);
});

test('one function may subscribe twice and leave once', () => {
  const bus = createLocalBus(silentLog);
  let calls = 0;
  const receive = () => void calls++;
  const leave = bus.subscribe('machine-state', receive);
  bus.subscribe('machine-state', receive);
  leave();
  leave();
  bus.publish('machine-state', change('1'));
  assert.equal(calls, 1);
});

test('a subscriber that throws is logged and harms nobody else', () => {
  const errors: object[] = [];
  const bus = createLocalBus({ ...silentLog, error: (fields) => void errors.push(fields) });
  let heard = 0;
  bus.subscribe('machine-state', () => {
    throw new Error('mine');
  });
  bus.subscribe('machine-state', () => void heard++);
  bus.publish('machine-state', change('1'));
  assert.equal(heard, 1);
  assert.equal(errors.length, 1);
});

test('what is published during a delivery comes after it, in one order for all', () => {
  const bus = createLocalBus(silentLog);
  const first: string[] = [];
  const second: string[] = [];
  bus.subscribe('machine-state', ({ machineId }) => {
    first.push(machineId);
    if (machineId === '1') bus.publish('machine-state', change('2'));
  });
  bus.subscribe('machine-state', ({ machineId }) => second.push(machineId));
  bus.publish('machine-state', change('1'));
  assert.deepEqual(first, ['1', '2']);
  assert.deepEqual(second, ['1', '2']);
});

test('who leaves during a delivery hears no more, who comes hears the next message', () => {
  const bus = createLocalBus(silentLog);
  const seen: string[] = [];
  let leave = () => {};
  let joined = false;
  bus.subscribe('machine-state', () => {
    leave();
    if (!joined) bus.subscribe('machine-state', ({ machineId }) => seen.push(`new${machineId}`));
    joined = true;
  });
  leave = bus.subscribe('machine-state', ({ machineId }) => seen.push(machineId));
  bus.publish('machine-state', change('1'));
  bus.publish('machine-state', change('2'));
  assert.deepEqual(seen, ['new2']);
});

test('subscribers that answer each other without end are cut off and said', () => {
  const errors: string[] = [];
  const bus = createLocalBus({ ...silentLog, error: (_, message) => void errors.push(message) });
  let deliveries = 0;
  bus.subscribe('machine-state', () => {
    deliveries++;
    bus.publish('machine-state', change('x'));
  });
  bus.publish('machine-state', change('x'));
  assert.ok(deliveries >= 10_000 && deliveries < 20_000);
  assert.equal(errors.length, 1);
});

test('a stopped bus is silent', async () => {
  const bus = createLocalBus(silentLog);
  let heard = 0;
  bus.subscribe('machine-state', () => void heard++);
  await bus.stop();
  bus.publish('machine-state', change('1'));
  assert.equal(heard, 0);
});
