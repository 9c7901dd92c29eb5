/** Samples on the bus, incidents in the registry: told, narrowed, acknowledged, kept through a restart. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { createSampleBatch, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import { Baselines, Incident, IncidentEvidence } from '@maille/wire/rest/incidents';
import type { Target } from '@maille/wire/rest/targets';
import type { RouteChange, TargetRoute } from '@maille/wire/rest/traceroutes';
import { checker } from '@maille/wire/schema';
import { createBaselineFiles } from './baseline-files.ts';
import { createCovers } from './covered-targets.ts';
import { createIncidentDetection } from './incident-detection.ts';
import { createIncidentRegistry } from './incident-registry.ts';

const AGENT = 1;
const admin = { role: 'admin', teamIds: [] } as const;
const incidentChecker = checker(Incident);

async function setUp(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'maille-incidents-'));
  const clock = createFakeClock();
  const bus = createLocalBus(silentLog);
  const database = await openSqliteDatabase(join(folder, 'maille.sqlite'), silentLog);
  const { id: teamId } = await database.kysely
    .insertInto('team')
    .values({ name: 'ours' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const all: Target[] = [];
  for (let i = 1; i <= 12; i++) {
    const target = {
      host: `192.0.2.${i}`,
      probe: 'icmp',
      prefix: '192.0.2.0/24',
      label: '',
      teamId: i > 8 ? teamId : i > 4 ? null : 77,
      tags: [] as string[],
      agents: { by: 'all' as const },
      intervalMs: 1_000,
      timeoutMs: 1_000,
      createdAtMs: 0,
      createdBy: 'test',
      traceroute: null,
    };
    const team_id = target.teamId === 77 ? await otherTeam() : target.teamId;
    const { id } = await database.kysely
      .insertInto('target')
      .values({
        host: target.host,
        prefix: target.prefix,
        label: '',
        tags: '[]',
        team_id,
        agents: '{"by":"all"}',
        interval_ms: 1_000,
        timeout_ms: 1_000,
        created_at_ms: 0,
        created_by: 'test',
        deleted_at_ms: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    all.push({ ...target, teamId: team_id, id });
  }
  async function otherTeam(): Promise<number> {
    const known = await database.kysely
      .selectFrom('team')
      .select('id')
      .where('name', '=', 'theirs')
      .executeTakeFirst();
    if (known) return known.id;
    return (
      await database.kysely
        .insertInto('team')
        .values({ name: 'theirs' })
        .returning('id')
        .executeTakeFirstOrThrow()
    ).id;
  }
  const targets = {
    get: (id: number) => all.find((one) => one.id === id),
    list: () => ({ revision: 1, targets: all }),
  };
  const told: Incident[] = [];
  bus.subscribe('incidents', ({ put }) => told.push(...put));
  const covers = createCovers({
    machines: { list: () => [{ id: 'a'.repeat(32), agentNumber: AGENT, tags: [] } as never] },
    ways: () => new Map(),
  });

  async function start() {
    const incidents = await createIncidentRegistry({
      database,
      bus,
      clock,
      log: silentLog,
      targets,
      countCovered: ({ scopeKey }, seen) =>
        all.filter(({ id }) => seen.has(id)).filter(covers(scopeKey)).length,
    });
    const detection = await createIncidentDetection({
      bus,
      clock,
      log: silentLog,
      targets,
      incidents,
      files: createBaselineFiles(join(folder, 'baselines')),
      covers,
      ways: () => new Map(),
      agentName: (agentNumber) => `agent ${agentNumber}`,
    });
    return {
      incidents,
      detection,
      async stop() {
        await detection.stop();
        await incidents.stop();
      },
    };
  }

  /** So many seconds of samples of these targets, and of the others as usual. */
  async function probe(seconds: number, silentIds: readonly number[] = [], backlog = false) {
    for (let second = 0; second < seconds; second++) {
      const batch = createSampleBatch(all.length, clock.wallMs());
      for (const { id } of all) {
        const at = batch.count++;
        const silent = silentIds.includes(id);
        batch.targetIds[at] = id;
        batch.outcomes[at] = silent ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
        batch.rtts10ns[at] = silent ? 0 : Math.round(1_000_000 * (1 + 0.01 * Math.sin(second * 7 + id)));
      }
      bus.publish('samples', { agentNumber: AGENT, backlog, batch });
      await clock.advance(1_000);
    }
  }

  context.after(async () => {
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return { start, probe, told, clock, bus, database, teamId, ids: all.map(({ id }) => id) };
}

test('a prefix that goes silent is told once, narrowed to what a viewer sees, acknowledged, and ends', async (context) => {
  const { start, probe, told, teamId, ids } = await setUp(context);
  const { incidents, stop } = await start();
  await probe(650);
  assert.equal(told.length, 0);
  await probe(10, ids, true);
  assert.equal(told.length, 0, 'what waited on a disk raises nothing');
  await probe(8, ids);
  const [opened] = incidents.recentFor(admin);
  assert.ok(opened);
  assert.deepEqual(
    [opened.kind, opened.scope, opened.subject, opened.state, opened.affected, opened.ofTargets],
    ['silent', 'prefix', '192.0.2.0/24', 'open', 12, 12],
  );
  for (const one of told) incidentChecker.check(one);

  const viewer = { role: 'viewer', teamIds: [teamId] } as const;
  const stranger = { role: 'viewer', teamIds: [] } as const;
  assert.deepEqual(
    incidents
      .recentFor(viewer)
      .map(({ affected, affectedMost, ofTargets }) => [affected, affectedMost, ofTargets]),
    [[8, 8, 8]],
    'those of the team, and of no team',
  );
  assert.deepEqual(
    (await incidents.list(stranger, { limit: 10 })).map(({ affected, ofTargets }) => [affected, ofTargets]),
    [[4, 4]],
  );
  const found = await incidents.get(stranger, opened.id);
  assert.equal(found.evidence.length, 4);
  assert.equal(found.incident.affectedMost, 4);
  for (const one of found.evidence) checker(IncidentEvidence).check(one);

  const noted = await incidents.acknowledge(opened.id, 'ada', { acknowledged: true, note: 'a fibre' });
  assert.deepEqual([noted.acknowledgedBy, noted.note], ['ada', 'a fibre']);
  await probe(80);
  const [ended] = await incidents.list(admin, { limit: 10 });
  assert.deepEqual(
    [ended?.state, ended?.ending, ended?.affected, ended?.affectedMost, ended?.acknowledgedBy, ended?.note],
    ['ended', 'recovered', 0, 12, 'ada', 'a fibre'],
  );
  assert.deepEqual(await incidents.list(admin, { limit: 10, state: 'open' }), []);
  await stop();
});

test('an incident that touches none of a viewer’s targets is as if it were not there', async (context) => {
  const { start, probe, ids } = await setUp(context);
  const { incidents, stop } = await start();
  await probe(300);
  await probe(8, [ids[0] as number]);
  const stranger = { role: 'viewer', teamIds: [] } as const;
  const [hidden] = incidents.recentFor(admin);
  assert.equal(hidden?.scope, 'target');
  assert.deepEqual(incidents.recentFor(stranger), []);
  assert.deepEqual(await incidents.list(stranger, { limit: 10 }), []);
  await assert.rejects(
    incidents.get(stranger, hidden?.id as number),
    (error: Problem) => error.code === 'not-found',
  );
  await assert.rejects(incidents.get(admin, 99), Problem);
  await stop();
});

test('a restart goes on with what was learnt and with what was open; what ended meanwhile ends', async (context) => {
  const { start, probe, ids, clock } = await setUp(context);
  const first = await start();
  await probe(650);
  const [one, two] = ids as [number, number];
  await probe(8, [one]);
  assert.equal(first.incidents.recentFor(admin).length, 1);
  await clock.advance(60_000);
  await first.stop();

  const second = await start();
  const [resumed] = second.incidents.recentFor(admin);
  assert.equal(resumed?.state, 'open');
  const baselines = await second.detection.baselines();
  checker(Baselines).check(baselines);
  assert.deepEqual(
    [...baselines.targetIds].sort((a, b) => a - b),
    ids,
  );
  for (const rttNs of baselines.rttNs) assert.ok(Math.abs(rttNs - 1e7) < 5e5, `${rttNs}`);
  // No new warm-up: another target is told at once.
  await probe(8, [one, two]);
  assert.equal(second.incidents.recentFor(admin).filter(({ state }) => state === 'open').length, 2);
  await probe(90);
  assert.deepEqual(
    second.incidents.recentFor(admin).map(({ state, ending }) => [state, ending]),
    [
      ['ended', 'recovered'],
      ['ended', 'recovered'],
    ],
  );
  const past = await second.detection.baselines(clock.wallMs() - 120_000);
  assert.equal(past.targetIds.length, ids.length);
  assert.equal((await second.detection.baselines(1)).targetIds.length, 0);
  await second.stop();
});

test('what nobody probes any more ends without a word of recovery', async (context) => {
  const { start, probe, ids, clock } = await setUp(context);
  const { incidents, stop } = await start();
  await probe(300);
  await probe(8, ids.slice(0, 1));
  await clock.advance(300_000);
  assert.deepEqual(
    incidents.recentFor(admin).map(({ state, ending }) => [state, ending]),
    [['ended', 'no-data']],
  );
  await stop();
});

test('a change of route is notable, and over after a while', async (context) => {
  const { start, probe, bus, clock, ids } = await setUp(context);
  const { incidents, stop } = await start();
  await probe(200);
  const atMs = clock.wallMs() - 30_000;
  const change = (targetId: number): RouteChange => {
    const through = (router: string): TargetRoute => ({
      ...{ agentNumber: AGENT, targetId, address: `192.0.2.${targetId}`, method: 'icmp', began: 'first' },
      ...{ sinceMs: 0, lastSeenMs: atMs, untilMs: null, end: 'silent', code: null },
      hops: [{ routers: [{ address: router, rttNs: 1e6, draws: 1, flows: [0] }] }],
    });
    const [before, after] = [through('198.51.100.1'), through('198.51.100.2')];
    return { agentNumber: AGENT, targetId, atMs, foundAtMs: atMs + 30_000, distance: 1, before, after };
  };
  bus.publish('route-changes', change(ids[0] as number));
  await probe(2);
  const [open] = incidents.recentFor(admin);
  assert.deepEqual([open?.kind, open?.severity, open?.sinceMs], ['route', 'notable', atMs]);
  assert.deepEqual([open?.scope, open?.subject], ['target', '192.0.2.1']);
  await probe(60);
  bus.publish('route-changes', change(ids[1] as number));
  await probe(2);
  const [risen] = incidents.recentFor(admin);
  assert.deepEqual(
    [risen?.id, risen?.scope, risen?.subject, risen?.affected, risen?.ofTargets],
    [open?.id, 'hop', '198.51.100.1 → 198.51.100.2', 2, 2],
    'what both have lost',
  );
  await probe(960);
  const [ended] = incidents.recentFor(admin);
  assert.deepEqual([ended?.state, ended?.ending], ['ended', 'over']);
  await stop();
});
