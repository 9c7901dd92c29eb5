/** The small files that an agent keeps: to whom it belongs, and what it probes. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { createServerBook } from './server-file.ts';
import { createTargetsFile } from './targets-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'maille-agent-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const url = 'wss://192.0.2.1:4443/link';
const serverId = 'ab'.repeat(16);

test('what join wrote is read, a first contact is kept, and the file is for its owner only', () => {
  const file = join(folder, 'one', 'server.json');
  const book = createServerBook(file, undefined, silentLog);
  assert.equal(book.current(), undefined);
  book.learned({ url, serverId });
  assert.deepEqual(createServerBook(file, undefined, silentLog).current(), { url, serverId });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  writeFileSync(file, JSON.stringify({ url, serverId, token: 'join_x' }));
  assert.equal(book.current()?.token, 'join_x', 'a new join is seen at the next try');
  for (const nonsense of ['{', '[]', '{"url":"ws://plain"}', JSON.stringify({ url, serverId: 'x' })]) {
    writeFileSync(file, nonsense);
    assert.equal(book.current(), undefined, nonsense);
  }
});

test('the environment says where, and whom; a pin outlives a change of address', () => {
  const file = join(folder, 'two', 'server.json');
  const told = 'wss://127.0.0.1:4443/link';
  createServerBook(file, undefined, silentLog).learned({ url, serverId });
  const moved = createServerBook(file, { url: told }, silentLog);
  assert.deepEqual(moved.current(), { url: told, serverId, token: undefined });
  const pinned = createServerBook(file, { url: told, serverId: 'cd'.repeat(16) }, silentLog);
  assert.equal(pinned.current()?.serverId, 'cd'.repeat(16));
  pinned.learned({ url: told, serverId: 'cd'.repeat(16) });
  assert.equal(
    JSON.parse(readFileSync(file, 'utf8')).serverId,
    serverId,
    'what the environment says is not kept',
  );
});

test('the target list is written a moment after a flock of changes, and read at the next start', async () => {
  const clock = createFakeClock();
  const file = join(folder, 'targets.json');
  const keeper = createTargetsFile(file, clock, silentLog);
  assert.deepEqual(keeper.read(), []);
  const targets = [
    { id: 1, host: '192.0.2.1', probe: 'icmp', intervalMs: 1_000, timeoutMs: 500, tags: ['a'] },
  ];
  let asked = 0;
  const list = () => {
    asked++;
    return targets;
  };
  for (let i = 0; i < 50; i++) keeper.changed(list);
  await clock.advance(500);
  assert.equal(asked, 1);
  assert.deepEqual(createTargetsFile(file, clock, silentLog).read(), targets);
  keeper.changed(() => []);
  keeper.stop();
  assert.deepEqual(keeper.read(), []);
});

test('a target list from before targets said how they are probed is one of echoes', () => {
  const file = join(folder, 'old-targets.json');
  writeFileSync(
    file,
    '{"targets":[{"id":1,"host":"127.0.0.1","intervalMs":1000,"timeoutMs":3000,"tags":[]}]}',
  );
  const [target] = createTargetsFile(file, createFakeClock(), silentLog).read();
  assert.deepEqual([target?.host, target?.probe], ['127.0.0.1', 'icmp']);
});
