import assert from 'node:assert/strict';
import test from 'node:test';
import { labTarget } from '@maille/testkit/link-lab';
import { defaultSettings } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import { chooseSpeakers } from './choose-speakers.ts';

const inPrefix = (id: number, more: Partial<Target> = {}) =>
  labTarget(id, { host: `10.0.0.${id}`, prefix: '10.0.0.0/24', ...more });

function choose(targets: Target[], more: Partial<Parameters<typeof chooseSpeakers>[0]> = {}) {
  return chooseSpeakers({
    targets,
    settings: defaultSettings,
    before: new Map(),
    answers: () => true,
    isKnown: () => false,
    ...more,
  });
}
const ids = (speakers: ReturnType<typeof chooseSpeakers>) => [...speakers.plans.keys()].sort((a, b) => a - b);

test('one of each prefix and selection of agents, with the plan of the settings', () => {
  const speakers = choose([
    inPrefix(1),
    inPrefix(2),
    inPrefix(3, { agents: { by: 'tags', tags: ['paris'] } }),
    labTarget(4, { prefix: '10.0.1.0/24' }),
    labTarget(5, { prefix: 'names', host: 'a.example' }),
  ]);
  assert.deepEqual(ids(speakers), [1, 3, 4]);
  assert.deepEqual(speakers.plans.get(1), { method: 'icmp', everyMs: 300_000, flows: 4 });
  const off = choose([inPrefix(1)], { settings: { ...defaultSettings, traceroutePrefixes: false } });
  assert.equal(off.plans.size, 0);
});

test('one that answers, and it stays; another only when it is silent or gone', () => {
  const targets = [inPrefix(1), inPrefix(2), inPrefix(3)];
  const first = choose(targets, { answers: ({ id }) => id >= 2 });
  assert.deepEqual(ids(first), [2]);
  const all = choose(targets, { before: first.byGroup });
  assert.deepEqual(ids(all), [2], 'it answers, so it stays');
  assert.deepEqual(ids(choose(targets, { before: first.byGroup, answers: ({ id }) => id === 3 })), [3]);
  assert.deepEqual(ids(choose(targets, { before: first.byGroup, answers: () => false })), [2]);
  assert.deepEqual(ids(choose([inPrefix(1), inPrefix(3)], { before: first.byGroup })), [1]);
});

test('after a restart the one whose route is known goes on', () => {
  assert.deepEqual(ids(choose([inPrefix(1), inPrefix(2)], { isKnown: (id) => id === 2 })), [2]);
});

test('ping before TCP; where a host has TCP only, by TCP to its port', () => {
  assert.deepEqual(ids(choose([inPrefix(1, { probe: 'tcp:443' }), inPrefix(2)])), [2]);
  const only = choose([inPrefix(1, { probe: 'tcp:443' })]);
  assert.deepEqual(only.plans.get(1), { method: 'tcp', port: 443, everyMs: 300_000, flows: 4 });
  const answering = choose([inPrefix(1, { probe: 'tcp:443' }), inPrefix(2)], {
    answers: ({ id }) => id === 1,
  });
  assert.deepEqual(ids(answering), [1], 'one that answers is worth more');
});

test('the mesh of one prefix is one group, whoever is left out of each', () => {
  const mesh = (id: number) =>
    inPrefix(id, { agents: { by: 'mesh', machineId: String(id).repeat(32).slice(0, 32) } });
  assert.deepEqual(ids(choose([mesh(1), mesh(2), mesh(3)])), [1]);
});

test('a target that is traced anyway speaks for its prefix', () => {
  const traced = inPrefix(2, { traceroute: { method: 'udp', everyMs: 60_000, flows: 8 } });
  assert.deepEqual(ids(choose([inPrefix(1), traced])), [2]);
});
