import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@maille/base/problem';
import { createIdentity, createIdentityVerifier } from '@maille/host/identity';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labFacts } from '@maille/testkit/link-lab';
import fc from 'fast-check';
import { createAgentSession } from './agent-session.ts';
import { createServerHandshake } from './server-handshake.ts';

const verifier = createIdentityVerifier();
const serverIdentity = createIdentity();
const agentIdentity = createIdentity();

function open() {
  const clock = createFakeClock();
  const said: { id: number; method: string; params: unknown }[] = [];
  const failed: Problem[] = [];
  const events: string[] = [];
  const closes: number[] = [];
  let pings = 0;
  const server = createServerHandshake({
    identity: serverIdentity,
    verifier,
    channelBinding: 'binding',
    nonce: 's'.repeat(22),
  });
  const session = createAgentSession({
    clock,
    identity: agentIdentity,
    verifier,
    pinnedServerId: serverIdentity.id,
    token: undefined,
    facts: labFacts,
    transport: {
      channelBinding: 'binding',
      sendText: (text) => said.push(JSON.parse(text)),
      sendBinary() {},
      bufferedBytes: () => 0,
      ping: () => pings++,
      close: (code) => closes.push(code),
    },
    events: {
      proven: () => events.push('proven'),
      state: () => events.push('state'),
      targetsReplace: () => events.push('replace'),
      seeds: () => events.push('seeds'),
      targetsChange: () => events.push('change'),
      samplesAck: () => events.push('ack'),
      routesNow: () => events.push('routes now'),
      experimentStart: () => void events.push('experiment start'),
      experimentKeepalive: () => events.push('experiment keepalive'),
      experimentStop: () => events.push('experiment stop'),
      failed: (problem) => failed.push(problem),
    },
  });
  const settle = () => clock.advance(0);
  const answer = async (result: unknown) => {
    session.receiveText(JSON.stringify({ jsonrpc: '2.0', id: said.at(-1)?.id, result }));
    await settle();
    await settle();
  };
  return {
    ...{ clock, session, said, failed, events, closes, settle, answer },
    pings: () => pings,
    async prove() {
      await settle();
      await answer(server.hello(said[0]?.params));
      await answer({ state: 'approved', serverTimeMs: 0, seeds: [] });
    },
  };
}

test('nothing of the machine is said before the server has proved itself', async () => {
  const { said, settle, session, failed, closes } = open();
  await settle();
  assert.deepEqual(Object.keys(said[0]?.params as object).sort(), [
    'agentId',
    'nonce',
    'publicKey',
    'version',
  ]);
  session.receiveText('{"jsonrpc":"2.0","method":"state","params":{"state":"approved"}}');
  await settle();
  assert.match(failed[0]?.message ?? '', /before it has proved its key/);
  assert.deepEqual(closes, [4400]);
});

test('a server that is silent is left, one that answers pings is not', async () => {
  const { clock, session, prove, failed, closes, pings } = open();
  await prove();
  for (let i = 0; i < 10; i++) {
    await clock.advance(5_000);
    session.heard();
  }
  assert.equal(pings(), 10);
  assert.equal(failed.length, 0);
  await clock.advance(25_000);
  assert.deepEqual(closes, [4408]);
  assert.equal(session.rpc, undefined);
});

test('a server that does not answer the hello is given up', async () => {
  const { clock, failed, closes } = open();
  await clock.advance(10_000);
  assert.match(failed[0]?.message ?? '', /No answer to hello/);
  assert.equal(closes.length, 1);
});

test('whatever a proven server says, the session goes on or ends once, and never throws', async () => {
  const params = fc.oneof(
    fc.anything(),
    fc.record({ state: fc.constantFrom('pending', 'approved', 'nonsense') }),
    fc.record({ revision: fc.integer(), targets: fc.array(fc.anything()) }),
    fc.record({ epoch: fc.string(), ranges: fc.array(fc.tuple(fc.integer(), fc.integer())) }),
  );
  const message = fc.oneof(
    fc.string(),
    fc
      .record({
        jsonrpc: fc.constant('2.0'),
        method: fc.constantFrom('state', 'targets.replace', 'targets.change', 'samples.ack', 'new-in-2030'),
        params,
      })
      .map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 8 }), async (texts) => {
      const { prove, session, settle, failed, closes, events } = open();
      await prove();
      assert.deepEqual(events, ['proven']);
      for (const text of texts) session.receiveText(text);
      await settle();
      assert.ok(failed.length <= 1);
      assert.equal(closes.length, failed.length);
      session.end();
    }),
    { numRuns: 60 },
  );
});
