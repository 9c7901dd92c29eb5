/** A data folder with machines, targets and a minute of samples in it, as if a server had run on it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIncidentRows } from '@maille/api/incidents/incident-rows';
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { createIdentity } from '@maille/host/identity';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import type { MachineFacts, MachineState } from '@maille/wire/link/messages';
import { createSampleBatch, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import type { Incident, IncidentEvidence } from '@maille/wire/rest/incidents';

export const FILLED_HOSTS = ['127.0.0.1', '127.0.0.2', '2001:db8::1', 'router.lan'] as const;
const PREFIXES = ['127.0.0.0/24', '127.0.0.0/24', '2001:db8::/64', 'names'] as const;
/** The target of this index never answers. */
export const SILENT_INDEX = 1;

export interface FilledFolder {
  dataDir: string;
  /** By state, so many of each. */
  machineIds: Record<MachineState, string[]>;
  targetIds: number[];
  /** It touched the first target, and has ended. */
  incidentId: number;
  /** A load experiment that is over. */
  experimentId: number;
  /** A minute that has samples. */
  samplesFromMs: number;
  samplesToMs: number;
}

export async function fillDataFolder(machinesOfEachState = 40): Promise<FilledFolder> {
  const dataDir = mkdtempSync(join(tmpdir(), 'maille-filled-'));
  const database = await openSqliteDatabase(join(dataDir, 'maille.sqlite'), silentLog);
  const nowMs = Date.now();
  const machineIds: FilledFolder['machineIds'] = {
    pending: [],
    approved: [],
    rejected: [],
    reauthenticate: [],
  };
  for (const state of Object.keys(machineIds) as MachineState[]) {
    for (let i = 0; i < machinesOfEachState; i++) {
      const { id, publicKey } = createIdentity();
      const facts: MachineFacts = {
        hostname: `${state}-${i}`,
        os: 'Debian',
        kernel: '6.12',
        architecture: 'x64',
        virtualization: 'none',
        cpus: 2,
        memoryBytes: 2 ** 31,
        bootedAtMs: nowMs - 1e6,
        addresses: ['127.0.0.1'],
        gateways: [],
        resolvers: [],
        version: '0.0.0',
        findings: [{ id: 'raw-sockets', severity: 'missing', title: 'no raw sockets' }],
      };
      await database.kysely
        .insertInto('machine')
        .values({
          id,
          public_key: publicKey,
          label: '',
          tags: '[]',
          state,
          first_seen_ms: nowMs - 1e6,
          last_seen_ms: nowMs - 1e5,
          approved_at_ms: state === 'approved' || state === 'reauthenticate' ? nowMs - 9e5 : null,
          approved_by: state === 'approved' || state === 'reauthenticate' ? 'test' : null,
          remote_address: '127.0.0.1',
          facts: JSON.stringify(facts),
          forgotten_at_ms: null,
        })
        .execute();
      machineIds[state].push(id);
    }
  }
  const rows = await database.kysely
    .insertInto('target')
    .values(
      FILLED_HOSTS.map((host, i) => ({
        host,
        prefix: PREFIXES[i] as string,
        label: '',
        tags: '[]',
        team_id: null,
        agents: '{"by":"all"}',
        interval_ms: 1_000,
        timeout_ms: 500,
        created_at_ms: nowMs,
        created_by: 'test',
        deleted_at_ms: null,
      })),
    )
    .returning('id')
    .execute();
  const targetIds = rows.map(({ id }) => id);
  const { id: experimentId } = await database.kysely
    .insertInto('experiment')
    .values({ ...endedExperiment(nowMs), machine_id: machineIds.approved[0] as string })
    .returning('id')
    .executeTakeFirstOrThrow();
  const incidentId = 1;
  await createIncidentRows(database).write(
    [{ scopeKey: `target ${targetIds[0]}`, incident: endedIncident(incidentId, nowMs) }],
    [{ incidentId, evidence: evidenceOf(targetIds[0] as number, nowMs) }],
  );
  await database.stop();

  const samplesFromMs = nowMs - 50_000;
  const log = silentLog;
  const series = await openEmbeddedSeries({ folder: join(dataDir, 'series'), clock: systemClock, log });
  series.placeTargets(targetIds.map((id, i) => ({ id, prefix: PREFIXES[i] as string })));
  const batch = createSampleBatch(45 * targetIds.length, samplesFromMs);
  for (let second = 0; second < 45; second++) {
    for (const [index, id] of targetIds.entries()) {
      const at = batch.count++;
      batch.targetIds[at] = id;
      batch.offsetsUs[at] = second * 1_000_000 + index;
      batch.outcomes[at] = index === SILENT_INDEX ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
      batch.rtts10ns[at] = index === SILENT_INDEX ? 0 : 100_000 + second;
    }
  }
  series.append({ agentNumber: 1, epoch: '00'.repeat(8), sequence: 1 }, batch);
  await series.stop();
  return { dataDir, machineIds, targetIds, incidentId, experimentId, samplesFromMs, samplesToMs: nowMs };
}

function endedExperiment(nowMs: number) {
  const row = { rate: 1, sent: 5, replies: 5, lost: 0, notSent: 0, maxNs: 3e5 };
  const figures = { ...row, p50Ns: 1e5, p95Ns: 2e5, p99Ns: null };
  return {
    machine_name: 'approved-0',
    plan: JSON.stringify({
      addresses: ['127.0.0.1'],
      fromRate: 1,
      toRate: 1,
      steps: 1,
      ramp: 'linear',
      stepSeconds: 5,
      timeoutMs: 500,
      maxLossPercent: 5,
    }),
    started_at_ms: nowMs - 60_000,
    started_by: 'test',
    ended_at_ms: nowMs - 50_000,
    ended: 'finished',
    steps: JSON.stringify([{ step: 0, ...figures }]),
    seconds: JSON.stringify([0, 1, 2].map((second) => ({ second, step: 0, ...figures }))),
  };
}

function endedIncident(id: number, nowMs: number): Incident {
  return {
    id,
    kind: 'loss',
    scope: 'target',
    subject: FILLED_HOSTS[0],
    severity: 'notable',
    state: 'ended',
    sinceMs: nowMs - 600_000,
    detectedAtMs: nowMs - 590_000,
    endedAtMs: nowMs - 300_000,
    ending: 'recovered',
    mergedInto: null,
    confidence: 0.99,
    flapping: false,
    lossRatio: 0.4,
    rttNs: 1_200_000,
    baselineRttNs: 1_000_000,
    affected: 0,
    affectedMost: 1,
    ofTargets: 1,
    agentNumbers: [1],
    acknowledgedBy: null,
    acknowledgedAtMs: null,
    note: '',
  };
}

function evidenceOf(targetId: number, nowMs: number): IncidentEvidence {
  return {
    targetId,
    host: FILLED_HOSTS[0],
    agentNumber: 1,
    kind: 'loss',
    sinceMs: nowMs - 600_000,
    raisedAtMs: nowMs - 590_000,
    clearedAtMs: nowMs - 300_000,
    score: 21,
    threshold: 17,
    lossRatio: 0.4,
    rttNs: 1_200_000,
    baselineRttNs: 1_000_000,
  };
}
