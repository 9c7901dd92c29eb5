/** `maille trace` on this machine alone, where the way has one hop; UDP needs no right. */
import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { systemClock } from '@maille/base/clock';
import { runCommandLine } from '../run-command-line.ts';
import { createPaint } from '../terminal/paint.ts';

async function maille(...argv: string[]) {
  const printed: string[] = [];
  const said: string[] = [];
  const code = await runCommandLine(
    {
      environment: { MAILLE_DATA_DIR: '/nonexistent' },
      projectRoot: '/nonexistent',
      clock: systemClock,
      input: Readable.from([]),
      inputIsTerminal: false,
      print: (line) => printed.push(line),
      say: (line) => said.push(line),
      width: 80,
      paint: createPaint(false),
      output: new PassThrough(),
    },
    argv,
  );
  return { code, printed, said: said.join('\n') };
}

test('a line a distance, and the end in words', async () => {
  const { code, printed } = await maille('trace', '127.0.0.1', '--method', 'udp', '--flows', '2', '-n');
  assert.equal(code, 0);
  assert.equal(printed[0], 'The way to 127.0.0.1 by UDP, 2 flows, at most 30 hops');
  assert.match(printed[1] as string, /^ {2}1 {2}127\.0\.0\.1 {2}\d/);
  assert.deepEqual(printed.slice(2), ['Reached 127.0.0.1 at distance 1.']);
});

test('JSON holds the whole round, and nothing else is printed', async () => {
  const { code, printed } = await maille(
    'trace',
    '127.0.0.1',
    '-m',
    'tcp',
    '-p',
    '1',
    '-f',
    '1',
    '-n',
    '--json',
  );
  assert.equal(code, 0);
  assert.equal(printed.length, 1);
  const { host, method, names, flows } = JSON.parse(printed[0] as string);
  assert.deepEqual([host, method, names, flows.length], ['127.0.0.1', 'tcp', {}, 1]);
  assert.deepEqual(
    [flows[0].end, flows[0].hops.length, flows[0].hops[0].address],
    ['reached', 1, '127.0.0.1'],
  );
});

test('what cannot be is said before anything is sent', async () => {
  const cases: [argv: string[], code: number, said: RegExp][] = [
    [[], 2, /something is missing: maille trace HOST/],
    [['127.0.0.1', '127.0.0.2'], 2, /127\.0\.0\.2 is one word too many/],
    [['127.0.0.1', '--method', 'pigeon'], 2, /--method is icmp, udp or tcp, not pigeon/],
    [['127.0.0.1', '--port', '80'], 2, /--port goes with --method tcp/],
    [['127.0.0.1', '-m', 'tcp', '--port', 'http'], 2, /--port is a number from 1 to 65535, not http/],
    [['127.0.0.1', '--flows', '9'], 2, /--flows is a number from 1 to 8, not 9/],
    [['127.0.0.1', '--flow', '3'], 2, /did you mean --flows/],
    [['no\u001bsuch.invalid'], 1, /there is no host named no\\u001bsuch\.invalid/],
  ];
  for (const [argv, code, words] of cases) {
    const result = await maille('trace', ...argv);
    assert.equal(result.code, code, argv.join(' '));
    assert.match(result.said, words);
    assert.deepEqual(result.printed, []);
  }
});
