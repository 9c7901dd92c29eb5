import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '@maille/wire/rest/targets';
import { groupByBefore } from './group-by-before.ts';

const target = (id: number, intervalMs: number, tags: string[]): Target => ({
  id,
  host: `192.0.2.${id}`,
  probe: 'icmp',
  prefix: '192.0.2.0/24',
  label: '',
  tags,
  teamId: null,
  agents: { by: 'all' },
  intervalMs,
  timeoutMs: 2_000,
  traceroute: null,
  createdAtMs: 0,
  createdBy: 'ann',
});

test('undo puts back what each target had, in as few requests as there were states', () => {
  const targets = [target(1, 1_000, ['a']), target(2, 5_000, ['a']), target(3, 1_000, ['b'])];
  assert.deepEqual(groupByBefore(targets, { intervalMs: 60_000 }), [
    { ids: [1, 3], change: { intervalMs: 1_000 } },
    { ids: [2], change: { intervalMs: 5_000 } },
  ]);
  assert.equal(groupByBefore(targets, { intervalMs: 60_000, tags: [] }).length, 3);
});
