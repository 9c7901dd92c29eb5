/**
 * The agent's copy of its targets: whole lists and changes that build on a revision. A change that does
 * not meet the revision held is not applied: the list is asked for anew.
 */
import type { ProbeTarget, TargetsChangeParams, TargetsReplaceParams } from '@maille/wire/link/messages';

export interface TargetListChange {
  put: ProbeTarget[];
  remove: number[];
}

export interface TargetList {
  readonly revision: number;
  list(): ProbeTarget[];
  /** What differs from before; undefined while more of the list is to come. */
  replace(params: TargetsReplaceParams): TargetListChange | undefined;
  /** Undefined when the revisions do not meet: the caller asks for the whole list. */
  change(params: TargetsChangeParams): TargetListChange | undefined;
  /** A list half received on a link that broke is no list. */
  abandonPartial(): void;
}

/** Bound on a list in parts; one target more is a server gone wrong. */
const MAX_TARGETS = 100_000;

export function createTargetList(initial: { revision: number; targets: ProbeTarget[] }): TargetList {
  let revision = initial.revision;
  let targets = new Map(initial.targets.map((target) => [target.id, target]));
  let partial: ProbeTarget[] = [];

  return {
    get revision() {
      return revision;
    },
    list: () => [...targets.values()],
    replace(params) {
      for (const target of params.targets) if (partial.length < MAX_TARGETS) partial.push(target);
      if (params.more) return undefined;
      const next = new Map(partial.map((target) => [target.id, target]));
      partial = [];
      const put = [...next.values()].filter((target) => !sameTarget(target, targets.get(target.id)));
      const remove = [...targets.keys()].filter((id) => !next.has(id));
      targets = next;
      revision = params.revision;
      return { put, remove };
    },
    change(params) {
      if (params.baseRevision !== revision || partial.length > 0) return undefined;
      for (const id of params.remove) targets.delete(id);
      for (const target of params.put) {
        if (targets.size < MAX_TARGETS || targets.has(target.id)) targets.set(target.id, target);
      }
      revision = params.revision;
      return { put: params.put, remove: params.remove };
    },
    abandonPartial() {
      partial = [];
    },
  };
}

function sameTarget(a: ProbeTarget, b: ProbeTarget | undefined): boolean {
  return (
    b !== undefined &&
    a.host === b.host &&
    a.probe === b.probe &&
    a.intervalMs === b.intervalMs &&
    a.timeoutMs === b.timeoutMs &&
    a.route?.method === b.route?.method &&
    a.route?.port === b.route?.port &&
    a.route?.everyMs === b.route?.everyMs &&
    a.route?.flows === b.route?.flows &&
    a.trace?.id === b.trace?.id &&
    a.trace?.untilMs === b.trace?.untilMs &&
    a.tags.join('\n') === b.tags.join('\n')
  );
}
