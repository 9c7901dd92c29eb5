import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@maille/base/problem';
import { createIdentity, createIdentityVerifier } from '@maille/host/identity';
import type { HelloResult, MachineFacts } from '@maille/wire/link/messages';
import { createAgentHandshake } from './agent-handshake.ts';
import { createServerHandshake } from './server-handshake.ts';

const facts: MachineFacts = {
  hostname: 'a',
  os: '',
  kernel: '',
  architecture: '',
  virtualization: '',
  cpus: 1,
  memoryBytes: 1,
  bootedAtMs: 0,
  addresses: [],
  gateways: [],
  resolvers: [],
  version: '0',
  findings: [],
};
const verifier = createIdentityVerifier();
const agentIdentity = createIdentity();
const serverIdentity = createIdentity();
const agentNonce = `${'a'.repeat(21)}A`;
const serverNonce = `${'s'.repeat(21)}A`;

function sides(
  more: { agentBinding?: string; serverBinding?: string; pin?: string | undefined; nonce?: string } = {},
) {
  const agent = createAgentHandshake({
    identity: agentIdentity,
    verifier,
    pinnedServerId: 'pin' in more ? more.pin : serverIdentity.id,
    channelBinding: more.agentBinding ?? 'binding',
    nonce: agentNonce,
  });
  const server = createServerHandshake({
    identity: serverIdentity,
    verifier,
    channelBinding: more.serverBinding ?? 'binding',
    nonce: more.nonce ?? serverNonce,
  });
  return { agent, server };
}
const refuses = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

test('both prove their keys to each other', () => {
  for (const pin of [serverIdentity.id, undefined]) {
    const { agent, server } = sides({ pin });
    const { serverId, params } = agent.prove(server.hello(agent.hello()), facts, 'token');
    assert.equal(serverId, serverIdentity.id);
    const hello = server.prove(params);
    assert.equal(hello.agentId, agentIdentity.id);
    assert.equal(hello.token, 'token');
  }
});

test('an agent trusts the pinned server only', () => {
  const { agent, server } = sides({ pin: createIdentity().id });
  assert.throws(() => agent.prove(server.hello(agent.hello()), facts, 'token'), refuses('forbidden'));
});

test('on two connections with a relay in between, neither proof holds', () => {
  const { agent, server } = sides({ agentBinding: 'agent-relay', serverBinding: 'relay-server' });
  const hello = server.hello(agent.hello());
  assert.throws(() => agent.prove(hello, facts), refuses('forbidden'));
  // Even an agent that did not look would prove nothing to the server behind the relay.
  const careless = sides({ agentBinding: 'agent-relay', serverBinding: 'agent-relay' });
  const { params } = careless.agent.prove(careless.server.hello(careless.agent.hello()), facts);
  assert.throws(() => server.prove(params), refuses('forbidden'));
});

test('a proof of an earlier connection is worth nothing, and a role is not the other', () => {
  const first = sides();
  const recordedHello = first.agent.hello();
  const recordedResult = first.server.hello(recordedHello);
  const { params } = first.agent.prove(recordedResult, facts);
  const second = sides({ nonce: `${'z'.repeat(21)}A` });
  second.server.hello(recordedHello);
  assert.throws(() => second.server.prove(params), refuses('forbidden'));
  const third = sides();
  third.server.hello(recordedHello);
  assert.throws(
    () => third.server.prove({ signature: recordedResult.signature, facts }),
    refuses('forbidden'),
  );
});

test('whoever changes anything of the hello is noticed', () => {
  const other = createIdentity();
  const changes: ((hello: HelloResult) => unknown)[] = [
    (hello) => ({ ...hello, serverId: other.id }),
    (hello) => ({ ...hello, publicKey: other.publicKey }),
    (hello) => ({ ...hello, serverId: other.id, publicKey: other.publicKey }),
    (hello) => ({ ...hello, nonce: 'q'.repeat(22) }),
    (hello) => ({ ...hello, signature: `${hello.signature.slice(0, 5)}AAA${hello.signature.slice(8)}` }),
    (hello) => ({ ...hello, version: 2 }),
    () => null,
    () => ({}),
  ];
  for (const change of changes) {
    const { agent, server } = sides({ pin: undefined });
    assert.throws(() => agent.prove(change(server.hello(agent.hello())), facts), Problem);
  }
});

test('the server takes one hello, then one proof', () => {
  const { agent, server } = sides();
  const hello = agent.hello();
  assert.throws(() => server.prove({ signature: 'A'.repeat(86), facts }), refuses('conflict'));
  const { params } = agent.prove(server.hello(hello), facts);
  assert.throws(() => server.hello(hello), refuses('conflict'));
  assert.throws(() => server.prove({ signature: 'A'.repeat(86), facts }), refuses('forbidden'));
  assert.throws(() => server.prove(params), refuses('conflict'));
  const liar = sides();
  assert.throws(() => liar.server.hello({ ...hello, agentId: createIdentity().id }), refuses('forbidden'));
  assert.throws(() => liar.server.hello({ ...hello, version: 9 }), refuses('unsupported'));
});
