/** After a restart nothing that was open is left to stay open for ever, however much there was. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import type { Incident } from '@maille/wire/rest/incidents';
import { createIncidentRows, MAX_RECENT_ENDED } from './incident-rows.ts';

const incidentOf = (id: number, endedAtMs: number | null): Incident => ({
  id,
  kind: 'silent',
  scope: 'target',
  subject: `host-${id}`,
  severity: 'severe',
  state: endedAtMs === null ? 'open' : 'ended',
  sinceMs: 1,
  detectedAtMs: 2,
  endedAtMs,
  ending: endedAtMs === null ? null : 'recovered',
  mergedInto: null,
  confidence: 1,
  flapping: false,
  lossRatio: 1,
  rttNs: null,
  baselineRttNs: null,
  affected: 1,
  affectedMost: 1,
  ofTargets: 1,
  agentNumbers: [1],
  acknowledgedBy: null,
  acknowledgedAtMs: null,
  note: '',
});

test('all that are open are read, and the latest of those that ended', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-incident-rows-'));
  const database = await openSqliteDatabase(join(folder, 'maille.sqlite'), silentLog);
  context.after(async () => {
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const rows = createIncidentRows(database);
  const count = MAX_RECENT_ENDED + 50;
  const all = [
    ...Array.from({ length: count }, (_, i) => incidentOf(i + 1, null)),
    ...Array.from({ length: count }, (_, i) => incidentOf(count + i + 1, 100)),
    incidentOf(2 * count + 1, 10),
  ];
  await rows.write(
    all.map((incident) => ({ incident, scopeKey: `target ${incident.id}` })),
    [],
  );
  const recent = (await rows.readRecent(50)).map(({ incident }) => incident);
  assert.equal(recent.filter(({ state }) => state === 'open').length, count);
  const ended = recent.filter(({ state }) => state === 'ended').map(({ id }) => id);
  assert.deepEqual([ended.length, ended[0], ended.at(-1)], [MAX_RECENT_ENDED, 2 * count, count + 51]);
});

test('what became part of another is listed with that one only', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-incident-rows-'));
  const database = await openSqliteDatabase(join(folder, 'maille.sqlite'), silentLog);
  context.after(async () => {
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const rows = createIncidentRows(database);
  const part: Incident = { ...incidentOf(1, 50), ending: 'merged', mergedInto: 2 };
  await rows.write(
    [part, incidentOf(2, null), incidentOf(3, 60)].map((incident) => ({ incident, scopeKey: 'prefix x' })),
    [],
  );
  const ids = async (mergedInto?: number) => (await rows.list({ limit: 10, mergedInto })).map(({ id }) => id);
  assert.deepEqual([await ids(), await ids(2), await ids(3)], [[3, 2], [1], []]);
  assert.equal((await rows.read(1))?.incident.ending, 'merged');
});
