/**
 * What the proof of anomalies and its tests run: a fleet's day without faults, faults laid over single
 * series, and a fleet in which a prefix or an agent fails. All seeded, no clock but the samples'.
 */
import { type AnomalyWatch, createAnomalyWatch } from '@maille/engine/anomaly/anomaly-watch';
import { createIncidentTracker } from '@maille/engine/anomaly/incident-tracker';
import { type Alarm, type AlarmEnd, createSeriesDetector } from '@maille/engine/anomaly/series-detector';
import type { OpenedIncident } from '@maille/engine/anomaly/tracked-incident';
import {
  createSampleBatch,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REPLY,
  OUTCOME_TIMEOUT,
  type SampleBatch,
} from '@maille/wire/link/samples';
import type { Incident } from '@maille/wire/rest/incidents';
import {
  createShiftRegister,
  createSimulatedSeries,
  drawShape,
  type Fault,
  type SimulatedSeries,
} from './simulated-series.ts';

export const START_MS = Date.UTC(2026, 0, 5);
/** A target's default: loss is known so long after it was sent. */
export const TIMEOUT_MS = 3_000;
/** How often a server looks. */
export const TICK_MS = 250;
const PREFIX_SIZE = 256;

const prefixOf = (targetId: number) =>
  `10.${(targetId / PREFIX_SIZE) >> 8}.${(targetId / PREFIX_SIZE) & 255}.0/24`;

const placeOf = (targetId: number) => ({
  host: `target ${targetId}`,
  prefix: prefixOf(targetId),
  tags: [],
  intervalMs: 1_000,
  timeoutMs: TIMEOUT_MS,
});

export interface QuietDay {
  samples: number;
  alarms: Alarm[];
  incidents: Incident[];
}

/**
 * Nothing is wrong: whatever is told is a false alarm. One series after the other, so that each stays in
 * the processor's cache; their alarms then go through the tracker in the order of time.
 */
export function runQuietDay(count: number, seconds: number, seed: number): QuietDay {
  const alarms: Alarm[] = [];
  const events: { atMs: number; alarm?: Alarm; end?: AlarmEnd }[] = [];
  let atMs = START_MS;
  const detector = createSeriesDetector({
    intervalMsOf: () => 1_000,
    raised(alarm) {
      alarms.push(alarm);
      events.push({ atMs, alarm });
    },
    ended: (end) => void events.push({ atMs, end }),
  });
  for (let i = 0; i < count; i++) {
    const simulated = createSimulatedSeries(seed + 101 * i);
    const series = detector.place(1, i);
    for (let second = 0; second < seconds; second++) {
      atMs = START_MS + second * 1_000;
      const rtt = simulated.next(second);
      detector.step(series, atMs, rtt === 0 ? OUTCOME_TIMEOUT : OUTCOME_REPLY, 0, rtt);
    }
  }
  const incidents = new Map<number, Incident>();
  let lastId = 0;
  let trackedMs = START_MS;
  const tracker = createIncidentTracker({
    nextId: () => ++lastId,
    placeOf,
    agentName: String,
    agentHeardMs: () => trackedMs,
    ofTargets: () => 1,
    *series() {
      for (let i = 0; i < count; i++)
        yield { agentNumber: 1, targetId: i, lastSentMs: trackedMs, suspicion: 0 };
    },
    changed: ({ incident }) => void incidents.set(incident.id, incident),
  });
  for (const event of events.sort((a, b) => a.atMs - b.atMs)) {
    trackedMs = event.atMs;
    tracker.tick(trackedMs);
    if (event.alarm) tracker.raise(event.alarm, trackedMs);
    const { end } = event;
    if (end) tracker.end(end.agentNumber, end.targetId, end.family, end.endedMs, 'recovered');
    tracker.tick(trackedMs);
  }
  return { samples: count * seconds, alarms, incidents: [...incidents.values()] };
}

