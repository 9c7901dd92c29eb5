/** `maille targets change`: how the route is traced, against a server that answers what it is told to. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labTarget } from '@maille/testkit/link-lab';
import type { TargetChange } from '@maille/wire/rest/targets';
import { runCommandLine } from '../run-command-line.ts';
import { createPaint } from '../terminal/paint.ts';

const traced = { method: 'tcp', port: 443, everyMs: 60_000, flows: 2 } as const;

async function setUp(t: TestContext) {
  const changes: TargetChange[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === 'PATCH') changes.push(JSON.parse(Buffer.concat(chunks).toString()).change);
    response.writeHead(200, { 'content-type': 'application/json' });
    const targets = [labTarget(1), labTarget(2, { traceroute: traced })];
    response.end(JSON.stringify(request.method === 'PATCH' ? { changed: 1 } : { revision: 1, targets }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const maille = async (...argv: string[]) => {
    const lines: string[] = [];
    const code = await runCommandLine(
      {
        environment: { MAILLE_URL: `http://127.0.0.1:${port}`, MAILLE_TOKEN: 'secret' },
        projectRoot: join(import.meta.dirname, '..', '..', '..'),
        clock: createFakeClock(),
        input: Readable.from([]),
        inputIsTerminal: false,
        print: (line) => lines.push(line),
        say: (line) => lines.push(line),
        width: 140,
        paint: createPaint(false),
        output: new PassThrough(),
      },
      ['targets', ...argv],
    );
    return { code, text: lines.join('\n') };
  };
  return { changes, maille };
}

test('a route of its own: by what, how often, by how many flows; or as its prefix', async (t) => {
  const { changes, maille } = await setUp(t);
  const change = (...words: string[]) => maille('change', '127.0.0.1', ...words);
  assert.equal((await change('--traceroute', 'icmp')).code, 0);
  await change('--traceroute', 'tcp:443', '--traceroute-every', '1m', '--traceroute-flows', '2');
  await change('--traceroute', 'off', '--label', 'x');
  assert.deepEqual(changes, [
    { traceroute: { method: 'icmp', everyMs: 300_000, flows: 4 } },
    { traceroute: traced },
    { label: 'x', traceroute: null },
  ]);
  assert.match((await maille('list')).text, /ROUTE BY(.|\n)*127\.0\.0\.2 .* tcp:443, 1 min/);
});

test('what cannot be is told by its option, before anything is asked', async (t) => {
  const { changes, maille } = await setUp(t);
  for (const [words, about] of [
    ['--traceroute sctp', /--traceroute takes icmp, udp, tcp:/],
    ['--traceroute tcp', /--traceroute takes/],
    ['--traceroute tcp:0', /--traceroute takes/],
    ['--traceroute tcp:65536', /--traceroute takes/],
    ['--traceroute udp --traceroute-every 5s', /--traceroute-every is from 10s to 24h/],
    ['--traceroute udp --traceroute-every often', /--traceroute-every takes a duration/],
    ['--traceroute udp --traceroute-flows 9', /--traceroute-flows is from 1 to 8/],
    ['--traceroute-every 5m', /--traceroute-every goes with --traceroute/],
    ['--traceroute off --traceroute-flows 2', /--traceroute-flows goes with --traceroute/],
  ] as const) {
    const { code, text } = await maille('change', '1', ...words.split(' '));
    assert.equal(code, 2, words);
    assert.match(text, about);
  }
  assert.deepEqual(changes, []);
});
