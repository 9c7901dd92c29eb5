import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { holdDataDir, prepareDataDir } from './hold-data-dir.ts';
import { formatListenAddress, parseListenAddress, requireFreePort } from './listen-address.ts';
import { listenToStopSignals } from './stop-signals.ts';

test('addresses to listen on, as people write them', () => {
  assert.deepEqual(parseListenAddress('127.0.0.1:80', '--http'), { host: '127.0.0.1', port: 80 });
  assert.deepEqual(parseListenAddress('[::]:4443', '--https'), { host: '::', port: 4443 });
  assert.deepEqual(parseListenAddress('4481', '--http'), { host: '127.0.0.1', port: 4481 });
  assert.deepEqual(parseListenAddress(':4444', '--https'), { host: '::', port: 4444 });
  assert.equal(formatListenAddress({ host: '::1', port: 1 }), '[::1]:1');
  for (const wrong of ['', 'foo', '::1:80', '1.2.3.4:0', '1.2.3.4:70000']) {
    assert.throws(() => parseListenAddress(wrong, '--http'), /takes HOST:PORT/);
  }
});

test('a taken port names who holds it and another one', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  await assert.rejects(
    requireFreePort({ host: '127.0.0.1', port }, '--http'),
    (error: Error & { remedy: string }) => {
      assert.match(
        error.message,
        new RegExp(`^port ${port} is taken: .*node.* \\(process ${process.pid}\\)`),
      );
      assert.match(error.remedy, new RegExp(`--http 127.0.0.1:${port + 1}$`));
      return true;
    },
  );
});

test('one data folder, one `up`, until the first has gone', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-hold-'));
  t.after(() => rmSync(folder, { recursive: true }));
  prepareDataDir(join(folder, 'a'));
  const first = await holdDataDir(join(folder, 'a'));
  await assert.rejects(holdDataDir(join(folder, 'a')), /runs already/);
  await first.stop();
  const second = await holdDataDir(join(folder, 'a'));
  await second.stop();
  assert.throws(() => prepareDataDir('/dev/null/data'), /cannot keep its data in .*: it is not a folder/);
});

test('one Ctrl-C that arrives twice asks; one that is pressed twice insists', async () => {
  const clock = createFakeClock();
  const listeners = new Map<string, (name: NodeJS.Signals) => void>();
  const signals = listenToStopSignals(clock, { on: (name, fn) => listeners.set(name, fn) });
  let insisted = false;
  void signals.insisted.then(() => {
    insisted = true;
  });
  const press = () => listeners.get('SIGINT')?.('SIGINT');
  press();
  await clock.advance(5);
  press(); // npm passes the same one on
  assert.equal(await signals.asked, 'SIGINT');
  await clock.advance(1_000);
  assert.equal(insisted, false);
  press();
  await clock.advance(0);
  assert.equal(insisted, true);
});
