/** From the bus to subscriptions: who gets what, narrowed to what they may see. */
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import type { Bus, BusTopics } from '@maille/store/bus/bus';
import { MAX_BATCH_COUNT, type SampleBatch } from '@maille/wire/link/samples';
import type { Topic } from '@maille/wire/live/messages';
import type { SeenPeer } from '@maille/wire/rest/machines';
import type { IncidentRegistry } from '../incidents/incident-registry.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import type { ReadOverview } from '../overview/read-overview.ts';
import type { RouteViews } from '../routes/route-views.ts';
import { filterBatch, joinBatches } from '../targets/filter-batch.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibilityOf } from '../targets/target-visibility.ts';
import type { LiveConnection, Subscription } from './live-connection.ts';
import { createLiveRouteNews } from './live-route-news.ts';

export interface LiveNewsOptions {
  bus: Bus;
  machines: MachineRegistry;
  targets: TargetRegistry;
  incidents: Pick<IncidentRegistry, 'narrow'>;
  routeViews: RouteViews;
  readOverview: ReadOverview;
  clock: Clock;
  log: Log;
  subscriptionsOf(topic: Topic): Iterable<[LiveConnection, Subscription]>;
}

const PEERS_EVERY_MS = 1_000;
const OVERVIEW_EVERY_MS = 1_000;
/** Samples that wait for the next tick; beyond, they are skipped for everybody and counted. */
const MAX_GATHERED = 500_000;

export function createLiveNews(options: LiveNewsOptions) {
  const { bus, machines, targets, incidents, readOverview, clock, subscriptionsOf } = options;
  const routeNews = createLiveRouteNews(options);
  let gathered = new Map<number, SampleBatch[]>();
  let gatheredCount = 0;
  let peersChanged = false;
  let peersSentMs = 0;
  let overviewSentMs = 0;
  const lastPeers = new Map<string, string>();
  const lastOverviews = new WeakMap<Subscription, string>();

  const any = (topic: Topic) => {
    for (const _one of subscriptionsOf(topic)) return true;
    return false;
  };

  function gather({ agentNumber, backlog, batch }: BusTopics['samples']): void {
    // What waited on disk is the past: it is read, not shown as news.
    if (backlog || !(any('grid') || any('target'))) return;
    if (gatheredCount + batch.count > MAX_GATHERED) {
      for (const topic of ['grid', 'target'] as const)
        for (const [, subscription] of subscriptionsOf(topic)) subscription.skippedSamples += batch.count;
      return;
    }
    gatheredCount += batch.count;
    const batches = gathered.get(agentNumber);
    if (batches) batches.push(batch);
    else gathered.set(agentNumber, [batch]);
  }

  function sendSamples(): void {
    const now = gathered;
    gathered = new Map();
    gatheredCount = 0;
    for (const [agentNumber, batches] of now) {
      for (const batch of joinBatches(batches, MAX_BATCH_COUNT)) {
        for (const [connection, subscription] of subscriptionsOf('grid')) {
          const visibility = visibilityOf(connection.caller);
          const seen = visibility.all
            ? batch
            : filterBatch(batch, (id) => {
                const target = targets.get(id);
                return target !== undefined && visibility.sees(target);
              });
          connection.sendSamples(subscription, { agentNumber, batch: seen });
        }
        for (const [connection, subscription] of subscriptionsOf('target')) {
          // Its team may have changed since it was subscribed to.
          const target = targets.get(subscription.targetId as number);
          if (!target || !visibilityOf(connection.caller).sees(target)) continue;
          connection.sendSamples(subscription, {
            agentNumber,
            batch: filterBatch(batch, (id) => id === target.id),
          });
        }
      }
    }
  }

  function sendTargets({ revision, put, remove }: BusTopics['targets']): void {
    for (const [connection, subscription] of subscriptionsOf('targets')) {
      const visibility = visibilityOf(connection.caller);
      const hidden = visibility.all ? [] : put.filter((one) => !visibility.sees(one)).map(({ id }) => id);
      connection.sendChange(subscription, {
        topic: 'targets',
        revision,
        put: visibility.all ? put : put.filter((one) => visibility.sees(one)),
        remove: [...remove, ...hidden],
      });
    }
  }

  /** A peer is what several machines say of it: what changed is seen by comparing the whole. */
  function sendPeers(): void {
    const put: SeenPeer[] = [];
    const gone = new Set(lastPeers.keys());
    for (const peer of machines.peers()) {
      const text = JSON.stringify(peer);
      gone.delete(peer.id);
      if (lastPeers.get(peer.id) === text) continue;
      lastPeers.set(peer.id, text);
      put.push(peer);
    }
    for (const id of gone) lastPeers.delete(id);
    if (put.length + gone.size === 0) return;
    for (const [connection, subscription] of subscriptionsOf('peers'))
      connection.sendChange(subscription, { topic: 'peers', put, remove: [...gone] });
  }

  function sendOverviews(): void {
    for (const [connection, subscription] of subscriptionsOf('overview')) {
      const overview = readOverview(connection.caller);
      const text = JSON.stringify(overview);
      if (lastOverviews.get(subscription) === text) continue;
      lastOverviews.set(subscription, text);
      connection.sendChange(subscription, { topic: 'overview', overview });
    }
  }

  const stops = [
    bus.subscribe('samples', gather),
    bus.subscribe('targets', sendTargets),
    bus.subscribe('machines', ({ put, remove }) => {
      if (remove.length > 0) peersChanged = true;
      for (const [connection, subscription] of subscriptionsOf('machines'))
        connection.sendChange(subscription, { topic: 'machines', put, remove });
    }),
    bus.subscribe('peers', () => {
      peersChanged = true;
    }),
    bus.subscribe('incidents', ({ put }) => {
      for (const [connection, subscription] of subscriptionsOf('incidents')) {
        const seen = put.flatMap((one) => incidents.narrow(connection.caller, one) ?? []);
        if (seen.length > 0) connection.sendChange(subscription, { topic: 'incidents', put: seen });
      }
    }),
    bus.subscribe('experiment-states', ({ id, put, removed, seconds }) => {
      const change = {
        topic: 'experiments' as const,
        put: put ? [put] : [],
        remove: removed ? [id] : [],
        seconds: seconds.length > 0 ? [{ id, seconds }] : [],
      };
      for (const [connection, subscription] of subscriptionsOf('experiments'))
        connection.sendChange(subscription, change);
    }),
    bus.subscribe('audit', (entry) => {
      for (const [connection, subscription] of subscriptionsOf('audit'))
        connection.sendChange(subscription, { topic: 'audit', entries: [entry] });
    }),
  ];

  return {
    tick() {
      sendSamples();
      const nowMs = clock.monoMs();
      routeNews.tick(nowMs);
      if (peersChanged && nowMs - peersSentMs >= PEERS_EVERY_MS) {
        peersChanged = false;
        peersSentMs = nowMs;
        sendPeers();
      }
      if (nowMs - overviewSentMs >= OVERVIEW_EVERY_MS) {
        overviewSentMs = nowMs;
        sendOverviews();
      }
    },
    stop() {
      for (const stop of stops) stop();
      routeNews.stop();
    },
  };
}
