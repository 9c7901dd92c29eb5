import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@maille/base/problem';
import type { ExperimentPlan } from '@maille/wire/experiment';
import { checkExperimentPlan } from '@maille/wire/experiment-plan';
import { createOwnPrefixes } from '../probe/own-prefixes.ts';
import { defaultRateBounds } from '../probe/rate-guard.ts';
import { requireSensorBounds } from './sensor-bounds.ts';

const planOf = (addresses: string[], toRate: number): ExperimentPlan => ({
  addresses,
  fromRate: 1,
  toRate,
  steps: 2,
  ramp: 'linear',
  stepSeconds: 2,
  timeoutMs: 1_000,
  maxLossPercent: 5,
});
const some = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
const isTooMany = (problem: Problem) => problem.code === 'too-many';

test('a sensor keeps its own bounds in a load experiment: in all, and into each prefix of the Internet', () => {
  requireSensorBounds(planOf(some(20, '10.0.0.'), 1_000), defaultRateBounds);
  requireSensorBounds(planOf(['8.8.8.8'], 1_000), defaultRateBounds);
  requireSensorBounds(planOf(['8.8.8.8', '8.8.4.4'], 1_000), defaultRateBounds);
  const low = { ...defaultRateBounds, perSecond: 100 };
  assert.throws(() => requireSensorBounds(planOf(some(20, '10.0.0.'), 10), low), isTooMany);
  assert.throws(() => requireSensorBounds(planOf(some(20, '8.8.8.'), 100), defaultRateBounds), isTooMany);
});

test('nothing outside the own prefixes of the machine, and no mapped spelling around a bound', () => {
  const bounds = { ...defaultRateBounds, ownPrefixes: createOwnPrefixes(['10.0.0.0/8']) };
  requireSensorBounds(planOf(['10.0.0.1', '::ffff:10.0.0.2'], 10), bounds);
  for (const address of ['192.168.0.1', '8.8.8.8', '::ffff:192.168.0.1'])
    assert.throws(() => requireSensorBounds(planOf(['10.0.0.1', address], 1), bounds), {
      code: 'forbidden',
      field: '/plan/addresses/1',
      remedy: /MAILLE_OWN_PREFIXES/,
    });
  const mapped = some(20, '::ffff:8.8.8.');
  assert.throws(() => requireSensorBounds(planOf(mapped, 100), defaultRateBounds), isTooMany);
});

test('an address in two spellings is no second address', () => {
  checkExperimentPlan(planOf(['::1', '::2'], 1));
  for (const twice of [
    ['::1', '0::1'],
    ['2001:db8::1', '2001:DB8:0::1'],
  ])
    assert.throws(() => checkExperimentPlan(planOf(twice, 1)), { code: 'invalid', field: '/addresses/1' });
  assert.throws(() => checkExperimentPlan(planOf(['localhost'], 1)), {
    code: 'invalid',
    field: '/addresses/0',
  });
});
