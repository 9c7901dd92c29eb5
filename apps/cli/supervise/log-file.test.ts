import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPaint } from '../terminal/paint.ts';
import { openLogFile } from './log-file.ts';
import { formatLogLine, troubleOf } from './log-line.ts';
import { createLineSplitter } from './split-lines.ts';

test('a log is bounded: the newest lines stay, the oldest file goes', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'logs', 'server.log');
  const log = openLogFile({ file, maxBytes: 1_000, keep: 2 });
  for (let i = 0; i < 1_000; i++) log.write(`line ${i}`);
  log.stop();
  const names = readdirSync(join(folder, 'logs')).sort();
  assert.deepEqual(names, ['server.log', 'server.log.1', 'server.log.2']);
  for (const name of names) assert.ok(statSync(join(folder, 'logs', name)).size <= 1_000);
  assert.match(readFileSync(file, 'utf8'), /line 999\n$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const again = openLogFile({ file, maxBytes: 1_000, keep: 2 });
  again.write('after a restart');
  again.stop();
  assert.match(readFileSync(file, 'utf8'), /line 999\nafter a restart\n$/);
});

test('lines come whole, however they were cut, and one without end is bounded', () => {
  const lines: string[] = [];
  const split = createLineSplitter((line) => lines.push(line), 10);
  for (const chunk of ['on', 'e\ntwo\nthr', 'ee\n', 'x'.repeat(25), 'y'.repeat(25), '\nlast\n'])
    split(Buffer.from(chunk));
  assert.deepEqual(lines, ['one', 'two', 'three', 'x'.repeat(10), 'last']);
  const bytes = Buffer.from('é\n');
  split(bytes.subarray(0, 1));
  split(bytes.subarray(1));
  assert.equal(lines.at(-1), 'é');
});

test('a log line is read for people, hostile text included', () => {
  const line = JSON.stringify({ level: 50, time: 0, msg: 'no\u001b[2J', host: 'a', err: { message: 'why' } });
  assert.equal(
    formatLogLine('server', line, createPaint(false)),
    'server 00:00:00 error no\\u001b[2J host=a err={"message":"why"}',
  );
  assert.equal(troubleOf(line), 'no\\u001b[2J: why');
  assert.equal(troubleOf(JSON.stringify({ level: 30, msg: 'fine' })), undefined);
  assert.equal(troubleOf('Error: plain'), 'Error: plain');
  assert.equal(troubleOf('    at frame (file.ts:1:1)'), undefined);
});
