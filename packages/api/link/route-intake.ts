/**
 * Rounds of traceroute from agents: what cannot be is left out and counted, the rest goes on the bus. An
 * address is later shown, looked up and compared as text, so only what is one, in its one spelling, passes.
 */
import type { Clock } from '@maille/base/clock';
import { canonicalIpAddress } from '@maille/base/ip-address';
import type { TargetTraces } from '@maille/engine/trace/target-traces';
import type { Bus } from '@maille/store/bus/bus';
import type { RoutesParams } from '@maille/wire/link/messages';
import type { TraceRound } from '@maille/wire/traceroute';

export interface RouteIntakeOptions {
  bus: Pick<Bus, 'publish'>;
  clock: Clock;
  traces: Pick<TargetTraces, 'tell'>;
  /** Whether there is such a target, or was one a moment ago. */
  knowsTarget(id: number): boolean;
}

export interface RouteIntake {
  receive(agentNumber: number, params: RoutesParams): void;
  readonly counters: Readonly<{ rounds: number; unknown: number; impossible: number; tooMany: number }>;
}

/**
 * Of one agent: ten thousand routes, which is as many as are remembered, each every hundred seconds; and
 * what it gathered while the link was down. Each round may be a change that is written, so an agent that
 * lies must not tell them as fast as it can send.
 */
const ROUNDS_PER_SECOND = 100;
const MAX_AT_ONCE = 2_000;

const MAX_AHEAD_MS = 86_400_000;

export function createRouteIntake(options: RouteIntakeOptions): RouteIntake {
  const { bus, clock, traces, knowsTarget } = options;
  const counters = { rounds: 0, unknown: 0, impossible: 0, tooMany: 0 };
  /** By agent: how many rounds it may tell now. */
  const allowances = new Map<number, { rounds: number; atMs: number }>();

  function allow(agentNumber: number, count: number): number {
    const nowMs = clock.monoMs();
    const before = allowances.get(agentNumber) ?? { rounds: MAX_AT_ONCE, atMs: nowMs };
    const gathered = ((nowMs - before.atMs) * ROUNDS_PER_SECOND) / 1_000;
    const rounds = Math.min(MAX_AT_ONCE, before.rounds + gathered);
    const allowed = Math.min(count, Math.floor(rounds));
    allowances.set(agentNumber, { rounds: rounds - allowed, atMs: nowMs });
    return allowed;
  }

  const isKeepable = (round: TraceRound): boolean => {
    if (!knowsTarget(round.targetId)) {
      counters.unknown++;
      return false;
    }
    if (isPossible(round) && round.atMs <= clock.wallMs() + MAX_AHEAD_MS) return true;
    counters.impossible++;
    return false;
  };

  return {
    counters,
    receive(agentNumber, params) {
      const allowed = allow(agentNumber, params.rounds.length);
      counters.tooMany += params.rounds.length - allowed;
      const rounds = params.rounds.slice(0, allowed).filter(isKeepable);
      if (rounds.length === 0) return;
      counters.rounds += rounds.length;
      for (const { targetId, atMs, method, flows } of rounds)
        traces.tell(
          targetId,
          { agentNumber, atMs, method, flows: flows.length },
          'the server has a traced route',
        );
      bus.publish('routes', { agentNumber, rounds });
    },
  };
}

function isPossible({ address, flows }: TraceRound): boolean {
  const numbers = new Set(flows.map(({ flow }) => flow));
  if (numbers.size < flows.length || canonicalIpAddress(address) !== address) return false;
  return flows.every(({ hops }) =>
    hops.every(({ address: hop, rttNs }) =>
      hop === null ? rttNs === null : rttNs !== null && canonicalIpAddress(hop) === hop,
    ),
  );
}
