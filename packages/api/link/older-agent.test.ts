/** Agents of other versions at today's server; the older one's facts are as they were recorded from one. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createServerHandshake } from '@maille/engine/link/server-handshake';
import { createIdentity, createIdentityVerifier } from '@maille/host/identity';
import { eventually } from '@maille/testkit/eventually';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { createLabAgent } from '@maille/testkit/lab-agent';
import { createLinkLab, labFacts, labTarget } from '@maille/testkit/link-lab';
import { Finding, LINK_VERSION, MachineFacts } from '@maille/wire/link/messages';
import { checker } from '@maille/wire/schema';
import { createOtherVersions } from './other-versions.ts';

const recordedFacts: unknown = JSON.parse(
  '{"hostname":"vm","os":"Debian GNU/Linux 12 (bookworm)","kernel":"6.12","architecture":"x64","virtualization":"none","cpus":2,"memoryBytes":25276502016,"bootedAtMs":1795262994000,"addresses":[],"gateways":[],"resolvers":["192.0.2.53"],"version":"0.1.0","findings":[{"id":"sensor-probing","severity":"fine","title":"Echo requests go out by raw sockets"}]}',
);

const stops: (() => unknown)[] = [];
after(async () => {
  for (const stop of stops.reverse()) await stop();
});

async function approved(facts: MachineFacts) {
  const lab = await createLinkLab();
  lab.setTargets([labTarget(1), labTarget(2, { probe: 'tcp:443' })]);
  const agent = createLabAgent({ server: { url: lab.url }, facts });
  stops.push(lab.stop, agent.stop);
  await eventually('pending', () => agent.link.state === 'pending');
  await lab.registry.approve(agent.identity.id, 'test');
  const ids = () => agent.targets.list().map(({ id }) => id);
  const finding = () =>
    lab.registry.get(agent.identity.id)?.facts.findings.find(({ id }) => id === 'agent-version');
  return { lab, agent, ids, finding };
}

test('an older agent is asked for echoes alone, and its machine says what that costs', async () => {
  const { lab, agent, ids, finding } = await approved(checker(MachineFacts).check(recordedFacts));
  await eventually('targets', () => ids().length > 0);
  assert.deepEqual(ids(), [1]);
  assert.match(finding()?.title ?? '', /not asked for TCP targets, routes, load experiments$/);
  assert.match(finding()?.remedy ?? '', /^Update the agent/);
  assert.ok(checker(Finding).fits(finding()));
  // A change leaves it alone as well.
  lab.setTargets([labTarget(1), labTarget(2, { probe: 'tcp:80' }), labTarget(3)]);
  await eventually('the change', () => ids().includes(3));
  assert.deepEqual(ids(), [1, 3]);
  await assert.rejects(lab.endpoint.ask(agent.identity.id, 'a.method.of.tomorrow', {}), {
    code: 'unsupported',
    remedy: /same version/,
  });
});

test('an agent of today, or of tomorrow, is asked for all', async () => {
  const abilities = [...(labFacts.abilities ?? []), 'captures'];
  const { ids, finding } = await approved({ ...labFacts, abilities });
  await eventually('targets', () => ids().length === 2);
  assert.equal(finding(), undefined);
});

test('an agent that speaks another version is turned away with the remedy, and the server says so', async () => {
  const clock = createFakeClock();
  const seen = createOtherVersions(clock);
  const identity = createIdentity();
  const server = createServerHandshake({
    identity,
    verifier: createIdentityVerifier(),
    channelBinding: '',
    nonce: 's'.repeat(22),
    onOtherVersion: (version) => seen.seen('192.0.2.7', version),
  });
  const hello = { agentId: identity.id, publicKey: identity.publicKey, nonce: 'a'.repeat(22) };
  assert.throws(() => server.hello({ ...hello, version: LINK_VERSION + 1 }), {
    code: 'unsupported',
    remedy: /^Update the server/,
  });
  const [finding, none] = seen.findings();
  assert.equal(none, undefined);
  assert.match(finding?.title ?? '', /version 2 .* turned away.* last 192\.0\.2\.7$/);
  assert.match(finding?.remedy ?? '', /^Update the server/);
  assert.ok(checker(Finding).fits(finding));
  await clock.advance(11 * 60_000);
  assert.deepEqual(seen.findings(), []);
});

test('however many knock, little is kept of them', () => {
  const seen = createOtherVersions(createFakeClock());
  for (let i = 0; i < 5_000; i++) seen.seen(`192.0.${i >> 8}.${i & 255}`, 2 + (i % 900));
  const findings = seen.findings();
  assert.ok(findings.length <= 4);
  for (const finding of findings) assert.ok(checker(Finding).fits(finding));
});
