/**
 * The prober: sends what is due, reads what came, and gives every probe sent exactly one outcome of its
 * own. It is driven by `tick`, up to a few hundred times a second, and makes no object per probe.
 *
 * When it reads does not matter for the figures: both ends of a round trip are the kernel's stamps. The
 * order of reading does: deadlines are looked at last, and only up to the moment before reading began,
 * so that what came in time is a reply, however late it is read.
 */

import type { EchoPort } from '@maille/base/echo-port';
import type { SampleBatch } from '@maille/wire/link/samples';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import { type AnswerIntake, createAnswerIntake } from './answer-intake.ts';
import { createProbeRing } from './probe-ring.ts';
import { createProbeSender } from './probe-sender.ts';
import { createSampleCollector } from './sample-collector.ts';
import { createSendSchedule, type SendSchedule } from './send-schedule.ts';
import { createTargetRoster, type RefusedTarget } from './target-roster.ts';
import { createTargetTable } from './target-table.ts';
import { createVerdicts, type ProbeCounters } from './verdicts.ts';

export interface ProberOptions {
  ports: readonly EchoPort[];
  /** What the ports' `nowNs` and stamps count from. */
  epochMs: number;
  /** Random words: the session's nonce, and where the serials begin. */
  random: readonly [nonce0: number, nonce1: number, firstSerial: number];
  wallMs(): number;
  monoMs(): number;
  /** When each target is due; by its own interval unless told. */
  schedule?: SendSchedule;
  /** The batch is filled again after the call. */
  onSamples(batch: SampleBatch): void;
}

export interface Prober {
  readonly targetCount: number;
  readonly counters: Readonly<ProbeCounters>;
  readonly inFlight: number;
  droppedPackets(): number;
  /** The whole list; what stays as it is goes on undisturbed. Returns what could not be taken. */
  setTargets(targets: readonly SensorTarget[]): RefusedTarget[];
  change(put: readonly SensorTarget[], remove: readonly number[]): RefusedTarget[];
  /** Does what is to be done now; returns in how many milliseconds there may be more. */
  tick(): number;
  /** Hands on the samples that are decided. */
  flush(): void;
}

/** Packets wait in the kernel meanwhile, stamped: this only bounds how much must fit in its buffer. */
const MIN_TICK_MS = 5;
const MAX_TICK_IN_FLIGHT_MS = 20;
const MAX_TICK_IDLE_MS = 100;
const BEGIN_PER_SECOND = 5_000;
/** A family of addresses that nothing was sent to lately is looked at so often: each look is two system calls. */
const QUIET_LOOK_MS = 100;
const MAX_TIMEOUT_MS = 30_000;
/** How long a probe is remembered after its timeout, to tell late and duplicate answers. */
const REMEMBER_MS = 10_000;

export function createProber(options: ProberOptions): Prober {
  const { ports, epochMs, monoMs } = options;
  const nonce = [options.random[0], options.random[1]] as const;
  const targets = createTargetTable();
  const schedule = options.schedule ?? createSendSchedule();
  const ring = createProbeRing(options.random[2], monoMs());
  const collector = createSampleCollector(options.onSamples);
  const verdicts = createVerdicts(ring, targets, collector, epochMs);
  const intakes = ports.map((port) => createAnswerIntake(port, nonce, ring, targets, verdicts, monoMs));
  const sender = createProbeSender(ports, nonce, epochMs, ring, targets, schedule, verdicts, options.wallMs);
  /** Probes to remember at once, over all targets. */
  let remembered = 0;
  let drainedMonoMs = monoMs();
  const lookedMs = new Float64Array(ports.length).fill(Number.NEGATIVE_INFINITY);

  /** False when there was more than one turn takes. */
  const readAll = (nowMs: number): boolean => {
    let drained = true;
    for (let i = 0; i < intakes.length; i++) {
      const isQuiet = nowMs - sender.lastSentMs(i) > MAX_TIMEOUT_MS;
      if (isQuiet && nowMs - (lookedMs[i] as number) < QUIET_LOOK_MS) continue;
      lookedMs[i] = nowMs;
      drained = (intakes[i] as AnswerIntake).read() && drained;
    }
    return drained;
  };

  const shareOf = (slot: number) => {
    const intervalMs = targets.intervalMsAt(slot);
    return Math.ceil(targets.timeoutMsAt(slot) / intervalMs) + 1 + REMEMBER_MS / intervalMs;
  };

  const roster = createTargetRoster({
    table: targets,
    schedule,
    monoMs,
    beginPerSecond: BEGIN_PER_SECOND,
    textOf: ({ address }) => address,
    taken(slot) {
      remembered += shareOf(slot);
    },
    leaving(slot) {
      remembered -= shareOf(slot);
    },
  });
  const reserved = (refused: RefusedTarget[]): RefusedTarget[] => {
    ring.reserve(remembered);
    return refused;
  };

  return {
    get targetCount() {
      return targets.count;
    },
    counters: verdicts.counters,
    get inFlight() {
      return ring.inFlight;
    },
    droppedPackets: () => ports.reduce((sum, port) => sum + port.droppedPackets(), 0),
    setTargets: (list) => reserved(roster.set(list)),
    change: (put, remove) => reserved(roster.change(put, remove)),
    tick() {
      const beganMonoMs = monoMs();
      const drained = readAll(beganMonoMs);
      // In a flood nothing is known about what still waits, so nothing times out for a while.
      if (drained || beganMonoMs - drainedMonoMs > 1_000) {
        drainedMonoMs = beganMonoMs;
        ring.expire(beganMonoMs, verdicts.timedOut);
      }
      const nowMs = monoMs();
      sender.sendDue(nowMs);
      const longest = ring.inFlight > 0 ? MAX_TICK_IN_FLIGHT_MS : MAX_TICK_IDLE_MS;
      return Math.min(longest, Math.max(MIN_TICK_MS, schedule.nextDueMs() - nowMs));
    },
    flush: collector.flush,
  };
}
