/** Incidents and their evidence in the database: rows to what the wire says, and back. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Database, Tables } from '@maille/store/database/tables';
import type { Incident, IncidentEvidence } from '@maille/wire/rest/incidents';
import type { ExpressionBuilder, Insertable, Selectable, Transaction } from 'kysely';

/** An incident as it is kept: with what it blames as the correlation names it. */
export interface KeptIncident {
  incident: Incident;
  /** `prefix 192.0.2.0/24`, `agent 3`: while it is open, what fails there too belongs to it. */
  scopeKey: string;
}

export interface IncidentQuery {
  state?: 'open' | 'ended' | undefined;
  fromMs?: number | undefined;
  toMs?: number | undefined;
  targetId?: number | undefined;
  /** What became part of that one; absent: what became part of none. */
  mergedInto?: number | undefined;
  beforeId?: number | undefined;
  limit: number;
  /** Whose targets are seen, besides those of no team; absent: all. */
  teamIds?: readonly number[] | undefined;
}

/** Distinct targets among those that are seen. */
export interface SeenCounts {
  affected: number;
  affectedMost: number;
}

/** SQLite takes 32,766 parameters a statement; evidence has 13 columns. */
const ROWS_A_STATEMENT = 1_000;
export const MAX_RECENT_ENDED = 1_000;

export function createIncidentRows({ kysely }: Database) {
  return {
    async lastId(): Promise<number> {
      const row = await kysely
        .selectFrom('incident')
        .select((select) => select.fn.max('id').as('id'))
        .executeTakeFirst();
      return Number(row?.id ?? 0);
    },

    /** All that are open, or nobody would ever end them; and of those that ended since, the latest. */
    async readRecent(endedSinceMs: number): Promise<KeptIncident[]> {
      const newestFirst = kysely.selectFrom('incident').selectAll().orderBy('id', 'desc');
      const open = await newestFirst.where('ended_at_ms', 'is', null).execute();
      const ended = await newestFirst
        .where('ended_at_ms', '>=', endedSinceMs)
        .limit(MAX_RECENT_ENDED)
        .execute();
      return [...open, ...ended].sort((one, other) => other.id - one.id).map(keptOf);
    },

    async read(id: number): Promise<KeptIncident | undefined> {
      const row = await kysely.selectFrom('incident').selectAll().where('id', '=', id).executeTakeFirst();
      return row && keptOf(row);
    },

    async list(query: IncidentQuery): Promise<Incident[]> {
      const { state, fromMs, toMs, targetId, mergedInto, beforeId, limit, teamIds } = query;
      let select = kysely.selectFrom('incident').selectAll().orderBy('id', 'desc').limit(limit);
      select =
        mergedInto === undefined
          ? select.where('merged_into', 'is', null)
          : select.where('merged_into', '=', mergedInto);
      if (state === 'open') select = select.where('ended_at_ms', 'is', null);
      if (state === 'ended') select = select.where('ended_at_ms', 'is not', null);
      if (toMs !== undefined) select = select.where('since_ms', '<', toMs);
      if (fromMs !== undefined)
        select = select.where((where) =>
          where.or([where('ended_at_ms', 'is', null), where('ended_at_ms', '>=', fromMs)]),
        );
      if (beforeId !== undefined) select = select.where('id', '<', beforeId);
      if (targetId !== undefined)
        select = select.where(({ exists, selectFrom }) =>
          exists(
            selectFrom('incident_evidence')
              .select('target_id')
              .whereRef('incident_id', '=', 'incident.id')
              .where('target_id', '=', targetId),
          ),
        );
      if (teamIds !== undefined)
        select = select.where(({ exists, selectFrom }) =>
          exists(
            selectFrom('incident_evidence')
              .innerJoin('target', 'target.id', 'incident_evidence.target_id')
              .select('target_id')
              .whereRef('incident_id', '=', 'incident.id')
              .where(ofTeams(teamIds)),
          ),
        );
      return (await select.execute()).map((row) => keptOf(row).incident);
    },

    /** How many of each incident's targets those teams see. */
    async countSeen(ids: readonly number[], teamIds: readonly number[]): Promise<Map<number, SeenCounts>> {
      if (ids.length === 0) return new Map();
      const rows = await kysely
        .selectFrom('incident_evidence')
        .innerJoin('target', 'target.id', 'incident_evidence.target_id')
        .where('incident_id', 'in', [...ids])
        .where(ofTeams(teamIds))
        .groupBy('incident_id')
        .select(({ fn, eb }) => [
          'incident_id',
          fn.count('target_id').distinct().as('most'),
          fn
            .count(eb.case().when('cleared_at_ms', 'is', null).then(eb.ref('target_id')).end())
            .distinct()
            .as('now'),
        ])
        .execute();
      return new Map(
        rows.map((row) => [row.incident_id, { affected: Number(row.now), affectedMost: Number(row.most) }]),
      );
    },

    /** Worst first. */
    async readEvidence(incidentId: number): Promise<IncidentEvidence[]> {
      const rows = await kysely
        .selectFrom('incident_evidence')
        .selectAll()
        .where('incident_id', '=', incidentId)
        .orderBy('score', 'desc')
        .execute();
      return rows.map(evidenceOf);
    },

    /** Writes incidents whole, and those of their evidence that changed. */
    write(
      incidents: readonly KeptIncident[],
      evidence: readonly { incidentId: number; evidence: IncidentEvidence }[],
    ): Promise<void> {
      return kysely.transaction().execute(async (transaction) => {
        for (const kept of incidents) await upsertIncident(transaction, kept);
        for (let i = 0; i < evidence.length; i += ROWS_A_STATEMENT) {
          const rows = evidence
            .slice(i, i + ROWS_A_STATEMENT)
            .map((one) => evidenceRow(one.incidentId, one.evidence));
          await transaction
            .insertInto('incident_evidence')
            .values(rows)
            .onConflict((conflict) =>
              conflict.columns(['incident_id', 'target_id', 'agent_number']).doUpdateSet((row) => ({
                kind: row.ref('excluded.kind'),
                since_ms: row.ref('excluded.since_ms'),
                raised_at_ms: row.ref('excluded.raised_at_ms'),
                cleared_at_ms: row.ref('excluded.cleared_at_ms'),
                score: row.ref('excluded.score'),
                threshold: row.ref('excluded.threshold'),
                loss_ratio: row.ref('excluded.loss_ratio'),
                rtt_ns: row.ref('excluded.rtt_ns'),
                baseline_rtt_ns: row.ref('excluded.baseline_rtt_ns'),
              })),
            )
            .execute();
          await breathe();
        }
      });
    },

    async dropEndedBefore(atMs: number): Promise<void> {
      await kysely.deleteFrom('incident').where('ended_at_ms', '<', atMs).execute();
    },
  };
}

