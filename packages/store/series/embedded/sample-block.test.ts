import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Rollup, rollUp } from '../rollup.ts';
import { decodeRollups, encodeRollups } from './rollup-block.ts';
import { type BlockSamples, createBlockSamples, decodeBlock, encodeBlock } from './sample-block.ts';

type Row = [low: number, offsetUs: number, rtt: number, outcome: number, code: number];

function blockOfRows(rows: Row[]): BlockSamples {
  const sorted = rows
    .map((row, i) => [...row, i] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[5] - b[5]);
  const block = createBlockSamples(rows.length);
  block.count = rows.length;
  sorted.forEach(([low, offsetUs, rtt, outcome, code], i) => {
    block.lows[i] = low;
    block.offsetsUs[i] = offsetUs;
    block.rtts10ns[i] = rtt;
    block.outcomes[i] = outcome;
    block.codes[i] = code;
  });
  return block;
}

const u32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
  fc.integer({ min: 1_000_000, max: 1_010_000 }),
);
const row: fc.Arbitrary<Row> = fc.tuple(
  fc.integer({ min: 0, max: 15 }),
  fc.integer({ min: 0, max: 59_999_999 }),
  u32,
  fc.integer({ min: 0, max: 6 }),
  fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })),
);
const blocks = fc.array(row, { maxLength: 300 }).map(blockOfRows);

test('a block comes back exactly', () => {
  fc.assert(
    fc.property(blocks, (block) => assert.deepEqual(decodeBlock(encodeBlock(block)), block)),
    {
      numRuns: 500,
    },
  );
});

test('one target comes back without its neighbours', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 200 }), fc.integer({ min: 0, max: 15 }), (rows, low) => {
      const one = decodeBlock(encodeBlock(blockOfRows(rows)), low);
      assert.deepEqual(one, blockOfRows(rows.filter((r) => r[0] === low)));
    }),
  );
});

test('any changed byte is found', () => {
  fc.assert(
    fc.property(blocks, fc.nat(), fc.integer({ min: 1, max: 255 }), (block, at, change) => {
      const bytes = encodeBlock(block);
      bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ change;
      assert.throws(() => decodeBlock(bytes), /stored block/);
    }),
  );
});

const rollup: fc.Arbitrary<Rollup> = fc
  .array(
    fc.record({ rtt: u32, outcome: fc.integer({ min: 0, max: 6 }), code: fc.integer({ min: 0, max: 2 }) }),
    {
      maxLength: 80,
    },
  )
  .map((samples) =>
    rollUp(
      {
        rtts10ns: samples.map(({ rtt }) => rtt),
        outcomes: samples.map(({ outcome }) => outcome),
        codes: samples.map(({ code }) => code),
      },
      0,
      samples.length,
    ),
  );

test('rollups come back exactly, and damage is found', () => {
  fc.assert(
    fc.property(fc.array(rollup, { maxLength: 16 }), fc.nat(), (list, at) => {
      const rollups = new Map(list.map((one, low) => [low, one]));
      const bytes = encodeRollups(rollups);
      assert.deepEqual(decodeRollups(bytes), rollups);
      bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ 0x10;
      assert.throws(() => decodeRollups(bytes), /stored rollups/);
    }),
  );
});

test('steady pings take about the noise in them', () => {
  // 1 Hz, send times within ±100 µs, RTTs 10 ms ± 20 µs: the noise alone is 7.6 + 12 bits a sample.
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 0x7fff_ffff;
    return seed / 0x7fff_ffff;
  };
  const rows: Row[] = [];
  for (let low = 0; low < 16; low++) {
    for (let second = 0; second < 60; second++) {
      const offsetUs = second * 1_000_000 + 1_000 * low + Math.floor(200 * random());
      rows.push([low, offsetUs, 1_000_000 + Math.floor(4_000 * random()), 0, 0]);
    }
  }
  assert.ok(encodeBlock(blockOfRows(rows)).length / rows.length < 3.2);
});
