/**
 * Routes: the present ones in memory, all of them in the database. Rounds come from the bus, their changes go
 * on it as `route-changes`, what they are now as `target-routes`; what is to be kept is written a moment later, all together. A restart goes on from
 * the routes that are stored, so a change while the server was down is found too.
 *
 * `ways()` is for whoever looks for the common cause of trouble at several targets: for each target and agent
 * the routers on its way, from the agent outwards, by its own route or by that of the target that speaks for
 * its prefix. Routers of parallel paths are all among them; the target itself is not.
 */
import type { Clock } from '@maille/base/clock';
import type { Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { createRouteHistory, DEFAULT_MAX_ROUTES } from '@maille/engine/route/route-history';
import type { Bus } from '@maille/store/bus/bus';
import type { Database } from '@maille/store/database/tables';
import type { RouteChange, TargetRoute } from '@maille/wire/rest/traceroutes';
import type { TraceRound } from '@maille/wire/traceroute';
import { createRouteRows, type RouteQuery } from './route-rows.ts';

const WRITE_MS = 5_000;
const DAY_MS = 86_400_000;

export interface RouteRegistryOptions {
  database: Database;
  bus: Bus;
  clock: Clock;
  log: Log;
  /** Targets that are there, and who speaks for the prefix of each. */
  targetIds(): Iterable<number>;
  speakerOf(targetId: number): number | undefined;
  maxRoutes?: number;
}

/** Routers on the way from an agent, and those of them that only some of the flows meet. */
export interface Way {
  hops: readonly string[];
  parallel: ReadonlySet<string>;
}

export interface RouteRegistry extends Part {
  /** The present routes of all targets that are there, without their hops: a list of thousands is read often. */
  heads(): RouteHead[];
  currentOf(targetId: number): TargetRoute[];
  changesOf(agentNumber: number, targetId: number): number;
  list(query: RouteQuery): Promise<TargetRoute[]>;
  /** By target, then by agent. Targets that one speaks for share what is known of that one. */
  ways(): Map<number, ReadonlyMap<number, Way>>;
  readonly forgotten: number;
  /** Drops what was last in use longer ago. */
  sweep(keptDays: number): Promise<void>;
}

export interface RouteHead extends Omit<TargetRoute, 'hops'> {
  /** Distance of the target, or of the last router that answered. */
  length: number;
}

export function headOf({ hops, ...route }: TargetRoute): RouteHead {
  return { ...route, length: hops.findLastIndex(({ routers }) => routers.length > 0) + 1 };
}

const keyOf = ({ agentNumber, targetId }: Pick<TargetRoute, 'agentNumber' | 'targetId'>) =>
  `${agentNumber} ${targetId}`;

export async function createRouteRegistry(options: RouteRegistryOptions): Promise<RouteRegistry> {
  const { database, bus, clock, log, maxRoutes = DEFAULT_MAX_ROUTES } = options;
  const rows = createRouteRows(database);
  const history = createRouteHistory({ maxRoutes });
  /** By target, then by agent. */
  const agentsOf = new Map<number, Map<number, RouteHead>>();
  const changes = await rows.countChanges();
  /** To be written: closed routes by their key and beginning, present ones by their key. */
  const unwritten = new Map<string, TargetRoute>();
  const touched = new Map<string, Pick<TargetRoute, 'agentNumber' | 'targetId'>>();
  let writing: Promise<void> = Promise.resolve();

  const noteHead = (route: TargetRoute) => {
    const agents = agentsOf.get(route.targetId) ?? new Map<number, RouteHead>();
    agentsOf.set(route.targetId, agents.set(route.agentNumber, headOf(route)));
  };
  for (const route of await rows.readCurrent(maxRoutes)) {
    history.restore(route);
    noteHead(route);
  }

  function end(route: TargetRoute): void {
    unwritten.set(`${keyOf(route)} ${route.sinceMs}`, route);
  }

  function take(agentNumber: number, round: TraceRound, put: TargetRoute[]): RouteChange | undefined {
    const news = history.observe(agentNumber, round);
    if (!news) return undefined;
    noteHead(news.route);
    const key = keyOf(news.route);
    touched.set(key, news.route);
    for (const over of [news.over, news.change?.before]) {
      if (!over) continue;
      end(over);
      put.push(over);
    }
    put.push(news.route);
    if (news.change) changes.set(key, (changes.get(key) ?? 0) + 1);
    return news.change;
  }

  const leave = bus.subscribe('routes', ({ agentNumber, rounds }) => {
    const put: TargetRoute[] = [];
    for (const round of rounds) {
      const change = take(agentNumber, round, put);
      if (!change) continue;
      const { targetId, distance, atMs } = change;
      log.info({ targetId, agentNumber, distance, atMs }, 'a route has changed');
      bus.publish('route-changes', change);
    }
    if (put.length > 0) bus.publish('target-routes', { put });
  });

  /** Ends when all that came before is in the database, or was tried. */
  function flush(): Promise<void> {
    writing = writing.then(async () => {
      const ended = [...unwritten];
      const present = [...touched];
      if (ended.length === 0 && present.length === 0) return;
      unwritten.clear();
      touched.clear();
      try {
        await rows.write([
          ...ended.map(([, route]) => route),
          ...present.flatMap(([, one]) => history.current(one.agentNumber, one.targetId) ?? []),
        ]);
      } catch (error) {
        for (const [key, route] of ended.slice(-maxRoutes)) unwritten.set(key, route);
        for (const [key, one] of present) touched.set(key, one);
        log.error({ err: error }, 'routes could not be written: they wait in memory');
      }
    });
    return writing;
  }
  const cancel = clock.every(WRITE_MS, () => void flush());

  const currentOf = (targetId: number) =>
    [...(agentsOf.get(targetId)?.keys() ?? [])].flatMap((agent) => history.current(agent, targetId) ?? []);

  function wayOf({ hops, address }: TargetRoute): Way {
    const [all, parallel] = [new Set<string>(), new Set<string>()];
    for (const { routers } of hops) {
      const others = routers.filter((one) => one.address !== address);
      for (const one of others) {
        all.add(one.address);
        if (routers.length > 1) parallel.add(one.address);
      }
    }
    return { hops: [...all], parallel };
  }

  return {
    heads: () => [...options.targetIds()].flatMap((id) => [...(agentsOf.get(id)?.values() ?? [])]),
    currentOf,
    changesOf: (agentNumber, targetId) => changes.get(keyOf({ agentNumber, targetId })) ?? 0,
    async list(query) {
      await flush();
      return rows.list(query);
    },
    ways() {
      const own = new Map<number, ReadonlyMap<number, Way>>();
      const waysTo = (id: number) => {
        const found = own.get(id) ?? new Map(currentOf(id).map((route) => [route.agentNumber, wayOf(route)]));
        own.set(id, found);
        return found;
      };
      const all = new Map<number, ReadonlyMap<number, Way>>();
      for (const id of options.targetIds()) {
        const speaker = options.speakerOf(id);
        const found = agentsOf.has(id) ? waysTo(id) : speaker === undefined ? undefined : waysTo(speaker);
        if (found && found.size > 0) all.set(id, found);
      }
      return all;
    },
    get forgotten() {
      return history.forgotten;
    },
    async sweep(keptDays) {
      await flush();
      await rows.sweep(clock.wallMs() - keptDays * DAY_MS);
      const there = new Set(options.targetIds());
      for (const [targetId, agents] of agentsOf) {
        if (there.has(targetId)) continue;
        for (const agent of agents.keys()) {
          history.forget(agent, targetId);
          changes.delete(keyOf({ agentNumber: agent, targetId }));
        }
        agentsOf.delete(targetId);
      }
    },
    async stop() {
      leave();
      cancel();
      await flush();
    },
  };
}
