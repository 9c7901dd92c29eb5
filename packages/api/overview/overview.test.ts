import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { createFakeClock } from '@maille/testkit/fake-clock';
import type { Finding } from '@maille/wire/link/messages';
import {
  createSampleBatch,
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REFUSED,
  OUTCOME_REPLY,
  OUTCOME_TIMEOUT,
} from '@maille/wire/link/samples';
import type { Incident, IncidentEvidence } from '@maille/wire/rest/incidents';
import type { Machine, SeenPeer } from '@maille/wire/rest/machines';
import { Overview } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import { checker } from '@maille/wire/schema';
import type { RecentIncident } from '../incidents/incident-registry.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import { seriesFinding } from '../targets/target-guard.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { createReadOverview } from './read-overview.ts';
import { createTargetPulse } from './target-pulse.ts';

const target = (id: number, teamId: number | null = null): Target => ({
  id,
  host: `10.0.0.${id}`,
  probe: 'icmp',
  prefix: '10.0.0.0/24',
  label: '',
  tags: [],
  teamId,
  agents: { by: 'all' },
  intervalMs: 1_000,
  timeoutMs: 500,
  traceroute: null,
  createdAtMs: 0,
  createdBy: 'test',
});

function setUp() {
  const clock = createFakeClock();
  const bus = createLocalBus(silentLog);
  const targets = new Map(
    [target(1), target(2), { ...target(3, 7), probe: 'tcp:443' }].map((one) => [one.id, one]),
  );
  const pulse = createTargetPulse({ bus, clock, targetOf: (id) => targets.get(id) });
  const sample = (
    targetId: number,
    outcome: number,
    rttUs = 0,
    agentNumber = 1,
    { backlog = false, code = 0 } = {},
  ) => {
    const batch = createSampleBatch(1, clock.wallMs());
    batch.count = 1;
    batch.targetIds[0] = targetId;
    batch.outcomes[0] = outcome;
    batch.codes[0] = code;
    batch.rtts10ns[0] = rttUs * 100;
    bus.publish('samples', { agentNumber, backlog, batch });
  };
  return { clock, bus, targets, pulse, sample };
}

test('three probes without an answer make a target silent, since the first; one answer ends it', async () => {
  const { clock, pulse, sample } = setUp();
  assert.deepEqual(pulse.state(target(1)), { state: 'no-data' });
  sample(1, OUTCOME_REPLY, 100);
  await clock.advance(1_000);
  const sinceMs = clock.wallMs();
  for (let i = 0; i < 3; i++) {
    assert.equal(pulse.state(target(1)).state, 'answering', `${i} lost`);
    sample(1, OUTCOME_TIMEOUT);
    await clock.advance(1_000);
  }
  assert.deepEqual(pulse.state(target(1)), { state: 'silent', sinceMs });
  sample(1, OUTCOME_LOCAL_ERROR);
  sample(1, OUTCOME_LATE, 900);
  assert.equal(pulse.state(target(1)).state, 'silent', 'neither says that it answers');
  sample(1, OUTCOME_REPLY, 100);
  assert.equal(pulse.state(target(1)).state, 'answering');
  await clock.advance(13_000);
  assert.equal(pulse.state(target(1)).state, 'no-data', 'nobody probes it any more');
});

test('a target that one of two agents reaches is not silent; what waited on disk is no news', async () => {
  const { clock, pulse, sample } = setUp();
  for (let i = 0; i < 4; i++) {
    sample(1, OUTCOME_TIMEOUT, 0, 1);
    sample(1, OUTCOME_REPLY, 50, 2);
    sample(2, OUTCOME_TIMEOUT, 0, 1, { backlog: true });
    await clock.advance(1_000);
  }
  assert.equal(pulse.state(target(1)).state, 'answering');
  assert.equal(pulse.state(target(2)).state, 'no-data');
});