/** Series that lose in bursts: how many alarms of loss each hour of theirs brings, and how soon silence is told after. */
export function runBursts(count: number, hours: number, lossStay: number, seed: number) {
  const alarmsByHour = Array.from({ length: hours }, () => 0);
  const silentAfterS: number[] = [];
  for (let i = 0; i < count; i++) {
    const shape = drawShape(createShiftRegister(seed + 101 * i));
    const simulated = createSimulatedSeries(seed + 101 * i, { ...shape, lossStay });
    let second = 0;
    let silentS = 0;
    const detector = createSeriesDetector({
      intervalMsOf: () => 1_000,
      raised({ family }) {
        if (family !== 'loss') return;
        const hour = Math.floor(second / 3_600);
        if (hour < hours) alarmsByHour[hour] = (alarmsByHour[hour] ?? 0) + 1;
        else silentS ||= second - hours * 3_600 + 1;
      },
      ended() {},
    });
    const series = detector.place(1, 1);
    for (; second < hours * 3_600 + 120; second++) {
      const rtt = simulated.next(second, second < hours * 3_600 ? undefined : { loss: 1, rtt: 1 });
      detector.step(series, START_MS + second * 1_000, rtt === 0 ? OUTCOME_TIMEOUT : OUTCOME_REPLY, 0, rtt);
    }
    if (silentS > 0) silentAfterS.push(silentS);
  }
  return { alarmsByHour, silentAfterS: silentAfterS.sort((a, b) => a - b) };
}

export interface Delays {
  /** Seconds from the fault to the incident, ascending. */
  found: number[];
  missed: number;
  /** Raised before anything was wrong. */
  early: number;
  /** Seconds from the end of the fault to its being known. */
  ended: number[];
  /** Error of `sinceMs`, seconds. */
  sinceErrors: number[];
}

const WARM_UP_S = 3_600;
const FAULT_S = 600;
const AFTER_S = 600;

/** The same fault on many series, each alone, an hour or more after it was first seen. */
export function runFault(
  fault: Fault,
  count: number,
  seed: number,
  wanted: (series: SimulatedSeries) => boolean = () => true,
): Delays {
  const random = createShiftRegister(seed);
  const delays: Delays = { found: [], missed: 0, early: 0, ended: [], sinceErrors: [] };
  for (let i = 0, tried = 0; tried < count; i++) {
    const simulated = createSimulatedSeries(seed + 211 * i);
    if (!wanted(simulated)) continue;
    tried++;
    const from = WARM_UP_S + (random() % 1_800);
    // The probe's place in its second: the fault begins up to a second before the first that it meets.
    const phaseMs = random() % 1_000;
    let [knownMs, foundMs, endedMs, sinceMs] = [0, 0, 0, 0];
    const detector = createSeriesDetector({
      intervalMsOf: () => 1_000,
      raised(alarm) {
        if (foundMs > 0) return;
        foundMs = knownMs;
        sinceMs = alarm.sinceMs;
      },
      ended() {
        endedMs = knownMs;
      },
    });
    const series = detector.place(1, 1);
    for (let second = 0; second < from + FAULT_S + AFTER_S; second++) {
      const isFaulty = second >= from && second < from + FAULT_S;
      const rtt = simulated.next(second, isFaulty ? fault : undefined);
      const sentMs = START_MS + second * 1_000 + phaseMs;
      knownMs = Math.ceil((sentMs + (rtt === 0 ? TIMEOUT_MS : rtt / 1e5)) / TICK_MS) * TICK_MS;
      detector.step(series, sentMs, rtt === 0 ? OUTCOME_TIMEOUT : OUTCOME_REPLY, 0, rtt);
      if (second < from && foundMs > 0) break;
    }
    const faultMs = START_MS + from * 1_000;
    if (foundMs === 0 || foundMs >= faultMs + FAULT_S * 1_000 + TIMEOUT_MS) delays.missed++;
    else if (foundMs < faultMs) delays.early++;
    else {
      delays.found.push((foundMs - faultMs) / 1_000);
      delays.sinceErrors.push(Math.abs(sinceMs - faultMs) / 1_000);
      if (endedMs > 0) delays.ended.push((endedMs - faultMs) / 1_000 - FAULT_S);
    }
  }
  for (const list of [delays.found, delays.ended, delays.sinceErrors]) list.sort((a, b) => a - b);
  return delays;
}

