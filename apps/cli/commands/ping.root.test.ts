/** `maille ping` in namespaces of its own: what answers, what refuses, what is silent; with root and without. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { canMakeNamespaces, createNetwork } from '@maille/testkit/namespaces';

const skip = canMakeNamespaces ? false : 'needs root and network namespaces';
const main = join(import.meta.dirname, '..', 'main.ts');

async function answerOf(
  child: ChildProcess,
): Promise<{ code: number; lines: Record<string, never>[]; said: string }> {
  let text = '';
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const [code] = (await once(child, 'close')) as [number];
  const lines = text.trim().split('\n').filter(Boolean);
  return { code, lines: lines.map((line) => JSON.parse(line) as Record<string, never>), said };
}

test('each host gets its probes, its outcomes and its figures', { skip }, async (context) => {
  const network = createNetwork();
  context.after(() => network.remove());
  const host = network.addNamespace('ping');
  const ping = (...args: string[]) =>
    answerOf(
      host.spawn(process.execPath, [main, 'ping', '--json', '-i', '100ms', '-t', '300ms', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  const good = await ping('127.0.0.1', '127.0.0.2', '-c', '5');
  assert.equal(good.code, 0, good.said);
  const { figures } = good.lines.at(-1) as unknown as { figures: Record<string, number>[] };
  assert.deepEqual(
    figures.map((one) => [one.host, one.sent, one.replies, one.lossRatio]),
    [
      ['127.0.0.1', 5, 5, 0],
      ['127.0.0.2', 5, 5, 0],
    ],
  );
  assert.equal(good.lines.filter(({ outcome }) => outcome === 'reply').length, 10);

  const refused = await ping('127.0.0.1', '-c', '2', '-p', 'tcp:9');
  assert.equal(refused.code, 1);
  assert.equal(refused.lines.filter(({ outcome }) => outcome === 'refused').length, 2);

  const away = await ping('10.99.0.1', '-c', '2');
  assert.equal(away.code, 1);
  const told = away.lines.slice(0, -1).map(({ outcome }) => outcome);
  assert.ok(told.length === 2 && told.every((outcome) => outcome === 'local-error'), JSON.stringify(told));
  const last = away.lines.at(-1) as unknown as { figures: Record<string, number | null>[] };
  assert.deepEqual(
    [last.figures[0]?.sent, last.figures[0]?.lossRatio],
    [0, null],
    'what was not sent is not lost',
  );
});
