/**
 * All targets: in memory for whoever asks often (agents, live, the grid), in the database for good. A
 * change is one transaction that also moves the revision; then memory, then the bus. Changes run one
 * after the other, so that revisions never cross.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { parseEntries } from '@maille/engine/targets/parse-entries';
import type { Bus } from '@maille/store/bus/bus';
import type { Database } from '@maille/store/database/tables';
import type { ProbeTarget } from '@maille/wire/link/messages';
import { ICMP, type ProbeMethod } from '@maille/wire/probe-method';
import type { Machine } from '@maille/wire/rest/machines';
import {
  MAX_FOREIGN_SHOWN,
  MAX_TARGETS,
  type RefusedEntry,
  type Target,
  type TargetChange,
} from '@maille/wire/rest/targets';
import { MAX_TRACED_TARGETS } from '@maille/wire/trace';
import type { TracePlan } from '@maille/wire/traceroute';
import { isMeshTarget, type MeshTarget, planMesh } from '../mesh/plan-mesh.ts';
import { isProbedBy } from './is-probed-by.ts';
import type { TargetGuard } from './target-guard.ts';
import { createTargetRows } from './target-rows.ts';

export interface NewTargets extends TargetChange {
  entries: string;
  probes?: readonly ProbeMethod[] | undefined;
  dryRun?: boolean | undefined;
  confirmForeign?: boolean | undefined;
}

export interface CreatedTargets {
  created: number;
  existing: number;
  refused: RefusedEntry[];
  ids: number[];
  foreign: string[];
  foreignCount: number;
}

export interface TargetRegistry {
  list(): { revision: number; targets: Target[] };
  get(id: number): Target | undefined;
  /** What an agent has to probe; nothing unless it is approved. */
  forAgent(machine: Pick<Machine, 'id' | 'tags' | 'state'>): ProbeTarget[];
  /** What an agent is told of one target. */
  probeTarget(target: Target): ProbeTarget;
  /** How a target's route is traced: as it says itself, or because it speaks for its prefix. */
  routePlan(target: Target): TracePlan | undefined;
  /** Who speaks for a prefix, and how it is traced. Agents are told of those that changed. */
  setPrefixPlans(plans: ReadonlyMap<number, TracePlan>): Promise<void>;
  create(input: NewTargets, by: string): Promise<CreatedTargets>;
  /** All of them or none. */
  change(ids: readonly number[], change: TargetChange): Promise<Target[]>;
  delete(ids: readonly number[]): Promise<number>;
  restore(ids: readonly number[]): Promise<number>;
  /** The targets of the mesh become these: what is missing is made or restored, what is too much is deleted. */
  keepMesh(wanted: readonly MeshTarget[]): Promise<void>;
  /** After a team is gone, its targets are everybody's: the database says so already, memory follows. */
  releaseTeam(teamId: number): Promise<void>;
  /** Deletes for good what was deleted more than a day ago. */
  sweep(): Promise<void>;
  /** Follows these through the logs for so long, 0 for no longer. Kept in memory: a restart ends it. */
  trace(ids: readonly number[], forMs: number): Promise<Target[]>;
}

export interface TargetRegistryOptions {
  database: Database;
  bus: Bus;
  clock: Clock;
  log: Log;
  maxTargets?: number;
  guard: TargetGuard;
}

const defaults = {
  label: '',
  tags: [],
  teamId: null,
  agents: { by: 'all' as const },
  intervalMs: 1_000,
  timeoutMs: 3_000,
  traceroute: null,
};

