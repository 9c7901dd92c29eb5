/**
 * What the overview says of targets: how many are in which state, those that do not answer or refuse one by
 * one, and what could not be sent a machine and reason at a time, since it is the machine that needs a remedy.
 */
import { tcpPortOf } from '@maille/wire/probe-method';
import type { Machine } from '@maille/wire/rest/machines';
import { MAX_NAMED, MAX_UNSENT_HOSTS, type Overview, type OverviewItem } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import type { TargetPulse } from './target-pulse.ts';

export interface ReadTargetsOptions {
  /** Targets that an incident tells of are not told one by one. */
  told: ReadonlySet<number>;
  /** Those that the caller may see. */
  machines: readonly Machine[];
  maxItems: number;
}

export function readTargets(
  targets: readonly Target[],
  pulse: Pick<TargetPulse, 'state' | 'unsent'>,
  { told, machines, maxItems }: ReadTargetsOptions,
): { counts: Overview['targets']; items: OverviewItem[] } {
  const items: OverviewItem[] = [];
  const unsent = new Map<string, OverviewItem & { notSent: NonNullable<OverviewItem['notSent']> }>();
  const counts: Overview['targets'] = {
    ...{ total: targets.length, answering: 0, silent: 0, refusing: 0, notSent: 0, noData: 0 },
    ...{ inIncidents: 0, refusingInIncidents: 0 },
    ...{ silentIds: [], refusingIds: [], notSentIds: [], notSentErrnos: [], noDataIds: [] },
  };
  const name = (ids: number[], id: number) => {
    if (ids.length < MAX_NAMED) ids.push(id);
  };

  function noteUnsent(target: Target): void {
    for (const { agentNumber, sinceMs, errno } of pulse.unsent(target)) {
      const key = `${agentNumber} ${errno}`;
      const item = unsent.get(key);
      if (item) {
        item.notSent.targets++;
        if (item.notSent.hosts.length < MAX_UNSENT_HOSTS) item.notSent.hosts.push(target.host);
        item.sinceMs = Math.min(item.sinceMs as number, sinceMs);
        continue;
      }
      const machine = machines.find((one) => one.agentNumber === agentNumber);
      unsent.set(key, {
        kind: 'not-sent',
        severity: 'notable',
        subject: machine ? machine.label || machine.facts.hostname : `agent ${agentNumber}`,
        detail: '',
        ...(machine && { machineId: machine.id }),
        notSent: { errno, targets: 1, hosts: [target.host] },
        sinceMs,
      });
    }
  }

  for (const target of targets) {
    const { state, sinceMs, errno } = pulse.state(target);
    noteUnsent(target);
    if (state === 'answering') counts.answering++;
    else if (state === 'no-data') {
      counts.noData++;
      name(counts.noDataIds, target.id);
    } else if (state === 'not-sent') {
      counts.notSent++;
      name(counts.notSentIds, target.id);
      name(counts.notSentErrnos, errno ?? 0);
    } else {
      counts[state]++;
      name(state === 'silent' ? counts.silentIds : counts.refusingIds, target.id);
      if (told.has(target.id)) counts[state === 'silent' ? 'inIncidents' : 'refusingInIncidents']++;
      else if (items.length < maxItems)
        items.push({
          kind: state === 'silent' ? 'target-down' : 'target-refusing',
          severity: 'severe',
          subject: subjectOf(target),
          detail: target.label ? target.host : '',
          targetId: target.id,
          ...(sinceMs !== undefined && { sinceMs }),
        });
    }
  }
  return { counts, items: [...unsent.values(), ...items] };
}

/** Of a host that is probed in several ways one may be down, and the others not. */
function subjectOf({ label, host, probe }: Target): string {
  const port = tcpPortOf(probe);
  return port === undefined ? label || host : `${label || host} TCP ${port}`;
}
