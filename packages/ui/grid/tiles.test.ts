import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  comparePrefixes,
  flowTiles,
  hitTest,
  makeTiles,
  moveCursor,
  placeOfCell,
  type TileTarget,
  visibleTiles,
} from './tiles.ts';
import { fitCellPx, nearestZoom, zoomStep } from './zoom.ts';

let nextId = 1;
const target = (host: string, prefix: string): TileTarget => ({ id: nextId++, host, prefix, label: '' });
const slash24 = (net: string, count = 256) =>
  Array.from({ length: count }, (_, i) => target(`${net}.${i}`, `${net}.0/24`));

test('a /24 is 16 × 16, each address at its own place', () => {
  const targets = slash24('198.51.100').filter(({ host }) => !host.endsWith('.7'));
  const [tile] = makeTiles(targets);
  assert.equal(tile?.columns, 16);
  assert.equal(tile.cells.length, 256);
  assert.equal(tile.cells[7], 0);
  assert.equal(tile.cells[0x21], targets.find(({ host }) => host === '198.51.100.33')?.id);
  assert.equal(tile.targets, 255);
});

test('few targets, IPv6 and names are as large as they need be, in order', () => {
  const tiles = makeTiles([
    target('b.example', 'names'),
    target('a.example', 'names'),
    target('2001:db8::a', '2001:db8::/64'),
    target('2001:db8::9', '2001:db8::/64'),
    target('192.0.2.200', '192.0.2.0/24'),
    target('10.0.0.1', '10.0.0.0/24'),
  ]);
  assert.deepEqual(
    tiles.map(({ prefix }) => prefix),
    ['10.0.0.0/24', '192.0.2.0/24', '2001:db8::/64', 'names'],
  );
  assert.deepEqual(
    tiles.map(({ columns, rows }) => columns * rows),
    [4, 4, 4, 4],
  );
  const v6 = tiles[2]!;
  assert.ok((v6.cells[0] as number) > (v6.cells[1] as number), '::9 comes before ::a');
});

test('prefixes are in order of address, not of text', () => {
  const sorted = ['10.0.10.0/24', 'names', '10.0.9.0/24', '2001:db8::/64', '9.0.0.0/24'].sort(
    comparePrefixes,
  );
  assert.deepEqual(sorted, ['9.0.0.0/24', '10.0.9.0/24', '10.0.10.0/24', '2001:db8::/64', 'names']);
});

const forty = makeTiles(Array.from({ length: 40 }, (_, i) => slash24(`198.18.${i}`)).flat());

test('forty tiles of 6 px fit the grid of a 1440 × 900 screen', () => {
  const { height, width } = flowTiles(forty, 1_200, 6);
  assert.ok(width <= 1_200);
  assert.ok(height <= 620, `${height} px high`);
});

test('tiles neither overlap nor stick out, whatever their sizes', () => {
  const groups = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(
      groups,
      fc.integer({ min: 300, max: 2_000 }),
      fc.constantFrom(4, 6, 14, 40),
      (sizes, width, cellPx) => {
        const tiles = makeTiles(
          sizes.flatMap((size, i) =>
            Array.from({ length: size }, (_, n) =>
              target(`2001:db8:${i}::${n.toString(16)}`, `2001:db8:${i}::/64`),
            ),
          ),
        );
        const { placed } = flowTiles(tiles, width, cellPx);
        for (const a of placed) {
          assert.ok(a.x === 0 || a.x + a.width <= width);
          for (const b of placed) {
            if (a === b) continue;
            const apart =
              a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height < b.y || b.y + b.height < a.y;
            assert.ok(apart, `${a.tile.prefix} over ${b.tile.prefix}`);
          }
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('what is hit is what was placed', () => {
  const layout = flowTiles(forty, 1_200, 10);
  for (const [tileIndex, cell] of [
    [0, 0],
    [13, 255],
    [39, 17],
  ] as const) {
    const { x, y } = placeOfCell(layout, { tileIndex, cell })!;
    const hit = hitTest(layout, x + 5, y + 5);
    assert.ok(hit?.kind === 'cell');
    assert.deepEqual([hit.tileIndex, hit.cell], [tileIndex, cell]);
  }
  const label = layout.placed[2]!;
  assert.deepEqual(hitTest(layout, label.x + 3, label.y - 5), { kind: 'tile', tileIndex: 2 });
  assert.equal(hitTest(layout, 5, layout.height + 50), undefined);
});

test('the cursor keeps its row, crosses from tile to tile, and stays at the ends', () => {
  const layout = flowTiles(forty, 1_200, 6);
  assert.deepEqual(moveCursor(layout, undefined, 'right'), { tileIndex: 0, cell: 0 });
  assert.deepEqual(moveCursor(layout, { tileIndex: 0, cell: 0 }, 'right'), { tileIndex: 0, cell: 1 });
  assert.deepEqual(moveCursor(layout, { tileIndex: 0, cell: 31 }, 'right'), { tileIndex: 1, cell: 16 });
  assert.deepEqual(moveCursor(layout, { tileIndex: 1, cell: 16 }, 'left'), { tileIndex: 0, cell: 31 });
  assert.deepEqual(moveCursor(layout, { tileIndex: 0, cell: 0 }, 'left'), { tileIndex: 0, cell: 0 });
  assert.deepEqual(moveCursor(layout, { tileIndex: 4, cell: 99 }, 'last'), { tileIndex: 39, cell: 255 });
});

test('only tiles in sight are visited', () => {
  const layout = flowTiles(forty, 700, 14);
  const [first, end] = visibleTiles(layout, 1_000, 1_300);
  assert.ok(first > 0 && end < 40 && end - first < 12);
  const shown = layout.placed.filter(({ y, height }) => y + height >= 1_000 && y - 18 <= 1_300);
  assert.ok(shown.every((placed) => layout.placed.slice(first, end).includes(placed)));
});

test('zoom goes by steps, and a few addresses are shown large', () => {
  assert.equal(zoomStep(6, 1), 8);
  assert.equal(zoomStep(4, -1), 4);
  assert.equal(nearestZoom(17), 20);
  assert.equal(fitCellPx(forty, 1_200, 620), 6);
  assert.equal(fitCellPx(makeTiles([target('192.0.2.1', '192.0.2.0/24')]), 1_200, 620), 56);
});