export async function createTargetRegistry(options: TargetRegistryOptions): Promise<TargetRegistry> {
  const { database, bus, clock, log, guard, maxTargets = MAX_TARGETS } = options;
  const rows = createTargetRows(database);
  const targets = new Map<number, Target>();
  /** What is probed already, and how. */
  const probed = new Set<string>();
  for (const target of await rows.readAll()) {
    targets.set(target.id, target);
    probed.add(keyOf(target));
  }
  let revision = await rows.readRevision();

  let prefixPlans: ReadonlyMap<number, TracePlan> = new Map();
  const routePlan = (target: Target) => target.traceroute ?? prefixPlans.get(target.id);
  const probeTarget = (target: Target) => probeTargetOf(target, routePlan(target));

  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  }

  function apply(newRevision: number, put: Target[], remove: number[]): void {
    for (const id of remove) {
      const gone = targets.get(id);
      if (gone) probed.delete(keyOf(gone));
      targets.delete(id);
    }
    for (const target of put) {
      targets.set(target.id, target);
      probed.add(keyOf(target));
    }
    const baseRevision = revision;
    revision = newRevision;
    bus.publish('targets', { baseRevision, revision, put, remove });
    log.info({ revision, put: put.length, removed: remove.length }, 'targets changed');
  }

  async function requireTeam(teamId: number | null | undefined): Promise<void> {
    if (teamId === null || teamId === undefined) return;
    if (!(await rows.teamExists(teamId)))
      throw new Problem('invalid', `there is no team ${teamId}`, { field: '/teamId' });
  }

  const withChanged = (changed: readonly Target[]): Iterable<Target> =>
    new Map([...targets, ...changed.map((target): [number, Target] => [target.id, target])]).values();

  function requireAll(ids: readonly number[]): Target[] {
    return [...new Set(ids)].map((id) => {
      const target = targets.get(id);
      if (!target) throw new Problem('not-found', `there is no target ${id}`);
      return target;
    });
  }

  /** The mesh makes, names and deletes its targets itself: by hand they would only come back. */
  function refuseMesh(chosen: readonly Target[], field?: string): void {
    if (!chosen.some(isMeshTarget)) return;
    throw new Problem('conflict', 'targets of the mesh follow its machines, and are not changed by hand', {
      ...(field !== undefined && { field }),
      remedy: 'Change the machine, or end the mesh on the page Watch, Mesh.',
    });
  }
  function requirePort({ traceroute }: TargetChange): void {
    if (traceroute?.method === 'tcp' && traceroute.port === undefined)
      throw new Problem('invalid', 'a route is traced by TCP to a port: say which', {
        field: '/traceroute/port',
      });
  }
  function refuseMeshAgents(change: TargetChange): void {
    if (change.agents?.by === 'mesh')
      throw new Problem('invalid', 'only the mesh makes targets that are probed by all but one', {
        field: '/agents',
      });
  }

  return {
    list: () => ({ revision, targets: [...targets.values()] }),
    get: (id) => targets.get(id),
    probeTarget,
    routePlan,

    forAgent(machine) {
      if (machine.state !== 'approved') return [];
      const wanted: ProbeTarget[] = [];
      for (const target of targets.values()) {
        if (!isProbedBy(target, machine)) continue;
        wanted.push(probeTarget(target));
      }
      return wanted;
    },

    create({ entries, probes = [ICMP], dryRun, confirmForeign, ...settings }, by) {
      return inTurn(async () => {
        refuseMeshAgents(settings);
        requirePort(settings);
        const parsed = parseEntries(entries, maxTargets);
        const asked = parsed.hosts.flatMap((host) => probes.map((probe) => ({ ...host, probe })));
        const fresh = asked.filter((one) => !probed.has(keyOf(one)));
        const foreign = guard.foreign(new Set(fresh.map(({ host }) => host)));
        const answer = {
          created: fresh.length,
          existing: asked.length - fresh.length,
          refused: parsed.refused,
          ids: [] as number[],
          foreign: foreign.slice(0, MAX_FOREIGN_SHOWN),
          foreignCount: foreign.length,
        };
        if (targets.size + fresh.length > maxTargets)
          throw new Problem(
            'too-large',
            `${targets.size} targets and ${fresh.length} more are over the bound of ${maxTargets}`,
            {
              field: '/entries',
            },
          );
        await requireTeam(settings.teamId);
        const wanted = fresh.map(({ host, probe, prefix }) => ({
          host,
          probe,
          prefix,
          ...defaults,
          ...settings,
          createdAtMs: clock.wallMs(),
          createdBy: by,
        }));
        guard.requireBounds(targets.values(), [...targets.values(), ...wanted], '/entries');
        if (dryRun || fresh.length === 0) return answer;
        if (foreign.length > 0 && confirmForeign !== true) throw unconfirmed(foreign);
        const made = await rows.insert(wanted);
        apply(made.revision, made.targets, []);
        return { ...answer, ids: made.targets.map((target) => target.id) };
      });
    },

    change(ids, change) {
      return inTurn(async () => {
        const before = requireAll(ids);
        refuseMeshAgents(change);
        requirePort(change);
        for (const field of ['agents', 'label'] as const)
          if (change[field] !== undefined) refuseMesh(before, `/${field}`);
        await requireTeam(change.teamId);
        if (Object.keys(change).length === 0) return before;
        const changed = before.map((target) => ({ ...target, ...change }));
        if (change.intervalMs !== undefined || change.agents !== undefined)
          guard.requireBounds(
            targets.values(),
            withChanged(changed),
            change.agents === undefined ? '/intervalMs' : '/agents',
          );
        apply(
          await rows.update(
            changed.map((target) => target.id),
            change,
          ),
          changed,
          [],
        );
        return changed;
      });
    },

    delete(ids) {
      return inTurn(async () => {
        const chosen = requireAll(ids);
        refuseMesh(chosen);
        const gone = chosen.map((target) => target.id);
        apply(await rows.markDeleted(gone, clock.wallMs()), [], gone);
        return gone.length;
      });
    },

    restore(ids) {
      return inTurn(async () => {
        const deleted = await rows.readDeleted([...new Set(ids)]);
        refuseMesh(deleted);
        const taken = new Set<string>();
        // An address that is a target again meanwhile keeps its new self.
        const back = deleted.filter((one) => {
          const key = keyOf(one);
          return !probed.has(key) && !taken.has(key) && taken.add(key);
        });
        if (back.length === 0) return 0;
        if (targets.size + back.length > maxTargets)
          throw new Problem('too-large', `${maxTargets} targets is the bound`);
        guard.requireBounds(targets.values(), withChanged(back), '/ids');
        apply(
          await rows.markDeleted(
            back.map((target) => target.id),
            null,
          ),
          back,
          [],
        );
        return back.length;
      });
    },

    keepMesh(wanted) {
      return inTurn(async () => {
        const plan = planMesh([...targets.values()], await rows.readDeletedMesh(), wanted);
        const room = maxTargets - targets.size + plan.remove.length - plan.restore.length;
        if (plan.make.length > room)
          throw new Problem('too-large', `${maxTargets} targets is the bound: the mesh has no room`);
        if (plan.remove.length > 0)
          apply(await rows.markDeleted(plan.remove, clock.wallMs()), [], plan.remove);
        const back = plan.restore.map(({ id }) => id);
        const made = plan.make.map((one) => ({ ...defaults, ...one, createdAtMs: clock.wallMs() }));
        // What went has gone already: an end of something never waits for room.
        guard.requireBounds(targets.values(), [...withChanged(plan.restore), ...made], '/on');
        if (back.length > 0) apply(await rows.markDeleted(back, null), plan.restore, []);
        if (made.length > 0) {
          const { revision: after, targets: fresh } = await rows.insert(made);
          apply(after, fresh, []);
        }
        for (const { target, label } of plan.relabel)
          apply(await rows.update([target.id], { label }), [{ ...target, label }], []);
      });
    },

    releaseTeam(teamId) {
      return inTurn(async () => {
        const released = [...targets.values()]
          .filter((target) => target.teamId === teamId)
          .map((target) => ({ ...target, teamId: null }));
        if (released.length > 0)
          apply(
            await rows.update(
              released.map((target) => target.id),
              { teamId: null },
            ),
            released,
            [],
          );
      });
    },

    setPrefixPlans(plans) {
      return inTurn(async () => {
        const before = prefixPlans;
        prefixPlans = new Map(plans);
        const touched = [...new Set([...before.keys(), ...plans.keys()])].flatMap((id) => {
          const target = targets.get(id);
          const isSame = JSON.stringify(before.get(id)) === JSON.stringify(plans.get(id));
          return target && target.traceroute === null && !isSame ? [target] : [];
        });
        // As with a trace: nothing is kept in the database, and the revision stays.
        if (touched.length > 0) apply(revision, touched, []);
      });
    },

    trace(ids, forMs) {
      return inTurn(async () => {
        const nowMs = clock.wallMs();
        const isTraced = ({ trace }: Target) => trace !== undefined && trace.untilMs > nowMs;
        const chosen = requireAll(ids);
        const others = [...targets.values()].filter((one) => isTraced(one) && !ids.includes(one.id));
        if (forMs > 0 && others.length + chosen.length > MAX_TRACED_TARGETS)
          throw new Problem('too-large', `${MAX_TRACED_TARGETS} targets at most are traced at once`, {
            remedy: 'End another trace first.',
          });
        const changed = chosen.map(({ trace, ...target }): Target => {
          const id = trace?.id ?? randomBytes(6).toString('hex');
          return forMs === 0 ? target : { ...target, trace: { id, untilMs: nowMs + forMs } };
        });
        apply(revision, changed, []);
        return changed;
      });
    },

    sweep: () => inTurn(() => rows.dropDeletedBefore(clock.wallMs() - 86_400_000)),
  };
}

function unconfirmed(foreign: readonly string[]): Problem {
  const shown = foreign.slice(0, 5).join(', ') + (foreign.length > 5 ? ', …' : '');
  return new Problem(
    'invalid',
    foreign.length === 1
      ? `${shown} is not known to be your own`
      : `${foreign.length} of these are not known to be your own: ${shown}`,
    {
      field: '/confirmForeign',
      remedy:
        'Confirm that you may probe them (confirmForeign), or add their prefix to your own prefixes in Settings, Server.',
    },
  );
}

const keyOf = ({ host, probe }: Pick<Target, 'host' | 'probe'>): string => `${probe} ${host}`;

/** What an agent is told of a target. */
export function probeTargetOf(target: Target, route?: TracePlan): ProbeTarget {
  const { id, host, probe, intervalMs, timeoutMs, tags, trace } = target;
  return { id, host, probe, intervalMs, timeoutMs, tags, ...(route && { route }), ...(trace && { trace }) };
}
