/** Routes of /targets: the list and its changes. What nobody may see is as if it were not there. */
import { Problem } from '@maille/base/problem';
import type { Target } from '@maille/wire/rest/targets';
import { actorOf } from '../auth/caller.ts';
import type { Context, Handlers } from '../http/handler.ts';
import { knownCaller } from '../http/handler.ts';
import type { TargetRegistry } from './target-registry.ts';
import { visibilityOf } from './target-visibility.ts';

export type TargetHandlers = Pick<
  Handlers,
  | 'listTargets'
  | 'getTarget'
  | 'createTargets'
  | 'changeTarget'
  | 'changeTargets'
  | 'deleteTargets'
  | 'restoreTargets'
  | 'traceTargets'
>;

export function visibleTarget(targets: TargetRegistry, id: number, context: Context): Target {
  const target = targets.get(id);
  if (!target || !visibilityOf(knownCaller(context)).sees(target))
    throw new Problem('not-found', `there is no target ${id}`);
  return target;
}

export function createTargetRoutes({ targets }: { targets: TargetRegistry }): TargetHandlers {
  return {
    listTargets(_input, context) {
      const visibility = visibilityOf(knownCaller(context));
      const all = targets.list();
      return visibility.all
        ? all
        : { ...all, targets: all.targets.filter((target) => visibility.sees(target)) };
    },
    getTarget: ({ params }, context) => visibleTarget(targets, params.id, context),
    async createTargets({ body }, context) {
      const { entries, dryRun, confirmForeign, ...settings } = body;
      if (dryRun) context.audit.skip = true;
      // What is refused is on record by its name as well.
      context.audit.subject = entries.replace(/\s+/g, ' ').trim().slice(0, 200);
      context.audit.detail = { ...settings };
      const created = await targets.create(body, actorOf(context.caller).actor);
      context.audit.detail = {
        ...settings,
        created: created.created,
        refused: created.refused.length,
        ...(created.foreignCount > 0 && {
          confirmForeign,
          foreignCount: created.foreignCount,
          foreign: created.foreign,
        }),
      };
      return created;
    },
    async changeTarget({ params, body }, context) {
      context.audit.detail = { ...body };
      context.audit.subject = targets.get(params.id)?.host ?? `target ${params.id}`;
      const [target] = await targets.change([params.id], body);
      return target as Target;
    },
    async changeTargets({ body }, context) {
      context.audit.subject = counted(body.ids);
      context.audit.detail = { ...body.change, ids: body.ids.slice(0, 100) };
      return { changed: (await targets.change(body.ids, body.change)).length };
    },
    async deleteTargets({ body }, context) {
      context.audit.subject = counted(body.ids);
      context.audit.detail = { ids: body.ids.slice(0, 100) };
      return { deleted: await targets.delete(body.ids) };
    },
    async restoreTargets({ body }, context) {
      context.audit.subject = counted(body.ids);
      context.audit.detail = { ids: body.ids.slice(0, 100) };
      return { restored: await targets.restore(body.ids) };
    },
    async traceTargets({ body }, context) {
      context.audit.subject = counted(body.ids);
      context.audit.detail = { ...body };
      const changed = await targets.trace(body.ids, body.forMs);
      return {
        traces: changed.flatMap(({ id, host, trace }) => (trace ? [{ targetId: id, host, trace }] : [])),
      };
    },
  };
}

const counted = (ids: readonly number[]) => (ids.length === 1 ? `target ${ids[0]}` : `${ids.length} targets`);
