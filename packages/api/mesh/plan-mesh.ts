/** From the mesh's targets as they are to those that should be. Pure. */
import { parseIpAddress } from '@maille/base/ip-address';
import { prefixOf } from '@maille/engine/targets/parse-entries';
import { ICMP } from '@maille/wire/probe-method';
import { MESH_TAG } from '@maille/wire/rest/mesh';
import type { Target } from '@maille/wire/rest/targets';

/** Who made such a target. */
export const MESH = 'mesh';

export interface MeshTarget {
  machineId: string;
  /** Canonical. */
  host: string;
  label: string;
}

type NewMeshTarget = Pick<Target, 'host' | 'probe' | 'prefix' | 'label' | 'tags' | 'agents' | 'createdBy'>;

export interface MeshPlan {
  remove: number[];
  restore: Target[];
  make: NewMeshTarget[];
  relabel: { target: Target; label: string }[];
}

export const isMeshTarget = ({ agents }: Pick<Target, 'agents'>): boolean => agents.by === 'mesh';

const keyOf = (machineId: string, host: string) => `${machineId} ${host}`;
const keyOfTarget = ({ agents, host }: Target) => (agents.by === 'mesh' ? keyOf(agents.machineId, host) : '');

/** An address that a person made a target of stays theirs: the mesh makes no second one of it. */
export function planMesh(
  present: readonly Target[],
  deleted: readonly Target[],
  wanted: readonly MeshTarget[],
): MeshPlan {
  const mine = new Map(present.filter(isMeshTarget).map((target) => [keyOfTarget(target), target]));
  const others = new Set(
    present.filter((one) => one.probe === ICMP && !isMeshTarget(one)).map(({ host }) => host),
  );
  const kept = new Map<string, Target>();
  for (const target of deleted) {
    const key = keyOfTarget(target);
    if (!kept.has(key)) kept.set(key, target);
  }
  const plan: MeshPlan = { remove: [], restore: [], make: [], relabel: [] };
  for (const { machineId, host, label } of wanted) {
    const key = keyOf(machineId, host);
    const target = mine.get(key);
    mine.delete(key);
    if (target && target.label !== label) plan.relabel.push({ target, label });
    const address = parseIpAddress(host);
    if (target || !address || others.has(host)) continue;
    const old = kept.get(key);
    // What it was set to stays: its team, its tags, its pace, its series.
    if (old) {
      plan.restore.push(old);
      if (old.label !== label) plan.relabel.push({ target: old, label });
    } else
      plan.make.push({
        host,
        probe: ICMP,
        prefix: prefixOf(address),
        label,
        tags: [MESH_TAG],
        agents: { by: 'mesh', machineId },
        createdBy: MESH,
      });
  }
  plan.remove = [...mine.values()].map(({ id }) => id);
  return plan;
}
