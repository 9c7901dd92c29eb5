/**
 * Detection in a server: samples from the bus into the anomaly watch, its incidents into the registry. What
 * was learnt is on disk every few minutes and at the end; incidents that were open before a restart go on
 * from what they were, and end by what the samples then say.
 */
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { createAnomalyWatch } from '@maille/engine/anomaly/anomaly-watch';
import type { TargetPlace } from '@maille/engine/anomaly/surroundings';
import type { Bus } from '@maille/store/bus/bus';
import { ICMP } from '@maille/wire/probe-method';
import type { Baselines } from '@maille/wire/rest/incidents';
import type { Target } from '@maille/wire/rest/targets';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { type BaselineFiles, emptyBaselines } from './baseline-files.ts';
import type { Covers } from './covered-targets.ts';
import type { IncidentRegistry } from './incident-registry.ts';
import type { KnownWays } from './known-ways.ts';

export interface IncidentDetectionOptions {
  bus: Bus;
  clock: Clock;
  log: Log;
  targets: Pick<TargetRegistry, 'get' | 'list'>;
  incidents: IncidentRegistry;
  files: BaselineFiles;
  covers: Covers;
  ways(): KnownWays;
  agentName(agentNumber: number): string;
}

export interface IncidentDetection {
  /** What is usual now, or was at a moment of the past. */
  baselines(atMs?: number): Promise<Baselines>;
  stop(): Promise<void>;
}

const TICK_MS = 250;
const KEEP_MS = 300_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** The tile of names: they have nothing in common. */
const NAMES = 'names';
const noHops: readonly string[] = [];
/** Up to here, the past is now. */
const NOW_MS = 60_000;

export async function createIncidentDetection(options: IncidentDetectionOptions): Promise<IncidentDetection> {
  const { bus, clock, log, targets, incidents, files, covers, ways, agentName } = options;
  /** Incidents that were said to be open. */
  const known = new Set<number>();
  const places = new WeakMap<Target, TargetPlace>();

  function placeOf(targetId: number): TargetPlace | undefined {
    const target = targets.get(targetId);
    if (!target) return undefined;
    let place = places.get(target);
    if (!place) {
      place = {
        ...target,
        host: subjectOf(target),
        prefix: target.prefix === NAMES ? undefined : target.prefix,
      };
      places.set(target, place);
    }
    return place;
  }

  const watch = createAnomalyWatch({
    nextId: incidents.nextId,
    placeOf,
    hopsOf: (agentNumber, targetId) => ways().get(targetId)?.get(agentNumber)?.hops ?? noHops,
    isParallel: (agentNumber, targetId, hop) =>
      ways().get(targetId)?.get(agentNumber)?.parallel.has(hop) ?? false,
    agentName,
    ofTargets: (scopeKey) => targets.list().targets.filter(covers(scopeKey)).length,
    changed(opened, evidence) {
      const { id, kind, scope, subject, state, affected } = opened.incident;
      if (!known.has(id) || state === 'ended')
        log.info({ incident: id, kind, scope, subject, affected }, `an incident is ${state}`);
      if (state === 'open') known.add(id);
      else known.delete(id);
      incidents.put(opened, evidence);
    },
  });
  let learntCount = 0;
  for (const one of await files.readLearnt().catch(unreadable)) {
    if (!targets.get(one.targetId)) continue;
    watch.teach(one);
    learntCount++;
  }
  function unreadable(error: unknown): [] {
    log.error({ err: error }, 'what was learnt of the targets cannot be read: it is learnt anew');
    return [];
  }
  for (const { incident, scopeKey, evidence } of incidents.recent()) {
    if (incident.state !== 'open') continue;
    known.add(incident.id);
    watch.resume({ incident, scopeKey }, [...evidence.values()], clock.wallMs());
  }
  log.info({ baselines: learntCount, openIncidents: known.size }, 'detection goes on');

  /** As machines and targets are now. */
  function isProbed(): (agentNumber: number, targetId: number) => boolean {
    const ofAgent = new Map<number, (target: Target) => boolean>();
    return (agentNumber, targetId) => {
      const target = targets.get(targetId);
      const probes = ofAgent.get(agentNumber) ?? covers(`agent ${agentNumber}`);
      ofAgent.set(agentNumber, probes);
      return target !== undefined && probes(target);
    };
  }

  let hour = -1;
  let keeping: Promise<void> = Promise.resolve();
  function keep(): Promise<void> {
    keeping = keeping.then(async () => {
      const nowMs = clock.wallMs();
      watch.retire(isProbed(), nowMs - DAY_MS);
      try {
        await files.writeLearnt(watch.learnt(), nowMs);
        const hourNow = Math.floor(nowMs / HOUR_MS);
        if (hourNow === hour) return;
        hour = hourNow;
        await files.writeHour(watch.baselines(), nowMs);
      } catch (error) {
        log.error({ err: error }, 'what was learnt of the targets cannot be kept');
      }
    });
    return keeping;
  }

  const cancels = [
    bus.subscribe('samples', ({ agentNumber, backlog, batch }) => {
      if (!backlog) watch.take(agentNumber, batch, clock.wallMs());
    }),
    bus.subscribe('targets', ({ remove }) => watch.forget(remove)),
    bus.subscribe('route-changes', (change) => watch.routeChanged(change, clock.wallMs())),
    bus.subscribe('incidents', ({ put }) => {
      for (const incident of put) watch.note(incident);
    }),
    clock.every(TICK_MS, () => watch.tick(clock.wallMs())),
    clock.every(KEEP_MS, () => void keep()),
  ];

  return {
    async baselines(atMs) {
      const nowMs = clock.wallMs();
      if (atMs !== undefined && atMs < nowMs - NOW_MS)
        return (await files.readHour(atMs)) ?? emptyBaselines(atMs);
      const now = emptyBaselines(nowMs);
      for (const { agentNumber, targetId, rttNs, spread, lossRatio } of watch.baselines()) {
        now.targetIds.push(targetId);
        now.agentNumbers.push(agentNumber);
        now.rttNs.push(rttNs);
        now.spread.push(spread);
        now.lossRatio.push(lossRatio);
      }
      return now;
    },
    async stop() {
      for (const cancel of cancels) cancel();
      await keep();
    },
  };
}

/** A host that is probed in several ways is several targets. */
function subjectOf({ host, probe }: Target): string {
  return probe === ICMP ? host : `${host} ${probe}`.slice(0, 253);
}
