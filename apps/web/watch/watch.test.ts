import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogueFaults } from '@maille/ui/language/catalogue';
import { createMinuteRows, NO_RTT } from '@maille/wire/rest/minute-rows';
import type { Target } from '@maille/wire/rest/targets';
import { filterTargets } from './filter-targets.ts';
import { canShowEachProbe, seriesResolution } from './series-resolution.ts';
import { stripOfMinutes, usualOf, worstFirst } from './strip-of-minutes.ts';
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
    order: undefined,
    cellPx: undefined,
    asTable: false,
    coloring: 'usual',
    probe: undefined,
    comparison: 'none',
    eachProbe: false,
  });
});

test('a row an address, in order; agents add up, and the one that is worst off gives the colour', () => {
  const minute = 30_000_000;
  const rowsOf = (p50Ms: number | undefined, replies: number) => {
    const rows = createMinuteRows(1);
    rows.minutes[0] = minute + 1;
    rows.targetIds[0] = 7;
    rows.sent[0] = 60;
    rows.replies[0] = replies;
    rows.p50s10ns[0] = p50Ms === undefined ? NO_RTT : p50Ms * 1e5;
    return rows;
  };
  const baselines = {
    atMs: 0,
    targetIds: [7, 7],
    agentNumbers: [1, 2],
    rttNs: [100e6, 5e6],
    spread: [0.1, 0.1],
    lossRatio: [0, 0],
  };
  const targets = [
    { id: 7, host: '192.0.2.10' },
    { id: 8, host: '192.0.2.9' },
    { id: 9, host: 'a.example' },
  ];
  const agents = [
    { agentNumber: 1, rows: rowsOf(100, 60) },
    { agentNumber: 2, rows: rowsOf(40, 50) },
    { agentNumber: 3, rows: rowsOf(undefined, 0) },
  ];
  const [fromMs, toMs] = [minute * 60_000, (minute + 3) * 60_000];
  const strip = stripOfMinutes(agents, targets, fromMs, toMs, usualOf(baselines));
  assert.deepEqual(
    strip.rows.map(({ name }) => name),
    ['192.0.2.9', '192.0.2.10', 'a.example'],
  );
  const row = strip.rows[1];
  assert.deepEqual(row?.sent, [0, 180, 0]);
  assert.deepEqual(row?.replies, [0, 110, 0]);
  assert.deepEqual(row?.p50Ns, [null, 40e6, null], 'far from its own usual, though it is the faster one');
  assert.ok((row?.deviation?.[1] ?? 0) > 6);
  const byRtt = stripOfMinutes(agents, targets, fromMs, toMs, undefined);
  assert.deepEqual(byRtt.rows[1]?.p50Ns, [null, 100e6, null]);
  assert.deepEqual(byRtt.rows[1]?.deviation, [null, null, null]);
  assert.deepEqual(
    worstFirst(strip).rows.map(({ name }) => name),
    ['192.0.2.10', '192.0.2.9', 'a.example'],
    'who lost comes first, those of whom nothing is known keep their order',
  );
});

test('bands of minutes from twenty minutes on, each probe where it is asked for and fits', () => {
  const minutes = (count: number, eachProbe = false, intervalMs = 1_000) =>
    seriesResolution(0, count * 60_000, { intervalMs, eachProbe });
  assert.equal(minutes(10), undefined);
  assert.equal(minutes(60), 'minute');
  assert.equal(minutes(60, true), undefined);
  assert.equal(minutes(24 * 60, true), 'minute', 'a day of each probe is more than a chart can show');
  assert.equal(minutes(7 * 24 * 60), 'hour');
  assert.equal(minutes(24 * 60, false, 300_000), undefined, 'a probe every five minutes makes no band');
  assert.equal(canShowEachProbe(0, 3_600_000, 1_000), true);
  assert.equal(canShowEachProbe(0, 24 * 3_600_000, 1_000), false);
});