export type IncidentRows = ReturnType<typeof createIncidentRows>;

const ofTeams =
  (teamIds: readonly number[]) => (where: ExpressionBuilder<Pick<Tables, 'target'>, 'target'>) =>
    where.or([
      where('target.team_id', 'is', null),
      ...(teamIds.length > 0 ? [where('target.team_id', 'in', [...teamIds])] : []),
    ]);

async function upsertIncident(transaction: Transaction<Tables>, kept: KeptIncident): Promise<void> {
  const row = incidentRow(kept);
  await transaction
    .insertInto('incident')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

function keptOf(row: Selectable<Tables['incident']>): KeptIncident {
  return {
    scopeKey: row.scope_key,
    incident: {
      id: row.id,
      kind: row.kind as Incident['kind'],
      scope: row.scope as Incident['scope'],
      subject: row.subject,
      severity: row.severity as Incident['severity'],
      state: row.ended_at_ms === null ? 'open' : 'ended',
      sinceMs: row.since_ms,
      detectedAtMs: row.detected_at_ms,
      endedAtMs: row.ended_at_ms,
      ending: row.ending as Incident['ending'],
      mergedInto: row.merged_into,
      confidence: row.confidence,
      flapping: row.flapping === 1,
      lossRatio: row.loss_ratio,
      rttNs: row.rtt_ns,
      baselineRttNs: row.baseline_rtt_ns,
      affected: row.affected,
      affectedMost: row.affected_most,
      ofTargets: row.of_targets,
      agentNumbers: JSON.parse(row.agent_numbers) as number[],
      acknowledgedBy: row.acknowledged_by,
      acknowledgedAtMs: row.acknowledged_at_ms,
      note: row.note,
    },
  };
}

function incidentRow({ incident, scopeKey }: KeptIncident): Insertable<Tables['incident']> {
  return {
    id: incident.id,
    kind: incident.kind,
    scope: incident.scope,
    scope_key: scopeKey,
    subject: incident.subject,
    severity: incident.severity,
    since_ms: incident.sinceMs,
    detected_at_ms: incident.detectedAtMs,
    ended_at_ms: incident.endedAtMs,
    ending: incident.ending,
    merged_into: incident.mergedInto,
    confidence: incident.confidence,
    flapping: incident.flapping ? 1 : 0,
    loss_ratio: incident.lossRatio,
    rtt_ns: incident.rttNs,
    baseline_rtt_ns: incident.baselineRttNs,
    affected: incident.affected,
    affected_most: incident.affectedMost,
    of_targets: incident.ofTargets,
    agent_numbers: JSON.stringify(incident.agentNumbers),
    acknowledged_by: incident.acknowledgedBy,
    acknowledged_at_ms: incident.acknowledgedAtMs,
    note: incident.note,
  };
}

function evidenceOf(row: Selectable<Tables['incident_evidence']>): IncidentEvidence {
  return {
    targetId: row.target_id,
    host: row.host,
    agentNumber: row.agent_number,
    kind: row.kind as IncidentEvidence['kind'],
    sinceMs: row.since_ms,
    raisedAtMs: row.raised_at_ms,
    clearedAtMs: row.cleared_at_ms,
    score: row.score,
    threshold: row.threshold,
    lossRatio: row.loss_ratio,
    rttNs: row.rtt_ns,
    baselineRttNs: row.baseline_rtt_ns,
  };
}

function evidenceRow(
  incidentId: number,
  evidence: IncidentEvidence,
): Insertable<Tables['incident_evidence']> {
  return {
    incident_id: incidentId,
    target_id: evidence.targetId,
    agent_number: evidence.agentNumber,
    host: evidence.host,
    kind: evidence.kind,
    since_ms: evidence.sinceMs,
    raised_at_ms: evidence.raisedAtMs,
    cleared_at_ms: evidence.clearedAtMs,
    score: evidence.score,
    threshold: evidence.threshold,
    loss_ratio: evidence.lossRatio,
    rtt_ns: evidence.rttNs,
    baseline_rtt_ns: evidence.baselineRttNs,
  };
}
