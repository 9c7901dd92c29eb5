/** Sends what is due, in batches that the ports take whole, never more at once than the pace allows. */

import type { EchoPort } from '@maille/base/echo-port';
import { createEchoWriter, type SessionNonce } from './echo-packet.ts';
import type { ProbeRing } from './probe-ring.ts';
import { createSendPace } from './send-pace.ts';
import type { SendSchedule } from './send-schedule.ts';
import type { TargetTable } from './target-table.ts';
import type { Verdicts } from './verdicts.ts';

const ENODEV = 19;
const EAFNOSUPPORT = 97;

export interface ProbeSender {
  sendDue(nowMonoMs: number): void;
  /** When something was sent by the port at this index. */
  lastSentMs(port: number): number;
}

export function createProbeSender(
  ports: readonly EchoPort[],
  nonce: SessionNonce,
  epochMs: number,
  ring: ProbeRing,
  targets: TargetTable,
  schedule: SendSchedule,
  verdicts: Verdicts,
  wallMs: () => number,
): ProbeSender {
  const lanes = ports.map((port) => ({
    port,
    write: createEchoWriter(port, nonce),
    serials: new Uint32Array(port.outgoing.capacity),
    filled: 0,
    lastSentMs: Number.NEGATIVE_INFINITY,
    nowNs: 0,
  }));
  type Lane = (typeof lanes)[number];
  const lane4 = lanes.find((lane) => lane.port.family === 4);
  const lane6 = lanes.find((lane) => lane.port.family === 6);
  const pace = createSendPace(schedule);
  let lastMonoMs = 0;
  const epochSeconds = Math.floor(epochMs / 1_000);

  const sendBatch = (lane: Lane) => {
    if (lane.filled === 0) return;
    lane.port.send(lane.filled);
    lane.lastSentMs = lastMonoMs;
    for (let i = 0; i < lane.filled; i++) {
      const errno = lane.port.errnos[i] as number;
      if (errno === 0) continue;
      const index = ring.find(lane.serials[i] as number);
      const slot = ring.slotOf(index);
      if (targets.zoneAt(slot) !== undefined) targets.setZoneIndex(slot, 0); // looked up anew next time
      verdicts.localError(index, errno);
    }
    lane.filled = 0;
  };

  const zoneIndexOf = (lane: Lane, slot: number): number => {
    const zone = targets.zoneAt(slot);
    if (zone === undefined) return 0;
    const known = targets.zoneIndexAt(slot);
    if (known !== 0) return known;
    const index = lane.port.zoneIndex(zone);
    targets.setZoneIndex(slot, index);
    return index === 0 ? -1 : index;
  };

  const sendOne = (slot: number, nowMonoMs: number) => {
    const lane = targets.familyAt(slot) === 4 ? lane4 : lane6;
    if (lane?.filled === 0) lane.nowNs = lane.port.nowNs();
    const nowNs = lane ? lane.nowNs : (wallMs() - epochMs) * 1e6;
    const serial = ring.begin(slot, nowMonoMs, nowNs, targets.timeoutMsAt(slot));
    if (serial === 0) return; // no room to remember it: not sent, so not counted
    verdicts.counters.sent++;
    targets.probeBegan(slot);
    if (!lane) return verdicts.localError(ring.find(serial), EAFNOSUPPORT);
    const zone = zoneIndexOf(lane, slot);
    if (zone < 0) return verdicts.localError(ring.find(serial), ENODEV);
    const { outgoing } = lane.port;
    const i = lane.filled++;
    lane.serials[i] = serial;
    targets.copyAddress(slot, outgoing.addresses, 4 * i);
    outgoing.zones[i] = zone;
    const seconds = Math.floor(nowNs / 1e9);
    lane.write(i, serial, slot, targets.generationAt(slot), epochSeconds + seconds, nowNs - seconds * 1e9);
    if (lane.filled === outgoing.capacity) sendBatch(lane);
  };

  return {
    lastSentMs: (port) => (lanes[port] as Lane).lastSentMs,
    sendDue(nowMonoMs) {
      lastMonoMs = nowMonoMs;
      pace.sendDue(nowMonoMs, sendOne);
      for (const lane of lanes) sendBatch(lane);
    },
  };
}