test('what cannot be sent is neither an answer nor a loss; one that fails now and then is no state', async () => {
  const { clock, pulse, sample } = setUp();
  const unsendable = (id: number, agentNumber = 1) =>
    sample(id, OUTCOME_LOCAL_ERROR, 0, agentNumber, { code: 101 });
  const sinceMs = clock.wallMs();
  unsendable(1);
  assert.deepEqual(
    pulse.state(target(1)),
    { state: 'not-sent', sinceMs, errno: 101 },
    'nothing else is known of it',
  );
  assert.deepEqual(
    pulse.pulse(() => true),
    { samplesPerSecond: 0, lossRatio: null, medianRttNs: null },
  );
  for (let i = 0; i < 3; i++) {
    sample(2, OUTCOME_REPLY, 10);
    unsendable(2);
    assert.equal(pulse.state(target(2)).state, 'answering');
    await clock.advance(1_000);
  }
  const lastMs = clock.wallMs();
  unsendable(2);
  await clock.advance(1_000);
  unsendable(2);
  assert.equal(pulse.state(target(2)).state, 'not-sent');
  assert.ok((pulse.state(target(2)).sinceMs as number) <= lastMs);
  sample(2, OUTCOME_REPLY, 10, 2);
  assert.equal(pulse.state(target(2)).state, 'answering', 'another agent reaches it');
  assert.deepEqual(
    pulse.unsent(target(2)).map(({ agentNumber, errno }) => [agentNumber, errno]),
    [[1, 101]],
    'that the first cannot is told all the same',
  );
  sample(2, OUTCOME_REPLY, 10, 1);
  assert.deepEqual(pulse.unsent(target(2)), []);
  await clock.advance(60_000);
  assert.equal(pulse.state(target(1)).state, 'no-data', 'nobody tries any more');
});

test('a port that says no refuses; it is not silent', async () => {
  const { clock, pulse, sample } = setUp();
  for (let i = 0; i < 3; i++) {
    sample(3, OUTCOME_REFUSED, 40);
    await clock.advance(1_000);
  }
  assert.equal(pulse.state(target(3)).state, 'refusing');
  sample(3, OUTCOME_TIMEOUT);
  assert.equal(pulse.state(target(3)).state, 'silent', 'the newest says what it is');
});

test('the pulse is over one minute and over the teams that are seen', async () => {
  const { clock, pulse, sample } = setUp();
  const all = () => pulse.pulse(() => true);
  assert.deepEqual(all(), { samplesPerSecond: 0, lossRatio: null, medianRttNs: null });
  for (let i = 0; i < 30; i++) {
    sample(1, OUTCOME_REPLY, 1_000);
    sample(2, i % 3 === 0 ? OUTCOME_TIMEOUT : OUTCOME_REPLY, 3_000);
    sample(3, OUTCOME_REPLY, 90_000);
    await clock.advance(1_000);
  }
  const seen = pulse.pulse((teamId) => teamId === null);
  assert.equal(seen.samplesPerSecond, 1);
  assert.ok(Math.abs((seen.lossRatio as number) - 10 / 60) < 1e-9);
  assert.ok(Math.abs((seen.medianRttNs as number) / 1e6 - 1) < 0.03, `${seen.medianRttNs}`);
  assert.equal(all().samplesPerSecond, 1.5);
  await clock.advance(61_000);
  assert.deepEqual(all(), { samplesPerSecond: 0, lossRatio: null, medianRttNs: null });
});

test('an agent whose clock is wrong empties nothing', async () => {
  const { clock, pulse, sample, bus } = setUp();
  sample(1, OUTCOME_REPLY, 1_000);
  for (const offMs of [3_600_000, -3_600_000]) {
    const batch = createSampleBatch(1, clock.wallMs() + offMs);
    batch.count = 1;
    batch.targetIds[0] = 2;
    bus.publish('samples', { agentNumber: 9, backlog: false, batch });
  }
  assert.equal(pulse.pulse(() => true).samplesPerSecond, 1 / 60);
});

const facts = { hostname: 'host', findings: [] as unknown[] };
const machine = (id: string, change: object): Machine =>
  ({
    id: id.repeat(32),
    label: '',
    state: 'approved',
    connected: true,
    connectedChangedAtMs: 0,
    firstSeenMs: 0,
    facts,
    ...change,
  }) as unknown as Machine;

