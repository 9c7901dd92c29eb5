/**
 * A server of before targets said how they are probed: what it sent is as it was recorded from one. The
 * opening is played by today's, since its signatures are of the moment and its version is the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@maille/base/problem';
import { createIdentity, createIdentityVerifier } from '@maille/host/identity';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labFacts } from '@maille/testkit/link-lab';
import { LINK_VERSION, type ProbeTarget } from '@maille/wire/link/messages';
import { createAgentSession } from './agent-session.ts';
import { createServerHandshake } from './server-handshake.ts';
import { createTargetList } from './target-list.ts';

const recorded = {
  prove: '{"state":"approved","serverTimeMs":1795288075737,"seeds":[]}',
  replace:
    '{"jsonrpc":"2.0","method":"targets.replace","params":{"revision":1,"targets":[{"id":1,"host":"127.0.0.1","intervalMs":1000,"timeoutMs":3000,"tags":[]}]}}',
  change:
    '{"jsonrpc":"2.0","method":"targets.change","params":{"baseRevision":1,"revision":2,"put":[{"id":2,"host":"192.0.2.53","intervalMs":1000,"timeoutMs":3000,"tags":[]}],"remove":[]}}',
  ack: '{"jsonrpc":"2.0","method":"samples.ack","params":{"epoch":"bb7eccb3f119f056","ranges":[[1,1]]}}',
};

async function meet(change: { hello?: (result: object) => object; prove?: (result: object) => object } = {}) {
  const clock = createFakeClock();
  const identity = createIdentity();
  const verifier = createIdentityVerifier();
  const server = createServerHandshake({
    identity,
    verifier,
    channelBinding: 'binding',
    nonce: 's'.repeat(22),
  });
  const said: { id: number; params: unknown }[] = [];
  const failed: Problem[] = [];
  const acks: unknown[] = [];
  const list = createTargetList({ revision: -1, targets: [] });
  const put: ProbeTarget[] = [];
  const ignore = () => {};
  const session = createAgentSession({
    clock,
    identity: createIdentity(),
    verifier,
    pinnedServerId: identity.id,
    token: undefined,
    facts: labFacts,
    transport: {
      channelBinding: 'binding',
      sendText: (text) => said.push(JSON.parse(text)),
      sendBinary: ignore,
      bufferedBytes: () => 0,
      ping: ignore,
      close: ignore,
    },
    events: {
      proven: ignore,
      state: ignore,
      seeds: ignore,
      targetsReplace: (params) => put.push(...(list.replace(params)?.put ?? [])),
      targetsChange: (params) => put.push(...(list.change(params)?.put ?? [])),
      samplesAck: (params) => acks.push(params),
      routesNow: ignore,
      experimentStart: ignore,
      experimentKeepalive: ignore,
      experimentStop: ignore,
      failed: (problem) => failed.push(problem),
    },
  });
  const answer = async (result: unknown) => {
    session.receiveText(JSON.stringify({ jsonrpc: '2.0', id: said.at(-1)?.id, result }));
    await clock.advance(0);
    await clock.advance(0);
  };
  await clock.advance(0);
  await answer((change.hello ?? ((same) => same))(server.hello(said[0]?.params)));
  if (failed.length === 0) await answer((change.prove ?? ((same) => same))(JSON.parse(recorded.prove)));
  const hear = async (text: string) => {
    session.receiveText(text);
    await clock.advance(0);
  };
  return { session, failed, acks, put, list, hear };
}

test('targets that do not say how they are probed are echoes', async () => {
  const { hear, list, put, failed, acks } = await meet();
  for (const text of [recorded.replace, recorded.change, recorded.ack]) await hear(text);
  assert.deepEqual(failed, []);
  assert.equal(list.revision, 2);
  assert.deepEqual(
    put.map(({ id, host, probe }) => [id, host, probe]),
    [
      [1, '127.0.0.1', 'icmp'],
      [2, '192.0.2.53', 'icmp'],
    ],
  );
  assert.equal(acks.length, 1);
});

test('what a newer server says on top is passed over', async () => {
  const more = { sealed: true, tomorrow: { of: ['it'] } };
  const { hear, list, failed } = await meet({
    hello: (result) => ({ ...result, ...more }),
    prove: (result) => ({ ...result, ...more }),
  });
  for (const text of [recorded.replace, recorded.change]) {
    const { params, ...message } = JSON.parse(text);
    for (const target of [...(params.targets ?? []), ...(params.put ?? [])]) Object.assign(target, more);
    await hear(JSON.stringify({ ...message, params: { ...params, ...more } }));
  }
  await hear('{"jsonrpc":"2.0","method":"captures.begin","params":{"id":1}}');
  assert.deepEqual(failed, []);
  assert.equal(list.list().length, 2);
});

test('another version of the link is refused, and the remedy names the one that is behind', async () => {
  for (const [version, behind] of [
    [LINK_VERSION + 1, 'agent'],
    [LINK_VERSION - 1, 'server'],
  ] as const) {
    const { failed, session } = await meet({ hello: (result) => ({ ...result, version }) });
    assert.equal(failed[0]?.code, 'unsupported');
    assert.match(failed[0]?.remedy ?? '', new RegExp(`^Update the ${behind}: .*maille install ${behind}`));
    assert.equal(session.rpc, undefined);
  }
});
