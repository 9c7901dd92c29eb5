/**
 * Who is probed, kept in a table and a schedule: lists and changes come in, what stays as it is goes on
 * undisturbed. Echo prober and TCP prober each hold one.
 */
import { type IpAddress, parseIpAddress } from '@maille/base/ip-address';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import type { SendSchedule } from './send-schedule.ts';
import type { TargetTable } from './target-table.ts';

export const MAX_TARGETS = 100_000;

export interface RefusedTarget {
  id: number;
  reason: string;
}

export interface TargetRoster {
  /** The whole list. Returns what could not be taken. */
  set(list: readonly SensorTarget[]): RefusedTarget[];
  change(put: readonly SensorTarget[], remove: Iterable<number>): RefusedTarget[];
}

export interface TargetRosterOptions {
  table: TargetTable;
  schedule: SendSchedule;
  monoMs(): number;
  /** New targets are begun at no more than this rate, whatever their intervals. */
  beginPerSecond: number;
  /** What makes a target the same one as before: as text, since a list of thousands mostly is. */
  textOf(target: SensorTarget): string;
  /** Why a target cannot be probed at all, if so. */
  refusal?(target: SensorTarget): string | undefined;
  /** A slot is the target's from now on, or has its new times. */
  taken(slot: number, target: SensorTarget): void;
  /** A slot is about to be given up, or to get new times. */
  leaving?(slot: number): void;
}

export function createTargetRoster(options: TargetRosterOptions): TargetRoster {
  const { table, schedule, textOf, refusal, taken, leaving } = options;

  const remove = (id: number) => {
    const slot = table.slotOf(id);
    if (slot < 0) return;
    leaving?.(slot);
    schedule.remove(slot);
    table.retire(id);
  };

  /** Undefined, or why the target cannot be taken. */
  const put = (target: SensorTarget, nowMs: number, spreadMs: number): string | undefined => {
    const { id, intervalMs, timeoutMs } = target;
    const text = textOf(target);
    const known = table.slotOf(id);
    if (known >= 0 && table.textAt(known) === text) {
      const paceChanged = table.intervalMsAt(known) !== intervalMs;
      leaving?.(known);
      table.setTimes(known, intervalMs, timeoutMs);
      taken(known, target);
      if (paceChanged) {
        schedule.remove(known);
        schedule.add(known, intervalMs, nowMs, spreadMs);
      }
      return undefined;
    }
    const reason = refusal?.(target);
    if (reason !== undefined) return reason;
    const address = parseIpAddress(target.address);
    if (!address) return `${target.address} is no IP address`;
    remove(id);
    if (table.count >= MAX_TARGETS) return `a sensor probes at most ${MAX_TARGETS} targets`;
    const { family, zone } = address;
    const slot = table.add({ id, text, address: wordsOf(address), family, zone, intervalMs, timeoutMs });
    taken(slot, target);
    schedule.add(slot, intervalMs, nowMs, spreadMs);
    return undefined;
  };

  const change: TargetRoster['change'] = (puts, removes) => {
    const refused: RefusedTarget[] = [];
    const nowMs = options.monoMs();
    const spreadMs = Math.max(1_000, (puts.length / options.beginPerSecond) * 1_000);
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
  };
}

function wordsOf({ bytes }: IpAddress): Uint32Array {
  const words = new Uint32Array(4);
  new Uint8Array(words.buffer).set(bytes);
  return words;
}
