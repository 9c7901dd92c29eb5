import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeHourBlock, encodeHourBlock } from './hour-block.ts';
import { RTT_STEP_RELATIVE_ERROR, rttOfStep, rttStep } from './rtt-steps.ts';
import { type BlockSamples, createBlockSamples } from './sample-block.ts';
import { isNegative, rawBitsOf, smallestOf, symbolOf } from './signed-classes.ts';

const HOUR_US = 3_600_000_000;
const MINUTE_US = 60_000_000;

interface Sample {
  low: number;
  offsetUs: number;
  rtt: number;
  outcome: number;
  code: number;
}

const sample: fc.Arbitrary<Sample> = fc.record({
  low: fc.integer({ min: 0, max: 15 }),
  offsetUs: fc.oneof(
    fc.integer({ min: 0, max: HOUR_US - 1 }),
    fc.integer({ min: 0, max: 3_599 }).map((second) => second * 1_000_000 + 500_000),
  ),
  rtt: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 0xffff_ffff })),
  outcome: fc.integer({ min: 0, max: 8 }),
  code: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })),
});

function blockOf(samples: Sample[]): BlockSamples {
  const block = createBlockSamples(samples.length);
  for (const one of [...samples].sort((a, b) => a.low - b.low || a.offsetUs - b.offsetUs)) {
    const at = block.count++;
    block.lows[at] = one.low;
    block.offsetsUs[at] = one.offsetUs;
    block.rtts10ns[at] = one.rtt;
    block.outcomes[at] = one.outcome;
    block.codes[at] = one.code;
  }
  return block;
}

const rows = (block: BlockSamples): Sample[] =>
  Array.from({ length: block.count }, (_, i) => ({
    low: block.lows[i] as number,
    offsetUs: block.offsetsUs[i] as number,
    rtt: block.rtts10ns[i] as number,
    outcome: block.outcomes[i] as number,
    code: block.codes[i] as number,
  }));
const rounded = (one: Sample): Sample => ({
  ...one,
  offsetUs: Math.floor(one.offsetUs / 1_000) * 1_000,
  rtt: rttOfStep(rttStep(one.rtt)),
});

test('an RTT’s step is within 0.1 % or 10 ns of it, and stands for itself', () => {
  assert.equal(rttOfStep(rttStep(0)), 0);
  const check = (rtt: number) => {
    const found = rttOfStep(rttStep(rtt));
    assert.ok(Math.abs(found - rtt) <= RTT_STEP_RELATIVE_ERROR * rtt * 1.000_001 + 0.5, `${rtt} as ${found}`);
    assert.equal(rttOfStep(rttStep(found)), found, `${rtt}, rounded twice`);
  };
  for (let rtt = 1; rtt < 20_000; rtt++) check(rtt);
  fc.assert(fc.property(fc.integer({ min: 1, max: 0xffff_ffff }), check));
  check(0xffff_ffff);
});

test('signed classes give every number back, and ascend', () => {
  const back = (value: number) => {
    const symbol = symbolOf(value);
    const size = Math.abs(value);
    const raw = size - (smallestOf[symbol] as number);
    assert.ok(raw >= 0 && raw < 2 ** (rawBitsOf[symbol] as number), `${value} in ${symbol}`);
    assert.equal(isNegative(symbol), value < 0);
    assert.ok(symbol > 0 && symbol < 240);
    assert.ok(symbolOf(value + 1) >= symbol);
  };
  for (let value = -5_000; value <= 5_000; value++) back(value);
  fc.assert(fc.property(fc.integer({ min: -4_000_000, max: 4_000_000 }), back));
});

test('an hour comes back rounded as it says, all of it or one target', () => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 400 }), (samples) => {
      const block = blockOf(samples);
      const bytes = encodeHourBlock(block);
      const expected = rows(block).map(rounded);
      assert.deepEqual(rows(decodeHourBlock(bytes)), expected);
      const { low } = samples[0] as Sample;
      const one = expected.filter((row) => row.low === low);
      assert.deepEqual(rows(decodeHourBlock(bytes, { low })), one);
      assert.deepEqual(rows(decodeHourBlock(encodeHourBlock(decodeHourBlock(bytes)))), expected);
    }),
    { numRuns: 200 },
  );
});

test('a part of an hour has all that was sent in its minutes', () => {
  fc.assert(
    fc.property(
      fc.array(sample, { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 1, max: 60 }),
      (samples, fromMinute, length) => {
        const toMinute = Math.min(60, fromMinute + length);
        const inPart = ({ offsetUs }: Sample) =>
          offsetUs >= fromMinute * MINUTE_US && offsetUs < toMinute * MINUTE_US;
        const block = blockOf(samples);
        const part = decodeHourBlock(encodeHourBlock(block), { fromMinute, toMinute });
        assert.deepEqual(rows(part).filter(inPart), rows(block).map(rounded).filter(inPart));
      },
    ),
  );
});

test('a regular hour costs what its noise does', () => {
  const block = createBlockSamples(16 * 3_600);
  let state = 1;
  const uniform = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  for (let low = 0; low < 16; low++) {
    for (let second = 0; second < 3_600; second++) {
      const at = block.count++;
      block.lows[at] = low;
      block.offsetsUs[at] = second * 1_000_000 + 300_100 + 50 * low;
      // Even over 64 steps: six bits of noise in a sample.
      block.rtts10ns[at] = rttOfStep(5_000 + Math.floor(64 * uniform()));
    }
  }
  const bits = (8 * encodeHourBlock(block).length) / block.count;
  assert.ok(bits > 6 && bits < 6.5, `${bits} bits a sample`);
});

test('damage is found, whatever byte it is in', () => {
  const bytes = encodeHourBlock(
    blockOf(
      Array.from({ length: 60 }, (_, i) => ({
        low: i % 3,
        offsetUs: i * 1_000_000,
        rtt: 1_000 + i,
        outcome: i % 2,
        code: 0,
      })),
    ),
  );
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] as number) ^ 0x41;
    assert.throws(() => decodeHourBlock(damaged), { code: 'internal' });
  }
  for (let length = 0; length < bytes.length; length += 7)
    assert.throws(() => decodeHourBlock(bytes.subarray(0, length)), { code: 'internal' });
});
