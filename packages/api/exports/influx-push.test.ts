/** Pushing to InfluxDB: exactly once while it works, nothing lost while it is away, bounded when it stays away. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { silentLog } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { fetchDebianProgram } from '@maille/testkit/debian-program';
import { eventually } from '@maille/testkit/eventually';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labBatch, labTarget } from '@maille/testkit/link-lab';
import { createInfluxPush, requireInfluxUrl } from './influx-push.ts';

const START = Date.UTC(2026, 0, 1);

function pushTo(
  context: TestContext,
  url: string | (() => string),
  more: { maxQueued?: number; authorization?: string } = {},
) {
  const clock = createFakeClock(START);
  const bus = createLocalBus(silentLog);
  const push = createInfluxPush({
    bus,
    clock,
    log: silentLog,
    url: typeof url === 'string' ? () => url : url,
    authorization: more.authorization,
    ...(more.maxQueued !== undefined && { maxQueued: more.maxQueued }),
    targetOf: (id) => (id === 9 ? undefined : labTarget(id)),
    agentName: (number) => `agent, "${number}"=\\`,
  });
  context.after(() => push.stop());
  let sent = 0;
  const sample = (count: number) => {
    const ids = Array.from({ length: count }, (_, i) => (i % 8) + 1);
    bus.publish('samples', { agentNumber: 3, backlog: false, batch: labBatch(ids, START + 1_000 * sent++) });
  };
  return { clock, push, sample };
}

async function serve(context: TestContext, answer: (lines: string[], request: IncomingMessage) => number) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const lines = gunzipSync(Buffer.concat(chunks)).toString().trimEnd().split('\n');
    response.statusCode = answer(lines, request);
    response.end(response.statusCode === 204 ? '' : 'no\r\nreally');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/write?db=maille`;
}

test('what does not get through waits and comes in order; what is refused for good is counted', async (context) => {
  const taken: string[] = [];
  let status = 503;
  const url = await serve(context, (lines, request) => {
    if (status === 204) taken.push(...lines);
    assert.equal(request.headers.authorization, 'Token secret');
    return status;
  });
  const { clock, push, sample } = pushTo(context, url, { authorization: 'Token secret' });
  for (let i = 0; i < 4; i++) sample(10);
  await clock.advance(1_000);
  await eventually('refused for now', () => push.state().problem !== undefined);
  assert.equal(push.state().problem, 'the database answered 503: no really');
  assert.match(push.findings()[0]?.title ?? '', /^Samples are not pushed to 127\.0\.0\.1:\d+: /);
  assert.equal(push.state().queued, 40);
  status = 204;
  await clock.advance(2_000);
  await eventually('written', () => push.state().written === 40);
  assert.deepEqual([push.state().queued, push.findings()], [0, []]);
  assert.equal(taken.length, 40);
  assert.match(
    taken[0] as string,
    /^maille_probe,agent=agent\\,\\ "3"\\=,agent_number=3,host=127\.0\.0\.1,outcome=reply,prefix=127\.0\.0\.0\/24,probe=icmp code=\d+i,rtt_ns=\d+i \d{19}$/,
  );
  const times = taken.map((line) => line.split(' ').at(-1) as string);
  assert.deepEqual(times, [...times].sort());
  status = 400;
  sample(5);
  await clock.advance(1_000);
  await eventually('refused', () => push.state().refused === 5);
  assert.equal(push.state().problem, undefined);
});

test('while nobody answers the oldest go, and are counted; the token goes to no other machine in the clear', async (context) => {
  const { clock, push, sample } = pushTo(context, 'http://127.0.0.1:1/write', { maxQueued: 100 });
  for (let i = 0; i < 30; i++) sample(10);
  assert.deepEqual([push.state().queued, push.state().dropped], [100, 200]);
  await clock.advance(1_000);
  await eventually('said', () => push.state().problem !== undefined);
  assert.deepEqual([push.state().queued, push.state().written], [100, 0]);

  const other = pushTo(context, 'http://192.0.2.1/write', { authorization: 'Token secret' });
  other.sample(1);
  await other.clock.advance(1_000);
  await eventually('refused', () => other.push.state().problem !== undefined);
  assert.match(other.push.state().problem as string, /not sent over plain HTTP/);
});

test('of an answer without end only its first words are read; switched off, it is nobody’s trouble', async (context) => {
  const server = createServer((request, response) => {
    request.resume();
    response.statusCode = 500;
    const more = () => {
      while (response.write('no '.repeat(1_000)));
    };
    response.on('drain', more);
    more();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  let url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/write`;
  const { clock, push, sample } = pushTo(context, () => url);
  sample(1);
  await clock.advance(1_000);
  await eventually('said', () => push.state().problem !== undefined);
  assert.match(push.state().problem as string, /^the database answered 500: no no /);
  assert.equal(push.findings().length, 1);
  url = '';
  assert.deepEqual(push.findings(), []);
});

test('a URL is one of http or https, and holds no password', () => {
  for (const url of ['', 'http://h:8086/write?db=x', 'https://h/api/v2/write?org=a&bucket=b'])
    requireInfluxUrl(url);
  for (const url of ['h:8086', 'ftp://h/', 'http://u:p@h/', 'http://h/write?db=x&p=y', 'not a url'])
    assert.throws(
      () => requireInfluxUrl(url),
      (error) => error instanceof Problem && error.field === '/influxUrl',
    );
});

const influxd = fetchDebianProgram('influxdb', 'usr/bin/influxd');
test('the real InfluxDB keeps what was pushed', {
  skip: 'reason' in influxd && influxd.reason,
}, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-influx-'));
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  writeFileSync(
    join(folder, 'influx.conf'),
    `reporting-disabled = true\nbind-address = "127.0.0.1:0"\n[meta]\ndir = "${folder}/meta"\n[data]\ndir = "${folder}/data"\nwal-dir = "${folder}/wal"\n[http]\nbind-address = "127.0.0.1:${port}"\n[ifql]\nenabled = false\n`,
  );
  const { program } = influxd as { program: string };
  const daemon = spawn(program, ['-config', join(folder, 'influx.conf')], { stdio: 'ignore' });
  const gone = once(daemon, 'exit');
  context.after(async () => {
    daemon.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = async (query: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/query?db=maille`, {
      method: 'POST',
      body: new URLSearchParams({ q: query }),
    });
    return (await answer.json()) as { results: { series?: { values: unknown[][] }[] }[] };
  };
  let up = false;
  const look = () => {
    void ask('CREATE DATABASE maille').then(
      () => {
        up = true;
      },
      () => {},
    );
    return up;
  };
  await eventually('influxd answers', look, 30_000);
  const { clock, push, sample } = pushTo(context, `http://127.0.0.1:${port}/write?db=maille`);
  for (let i = 0; i < 3; i++) sample(8);
  await clock.advance(1_000);
  await eventually('written', () => push.state().written === 24);
  const { results } = await ask(
    `SELECT count(code), max(rtt_ns) FROM maille_probe WHERE "agent" = 'agent, "3"='`,
  );
  assert.equal(results[0]?.series?.[0]?.values[0]?.[1], 24);
});
