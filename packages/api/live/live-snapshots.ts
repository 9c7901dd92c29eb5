/** What a subscription begins with: the list as it is now, or the last minute of samples. */
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import type { RawSeries, SeriesStore } from '@maille/store/series/series-store';
import { createSampleBatch, MAX_BATCH_COUNT, RTT_UNIT_NS, type SampleBatch } from '@maille/wire/link/samples';
import { type LiveSnapshot, MAX_EXPERIMENTS_LIVE } from '@maille/wire/live/messages';
import type { AuditLog } from '../audit/audit-log.ts';
import type { KnownCaller } from '../auth/caller.ts';
import type { ExperimentsInView } from '../experiments/experiments.ts';
import type { IncidentRegistry } from '../incidents/incident-registry.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import type { ReadOverview } from '../overview/read-overview.ts';
import type { RouteViews } from '../routes/route-views.ts';
import { filterBatch, joinBatches } from '../targets/filter-batch.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibilityOf } from '../targets/target-visibility.ts';
import type { AgentBatch, Subscription } from './live-connection.ts';
import { shareNext } from './share-next.ts';

const BACKFILL_MS = 60_000;
const AUDIT_ENTRIES = 100;
/** A frame of the backfill: small enough that a slow reader takes it in steps. */
const BACKFILL_BATCH = 16_384;

export interface LiveSnapshotsOptions {
  machines: MachineRegistry;
  targets: TargetRegistry;
  incidents: Pick<IncidentRegistry, 'recentFor' | 'narrow'>;
  routeViews: Pick<RouteViews, 'list' | 'ofTarget'>;
  experimentsInView(limit: number): Promise<ExperimentsInView>;
  series: SeriesStore;
  audit: AuditLog;
  readOverview: ReadOverview;
  clock: Clock;
}

export function createLiveSnapshots(options: LiveSnapshotsOptions) {
  const { machines, targets, incidents, routeViews, series, audit, readOverview, clock } = options;

  function requireVisible(caller: KnownCaller, id: number | undefined): number {
    const target = id === undefined ? undefined : targets.get(id);
    if (!target || !visibilityOf(caller).sees(target))
      throw new Problem('not-found', `there is no target ${id}`);
    return target.id;
  }

  /** The last minute of all targets: as much as ten megabytes, so whoever asks at once shares it. */
  const minuteOfAll = shareNext(async (): Promise<AgentBatch[]> => {
    const toMs = clock.wallMs() + 1_000;
    const window = await series.readWindow(toMs - BACKFILL_MS, toMs);
    const exists = (id: number) => targets.get(id) !== undefined;
    return window.flatMap(({ agentNumber, batch }) =>
      joinBatches([filterBatch(batch, exists)], BACKFILL_BATCH).map((part) => ({ agentNumber, batch: part })),
    );
  });

  return {
    async snapshot(caller: KnownCaller, { topic, targetId }: Subscription): Promise<LiveSnapshot> {
      switch (topic) {
        case 'machines':
          return { topic, machines: machines.list() };
        case 'peers':
          return { topic, peers: machines.peers() };
        case 'targets': {
          const { revision, targets: all } = targets.list();
          const visibility = visibilityOf(caller);
          return {
            topic,
            revision,
            targets: visibility.all ? all : all.filter((one) => visibility.sees(one)),
          };
        }
        case 'incidents':
          return { topic, incidents: incidents.recentFor(caller) };
        case 'routes':
          return { topic, ...(await routeViews.list(caller, {})) };
        case 'target-routes':
          return { topic, ...(await routeViews.ofTarget(caller, requireVisible(caller, targetId), {})) };
        case 'experiments':
          return { topic, ...(await options.experimentsInView(MAX_EXPERIMENTS_LIVE)) };
        case 'overview':
          return { topic, overview: readOverview(caller) };
        case 'audit':
          return { topic, entries: await audit.list({ limit: AUDIT_ENTRIES }) };
        case 'grid':
          return { topic };
        case 'target':
          requireVisible(caller, targetId);
          return { topic };
      }
    },

    async backfill(caller: KnownCaller, { topic, targetId }: Subscription): Promise<AgentBatch[]> {
      if (topic === 'target') {
        const toMs = clock.wallMs() + 1_000;
        const fromMs = toMs - BACKFILL_MS;
        const found = await series.readRaw(requireVisible(caller, targetId), fromMs, toMs);
        return found.map((one) => ({
          agentNumber: one.agentNumber,
          batch: batchOf(targetId as number, one, fromMs),
        }));
      }
      const minute = await minuteOfAll();
      const visibility = visibilityOf(caller);
      if (visibility.all) return minute;
      const sees = (id: number) => {
        const target = targets.get(id);
        return target !== undefined && visibility.sees(target);
      };
      return minute.map(({ agentNumber, batch }) => ({ agentNumber, batch: filterBatch(batch, sees) }));
    },
  };
}

function batchOf(targetId: number, one: RawSeries, baseMs: number): SampleBatch {
  const count = Math.min(one.count, MAX_BATCH_COUNT);
  const batch = createSampleBatch(count, baseMs);
  batch.count = count;
  batch.targetIds.fill(targetId);
  for (let i = 0; i < count; i++) {
    batch.offsetsUs[i] = Math.round(((one.sentAtMs[i] as number) - baseMs) * 1_000);
    batch.rtts10ns[i] = Math.round((one.rttsNs[i] as number) / RTT_UNIT_NS);
  }
  batch.outcomes.set(one.outcomes.subarray(0, count));
  batch.codes.set(one.codes.subarray(0, count));
  return batch;
}
