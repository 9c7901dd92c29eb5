import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampleBatch, OUTCOME_REPLY } from '@maille/wire/link/samples';
import { createSampleWindow } from '../samples/sample-window.ts';
import { incidentsOf } from './draw-incidents.ts';
import { groupOfTile, orderTiles } from './tile-order.ts';
import { makeTiles } from './tiles.ts';

const tiles = makeTiles(
  [1, 2, 3].flatMap((net) =>
    [1, 2, 3].map((host) => ({
      id: net * 10 + host,
      host: `192.0.${net}.${host}`,
      prefix: `192.0.${net}.0/24`,
      label: '',
    })),
  ),
);
const names = (ordered: readonly { prefix: string }[]) => ordered.map(({ prefix }) => prefix.split('.')[2]);
const noGroup = () => '';

test('by tag: in the order of its name, and what has none comes last', () => {
  const tags: Record<number, string> = {
    21: 'web',
    22: 'web',
    23: 'core',
    31: 'core',
    32: 'core',
    33: 'core',
  };
  const groupOf = (id: number) => tags[id] ?? '';
  assert.deepEqual(names(orderTiles(tiles, 'tag', createSampleWindow(), undefined, groupOf)), [
    '3',
    '2',
    '1',
  ]);
  assert.deepEqual(groupOfTile(tiles[1]!, groupOf), { name: 'web', others: 1 });
});

test('worst first: what is far from its usual comes before what is merely slow', () => {
  const window = createSampleWindow();
  window.advanceTo(1_800_000_000_500);
  const batch = createSampleBatch(9, 1_800_000_000_000);
  const rttMs: Record<number, number> = { 1: 300, 2: 20, 3: 10 };
  for (const [i, id] of [11, 12, 13, 21, 22, 23, 31, 32, 33].entries()) {
    batch.targetIds[i] = id;
    batch.rtts10ns[i] = (rttMs[Math.floor(id / 10)] as number) * 100_000;
    batch.outcomes[i] = OUTCOME_REPLY;
  }
  batch.count = 9;
  window.ingest(1, batch);
  const order = () => names(orderTiles(tiles, 'severity', window, undefined, noGroup));
  assert.deepEqual(order(), ['1', '2', '3']);
  window.setBaselines({
    targetIds: [11, 12, 13, 21, 22, 23],
    agentNumbers: [1, 1, 1, 1, 1, 1],
    rttNs: [300e6, 300e6, 300e6, 5e6, 5e6, 5e6],
    spread: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
  });
  assert.equal(order()[0], '2');
});

test('the severe incident of an address is named first', () => {
  const incident = (id: number, severity: 'severe' | 'notable', targetIds: number[]) => ({
    id,
    severity,
    targetIds: new Set(targetIds),
    words: '',
  });
  const all = [incident(1, 'notable', [5]), incident(2, 'severe', [5, 6]), incident(3, 'severe', [7])];
  assert.deepEqual(
    incidentsOf(all, 5).map(({ id }) => id),
    [2, 1],
  );
});
