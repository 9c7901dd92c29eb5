/**
 * Tells abnormal from normal: samples in, incidents out. Joins the tests of each series, the health of each
 * agent, and the tracker that makes one incident of one cause. What waited on an agent's disk is the past:
 * it raises nothing, and is not learnt from, since it comes out of order.
 */
import {
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REPLY,
  type SampleBatch,
} from '@maille/wire/link/samples';
import type { Incident, IncidentEvidence } from '@maille/wire/rest/incidents';
import type { RouteChange } from '@maille/wire/rest/traceroutes';
import { differenceOf } from '../route/route-difference.ts';
import { BAD_SECONDS, createAgentHealth } from './agent-health.ts';
import { createIncidentTracker, type IncidentTrackerOptions } from './incident-tracker.ts';
import { createRecentOutcomes } from './recent-outcomes.ts';
import { type Alarm, type Baseline, createSeriesDetector } from './series-detector.ts';
import type { OpenedIncident } from './tracked-incident.ts';

export type AnomalyWatchOptions = Omit<IncidentTrackerOptions, 'series' | 'agentHeardMs' | 'outcomesOf'>;

export interface SeriesBaseline extends Baseline {
  agentNumber: number;
  targetId: number;
}

export interface LearntSeries {
  agentNumber: number;
  targetId: number;
  learnt: Float32Array;
}

export function createAnomalyWatch(options: AnomalyWatchOptions) {
  const { placeOf } = options;
  let nowMs = 0;
  const detector = createSeriesDetector({
    intervalMsOf: (targetId) => placeOf(targetId)?.intervalMs,
    raised: ({ series: _series, ...alarm }) => tracker.raise(alarm, nowMs),
    ended: ({ agentNumber, targetId, family, endedMs, adopted }) =>
      tracker.end(agentNumber, targetId, family, endedMs, adopted ? 'new-usual' : 'recovered'),
  });
  const health = createAgentHealth({
    raised(agentNumber, sinceMs, seconds) {
      const alarms: Alarm[] = [];
      for (const one of detector.series())
        if (one.agentNumber === agentNumber)
          alarms.push({
            ...one,
            family: 'loss',
            kind: 'silent',
            sinceMs,
            score: seconds,
            threshold: BAD_SECONDS,
            lossRatio: 1,
            rttNs: null,
            baselineRttNs: detector.baselineOf(one.series)?.rttNs ?? null,
          });
      tracker.blameAgent(agentNumber, alarms, nowMs);
    },
    ended: (agentNumber, endedMs) => tracker.pardonAgent(agentNumber, endedMs),
  });
  const recent = createRecentOutcomes();

  function outcomesOf(agentNumber: number, targetId: number, sinceMs: number, atMs: number) {
    const series = detector.find(agentNumber, targetId);
    const place = placeOf(targetId);
    if (series === undefined || !place) return undefined;
    return recent.read(series, sinceMs, atMs, place.intervalMs, place.timeoutMs);
  }

  function noteOutcomes(agentNumber: number, batch: SampleBatch): void {
    const { count, baseMs, targetIds, offsetsUs, outcomes } = batch;
    for (let i = 0; i < count; i++) {
      const outcome = outcomes[i] as number;
      if (outcome >= OUTCOME_LATE && outcome <= OUTCOME_LOCAL_ERROR) continue;
      const targetId = targetIds[i] as number;
      const series = detector.find(agentNumber, targetId);
      const intervalMs = placeOf(targetId)?.intervalMs;
      if (series === undefined || intervalMs === undefined) continue;
      const sentMs = baseMs + (offsetsUs[i] as number) / 1_000;
      recent.note(series, sentMs, intervalMs, outcome !== OUTCOME_REPLY);
    }
  }

  const tracker = createIncidentTracker({
    ...options,
    outcomesOf,
    *series() {
      for (const { agentNumber, targetId, series } of detector.series())
        yield {
          agentNumber,
          targetId,
          lastSentMs: detector.lastSentMs(series),
          suspicion: detector.suspicion(series),
          touched: recent.hasLost(series),
        };
    },
    agentHeardMs: health.heardMs,
  });

  return {
    /** Samples as they arrive, at `atMs`. */
    take(agentNumber: number, batch: SampleBatch, atMs: number): void {
      nowMs = atMs;
      health.take(agentNumber, batch);
      detector.take(agentNumber, batch);
      noteOutcomes(agentNumber, batch);
    },
    /** Once a second or so. */
    tick(atMs: number): void {
      nowMs = atMs;
      tracker.tick(nowMs);
    },
    routeChanged(change: RouteChange, atMs: number): void {
      nowMs = atMs;
      const { agentNumber, targetId, atMs: sinceMs } = change;
      const unknown = { lossRatio: null, rttNs: null, baselineRttNs: null };
      const alarm = { agentNumber, targetId, kind: 'route', sinceMs, score: 1, threshold: 1 } as const;
      tracker.raiseRoute({ ...alarm, ...unknown, difference: differenceOf(change) }, nowMs);
    },
    /** Targets that are no more: what stood of them ends, and nothing of it is known any longer. */
    forget(targetIds: Iterable<number>): void {
      for (const targetId of targetIds) for (const series of detector.forget(targetId)) recent.forget(series);
    },
    /** What is probed no more, by agents that are gone or were told so, and was not heard of since then. */
    retire(isProbed: (agentNumber: number, targetId: number) => boolean, unheardSinceMs: number): void {
      for (const { agentNumber, targetId, series } of [...detector.series()])
        if (detector.lastSentMs(series) < unheardSinceMs && !isProbed(agentNumber, targetId)) {
          recent.forget(series);
          detector.forgetSeries(agentNumber, targetId);
        }
    },
    /** An incident that was open before a restart: its alarms stand until samples end them. */
    resume(opened: OpenedIncident, evidence: readonly IncidentEvidence[], atMs: number): void {
      nowMs = atMs;
      for (const { agentNumber, targetId, kind, sinceMs, clearedAtMs } of evidence)
        if (clearedAtMs === null && kind !== 'route') detector.resume(agentNumber, targetId, kind, sinceMs);
      tracker.resume(opened, evidence, nowMs);
    },
    note: (incident: Incident) => tracker.note(incident),

    *baselines(): Generator<SeriesBaseline> {
      for (const { agentNumber, targetId, series } of detector.series()) {
        const baseline = detector.baselineOf(series);
        if (baseline) yield { agentNumber, targetId, ...baseline };
      }
    },
    *learnt(): Generator<LearntSeries> {
      for (const { agentNumber, targetId, series } of detector.series())
        yield { agentNumber, targetId, learnt: detector.learnt(series) };
    },
    teach({ agentNumber, targetId, learnt }: LearntSeries): void {
      detector.teach(detector.place(agentNumber, targetId), learnt);
    },
  };
}

export type AnomalyWatch = ReturnType<typeof createAnomalyWatch>;
