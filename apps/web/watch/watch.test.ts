import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogueFaults } from '@maille/ui/language/catalogue';
import type { Target } from '@maille/wire/rest/targets';
import { filterTargets } from './filter-targets.ts';
import { readChoices, writeChoices } from './watch-choices.ts';
import { watchText } from './watch-text.ts';

test('the words of Watch are whole in every language', () => {
  assert.deepEqual(catalogueFaults(watchText), []);
});

test('every word of a filter must be found', () => {
  const target = (id: number, host: string, label: string, tags: string[]) =>
    [id, { id, host, label, tags, prefix: '192.0.2.0/24' } as unknown as Target] as const;
  const targets = new Map([
    target(1, '192.0.2.1', 'Gateway', ['core']),
    target(2, '192.0.2.2', 'web', ['edge']),
  ]);
  assert.deepEqual([...filterTargets(targets, '192 core').keys()], [1]);
  assert.deepEqual([...filterTargets(targets, 'WEB').keys()], [2]);
  assert.equal(filterTargets(targets, '  '), targets);
  assert.equal(filterTargets(targets, 'nothing').size, 0);
});

test('choices come back from the URL; whatever is odd there is left out', () => {
  const choices = {
    filter: 'web',
    agent: 3,
    order: 'tag',
    cellPx: 40,
    asTable: true,
    coloring: 'rtt',
    probe: 'tcp:443',
    comparison: 'week',
    eachProbe: true,
  } as const;
  assert.deepEqual(readChoices(writeChoices(choices)), choices);
  const odd = { agent: '-1', order: 'x', cell: 'y', view: 'z', color: 'red', compare: 'ever' };
  assert.deepEqual(readChoices(odd), {
    filter: '',
    agent: undefined,
    order: 'address',
    cellPx: undefined,
    asTable: false,
    coloring: 'usual',
    probe: undefined,
    comparison: 'none',
    eachProbe: false,
  });
});
