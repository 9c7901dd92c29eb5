/**
 * The tracer: a round of every target when its plan says so, several at once, all of them together no
 * faster than a pace that no router minds. Driven by `tick`, like the prober.
 */
import { type IpAddress, parseIpAddress } from '@maille/base/ip-address';
import type { TraceNews, TracePort } from '@maille/base/trace-port';
import type { TracePlan, TraceRound } from '@maille/wire/traceroute';
import type { SessionNonce } from '../probe/echo-packet.ts';
import { createSendSchedule } from '../probe/send-schedule.ts';
import { createFlowTrace, type FlowMemory, type FlowTrace, noMemory } from './flow-trace.ts';
import { createPacer } from './pacer.ts';
import { createPendingProbes, type RunningRound } from './pending-probes.ts';
import { createTraceIntake } from './trace-intake.ts';
import { writeIdentity, writeTraceEcho } from './trace-packet.ts';

export interface TraceTarget {
  id: number;
  address: string;
  plan: TracePlan;
}

export interface TracerOptions {
  /** How to trace so, or as near to it as this machine can; undefined where it cannot at all. */
  port(method: TracePlan['method'], family: 4 | 6): TracePort | undefined;
  /** Random words: the session's nonce, and where the serials begin. */
  random: readonly [nonce0: number, nonce1: number, firstSerial: number];
  wallMs(): number;
  monoMs(): number;
  packetsPerSecond?: number;
  onRound(round: TraceRound): void;
  /** A round could not be begun: this machine has no way to trace there. */
  onImpossible?(targetId: number, family: 4 | 6): void;
  /** Something of a round is decided, for somebody who watches. */
  onProgress?(targetId: number, flows: readonly FlowTrace[]): void;
}

export interface TracerCounters {
  sent: number;
  rounds: number;
  /** Answers that belong to no probe, or come too late. */
  foreign: number;
}

export interface Tracer {
  readonly counters: Readonly<TracerCounters>;
  readonly running: number;
  /** The whole list; what stays as it is goes on undisturbed. */
  setTargets(targets: readonly TraceTarget[]): void;
  change(put: readonly TraceTarget[], remove: readonly number[]): void;
  /** Begins these before all others, besides their plan. */
  traceNow(targetIds: readonly number[]): void;
  /** Does what is to be done now; returns in how many milliseconds there may be more. */
  tick(): number;
}

export const PACKETS_PER_SECOND = 500;
const MAX_RUNNING = 32;
/** A new target's first round comes soon, whatever its plan: somebody has just asked for it. */
const FIRST_WITHIN_MS = 15_000;
const EXPIRE_EVERY_MS = 20;
const TICK_MS = 5;
/** The kernel does not stamp the answers to a connect: when it is read matters. */
const TICK_TCP_MS = 1;
const IDLE_TICK_MS = 100;
/** Refusals that pass by themselves (EINTR, EAGAIN, ENOMEM, EADDRINUSE, EADDRNOTAVAIL, ENOBUFS): the probe is lost, the way is not. */
const PASSING_ERRNOS = new Set([4, 11, 12, 98, 99, 105]);

interface Traced {
  id: number;
  slot: number;
  text: string;
  address: IpAddress;
  plan: TracePlan;
  memories: FlowMemory[];
  lastBeganMs: number;
}

