import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraceFlow, TraceHop, TraceRound } from '@maille/wire/traceroute';
import fc from 'fast-check';
import { createPaint } from '../terminal/paint.ts';
import { endLines, hopLines } from './trace-lines.ts';

const paint = createPaint(false);
const noName = () => undefined;
const hop = (address: string | null, rttNs: number | null = address === null ? null : 1_234_567): TraceHop =>
  ({ address, rttNs }) as TraceHop;

test('one address is one line; several stand below each other with their flows', () => {
  assert.deepEqual(hopLines(1, [hop('10.0.0.1'), hop('10.0.0.1', 2_345_678)], noName, paint), [
    '  1  10.0.0.1  1.23 to 2.35 ms',
  ]);
  assert.deepEqual(
    hopLines(12, [hop('10.0.0.1'), hop(null), undefined, hop('10.0.0.2'), hop('10.0.0.1')], noName, paint),
    [
      ' 12  10.0.0.1  1.23 ms  flows 1 5', //
      '     *  flow 2',
      '     10.0.0.2  1.23 ms  flow 4',
    ],
  );
  assert.deepEqual(hopLines(3, [hop(null), hop(null)], noName, paint), ['  3  *']);
  // A flow that has ended before is told, though the others met one router.
  assert.deepEqual(hopLines(9, [undefined, hop('10.0.0.1', 250_000)], noName, paint), [
    '  9  10.0.0.1  0.250 ms  flow 2',
  ]);
});

test('a name is shown, and never obeyed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      const [line] = hopLines(1, [hop('10.0.0.1')], () => name, paint);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      assert.ok(!/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/.test(line as string));
      assert.ok(line?.endsWith('(10.0.0.1)  1.23 ms'));
    }),
  );
});

test('how it ended, in words', () => {
  const lines = (flows: Omit<TraceFlow, 'flow'>[], address = '10.9.9.9') =>
    endLines(
      {
        targetId: 1,
        address,
        atMs: 0,
        method: 'icmp',
        flows: flows.map((one, flow) => ({ flow, ...one })),
      } satisfies TraceRound,
      (of) => (of === '10.0.0.2' ? 'r2\u001b[2J' : undefined),
    );
  const hops = [hop('10.0.0.1'), hop('10.0.0.2')];
  assert.deepEqual(lines([{ hops, end: 'reached' }]), ['Reached 10.9.9.9 at distance 2.']);
  assert.deepEqual(lines([{ hops, end: 'unreachable', code: 13 }]), [
    'r2\\u001b[2J (10.0.0.2) says: administratively prohibited (code 13).',
  ]);
  assert.deepEqual(lines([{ hops: [hop('::1')], end: 'unreachable', code: 99 }], '::2'), [
    '::1 says: unreachable (code 99).',
  ]);
  assert.deepEqual(lines([{ hops: [], end: 'unreachable' }]), ['There is no route from this machine.']);
  assert.match(
    lines([{ hops: [...hops, hop(null)], end: 'silent' }])[0] as string,
    /^Nobody answered beyond distance 2;/,
  );
  assert.match(
    lines([{ hops: [hop(null)], end: 'silent' }])[0] as string,
    /^Nobody answered, from the first hop on/,
  );
  assert.deepEqual(
    lines([
      { hops, end: 'reached' },
      { hops: [...hops, hop('10.0.0.3')], end: 'reached' },
      { hops, end: 'reached' },
    ]),
    ['Reached 10.9.9.9 at distance 2. (flows 1 3)', 'Reached 10.9.9.9 at distance 3. (flow 2)'],
  );
});
