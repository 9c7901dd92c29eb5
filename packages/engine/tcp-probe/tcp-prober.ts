/**
 * The TCP prober: a connection to a port is a probe, and each has exactly one outcome of its own. Driven by
 * `tick` like the echo prober (engine/probe), whose schedule, target table and collector it shares.
 *
 * A connection that was accepted is held a moment before it counts as a reply: who accepts and breaks off
 * at once (a proxy whose backend is gone, say) must not pass for a service that works. The round trip is
 * the handshake's, as the kernel measured it: neither that moment nor late reading is in it.
 *
 * A SYN that is lost is a lost probe, although the kernel sends it again: were the second one's answer a
 * reply, a lossy way would look like a slow one. It counts as too late, after the whole time it took.
 */
import {
  type ConnectPort,
  NEWS_CONNECTED,
  NEWS_ENDED,
  NEWS_FAILED,
  NEWS_REFUSED,
  NEWS_RESET,
  NEWS_UNREACHABLE,
} from '@maille/base/connect-port';
import type { SampleBatch } from '@maille/wire/link/samples';
import { tcpPortOf } from '@maille/wire/probe-method';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import { createSampleCollector } from '../probe/sample-collector.ts';
import { createSendSchedule } from '../probe/send-schedule.ts';
import { createTargetRoster, type RefusedTarget } from '../probe/target-roster.ts';
import { createTargetTable } from '../probe/target-table.ts';
import { createConnectSender } from './connect-sender.ts';
import { type ConnectCounters, createConnectVerdicts } from './connect-verdicts.ts';
import { createConnectionTable } from './connection-table.ts';

export interface TcpProberOptions {
  port: ConnectPort;
  /** What the port's `nowNs` counts from. */
  epochMs: number;
  monoMs(): number;
  /** The batch is filled again after the call. */
  onSamples(batch: SampleBatch): void;
}

export interface TcpProber {
  readonly targetCount: number;
  readonly counters: Readonly<ConnectCounters>;
  readonly inFlight: number;
  /** The whole list; what stays as it is goes on undisturbed. Returns what could not be taken. */
  setTargets(targets: readonly SensorTarget[]): RefusedTarget[];
  change(put: readonly SensorTarget[], remove: readonly number[]): RefusedTarget[];
  /** Does what is to be done now; returns in how many milliseconds there may be more. */
  tick(): number;
  /** Hands on the samples that are decided. */
  flush(): void;
}

const BEGIN_PER_SECOND = 1_000;
const MIN_TICK_MS = 2;
const MAX_TICK_IN_FLIGHT_MS = 20;
const MAX_TICK_IDLE_MS = 100;
/** A flood of news must not keep the prober from sending: so many full tables at a time. */
const MAX_ROUNDS = 16;
/**
 * How long an accepted connection is held: the far end hears of it half a round trip later, what it does
 * then takes as long to come back; what it needs to decide, and the scatter of the way, is the rest.
 */
const HOLD_ROUND_TRIPS = 2;
const HOLD_MS = 50;
const MAX_HOLD_MS = 500;
/** The first time that the kernel sends a SYN again is a second after the first: half of that tells the two apart. */
const HALF_RESEND_NS = 5e8;

