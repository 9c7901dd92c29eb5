import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseProbeList } from './probe-list.ts';
import { ProbeMethod } from './probe-method.ts';
import { checker } from './schema.ts';

test('ways of probing as people write them', () => {
  const probesOf = (text: string) => parseProbeList(text).probes;
  assert.deepEqual(probesOf('icmp'), ['icmp']);
  assert.deepEqual(probesOf(' Ping, tcp:443;80\ttcp/25, 443, 0443 '), [
    'icmp',
    'tcp:443',
    'tcp:80',
    'tcp:25',
  ]);
  assert.deepEqual(probesOf(''), []);
});

test('text and impossible ports are named', () => {
  for (const wrong of [
    'http',
    '0',
    '65536',
    '70000',
    'tcp:',
    'tcp:0',
    'udp:53',
    '-1',
    '80-90',
    '1e3',
    '４４３',
  ])
    assert.deepEqual(parseProbeList(`443, ${wrong}, nonsense`), {
      probes: ['tcp:443'],
      wrong: [wrong, 'nonsense'],
      tooMany: false,
    });
  assert.deepEqual(parseProbeList('ssh ssh 99999 80-90').wrong, ['ssh', '99999', '80-90'], 'each once');
  const many = Array.from({ length: 17 }, (_, i) => i + 1).join(',');
  assert.equal(parseProbeList(many).tooMany, true);
  assert.equal(parseProbeList(many.replace(',17', '')).tooMany, false);
});

test('whatever is written, what comes out fits the schema', () => {
  const { fits } = checker(ProbeMethod);
  fc.assert(
    fc.property(fc.string(), fc.nat(99_999), (text, port) => {
      const { probes, wrong } = parseProbeList(`${text},${port}`);
      assert.ok(probes.every(fits));
      assert.ok(wrong.length <= 8 && wrong.every((piece) => piece.length <= 40));
    }),
  );
});
