/** Begins the connections that are due, never more at once than the pace allows. */
import type { ConnectPort } from '@maille/base/connect-port';
import { createSendPace } from '../probe/send-pace.ts';
import type { SendSchedule } from '../probe/send-schedule.ts';
import type { TargetTable } from '../probe/target-table.ts';
import type { ConnectVerdicts } from './connect-verdicts.ts';
import type { ConnectionTable } from './connection-table.ts';

export function createConnectSender(
  port: ConnectPort,
  connections: ConnectionTable,
  table: TargetTable,
  portAt: (slot: number) => number,
  schedule: SendSchedule,
  verdicts: ConnectVerdicts,
  monoMs: () => number,
): { sendDue(nowMonoMs: number): void } {
  const address = new Uint32Array(4);
  const pace = createSendPace(schedule);

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
    const handle = port.open(table.familyAt(slot), address, 0, zone, portAt(slot));
    if (handle >= 0)
      return connections.begin(handle, slot, sentMonoMs, port.openedNs, table.timeoutMsAt(slot));
    if (table.zoneAt(slot) !== undefined) table.setZoneIndex(slot, 0); // looked up anew next time
    verdicts.notSent(slot, port.openedNs, -handle);
  };

  return {
    sendDue: (nowMonoMs) => pace.sendDue(nowMonoMs, sendOne),
  };
}
