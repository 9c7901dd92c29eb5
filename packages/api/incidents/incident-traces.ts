/**
 * Looks where the way ends when something is lost: as an incident of silence or loss opens, the routes to a
 * few of the affected targets are traced at once, and not at their own time up to five minutes later. A few
 * rounds, since one alone makes no change certain; and again when most of them answer, so that the way back is
 * known, and the incident not kept open by routes that nobody has looked at. Bounded for each incident and for all of them: a route is
 * asked for where there is a plan to trace it, of the target itself or of whoever speaks for its prefix.
 */
import type { Clock } from '@maille/base/clock';
import type { Bus } from '@maille/store/bus/bus';
import type { Incident, IncidentEvidence } from '@maille/wire/rest/incidents';
import type { Machine } from '@maille/wire/rest/machines';
import type { TargetRegistry } from '../targets/target-registry.ts';

export interface IncidentTracesOptions {
  bus: Bus;
  clock: Clock;
  targets: Pick<TargetRegistry, 'get' | 'routePlan'>;
  machines: { list(): Machine[] };
  /** Who speaks for the prefix of a target. */
  speakerOf(targetId: number): number | undefined;
  evidenceOf(incidentId: number): Iterable<IncidentEvidence>;
  traceNow(machineId: string, targetIds: readonly number[]): boolean;
}

/** Of one incident, as each agent sees it. */
export const MAX_TRACED = 4;
/** Of all incidents. */
export const MAX_A_MINUTE = 64;
const ROUNDS_MS = [0, 15_000, 30_000];
const MINUTE_MS = 60_000;

export function createIncidentTraces(options: IncidentTracesOptions) {
  const { bus, clock, targets, machines, speakerOf, evidenceOf, traceNow } = options;
  /** Whether most of its addresses are well again, and routes were asked for at that. */
  const seen = new Map<number, boolean>();
  const cancels = new Set<() => void>();
  let minute = 0;
  let asked = 0;

  /** One of each prefix first. */
  function choose(incidentId: number): Map<number, Set<number>> {
    const byAgent = new Map<number, Set<number>>();
    const again: IncidentEvidence[] = [];
    const prefixes = new Set<string>();
    const add = ({ agentNumber, targetId }: IncidentEvidence): void => {
      const target = targets.get(targetId);
      const id = target && targets.routePlan(target) ? targetId : speakerOf(targetId);
      const chosen = byAgent.get(agentNumber) ?? new Set<number>();
      byAgent.set(agentNumber, chosen);
      if (id !== undefined && chosen.size < MAX_TRACED) chosen.add(id);
    };
    for (const one of evidenceOf(incidentId)) {
      const prefix = `${one.agentNumber} ${targets.get(one.targetId)?.prefix}`;
      if (prefixes.has(prefix)) {
        if (again.length < MAX_TRACED) again.push(one);
        continue;
      }
      prefixes.add(prefix);
      add(one);
    }
    for (const one of again) add(one);
    return byAgent;
  }

  function trace(incidentId: number): void {
    const now = Math.floor(clock.monoMs() / MINUTE_MS);
    if (now !== minute) [minute, asked] = [now, 0];
    for (const [agentNumber, ids] of choose(incidentId)) {
      const machine = machines.list().find((one) => one.agentNumber === agentNumber);
      const few = [...ids].slice(0, MAX_A_MINUTE - asked);
      if (!machine || few.length === 0) continue;
      asked += few.length;
      traceNow(machine.id, few);
    }
  }

  function take({ id, state, kind, affected, affectedMost }: Incident): void {
    if (state === 'ended') seen.delete(id);
    if (state === 'ended' || (kind !== 'silent' && kind !== 'loss')) return;
    const fades = 2 * affected < affectedMost;
    if (seen.get(id) === true || seen.get(id) === fades) return;
    seen.set(id, fades);
    for (const afterMs of ROUNDS_MS) {
      const cancel = clock.after(afterMs, () => {
        cancels.delete(cancel);
        if (seen.get(id) === fades) trace(id);
      });
      cancels.add(cancel);
    }
  }

  const leave = bus.subscribe('incidents', ({ put }) => put.forEach(take));
  return {
    async stop(): Promise<void> {
      leave();
      for (const cancel of cancels) cancel();
    },
  };
}
