/** Which targets the TCP prober has, and each one's port. What stays as it is goes on undisturbed. */
import { parseIpAddress } from '@maille/base/ip-address';
import { tcpPortOf } from '@maille/wire/probe-method';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import { MAX_TARGETS, type RefusedTarget } from '../probe/prober.ts';
import type { SendSchedule } from '../probe/send-schedule.ts';
import type { TargetTable } from '../probe/target-table.ts';

export interface TcpTargets {
  set(targets: readonly SensorTarget[]): RefusedTarget[];
  change(put: readonly SensorTarget[], remove: Iterable<number>): RefusedTarget[];
  portAt(slot: number): number;
}

/** New targets are begun at no more than this rate, whatever their intervals. */
const BEGIN_PER_SECOND = 1_000;

export function createTcpTargets(
  table: TargetTable,
  schedule: SendSchedule,
  monoMs: () => number,
): TcpTargets {
  const ports: number[] = []; // by slot

  const remove = (id: number) => {
    const slot = table.slotOf(id);
    if (slot < 0) return;
    schedule.remove(slot);
    table.retire(id);
  };

  /** Undefined, or why the target cannot be taken. */
  const put = (target: SensorTarget, nowMs: number, spreadMs: number): string | undefined => {
    const { id, intervalMs, timeoutMs } = target;
    const text = `${target.probe} ${target.address}`;
    const known = table.slotOf(id);
    if (known >= 0 && table.textAt(known) === text) {
      const paceChanged = table.intervalMsAt(known) !== intervalMs;
      table.setTimes(known, intervalMs, timeoutMs);
      if (paceChanged) {
        schedule.remove(known);
        schedule.add(known, intervalMs, nowMs, spreadMs);
      }
      return undefined;
    }
    const port = tcpPortOf(target.probe);
    if (port === undefined) return `${target.probe} is no TCP port`;
    const address = parseIpAddress(target.address);
    if (!address) return `${target.address} is no IP address`;
    remove(id);
    if (table.count >= MAX_TARGETS) return `a sensor probes at most ${MAX_TARGETS} targets`;
    const words = new Uint32Array(4);
    new Uint8Array(words.buffer).set(address.bytes);
    const { family, zone } = address;
    const slot = table.add({ id, text, address: words, family, zone, intervalMs, timeoutMs });
    ports[slot] = port;
    schedule.add(slot, intervalMs, nowMs, spreadMs);
    return undefined;
  };

  const change: TcpTargets['change'] = (puts, removes) => {
    const refused: RefusedTarget[] = [];
    const nowMs = monoMs();
    const spreadMs = Math.max(1_000, (puts.length / BEGIN_PER_SECOND) * 1_000);
    for (const id of removes) remove(id);
    for (const target of puts) {
      const reason = put(target, nowMs, spreadMs);
      if (reason === undefined) continue;
      remove(target.id); // what was probed under this id is not what is asked for now
      refused.push({ id: target.id, reason });
    }
    return refused;
  };

  return {
    change,
    set(list) {
      const wanted = new Set(list.map((target) => target.id));
      return change(
        list,
        [...table.ids()].filter((id) => !wanted.has(id)),
      );
    },
    portAt: (slot) => ports[slot] as number,
  };
}