export interface FleetRun {
  /** Each as it was last told. */
  incidents: OpenedIncident[];
  /** How many incidents were ever opened, and when the first was, seconds after the fault. */
  firstAfterS: number;
  watch: AnomalyWatch;
}

export interface FleetFault {
  /** What becomes of a probe while the fault lasts; undefined: as usual. */
  of(agentNumber: number, targetId: number): Fault | 'local-error' | undefined;
}

/** Agents that all probe the same targets, once a second; the fault begins when baselines are believed. */
export function runFleet(
  targets: number,
  agents: number,
  fault: FleetFault,
  { warmUpS = 660, faultS = 60, afterS = 120, seed = 5 } = {},
): FleetRun {
  const told = new Map<number, OpenedIncident>();
  let firstMs = 0;
  let nowMs = START_MS;
  let lastId = 0;
  const covered = (key: string) => {
    const [scope, name] = key.split(' ');
    return scope === 'prefix'
      ? Math.min(PREFIX_SIZE, targets)
      : scope === 'target' || name === undefined
        ? 1
        : targets;
  };
  const watch = createAnomalyWatch({
    nextId: () => ++lastId,
    placeOf,
    agentName: (agentNumber) => `agent-${agentNumber}`,
    ofTargets: covered,
    changed(opened) {
      if (told.size === 0) firstMs = nowMs;
      told.set(opened.incident.id, { ...opened, incident: { ...opened.incident } });
    },
  });
  const fleet = Array.from({ length: agents }, (_, agent) =>
    Array.from({ length: targets }, (_, i) => createSimulatedSeries(seed + 13 * (agent * targets + i))),
  );
  /** Lost probes, told when their time is up. */
  const late: { agentNumber: number; dueMs: number; batch: SampleBatch }[] = [];
  for (let second = 0; second < warmUpS + faultS + afterS; second++) {
    const baseMs = START_MS + second * 1_000;
    const isFaulty = second >= warmUpS && second < warmUpS + faultS;
    for (let quarter = 0; quarter < 4; quarter++) {
      nowMs = baseMs + (quarter + 1) * TICK_MS;
      while (late.length > 0 && (late[0]?.dueMs ?? 0) <= nowMs) {
        const { agentNumber, batch } = late.shift() as (typeof late)[0];
        watch.take(agentNumber, batch, nowMs);
      }
      for (const [agent, series] of fleet.entries()) {
        const agentNumber = agent + 1;
        const now = createSampleBatch(Math.ceil(targets / 4), baseMs);
        const lost = createSampleBatch(Math.ceil(targets / 4), baseMs);
        for (let i = quarter; i < targets; i += 4) {
          const what = isFaulty ? fault.of(agentNumber, i) : undefined;
          const rtt = (series[i] as SimulatedSeries).next(second, what === 'local-error' ? undefined : what);
          const outcome =
            what === 'local-error' ? OUTCOME_LOCAL_ERROR : rtt === 0 ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
          const into = outcome === OUTCOME_TIMEOUT ? lost : now;
          const at = into.count++;
          into.targetIds[at] = i;
          into.offsetsUs[at] = (quarter * TICK_MS + Math.floor((i / targets) * TICK_MS)) * 1_000;
          into.outcomes[at] = outcome;
          into.rtts10ns[at] = outcome === OUTCOME_REPLY ? rtt : 0;
        }
        watch.take(agentNumber, now, nowMs);
        if (lost.count > 0) late.push({ agentNumber, dueMs: nowMs + TIMEOUT_MS, batch: lost });
      }
      watch.tick(nowMs);
    }
  }
  return {
    incidents: [...told.values()],
    firstAfterS: (firstMs - START_MS) / 1_000 - warmUpS,
    watch,
  };
}
