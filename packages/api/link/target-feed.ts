/**
 * What one agent has been told about its targets, and what to tell it next. Each message builds on the
 * revision of the last, so that changes that do not concern this agent cost nothing.
 */
import type { BusTopics } from '@maille/store/bus/bus';
import type { ProbeTarget, TargetsChangeParams, TargetsReplaceParams } from '@maille/wire/link/messages';
import type { Machine } from '@maille/wire/rest/machines';
import type { Target } from '@maille/wire/rest/targets';
import { understands } from '../machines/agent-abilities.ts';
import { isProbedBy } from '../targets/is-probed-by.ts';

export interface LinkTargets {
  list(): { revision: number; targets: Target[] };
  get(id: number): Target | undefined;
  forAgent(machine: Pick<Machine, 'id' | 'tags' | 'state'>): ProbeTarget[];
  probeTarget(target: Target): ProbeTarget;
}

export interface TargetFeedOptions {
  targets: LinkTargets;
  replace(params: TargetsReplaceParams): void;
  change(params: TargetsChangeParams): void;
}

export interface TargetFeed {
  /** The whole list. */
  sendAll(machine: Machine): void;
  /** Only what concerns this agent of a change. */
  sendChange(machine: Machine, change: BusTopics['targets']): void;
  /** The machine itself changed: its tags may select other targets. */
  sendDifference(machine: Machine): void;
}

/** Well below the bound of a frame, and short enough that what follows does not wait long. */
const MAX_PART_BYTES = 512 * 1024;

export function createTargetFeed({ targets, replace, change }: TargetFeedOptions): TargetFeed {
  const told = new Set<number>();
  let revision = -1;
  const listFor = (machine: Machine) =>
    targets.forAgent(machine).filter(({ probe }) => understands(machine.facts, probe));

  function tell(to: number, put: ProbeTarget[], remove: number[]): void {
    let gone = remove;
    for (const part of inParts(put)) {
      change({ baseRevision: revision, revision: to, put: part, remove: gone });
      revision = to;
      gone = [];
    }
  }

  return {
    sendAll(machine) {
      const list = listFor(machine);
      revision = targets.list().revision;
      told.clear();
      for (const { id } of list) told.add(id);
      const parts = inParts(list);
      parts.forEach((part, i) => {
        replace({ revision, targets: part, ...(i < parts.length - 1 ? { more: true } : {}) });
      });
    },

    sendChange(machine, moved) {
      if (revision < 0) return; // the whole list is on its way, and will have it
      const put: ProbeTarget[] = [];
      const remove = moved.remove.filter((id) => told.delete(id));
      for (const target of moved.put) {
        if (isProbedBy(target, machine) && understands(machine.facts, target.probe)) {
          put.push(targets.probeTarget(target));
          told.add(target.id);
        } else if (told.delete(target.id)) remove.push(target.id);
      }
      if (put.length > 0 || remove.length > 0) tell(moved.revision, put, remove);
    },

    sendDifference(machine) {
      if (revision < 0) return;
      const list = listFor(machine);
      const wanted = new Set(list.map(({ id }) => id));
      const put = list.filter(({ id }) => !told.has(id));
      const remove = [...told].filter((id) => !wanted.has(id));
      for (const id of remove) told.delete(id);
      for (const { id } of put) told.add(id);
      if (put.length > 0 || remove.length > 0) tell(targets.list().revision, put, remove);
    },
  };
}

/** At least one part, if only an empty one. */
function inParts(list: ProbeTarget[]): ProbeTarget[][] {
  const parts: ProbeTarget[][] = [[]];
  let bytes = 0;
  for (const target of list) {
    // Names and tags are ASCII; the rest of the object is about 140 characters.
    const size = 150 + target.host.length + target.tags.reduce((sum, tag) => sum + tag.length + 3, 0);
    if (bytes + size > MAX_PART_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    (parts.at(-1) as ProbeTarget[]).push(target);
    bytes += size;
  }
  return parts;
}
