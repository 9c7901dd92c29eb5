import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reply } from '@maille/wire/presence/datagram';
import { createMember } from './member.ts';
import { createMemberTable } from './member-table.ts';
import { defaultLimits } from './presence-options.ts';

const member = (name: string, source: string, heardMs = 0) => {
  const reply = { from: name, hostname: name, wallMs: 0, incarnation: 0, inventory: '' } as Reply;
  return createMember(reply, source, { monoMs: heardMs, wallMs: 0 }, undefined, { take: () => true });
};

test('one address brings so many peers and no more, unless one of its own is gone', () => {
  const table = createMemberTable({ ...defaultLimits, maxMembersPerSource: 3 });
  for (const name of ['a', 'b', 'c']) table.add(member(name, '10.0.0.1'));
  assert.equal(table.hasRoom('10.0.0.1'), false);
  assert.equal(table.hasRoom('10.0.0.2'), true);
  (table.get('b') as { state: string }).state = 'down';
  assert.equal(table.hasRoom('10.0.0.1'), true);
  table.add(member('d', '10.0.0.1'));
  assert.deepEqual(
    table.peers().map((peer) => peer.id),
    ['a', 'c', 'd'],
  );
});

test('a full list gives way where somebody is longest gone, and says so', () => {
  const table = createMemberTable({ ...defaultLimits, maxMembers: 3 });
  for (const [name, heardMs] of [
    ['a', 3],
    ['b', 1],
    ['c', 2],
  ] as const)
    table.add(member(name, name, heardMs));
  assert.equal(table.hasRoom('x'), false);
  for (const name of ['a', 'b']) (table.get(name) as { state: string }).state = 'left';
  const changes: unknown[] = [];
  table.flush();
  table.subscribe(({ put, remove }) => changes.push([put.map((peer) => peer.id), remove]));
  table.add(member('d', 'd'));
  table.flush();
  table.flush();
  assert.deepEqual(changes, [[['d'], ['b']]]);
});
