/**
 * News of routes: gathered for a second, as each round of traceroute is one. Who may see what, who speaks
 * for a prefix and what is traced may be otherwise once targets or settings change: then a new snapshot says
 * it all, at most every few seconds.
 */
import type { Log } from '@maille/base/log';
import type { Bus } from '@maille/store/bus/bus';
import type { Topic } from '@maille/wire/live/messages';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';
import type { RouteViews } from '../routes/route-views.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibilityOf } from '../targets/target-visibility.ts';
import type { LiveConnection, Subscription } from './live-connection.ts';

export interface LiveRouteNewsOptions {
  bus: Bus;
  targets: Pick<TargetRegistry, 'get'>;
  routeViews: Pick<RouteViews, 'summaries' | 'namesOf' | 'forgotten'>;
  subscriptionsOf(topic: Topic): Iterable<[LiveConnection, Subscription]>;
  log: Log;
}

const EVERY_MS = 1_000;
const RENEW_EVERY_MS = 3_000;
/** Routes that wait; with more than that, snapshots cost less. */
const MAX_GATHERED = 20_000;
const topics = ['routes', 'target-routes'] as const;

export function createLiveRouteNews(options: LiveRouteNewsOptions) {
  const { bus, targets, routeViews, subscriptionsOf, log } = options;
  let gathered = new Map<string, TargetRoute>();
  let stale = false;
  let sentMs = 0;
  let renewedMs = 0;
  let sending = false;

  const anybody = () => {
    for (const topic of topics) for (const _one of subscriptionsOf(topic)) return true;
    return false;
  };

  function gather(put: readonly TargetRoute[]): void {
    if (!anybody()) return;
    if (gathered.size + put.length > MAX_GATHERED) {
      gathered.clear();
      stale = true;
      return;
    }
    for (const route of put) gathered.set(`${route.agentNumber} ${route.targetId} ${route.sinceMs}`, route);
  }

  function renew(): void {
    for (const topic of topics)
      for (const [connection, subscription] of subscriptionsOf(topic)) connection.renew(subscription);
  }

  async function send(routes: readonly TargetRoute[]): Promise<void> {
    const ofTarget = Map.groupBy(routes, ({ targetId }) => targetId);
    for (const [connection, subscription] of subscriptionsOf('routes')) {
      const put = routeViews.summaries(connection.caller, routes);
      const { forgotten } = routeViews;
      if (put.length > 0) connection.sendChange(subscription, { topic: 'routes', put, forgotten });
    }
    const looked = new Set<number>();
    for (const [, { targetId }] of subscriptionsOf('target-routes'))
      if (targetId !== undefined && ofTarget.has(targetId)) looked.add(targetId);
    for (const id of looked) {
      const put = ofTarget.get(id) ?? [];
      const names = await routeViews.namesOf(put);
      const target = targets.get(id);
      for (const [connection, subscription] of subscriptionsOf('target-routes'))
        if (subscription.targetId === id && target && visibilityOf(connection.caller).sees(target))
          connection.sendChange(subscription, { topic: 'target-routes', put, names });
    }
  }

  const changed = () => {
    stale = true;
  };
  const stops = [
    bus.subscribe('target-routes', ({ put }) => gather(put)),
    bus.subscribe('targets', changed),
    bus.subscribe('settings', changed),
  ];

  return {
    tick(nowMs: number) {
      if (stale && nowMs - renewedMs >= RENEW_EVERY_MS) {
        stale = false;
        renewedMs = nowMs;
        renew();
      }
      // One after the other: an older state of a route must not come after a newer one.
      if (sending || gathered.size === 0 || nowMs - sentMs < EVERY_MS) return;
      const routes = [...gathered.values()];
      gathered = new Map();
      sentMs = nowMs;
      sending = true;
      send(routes)
        .catch((error) => {
          log.error({ err: error }, 'news of routes could not be sent');
          renew();
        })
        .finally(() => {
          sending = false;
        });
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}
