/** What becomes of each probe: one outcome of its own, `late` and `duplicate` on top; counted and told here. */
import {
  CODE_REPLY_FIRST,
  OUTCOME_DUPLICATE,
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REPLY,
  OUTCOME_TIMEOUT,
} from '@maille/wire/link/samples';
import { PROBE_ANSWERED, PROBE_DECIDED, type ProbeRing } from './probe-ring.ts';
import type { SampleCollector } from './sample-collector.ts';
import type { TargetTable } from './target-table.ts';

export interface ProbeCounters {
  sent: number;
  replies: number;
  late: number;
  duplicates: number;
  foreign: number;
}

export interface Verdicts {
  readonly counters: ProbeCounters;
  /** `stampNs` is NaN where the kernel gave none; `readMonoMs` is when the packet was read. */
  reply(index: number, stampNs: number, readMonoMs: number): void;
  refused(index: number, outcome: number, code: number): void;
  localError(index: number, errno: number): void;
  timedOut(index: number): void;
}

/** Two clocks that run at slightly different speed may disagree by this much over one round trip. */
const CLOCK_SLACK_NS = 1_000_000;

export function createVerdicts(
  ring: ProbeRing,
  targets: TargetTable,
  collector: SampleCollector,
  epochMs: number,
): Verdicts {
  const counters: ProbeCounters = { sent: 0, replies: 0, late: 0, duplicates: 0, foreign: 0 };

  const tell = (index: number, rttNs: number, outcome: number, code: number) => {
    const targetId = targets.idAt(ring.slotOf(index));
    collector.add(targetId, epochMs + ring.sentNsOf(index) / 1e6, rttNs, outcome, code);
  };
  const decide = (index: number, rttNs: number, outcome: number, code: number) => {
    tell(index, rttNs, outcome, code);
    ring.decide(index);
    targets.probeDecided(ring.slotOf(index)); // may release the slot: last
  };
  /** The kernel's stamps; where the wall clock was set between them, the time that really went by at most. */
  const roundTripNs = (index: number, stampNs: number, readMonoMs: number) => {
    const ageNs = (readMonoMs - ring.sentMonoMsOf(index)) * 1e6;
    const stampedNs = stampNs - ring.sentNsOf(index);
    return stampedNs >= 0 && stampedNs <= ageNs + CLOCK_SLACK_NS ? stampedNs : ageNs;
  };
  const late = (index: number, rttNs: number) => {
    counters.late++;
    tell(index, rttNs, OUTCOME_LATE, 0);
  };

  return {
    counters,
    reply(index, stampNs, readMonoMs) {
      const rttNs = roundTripNs(index, stampNs, readMonoMs);
      const flags = ring.flagsOf(index);
      if ((flags & PROBE_ANSWERED) !== 0) {
        counters.duplicates++;
        return tell(index, rttNs, OUTCOME_DUPLICATE, 0);
      }
      ring.setAnswered(index);
      const first = targets.takeFirstReply(ring.slotOf(index));
      if ((flags & PROBE_DECIDED) !== 0) return late(index, rttNs);
      if (rttNs > ring.timeoutMsOf(index) * 1e6) {
        late(index, rttNs);
        return decide(index, 0, OUTCOME_TIMEOUT, 0);
      }
      counters.replies++;
      decide(index, rttNs, OUTCOME_REPLY, first ? CODE_REPLY_FIRST : 0);
    },
    refused(index, outcome, code) {
      // What an error says after the probe has its outcome changes nothing.
      if ((ring.flagsOf(index) & PROBE_DECIDED) === 0) decide(index, 0, outcome, code);
    },
    localError: (index, errno) => decide(index, 0, OUTCOME_LOCAL_ERROR, errno),
    timedOut: (index) => decide(index, 0, OUTCOME_TIMEOUT, 0),
  };
}