test('the overview says what is wrong, worst first, and counts the rest', async () => {
  const { clock, pulse, sample, targets } = setUp();
  for (let i = 0; i < 3; i++) {
    sample(1, OUTCOME_TIMEOUT);
    sample(3, OUTCOME_TIMEOUT);
    sample(2, OUTCOME_REPLY, 10);
    await clock.advance(1_000);
  }
  const nowMs = clock.wallMs();
  const status = { sensor: 'absent', droppedSamples: 3, droppedPackets: 0 };
  const all = [
    machine('a', { state: 'pending' }),
    machine('b', { connected: false, connectedChangedAtMs: nowMs - 60_000, label: 'Gone' }),
    machine('c', { connected: false, connectedChangedAtMs: nowMs - 1_000 }),
    machine('d', {
      status,
      facts: { ...facts, findings: [{ id: 'disk-room', severity: 'broken', title: 'Disk is full' }] },
    }),
    machine('e', { state: 'rejected', connected: false }),
  ];
  const peers = [
    { id: 'f'.repeat(32), hostname: 'twin', state: 'alive', cloned: true, addresses: ['10.0.0.9'] },
    { id: 'a'.repeat(32), hostname: 'x', state: 'left', cloned: false, addresses: [] },
  ] as unknown as SeenPeer[];
  const nearly: Finding[] = [];
  let expiresAtMs = nowMs + 14 * 86_400_000;
  const open: RecentIncident[] = [];
  const read = createReadOverview({
    certificate: () => ({ expiresAtMs }),
    machines: { list: () => all, peers: () => peers } as unknown as MachineRegistry,
    targets: { list: () => ({ revision: 1, targets: [...targets.values()] }) } as unknown as TargetRegistry,
    pulse,
    incidents: { recent: () => open, narrow: (_caller, incident) => incident },
    serverFindings: () => [
      { id: 'raw-sockets', severity: 'missing', title: 'not the server’s business' },
      ...nearly,
    ],
    clock,
  });
  const admin = read({ kind: 'person', role: 'admin', teamIds: [] });
  checker(Overview).check(admin);
  assert.deepEqual(
    admin.items.map(({ kind, severity, subject }) => `${severity} ${kind} ${subject}`).sort(),
    [
      'notable machine-pending host',
      'notable samples-dropped host',
      'severe disk-low host',
      'severe machine-cloned twin',
      'severe machine-down Gone',
      'severe sensor-absent host',
      'severe target-down 10.0.0.1',
      'severe target-down 10.0.0.3 TCP 443',
    ],
  );
  const order = admin.items.map(({ severity }) => severity);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => (a === b ? 0 : a === 'severe' ? -1 : 1)),
  );
  assert.deepEqual(admin.machines, { approved: 3, connected: 1, pending: 1 });
  assert.deepEqual(admin.peers, { alive: 1, suspect: 0, down: 0, left: 1 });
  assert.deepEqual(admin.targets, {
    ...{ total: 3, answering: 1, silent: 2, refusing: 0, notSent: 0, noData: 0 },
    ...{ inIncidents: 0, refusingInIncidents: 0 },
    ...{ silentIds: [1, 3], refusingIds: [], notSentIds: [], notSentErrnos: [], noDataIds: [] },
  });

  // Within two weeks of its end the certificate was not renewed, as it should have been.
  const certificates = () =>
    read({ kind: 'person', role: 'viewer', teamIds: [] })
      .items.filter(({ kind }) => kind === 'certificate-expiring')
      .map(({ severity, untilMs }) => [severity, untilMs]);
  expiresAtMs -= 1;
  assert.deepEqual(certificates(), [['notable', expiresAtMs]]);
  expiresAtMs = nowMs - 86_400_000;
  assert.deepEqual(certificates(), [['severe', Math.max(0, expiresAtMs)]]);
  expiresAtMs = nowMs + 30 * 86_400_000;
  assert.deepEqual(certificates(), []);

  open.push({
    scopeKey: 'prefix 10.0.0.0/24',
    incident: {
      ...{
        id: 4,
        kind: 'silent',
        scope: 'prefix',
        subject: '10.0.0.0/24',
        severity: 'severe',
        state: 'open',
      },
      ...{ sinceMs: clock.wallMs() - 1e6, affected: 1, ofTargets: 2, acknowledgedBy: null },
    } as Incident,
    evidence: new Map([['1 1', { targetId: 1, clearedAtMs: null } as IncidentEvidence]]),
  });
  const withIncident = read({ kind: 'person', role: 'admin', teamIds: [] });
  checker(Overview).check(withIncident);
  assert.deepEqual(
    withIncident.items.slice(0, 1).map(({ kind, subject, incident }) => [kind, subject, incident?.id]),
    [['incident', '10.0.0.0/24', 4]],
    'what explains comes first, however long ago it began',
  );
  assert.ok(
    !withIncident.items.some(({ targetId }) => targetId === 1),
    'its targets are not told one by one',
  );
  assert.deepEqual([withIncident.targets.silent, withIncident.targets.inIncidents], [2, 1]);
  assert.deepEqual(
    withIncident.targets.silentIds,
    [1, 3],
    'what an incident tells of is silent all the same',
  );

  // A token sees what its scopes name: of targets all, of machines and incidents not even the names.
  const token = (...scopes: string[]) => read({ kind: 'token', role: 'admin', teamIds: [], scopes });
  const kindsOf = ({ items }: Overview) => [...new Set(items.map(({ kind }) => kind))].sort();
  assert.deepEqual(kindsOf(token('targets:read')), ['target-down']);
  assert.equal(token('targets:read').items.length, 2, 'what an incident would explain is told one by one');
  assert.deepEqual(kindsOf(token('targets:read', 'incidents:read')), ['incident', 'target-down']);
  assert.ok(!kindsOf(token('targets:read', 'machines:read', 'incidents:write')).includes('incident'));
  assert.deepEqual(
    kindsOf(token('targets:read', 'incidents:read', 'machines:read')),
    kindsOf(read({ kind: 'person', role: 'admin', teamIds: [] })),
  );
  open.pop();

  const told = () => read({ kind: 'person', role: 'viewer', teamIds: [] }).items;
  nearly.push(seriesFinding(79, 100));
  assert.ok(!told().some(({ detail }) => detail.includes('series')));
  nearly[0] = seriesFinding(80, 100);
  assert.equal(told().find(({ detail }) => detail.startsWith('80 of 100 series'))?.severity, 'info');
  nearly[0] = seriesFinding(100, 100);
  assert.equal(told().find(({ detail }) => detail.startsWith('100 of 100 series'))?.severity, 'severe');
  nearly.pop();

  const stranger = read({ kind: 'person', role: 'viewer', teamIds: [] });
  assert.ok(!stranger.items.some(({ targetId }) => targetId === 3), 'another team’s target');
  assert.deepEqual(stranger.targets, {
    ...{ total: 2, answering: 1, silent: 1, refusing: 0, notSent: 0, noData: 0 },
    ...{ inIncidents: 0, refusingInIncidents: 0 },
    ...{ silentIds: [1], refusingIds: [], notSentIds: [], notSentErrnos: [], noDataIds: [] },
  });
  assert.equal(stranger.lossRatio, 0.5);

  // What a machine cannot send is one thing to mend, however many targets it is.
  for (let i = 0; i < 3; i++) {
    for (const id of [1, 2]) sample(id, OUTCOME_LOCAL_ERROR, 0, 4, { code: id === 1 ? 101 : 1 });
    sample(3, OUTCOME_LOCAL_ERROR, 0, 4, { code: 101 });
    sample(3, OUTCOME_REFUSED, 30);
    await clock.advance(1_000);
  }
  all.push(machine('9', { agentNumber: 4, label: 'Four' }));
  const unsent = read({ kind: 'person', role: 'admin', teamIds: [] });
  checker(Overview).check(unsent);
  assert.deepEqual(
    unsent.items.filter(({ kind }) => kind === 'not-sent').map(({ subject, notSent }) => [subject, notSent]),
    [
      ['Four', { errno: 101, targets: 2, hosts: ['10.0.0.1', '10.0.0.3'] }],
      ['Four', { errno: 1, targets: 1, hosts: ['10.0.0.2'] }],
    ],
  );
  assert.equal(unsent.items.find(({ targetId }) => targetId === 3)?.kind, 'target-refusing');
  assert.deepEqual([unsent.targets.refusing, unsent.targets.refusingIds], [1, [3]]);
  const nameless = read({ kind: 'token', role: 'admin', teamIds: [], scopes: ['targets:read'] });
  assert.equal(nameless.items.find(({ kind }) => kind === 'not-sent')?.subject, 'agent 4');
});
