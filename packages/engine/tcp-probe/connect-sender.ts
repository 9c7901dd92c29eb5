/** Begins the connections that are due, never more at once than the pace allows. */
import type { ConnectPort } from '@maille/base/connect-port';
import type { SendSchedule } from '../probe/send-schedule.ts';
import type { TargetTable } from '../probe/target-table.ts';
import type { ConnectVerdicts } from './connect-verdicts.ts';
import type { ConnectionTable } from './connection-table.ts';
import type { TcpTargets } from './tcp-targets.ts';

/** A tick that comes later than this is a stall: what it would have sent is spread over the ticks that follow. */
const MAX_TICK_MS = 10;
/** How much faster than its rate the prober may send to make up for a stall. */
const CATCH_UP = 2;

export function createConnectSender(
  port: ConnectPort,
  connections: ConnectionTable,
  table: TargetTable,
  targets: TcpTargets,
  schedule: SendSchedule,
  verdicts: ConnectVerdicts,
  monoMs: () => number,
): { sendDue(nowMonoMs: number): void } {
  const address = new Uint32Array(4);
  let lastMonoMs = 0;

  /** -1: there is no such interface. */
  const zoneIndexOf = (slot: number): number => {
    const zone = table.zoneAt(slot);
    if (zone === undefined) return 0;
    const known = table.zoneIndexAt(slot);
    if (known !== 0) return known;
    const index = port.zoneIndex(zone);
    table.setZoneIndex(slot, index);
    return index === 0 ? -1 : index;
  };

  const sendOne = (slot: number) => {
    const zone = zoneIndexOf(slot);
    table.copyAddress(slot, address, 0);
    table.probeBegan(slot);
    verdicts.counters.sent++;
    const sentMonoMs = monoMs();
    const handle = port.open(table.familyAt(slot), address, 0, zone, targets.portAt(slot));
    if (handle >= 0)
      return connections.begin(handle, slot, sentMonoMs, port.openedNs, table.timeoutMsAt(slot));
    if (table.zoneAt(slot) !== undefined) table.setZoneIndex(slot, 0); // looked up anew next time
    verdicts.notSent(slot, port.openedNs, -handle);
  };

  return {
    sendDue(nowMonoMs) {
      const elapsedMs = Math.min(MAX_TICK_MS, nowMonoMs - lastMonoMs);
      lastMonoMs = nowMonoMs;
      let budget = Math.ceil((CATCH_UP * schedule.ratePerSecond * elapsedMs) / 1_000) + 4;
      for (; budget > 0; budget--) {
        const slot = schedule.takeDue(nowMonoMs);
        if (slot < 0) break;
        sendOne(slot);
      }
    },
  };
}
