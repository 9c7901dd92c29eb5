/** `maille trace` as somebody who may not send echoes: it goes on by UDP, and says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canMakeNamespaces, createNetwork } from '@maille/testkit/namespaces';

const skip = canMakeNamespaces ? false : 'needs root: network namespaces';
const program = fileURLToPath(new URL('../main.ts', import.meta.url));
const line = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, program];
const trace = 'trace 127.0.0.1 -n -f 1 2>&1';

test('without the right to ICMP it goes by UDP, and says what would bring it', { skip }, (t) => {
  const network = createNetwork();
  t.after(() => network.remove());
  const host = network.addNamespace('host');
  const run = (range: string) => {
    host.run('sysctl', '-q', '-w', `net.ipv4.ping_group_range=${range}`);
    return host
      .run('sh', '-c', `cd / && exec "$@" ${trace}`, 'sh', ...line)
      .trim()
      .split('\n');
  };
  const [why, remedy, title, , end] = run('1 0');
  assert.match(why as string, /^Routes are traced by UDP where ICMP is asked for: .*permission denied$/);
  assert.match(remedy as string, /ping_group_range/);
  assert.equal(title, 'The way to 127.0.0.1 by UDP, 1 flow, at most 30 hops');
  assert.equal(end, 'Reached 127.0.0.1 at distance 1.');
  assert.equal(run('0 2147483647')[0], 'The way to 127.0.0.1 by ICMP, 1 flow, at most 30 hops');
});
