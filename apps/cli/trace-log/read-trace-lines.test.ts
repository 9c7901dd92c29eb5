import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseTraceLine, readTraceLines } from './read-trace-lines.ts';

const line = (time: number, msg: string, more: object = {}) =>
  JSON.stringify({
    level: 30,
    time,
    pid: 1,
    hostname: 'h',
    trace: 'abcdef012345',
    targetId: 7,
    msg,
    ...more,
  });

test('lines come in the order of time over files, rotations and the journal; of one millisecond the sensor’s first', async (context) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'maille-trace-log-'));
  context.after(() => rmSync(dataDir, { recursive: true, force: true }));
  mkdirSync(join(dataDir, 'logs'));
  const write = (name: string, ...lines: string[]) =>
    writeFileSync(join(dataDir, 'logs', name), `${lines.join('\n')}\n`);
  write('server.log', line(30, 'stored'), 'not JSON "trace":"', line(31, 'other', { targetId: 8 }));
  write('server.log.1', line(10, 'told'));
  write('sensor.log', line(30, 'has a sample', { rttNs: 5 }), '{"level":30,"time":1,"msg":"no trace"}');
  const journalctl = join(dataDir, 'journalctl');
  writeFileSync(
    journalctl,
    `#!/bin/sh\ncase "$*" in *maille-agent.service*) echo '${line(20, 'asks its sensor')}';; esac\n`,
  );
  chmodSync(journalctl, 0o755);
  const lines = await readTraceLines({ dataDir, wants: ({ targetId }) => targetId === 7, journalctl });
  assert.deepEqual(
    lines.map(({ timeMs, program, message }) => `${timeMs} ${program} ${message}`),
    ['10 server told', '20 agent asks its sensor', '30 sensor has a sample', '30 server stored'],
  );
  assert.deepEqual(lines[2]?.fields, { rttNs: 5 });
  assert.deepEqual(
    await readTraceLines({ dataDir: join(dataDir, 'nowhere'), wants: () => true, journalctl: '/nowhere' }),
    [],
  );
});

test('what is no line of a trace is passed over', () => {
  for (const text of [
    '',
    '{',
    '"trace":"',
    '{"trace":"x","time":"now","targetId":1}',
    '{"trace":"x","time":1}',
  ])
    assert.equal(parseTraceLine('agent', text), undefined);
});
