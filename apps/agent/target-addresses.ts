/**
 * From targets to addresses. Most are addresses already; names are looked up when they come and once a
 * minute from then on. A name that still has the address being probed keeps it, whatever else it has, so
 * that a rotating answer does not move a target about.
 */
import type { Clock } from '@maille/base/clock';
import { canonicalIpAddress } from '@maille/base/ip-address';
import type { AgentStatus, ProbeTarget } from '@maille/wire/link/messages';
import type { SensorTarget } from '@maille/wire/sensor/messages';

export interface TargetAddressesOptions {
  clock: Clock;
  /** All addresses of a name, best first; throws when there are none. */
  lookup(name: string): Promise<string[]>;
  /** What the sensor must probe otherwise than before. */
  apply(put: SensorTarget[], remove: number[]): void;
}

export interface TargetAddresses {
  change(put: readonly ProbeTarget[], remove: readonly number[]): void;
  unresolved(): AgentStatus['unresolved'];
  stop(): void;
}

const REFRESH_EVERY_MS = 60_000;
/** getaddrinfo holds a thread each; four are all that Node has. */
const MAX_LOOKUPS = 4;
const MAX_UNRESOLVED_SHOWN = 1_000;

interface Name {
  address: string | undefined;
  problem: string | undefined;
  targets: Map<number, ProbeTarget>;
  queued: boolean;
}

export function createTargetAddresses(options: TargetAddressesOptions): TargetAddresses {
  const { clock, lookup, apply } = options;
  const names = new Map<string, Name>();
  const nameOf = new Map<number, string>();
  const queue: string[] = [];
  let running = 0;
  let stopped = false;

  const sensorTarget = (
    { id, probe, intervalMs, timeoutMs, route, trace }: ProbeTarget,
    address: string,
  ): SensorTarget => ({
    id,
    address,
    probe,
    intervalMs,
    timeoutMs,
    ...(route && { route }),
    ...(trace && { trace }),
  });

  function enqueue(host: string, name: Name): void {
    if (name.queued) return;
    name.queued = true;
    queue.push(host);
    next();
  }

  function next(): void {
    while (!stopped && running < MAX_LOOKUPS) {
      const host = queue.shift();
      if (host === undefined) return;
      running++;
      void resolve(host).finally(() => {
        running--;
        next();
      });
    }
  }

  async function resolve(host: string): Promise<void> {
    const name = names.get(host);
    if (!name) return;
    let found: string[] = [];
    try {
      found = await lookup(host);
      name.problem = found.length === 0 ? 'the name has no address' : undefined;
    } catch (error) {
      name.problem = reasonOf(error);
    }
    name.queued = false;
    if (stopped || names.get(host) !== name) return;
    // A name that cannot be looked up now is still probed where it was.
    const first = found[0];
    if (first === undefined || (name.address !== undefined && found.includes(name.address))) return;
    name.address = first;
    apply(
      [...name.targets.values()].map((target) => sensorTarget(target, first)),
      [],
    );
  }

  function leaveName(id: number): void {
    const host = nameOf.get(id);
    if (host === undefined) return;
    nameOf.delete(id);
    const name = names.get(host);
    name?.targets.delete(id);
    if (name?.targets.size === 0) names.delete(host);
  }

  const cancel = clock.every(REFRESH_EVERY_MS, () => {
    for (const [host, name] of names) enqueue(host, name);
  });

  return {
    change(put, remove) {
      const ready: SensorTarget[] = [];
      const gone = [...remove];
      for (const id of remove) leaveName(id);
      for (const target of put) {
        if (nameOf.get(target.id) !== target.host) leaveName(target.id);
        const address = canonicalIpAddress(target.host);
        if (address !== undefined) {
          ready.push(sensorTarget(target, address));
          continue;
        }
        let name = names.get(target.host);
        if (!name) {
          name = {
            address: undefined,
            problem: 'the name is being looked up',
            targets: new Map(),
            queued: false,
          };
          names.set(target.host, name);
        }
        name.targets.set(target.id, target);
        nameOf.set(target.id, target.host);
        if (name.address === undefined) {
          gone.push(target.id); // not where it was before, if it was anywhere
          enqueue(target.host, name);
        } else ready.push(sensorTarget(target, name.address));
      }
      if (ready.length > 0 || gone.length > 0) apply(ready, gone);
    },
    unresolved() {
      const list: AgentStatus['unresolved'] = [];
      for (const { problem, targets } of names.values()) {
        if (problem === undefined) continue;
        for (const targetId of targets.keys()) {
          if (list.length >= MAX_UNRESOLVED_SHOWN) return list;
          list.push({ targetId, reason: problem });
        }
      }
      return list;
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND') return 'there is no such name';
  if (code === 'EAI_AGAIN') return 'the resolvers do not answer';
  return `the name cannot be looked up (${code ?? String(error)})`.replace(/\p{Cc}+/gu, ' ').slice(0, 200);
}
