import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '@maille/testkit/fake-clock';
import type { ProbeTarget } from '@maille/wire/link/messages';
import { createTargetAddresses } from './target-addresses.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const target = (id: number, host: string): ProbeTarget => ({
  id,
  host,
  probe: 'icmp',
  intervalMs: 1_000,
  timeoutMs: 500,
  tags: [],
});

function setUp() {
  const clock = createFakeClock();
  const names = new Map<string, string[]>();
  const probed = new Map<number, string>();
  let lookups = 0;
  let running = 0;
  let mostAtOnce = 0;
  const addresses = createTargetAddresses({
    clock,
    async lookup(name) {
      lookups++;
      mostAtOnce = Math.max(mostAtOnce, ++running);
      await settle();
      running--;
      const found = names.get(name);
      if (!found) throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
      return found;
    },
    apply(put, remove) {
      for (const id of remove) probed.delete(id);
      for (const { id, address } of put) probed.set(id, address);
    },
  });
  const settled = async () => {
    for (let i = 0; i < 60; i++) await settle();
  };
  return { clock, names, probed, addresses, settled, counts: () => ({ lookups, mostAtOnce }) };
}

test('addresses are probed at once, names once they are known, and a name that moves is followed', async () => {
  const { clock, names, probed, addresses, settled } = setUp();
  names.set('www.example.org', ['192.0.2.1']);
  addresses.change([target(1, '192.0.2.9'), target(2, 'www.example.org'), target(3, 'no.example.org')], []);
  assert.deepEqual([...probed], [[1, '192.0.2.9']]);
  await settled();
  assert.equal(probed.get(2), '192.0.2.1');
  assert.deepEqual(addresses.unresolved(), [{ targetId: 3, reason: 'there is no such name' }]);

  names.set('www.example.org', ['192.0.2.7', '192.0.2.1']);
  await clock.advance(60_000);
  await settled();
  assert.equal(probed.get(2), '192.0.2.1', 'a rotating answer does not move it');
  names.set('www.example.org', ['192.0.2.7']);
  names.set('no.example.org', ['2001:db8::1']);
  await clock.advance(60_000);
  await settled();
  assert.deepEqual([probed.get(2), probed.get(3)], ['192.0.2.7', '2001:db8::1']);
  assert.deepEqual(addresses.unresolved(), []);
});

test('a name that fails later is probed where it was, and is shown', async () => {
  const { clock, names, probed, addresses, settled } = setUp();
  names.set('www.example.org', ['192.0.2.1']);
  addresses.change([target(2, 'www.example.org')], []);
  await settled();
  names.clear();
  await clock.advance(60_000);
  await settled();
  assert.equal(probed.get(2), '192.0.2.1');
  assert.equal(addresses.unresolved().length, 1);
});

test('what is removed or becomes another host is probed no more, even if its name is found afterwards', async () => {
  const { names, probed, addresses, settled } = setUp();
  names.set('a.example.org', ['192.0.2.1']);
  addresses.change([target(1, 'a.example.org'), target(2, 'a.example.org')], []);
  addresses.change([], [1]);
  await settled();
  assert.deepEqual([...probed], [[2, '192.0.2.1']]);
  addresses.change([target(2, 'b.example.org')], []);
  assert.deepEqual([...probed], []);
  addresses.change([target(2, '192.0.2.5')], []);
  await settled();
  assert.deepEqual([...probed], [[2, '192.0.2.5']]);
  assert.deepEqual(addresses.unresolved(), []);
});

test('a thousand names are looked up four at a time, each once', async () => {
  const { names, probed, addresses, settled, counts } = setUp();
  const many = Array.from({ length: 200 }, (_, i) => target(i + 1, `h${i % 100}.example.org`));
  for (const { host } of many) names.set(host, ['192.0.2.1']);
  addresses.change(many, []);
  await settled();
  await settled();
  assert.equal(probed.size, 200);
  assert.deepEqual(counts(), { lookups: 100, mostAtOnce: 4 });
});
