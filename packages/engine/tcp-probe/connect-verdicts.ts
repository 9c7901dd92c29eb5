/** What becomes of each connection: one outcome of its own, `late` on top; counted, told, and closed here. */
import type { ConnectPort } from '@maille/base/connect-port';
import {
  CODE_REPLY_FIRST,
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REFUSED,
  OUTCOME_REPLY,
  OUTCOME_RESET,
  OUTCOME_TIMEOUT,
} from '@maille/wire/link/samples';
import { outcomeOfIcmp } from '../probe/answer-packet.ts';
import type { SampleCollector } from '../probe/sample-collector.ts';
import type { TargetTable } from '../probe/target-table.ts';
import type { ConnectionTable } from './connection-table.ts';

export interface ConnectCounters {
  sent: number;
  replies: number;
  late: number;
}

export interface ConnectVerdicts {
  readonly counters: ConnectCounters;
  reply(handle: number, rttNs: number): void;
  /** The answer came after the timeout, or it was the answer to a SYN sent again. */
  tooLate(handle: number, rttNs: number): void;
  timedOut(handle: number): void;
  /** `stampNs` is NaN where the kernel gave none. */
  refused(handle: number, stampNs: number, readMonoMs: number): void;
  reset(handle: number, rttNs: number): void;
  unreachable(handle: number, icmpType: number, code: number): void;
  /** The kernel gave up on a connection that was begun. */
  failed(handle: number, errno: number): void;
  /** No connection could be begun. */
  notSent(slot: number, sentNs: number, errno: number): void;
}

const ETIMEDOUT = 110;
/** Wall clock and monotonic clock may disagree by this much over one round trip. */
const CLOCK_SLACK_NS = 1_000_000;

export function createConnectVerdicts(
  port: Pick<ConnectPort, 'close'>,
  connections: ConnectionTable,
  targets: TargetTable,
  collector: SampleCollector,
  epochMs: number,
): ConnectVerdicts {
  const counters: ConnectCounters = { sent: 0, replies: 0, late: 0 };

  const tell = (slot: number, sentNs: number, rttNs: number, outcome: number, code: number) =>
    collector.add(targets.idAt(slot), epochMs + sentNs / 1e6, rttNs, outcome, code);
  const decide = (handle: number, rttNs: number, outcome: number, code: number) => {
    const slot = connections.slotOf(handle);
    tell(slot, connections.sentNsOf(handle), rttNs, outcome, code);
    connections.end(handle);
    port.close(handle);
    targets.probeDecided(slot); // may release the slot: last
  };
  /** The way to a host that answered is known now; the first answer may have waited for that. */
  const codeOfAnswer = (handle: number) =>
    targets.takeFirstReply(connections.slotOf(handle)) ? CODE_REPLY_FIRST : 0;

  return {
    counters,
    reply(handle, rttNs) {
      counters.replies++;
      decide(handle, rttNs, OUTCOME_REPLY, codeOfAnswer(handle));
    },
    tooLate(handle, rttNs) {
      counters.late++;
      targets.takeFirstReply(connections.slotOf(handle));
      tell(connections.slotOf(handle), connections.sentNsOf(handle), rttNs, OUTCOME_LATE, 0);
      decide(handle, 0, OUTCOME_TIMEOUT, 0);
    },
    timedOut: (handle) => decide(handle, 0, OUTCOME_TIMEOUT, 0),
    refused(handle, stampNs, readMonoMs) {
      const ageNs = (readMonoMs - connections.sentMonoMsOf(handle)) * 1e6;
      const stampedNs = stampNs - connections.sentNsOf(handle);
      // Where the wall clock was set meanwhile, or there is no stamp: when it was read, which is later.
      const believed = stampedNs >= 0 && stampedNs <= ageNs + CLOCK_SLACK_NS;
      decide(handle, believed ? stampedNs : ageNs, OUTCOME_REFUSED, codeOfAnswer(handle));
    },
    reset: (handle, rttNs) => decide(handle, rttNs, OUTCOME_RESET, codeOfAnswer(handle)),
    unreachable(handle, icmpType, code) {
      const family = targets.familyAt(connections.slotOf(handle)) === 4 ? 4 : 6;
      const outcome = outcomeOfIcmp(family, icmpType);
      if (outcome >= 0) decide(handle, 0, outcome, code);
    },
    failed(handle, errno) {
      if (errno === ETIMEDOUT) decide(handle, 0, OUTCOME_TIMEOUT, 0);
      else decide(handle, 0, OUTCOME_LOCAL_ERROR, errno);
    },
    notSent(slot, sentNs, errno) {
      tell(slot, sentNs, 0, OUTCOME_LOCAL_ERROR, errno);
      targets.probeDecided(slot);
    },
  };
}
