import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@maille/base/problem';
import { labFacts } from '@maille/testkit/link-lab';
import { checkMeshAddress, chooseMeshAddresses, requireOwnMeshAddress } from './mesh-address.ts';

let serial = 0;
const machine = (addresses: string[], remoteAddress?: string, meshAddress?: string) => {
  const agentNumber = ++serial;
  return {
    id: String(agentNumber),
    agentNumber,
    facts: { ...labFacts, addresses },
    ...(remoteAddress !== undefined && { remoteAddress }),
    ...(meshAddress !== undefined && { meshAddress }),
  };
};
type Placed = ReturnType<typeof machine>;
const chosen = (machines: Placed[], ownPrefixes: string[] = []) => {
  const places = chooseMeshAddresses(machines, ownPrefixes);
  return machines.map(({ id }) => places.get(id)?.address);
};

test('the address by which a machine reaches its server, where it is its own', () => {
  const a = machine(['127.0.0.1', '192.168.1.5', '10.0.0.5', 'fe80::1%eth0'], '10.0.0.5');
  assert.deepEqual(chosen([a]), ['10.0.0.5']);
  assert.deepEqual(chosen([machine(['10.0.0.6'], '::ffff:10.0.0.6')]), ['10.0.0.6']);
});

test('behind a NAT: a network that another machine has too, then the NAT’s own address', () => {
  const a = machine(['172.20.0.9', '192.168.7.2'], '198.51.100.1');
  const b = machine(['192.168.7.3'], '192.168.7.3');
  assert.deepEqual(chosen([a, b]), ['192.168.7.2', '192.168.7.3']);
  assert.deepEqual(chosen([machine(['172.20.0.9'], '198.51.100.1')]), ['198.51.100.1']);
});

test('beside its server: not loopback, but the network of the others', () => {
  const home = machine(['127.0.0.1', '10.8.0.1', '192.168.7.1'], '127.0.0.1');
  assert.deepEqual(chosen([home, machine(['192.168.7.9'], '192.168.7.9')]), ['192.168.7.1', '192.168.7.9']);
});

test('an address that several have names none of them; one address is one machine’s', () => {
  const bridge = '172.17.0.1';
  assert.deepEqual(chosen([machine([bridge]), machine([bridge])]), [undefined, undefined]);
  const nat = '198.51.100.1';
  assert.deepEqual(chosen([machine([], nat), machine([], nat)]), [nat, undefined]);
  assert.deepEqual(chosen([machine(['127.0.0.1', '::1', '169.254.3.3', 'fe80::2%eth0'])]), [undefined]);
});

test('a public address that a machine only claims is believed where it is the operator’s own', () => {
  assert.deepEqual(chosen([machine(['8.8.8.8', '2001:4860:4860::8888'])]), [undefined]);
  assert.deepEqual(chosen([machine(['8.8.8.8'], '127.0.0.1'), machine(['8.8.8.9'])]), [undefined, undefined]);
  assert.deepEqual(chosen([machine(['8.8.8.8', '10.0.0.5'])]), ['10.0.0.5']);
  assert.deepEqual(chosen([machine(['8.8.8.8'])], ['8.8.8.0/24']), ['8.8.8.8']);
  assert.deepEqual(chosen([machine(['8.8.8.8'], '8.8.8.8')]), ['8.8.8.8']);
});

test('a person’s word counts first', () => {
  const own = machine(['10.0.0.5'], '10.0.0.5', '10.200.0.5');
  const places = chooseMeshAddresses([own], []);
  assert.deepEqual(places.get(own.id), { address: '10.200.0.5', chosen: 'set' });
  assert.equal(checkMeshAddress(' 2001:DB8::0:1 '), '2001:db8::1');
  assert.equal(checkMeshAddress(''), '');
  for (const text of ['127.0.0.1', 'fe80::1%eth0', '::', '224.0.0.1', 'web-1', '0.0.0.0'])
    assert.throws(
      () => checkMeshAddress(text),
      (problem: Problem) => problem.field === '/meshAddress' && problem.remedy !== undefined,
    );
});

test('by hand too it is own, or where the machine was heard from', () => {
  requireOwnMeshAddress('', undefined, []);
  requireOwnMeshAddress('10.0.0.5', undefined, []);
  requireOwnMeshAddress('8.8.8.8', undefined, ['8.8.8.8']);
  requireOwnMeshAddress('8.8.8.8', '::ffff:8.8.8.8', []);
  for (const text of ['8.8.8.8', '::ffff:8.8.8.8', '64:ff9b::808:808'])
    assert.throws(
      () => requireOwnMeshAddress(text, '10.0.0.5', []),
      (problem: Problem) => problem.code === 'forbidden' && problem.field === '/meshAddress',
    );
});
