/**
 * Keeps the targets of the mesh true: whenever the setting, a machine or a target changes, what the mesh
 * should be is computed anew and the registry makes it so. Soon, not at once: a fleet that comes back
 * after a restart is one change, not fifty.
 */
import type { Cancel, Clock } from '@maille/base/clock';
import type { Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { Bus } from '@maille/store/bus/bus';
import type { Finding } from '@maille/wire/link/messages';
import { ICMP } from '@maille/wire/probe-method';
import type { Machine } from '@maille/wire/rest/machines';
import type { MeshMember } from '@maille/wire/rest/mesh';
import type { Settings } from '@maille/wire/rest/operations';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { chooseMeshAddresses } from './mesh-address.ts';
import { isMeshTarget } from './plan-mesh.ts';

const SOON_MS = 200;
const AGAIN_MS = 10_000;

export interface MeshKeeperOptions {
  machines: Pick<MachineRegistry, 'list'>;
  targets: Pick<TargetRegistry, 'list' | 'keepMesh'>;
  settings: () => Settings;
  bus: Bus;
  clock: Clock;
  log: Log;
}

export interface MeshKeeper extends Part {
  isOn(): boolean;
  /** Every approved machine, by the number of its agent. */
  members(): MeshMember[];
  /** Makes the targets what they should be now. */
  keep(): Promise<void>;
  /** Why they are not, where a bound is in the way: nobody asked, so nobody was told. */
  findings(): Finding[];
}

export const nameOf = (machine: Machine): string => machine.label || machine.facts.hostname;

export function createMeshKeeper(options: MeshKeeperOptions): MeshKeeper {
  const { machines, targets, settings, bus, clock, log } = options;
  let cancel: Cancel | undefined;

  const approved = () =>
    machines
      .list()
      .filter(({ state }) => state === 'approved')
      .sort((a, b) => a.agentNumber - b.agentNumber);

  let problem: Problem | undefined;
  async function keep(): Promise<void> {
    try {
      await keepTargets();
      problem = undefined;
    } catch (error) {
      problem = error instanceof Problem ? error : undefined;
      throw error;
    }
  }

  async function keepTargets(): Promise<void> {
    if (!settings().mesh) {
      if (targets.list().targets.some(isMeshTarget)) await targets.keepMesh([]);
      return;
    }
    const members = approved();
    const places = chooseMeshAddresses(members, settings().ownPrefixes);
    await targets.keepMesh(
      members.flatMap((machine) => {
        const place = places.get(machine.id);
        const label = nameOf(machine).slice(0, 100);
        return place ? [{ machineId: machine.id, host: place.address, label }] : [];
      }),
    );
  }

  function soon(delayMs = SOON_MS): void {
    cancel ??= clock.after(delayMs, () => {
      cancel = undefined;
      keep().catch((error) => {
        log.error({ err: error }, 'the targets of the mesh could not be kept');
        soon(AGAIN_MS);
      });
    });
  }

  /** What of a machine the mesh depends on: gauges change every few seconds, these hardly ever. */
  const told = new Map<string, string>();
  const trait = ({ state, label, facts, remoteAddress, meshAddress }: Machine) =>
    JSON.stringify([state, label, facts.hostname, facts.addresses, remoteAddress, meshAddress]);

  const stops = [
    bus.subscribe('settings', () => soon()),
    bus.subscribe('machines', ({ put, remove }) => {
      for (const id of remove) if (told.delete(id)) soon();
      for (const machine of put) {
        const now = trait(machine);
        if (told.get(machine.id) === now) continue;
        told.set(machine.id, now);
        soon();
      }
    }),
    // Somebody may have made the address of a machine a target, or deleted the one that stood in its place.
    bus.subscribe('targets', ({ put, remove }) => {
      if (settings().mesh && (remove.length > 0 || put.some((one) => !isMeshTarget(one)))) soon();
    }),
  ];
  soon();

  return {
    isOn: () => settings().mesh,
    members() {
      const list = approved();
      const places = chooseMeshAddresses(list, settings().ownPrefixes);
      const byHost = new Map(
        targets.list().targets.flatMap((one) => (one.probe === ICMP ? [[one.host, one] as const] : [])),
      );
      return list.map((machine) => {
        const place = places.get(machine.id);
        const target = place && byHost.get(place.address);
        return {
          machineId: machine.id,
          agentNumber: machine.agentNumber,
          name: nameOf(machine),
          connected: machine.connected,
          ...(place && { address: place.address }),
          chosen: place?.chosen ?? 'none',
          ...(target && settings().mesh && { targetId: target.id }),
          byHand: target !== undefined && !isMeshTarget(target),
        };
      });
    },
    keep,
    findings() {
      if (!problem) return [];
      const title = `Machines are missing from the mesh: ${problem.message}`.slice(0, 200);
      const { remedy } = problem;
      return [{ id: 'mesh-bound', severity: 'broken', title, ...(remedy !== undefined && { remedy }) }];
    },
    stop() {
      cancel?.();
      for (const stop of stops) stop();
    },
  };
}
