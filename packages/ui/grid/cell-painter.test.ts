import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEVEL_NONE, LEVEL_NOT_SENT, LEVEL_TIMEOUT, levelOfRtt } from '../samples/sample-level.ts';
import { defaultTokens } from '../theme/tokens.ts';
import { createCellColors } from './cell-colors.ts';
import { createRingStencil, lookKey, type PixelField, paintRing, paintSquare } from './cell-painter.ts';

const colors = createCellColors(defaultTokens.dark);
const createField = (width: number, height = width): PixelField => ({
  pixels: new Uint32Array(width * height),
  width,
  height,
});
const plain = { stale: false, lostSome: false, step: 0, learning: false };

const noSteps = new Uint8Array(60);

function square(size: number, look: Parameters<typeof paintSquare>[4]) {
  const field = createField(size);
  paintSquare(field, 0, 0, size, look, colors);
  return field.pixels;
}

test('every state has its own shape, not only its own colour', () => {
  const shapeOf = (pixels: Uint32Array) => [...pixels].map((p) => (p === colors.ground ? '.' : '#')).join('');
  const fast = levelOfRtt(1e6);
  const shapes = {
    answered: shapeOf(square(6, { level: fast, ...plain })),
    lost: shapeOf(square(6, { level: LEVEL_TIMEOUT, ...plain })),
    empty: shapeOf(square(6, { level: LEVEL_NONE, ...plain })),
    notSent: shapeOf(square(6, { level: LEVEL_NOT_SENT, ...plain })),
  };
  assert.equal(new Set(Object.values(shapes)).size, 4);
  assert.equal(shapes.answered, `${'#####.'.repeat(5)}......`);
  assert.equal(shapes.empty, `#####.${'#...#.'.repeat(3)}#####.......`);
});

test('lost within the minute: one corner in the colour of loss', () => {
  const pixels = square(6, { ...plain, level: levelOfRtt(1e6), lostSome: true });
  assert.equal(pixels[4], colors.loss);
  assert.notEqual(pixels[0], colors.loss);
  assert.equal([...pixels].filter((pixel) => pixel === colors.loss).length, 3);
});

test('looks that are the same have the same key, others do not', () => {
  const looks = [LEVEL_NONE, LEVEL_NOT_SENT, levelOfRtt(1e5), levelOfRtt(1e8), LEVEL_TIMEOUT].flatMap(
    (level) => [
      { level, ...plain },
      { level, ...plain, stale: true },
    ],
  );
  assert.equal(new Set(looks.map((look) => lookKey(colors, look))).size, looks.length);
  assert.equal(
    lookKey(colors, { level: LEVEL_TIMEOUT, ...plain }),
    lookKey(colors, { level: LEVEL_TIMEOUT - 1, ...plain }),
  );
});

test('a cell that is half outside paints its inner half only', () => {
  const field = createField(10);
  paintSquare(field, -3, 7, 6, { level: levelOfRtt(1e6), ...plain }, colors);
  assert.equal([...field.pixels].filter((pixel) => pixel !== 0).length, 9);
});

for (const size of [14, 28, 80]) {
  test(`a ring of ${size} px: one lost second is marked at the rim, at its own hour`, () => {
    const minute = new Uint8Array(60).fill(levelOfRtt(5e6));
    minute[15] = LEVEL_TIMEOUT; // three o'clock
    const field = createField(size);
    paintRing(
      field,
      0,
      0,
      createRingStencil(size),
      minute,
      noSteps,
      20,
      { level: levelOfRtt(5e6), ...plain },
      colors,
    );
    const loss = colors.loss;
    const isPink = (pixel: number) =>
      (pixel & 0xff) > 120 && ((pixel >> 16) & 0xff) > 100 && ((pixel >> 8) & 0xff) < 125;
    const marks = [...field.pixels].flatMap((pixel, i) =>
      isPink(pixel) ? [[i % size, Math.floor(i / size)] as const] : [],
    );
    assert.ok(marks.length > 0, `no mark of ${loss.toString(16)}`);
    for (const [x, y] of marks) {
      assert.ok(x > size * 0.8, 'on the right');
      assert.ok(Math.abs(y - size / 2) < size * 0.15, 'in the middle of the height');
    }
  });
}

test('a ring without data keeps its track and has no centre', () => {
  const field = createField(28);
  paintRing(
    field,
    0,
    0,
    createRingStencil(28),
    new Uint8Array(60),
    noSteps,
    0,
    { level: LEVEL_NONE, ...plain },
    colors,
  );
  assert.equal(field.pixels[14 * 28 + 14], colors.ground);
  assert.ok(field.pixels.includes(colors.track));
});