export function createTcpProber({ port, epochMs, monoMs, onSamples }: TcpProberOptions): TcpProber {
  const table = createTargetTable();
  const schedule = createSendSchedule();
  const collector = createSampleCollector(onSamples);
  const connections = createConnectionTable(port.capacity);
  const ports: number[] = []; // by slot
  const roster = createTargetRoster({
    table,
    schedule,
    monoMs,
    beginPerSecond: BEGIN_PER_SECOND,
    textOf: ({ probe, address }) => `${probe} ${address}`,
    refusal: ({ probe }) => (tcpPortOf(probe) === undefined ? `${probe} is no TCP port` : undefined),
    taken(slot, { probe }) {
      ports[slot] = tcpPortOf(probe) as number;
    },
  });
  const portAt = (slot: number) => ports[slot] as number;
  const verdicts = createConnectVerdicts(port, connections, table, collector, epochMs);
  const sender = createConnectSender(port, connections, table, portAt, schedule, verdicts, monoMs);
  const { news } = port;
  let drainedMonoMs = monoMs();

  const accepted = (handle: number) => verdicts.reply(handle, connections.rttNsOf(handle));
  const over = (handle: number) =>
    connections.isHeld(handle) ? accepted(handle) : verdicts.timedOut(handle);

  const connected = (i: number, handle: number, readMonoMs: number) => {
    const elapsedNs = (readMonoMs - connections.sentMonoMsOf(handle)) * 1e6;
    const measuredNs = news.rttsNs[i] as number;
    // The kernel's measure is from the SYN that was answered: that was the first, if it took as long as all this.
    const wasFirst = news.resent[i] === 0 || measuredNs > elapsedNs - HALF_RESEND_NS;
    const rttNs = wasFirst && measuredNs > 0 ? measuredNs : elapsedNs;
    if (!wasFirst || rttNs > connections.timeoutMsOf(handle) * 1e6) return verdicts.tooLate(handle, rttNs);
    const holdMs = Math.min(MAX_HOLD_MS, HOLD_MS + (HOLD_ROUND_TRIPS * rttNs) / 1e6);
    connections.hold(handle, rttNs, readMonoMs + holdMs);
  };

  const take = (i: number, readMonoMs: number) => {
    const handle = news.handles[i] as number;
    if (!connections.has(handle)) return;
    const kind = news.kinds[i];
    if (connections.isHeld(handle)) {
      // What else is said of a connection that was accepted does not concern the handshake.
      if (kind === NEWS_RESET) verdicts.reset(handle, connections.rttNsOf(handle));
      else if (kind !== NEWS_CONNECTED) accepted(handle);
      return;
    }
    switch (kind) {
      case NEWS_CONNECTED:
        return connected(i, handle, readMonoMs);
      case NEWS_ENDED:
        connected(i, handle, readMonoMs);
        if (connections.has(handle)) accepted(handle);
        return;
      case NEWS_RESET:
        return verdicts.reset(handle, news.rttsNs[i] as number);
      case NEWS_REFUSED:
        return verdicts.refused(handle, news.stampsNs[i] as number, readMonoMs);
      case NEWS_UNREACHABLE:
        return verdicts.unreachable(handle, news.icmpTypes[i] as number, news.codes[i] as number);
      case NEWS_FAILED:
        return verdicts.failed(handle, news.codes[i] as number);
    }
  };

  const read = (): boolean => {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const count = port.receive();
      const readMonoMs = monoMs();
      for (let i = 0; i < count; i++) take(i, readMonoMs);
      if (count < news.capacity) return true;
    }
    return false;
  };

  return {
    get targetCount() {
      return table.count;
    },
    counters: verdicts.counters,
    get inFlight() {
      return connections.inFlight;
    },
    setTargets: roster.set,
    change: roster.change,
    tick() {
      const beganMonoMs = monoMs();
      // Without a connection there is no news: the loop turns for others too, and asking costs calls.
      const drained = connections.inFlight === 0 || read();
      // In a flood nothing is known about what still waits, so nothing times out for a while.
      if (drained || beganMonoMs - drainedMonoMs > 1_000) {
        drainedMonoMs = beganMonoMs;
        connections.expire(beganMonoMs, over);
      }
      const nowMs = monoMs();
      sender.sendDue(nowMs);
      const inFlightMs = port.stampsRefusals ? MAX_TICK_IN_FLIGHT_MS : MIN_TICK_MS;
      const longest = connections.inFlight > 0 ? inFlightMs : MAX_TICK_IDLE_MS;
      return Math.min(longest, Math.max(MIN_TICK_MS, schedule.nextDueMs() - nowMs));
    },
    flush: collector.flush,
  };
}