export function createTracer(options: TracerOptions): Tracer {
  const { monoMs } = options;
  const nonce: SessionNonce = [options.random[0], options.random[1]];
  let serial = options.random[2] >>> 0;
  const schedule = createSendSchedule();
  const pacer = createPacer(options.packetsPerSecond ?? PACKETS_PER_SECOND);
  const pending = createPendingProbes();
  const targets = new Map<number, Traced>();
  const bySlot: (Traced | undefined)[] = [];
  const freeSlots: number[] = [];
  const urgent = new Set<number>();
  const waiting = new Set<number>();
  const rounds = new Set<RunningRound>();
  const runningOf = new Map<number, RunningRound>();
  const intakes = new Map<TracePort, TraceNews>();
  const counters: TracerCounters = { sent: 0, rounds: 0, foreign: 0 };
  let nextExpireMs = 0;
  let turnOf = 0;

  const intakeOf = (port: TracePort) => {
    let intake = intakes.get(port);
    if (!intake) {
      const onForeign = () => {
        counters.foreign++;
      };
      const onAnswer = progress;
      intake = createTraceIntake({ port, nonce, pending, rounds, monoMs, onForeign, onAnswer });
      intakes.set(port, intake);
    }
    return intake;
  };
  function progress(round: RunningRound): void {
    options.onProgress?.(round.targetId, round.flows);
  }

  function remove(id: number): void {
    const target = targets.get(id);
    if (!target) return;
    targets.delete(id);
    schedule.remove(target.slot);
    bySlot[target.slot] = undefined;
    freeSlots.push(target.slot);
    urgent.delete(id);
    waiting.delete(id);
    const round = runningOf.get(id);
    if (round) end(round);
  }

  function put({ id, address: text, plan }: TraceTarget): void {
    const before = targets.get(id);
    if (before?.text === text && samePlan(before.plan, plan)) return;
    remove(id);
    const address = parseIpAddress(text);
    if (!address) return;
    const slot = freeSlots.pop() ?? bySlot.length;
    const target: Traced = {
      id,
      slot,
      text,
      address,
      plan,
      memories: [],
      lastBeganMs: Number.NEGATIVE_INFINITY,
    };
    targets.set(id, target);
    bySlot[slot] = target;
    schedule.add(slot, plan.everyMs, monoMs(), FIRST_WITHIN_MS);
  }

  function begin(target: Traced): void {
    const { id, plan, address, text } = target;
    const port = options.port(plan.method, address.family);
    if (!port) {
      options.onImpossible?.(id, address.family);
      return;
    }
    const flows = Array.from({ length: Math.min(plan.flows, port.flows) }, (_, flow) =>
      createFlowTrace(target.memories[flow] ?? noMemory, port.maxUnderWay),
    );
    const tcpPort = plan.port ?? 80;
    const round = {
      targetId: id,
      address,
      text,
      tcpPort,
      port,
      atMs: options.wallMs(),
      flows,
      serials: [],
    };
    intakeOf(port);
    target.lastBeganMs = monoMs();
    rounds.add(round);
    runningOf.set(id, round);
  }

  function end(round: RunningRound): void {
    rounds.delete(round);
    runningOf.delete(round.targetId);
    pending.forget(round);
    if (![...rounds].some(({ port }) => port === round.port)) round.port.rest();
  }

  function finish(round: RunningRound): void {
    const target = targets.get(round.targetId) as Traced;
    target.memories = round.flows.map((flow) => flow.memory());
    end(round);
    counters.rounds++;
    progress(round);
    options.onRound({
      targetId: round.targetId,
      address: round.text,
      atMs: round.atMs,
      method: round.port.method,
      flows: round.flows.map((flow, number) => flow.result(number)),
    });
  }

  function beginDue(nowMs: number): void {
    for (let slot = schedule.takeDue(nowMs); slot >= 0; slot = schedule.takeDue(nowMs)) {
      const target = bySlot[slot];
      // One that was asked for a moment ago says what this one would.
      if (target && nowMs - target.lastBeganMs > target.plan.everyMs / 4) waiting.add(target.id);
    }
    for (const queue of [urgent, waiting]) {
      for (const id of queue) {
        if (rounds.size >= MAX_RUNNING) return;
        queue.delete(id);
        const target = targets.get(id);
        if (target && !runningOf.has(id)) begin(target); // a round that runs says it all
      }
    }
  }

  function sendOne(round: RunningRound, flow: number, ttl: number, nowMs: number): void {
    const { port, address: to, tcpPort } = round;
    serial = (serial + 1) >>> 0;
    const bytes =
      port.method === 'icmp'
        ? writeTraceEcho(port, nonce, serial, flow)
        : port.method === 'udp'
          ? writeIdentity(nonce, serial)
          : new Uint8Array(0);
    pending.add({ serial, round, flow, ttl, sentNs: port.nowNs(), sentMonoMs: monoMs() });
    counters.sent++;
    const errno = port.send({ serial, flow, ttl, to, port: tcpPort, bytes });
    const trace = round.flows[flow] as FlowTrace;
    if (errno === 0 || PASSING_ERRNOS.has(errno)) trace.asked(ttl, nowMs);
    else trace.noWay();
  }

  /** Each flow in its turn, so that one long way does not keep the others waiting. */
  function sendDue(nowMs: number): void {
    pacer.turn(nowMs);
    const flows = [...rounds].flatMap((round) => round.flows.map((trace, flow) => ({ round, trace, flow })));
    let idle = 0;
    while (flows.length > 0 && idle < flows.length) {
      turnOf = (turnOf + 1) % flows.length;
      const { round, trace, flow } = flows[turnOf] as (typeof flows)[number];
      const ttl = trace.next(nowMs);
      if (ttl === 0) {
        idle++;
        continue;
      }
      if (!pacer.take()) {
        turnOf = (turnOf + flows.length - 1) % flows.length; // its turn comes first the next time
        return;
      }
      idle = 0;
      sendOne(round, flow, ttl, nowMs);
    }
  }

  return {
    counters,
    get running() {
      return rounds.size;
    },
    setTargets(list) {
      const kept = new Set(list.map(({ id }) => id));
      for (const id of [...targets.keys()]) if (!kept.has(id)) remove(id);
      for (const target of list) put(target);
    },
    change(list, gone) {
      for (const id of gone) remove(id);
      for (const target of list) put(target);
    },
    traceNow(targetIds) {
      for (const id of targetIds) if (targets.has(id)) urgent.add(id);
    },
    tick() {
      const nowMs = monoMs();
      for (const port of new Set([...rounds].map((round) => round.port))) port.receive(intakeOf(port));
      if (nowMs >= nextExpireMs) {
        nextExpireMs = nowMs + EXPIRE_EVERY_MS;
        for (const round of rounds) for (const flow of round.flows) flow.expire(nowMs);
      }
      beginDue(nowMs);
      sendDue(nowMs);
      for (const round of [...rounds]) if (round.flows.every(({ done }) => done)) finish(round);
      if (rounds.size === 0)
        return Math.max(
          0,
          Math.min(IDLE_TICK_MS, schedule.nextDueMs() - nowMs, urgent.size > 0 ? 0 : IDLE_TICK_MS),
        );
      return [...rounds].some(({ port }) => port.method === 'tcp') ? TICK_TCP_MS : TICK_MS;
    },
  };
}

function samePlan(a: TracePlan, b: TracePlan): boolean {
  return a.method === b.method && a.port === b.port && a.everyMs === b.everyMs && a.flows === b.flows;
}
