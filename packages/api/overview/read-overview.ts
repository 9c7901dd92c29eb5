/** The overview: what is wrong, worst first, then the pulse. Composed anew at each look from what is in memory. */
import type { Clock } from '@maille/base/clock';
import type { Finding } from '@maille/wire/link/messages';
import type { Machine, SeenPeer } from '@maille/wire/rest/machines';
import type { Overview, OverviewItem } from '@maille/wire/rest/operations';
import { holdsScope } from '../auth/access.ts';
import type { KnownCaller } from '../auth/caller.ts';
import type { IncidentRegistry } from '../incidents/incident-registry.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import { SERIES_FINDING } from '../targets/target-guard.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibilityOf } from '../targets/target-visibility.ts';
import { readTargets } from './read-targets.ts';
import type { TargetPulse } from './target-pulse.ts';

/** Counts of everything are for whoever may see targets; names of machines and incidents need their scopes. */
export type ReadOverview = (caller: OverviewCaller) => Overview;
export type OverviewCaller = Pick<KnownCaller, 'kind' | 'role' | 'teamIds'> & { scopes?: readonly string[] };

export interface ReadOverviewOptions {
  machines: MachineRegistry;
  targets: TargetRegistry;
  pulse: TargetPulse;
  incidents: Pick<IncidentRegistry, 'recent' | 'narrow'>;
  /** What is wrong with the server's own host. */
  serverFindings: () => Finding[];
  /** The one that the server shows now. */
  certificate: () => { expiresAtMs: number };
  clock: Clock;
}

/** A page cannot show more, and nobody reads more. */
const MAX_ITEMS = 500;
/** An agent that reconnects at once was not down. */
const DOWN_AFTER_MS = 20_000;
/** The server makes a new certificate 30 days before the end of the old: so late, that has failed. */
const CERTIFICATE_WARN_MS = 14 * 86_400_000;
const CERTIFICATE_SEVERE_MS = 3 * 86_400_000;
const ranks = { severe: 0, notable: 1, info: 2 } as const;

export function createReadOverview(options: ReadOverviewOptions): ReadOverview {
  const { machines, targets, pulse, incidents, serverFindings, certificate, clock } = options;
  const hostItems = (allMachines: readonly Machine[], peers: readonly SeenPeer[]): OverviewItem[] => [
    ...allMachines.flatMap((machine) => machineItems(machine, clock.wallMs())),
    ...peers.filter((peer) => peer.cloned).map(clonedItem),
    ...serverFindings()
      .filter(({ id, severity }) => severity === 'broken' || (id === SERIES_FINDING && severity !== 'fine'))
      .map((finding) => findingItem(finding, 'server')),
    ...certificateItems(certificate().expiresAtMs, clock.wallMs()),
  ];
  return (caller) => {
    const visibility = visibilityOf(caller);
    const allMachines = machines.list();
    const peers = machines.peers();
    const told = new Set<number>();
    const items: OverviewItem[] = [
      ...(holdsScope(caller, 'incidents', 'read') ? incidentItems(incidents, caller, told) : []),
      ...(holdsScope(caller, 'machines', 'read') ? hostItems(allMachines, peers) : []),
    ];

    const visible = targets.list().targets.filter((target) => visibility.sees(target));
    const ofTargets = readTargets(visible, pulse, {
      told,
      machines: holdsScope(caller, 'machines', 'read') ? allMachines : [],
      maxItems: 2 * MAX_ITEMS - items.length,
    });
    return {
      items: [...items, ...ofTargets.items]
        .sort(
          (a, b) =>
            ranks[a.severity] - ranks[b.severity] ||
            Number(b.kind === 'incident') - Number(a.kind === 'incident') ||
            (b.sinceMs ?? 0) - (a.sinceMs ?? 0),
        )
        .slice(0, MAX_ITEMS),
      machines: machineCounts(allMachines),
      peers: peerCounts(peers),
      targets: ofTargets.counts,
      ...pulse.pulse((teamId) => visibility.sees({ teamId })),
    };
  };
}

/** Those that are open; fills `told` with the targets that they tell of. */
function incidentItems(
  incidents: ReadOverviewOptions['incidents'],
  caller: Pick<KnownCaller, 'role' | 'teamIds'>,
  told: Set<number>,
): OverviewItem[] {
  const items: OverviewItem[] = [];
  for (const { incident, evidence } of incidents.recent()) {
    if (incident.state !== 'open') continue;
    const seen = incidents.narrow(caller, incident);
    if (!seen) continue;
    for (const { targetId, clearedAtMs } of evidence.values()) if (clearedAtMs === null) told.add(targetId);
    const { id, kind, scope, subject, severity, sinceMs, affected, ofTargets, acknowledgedBy } = seen;
    if (items.length < MAX_ITEMS)
      items.push({
        kind: 'incident',
        severity,
        subject,
        detail: '',
        incident: { id, kind, scope, affected, ofTargets, acknowledgedBy },
        sinceMs,
      });
  }
  return items;
}

function machineItems(machine: Machine, nowMs: number): OverviewItem[] {
  const subject = machine.label || machine.facts.hostname;
  const base = { subject, machineId: machine.id };
  if (machine.state === 'pending' || machine.state === 'reauthenticate')
    return [
      {
        ...base,
        kind: 'machine-pending',
        severity: 'notable',
        detail: machine.remoteAddress ?? '',
        sinceMs: machine.firstSeenMs,
      },
    ];
  if (machine.state !== 'approved') return [];
  if (!machine.connected) {
    const sinceMs = machine.connectedChangedAtMs;
    if (nowMs - sinceMs < DOWN_AFTER_MS) return [];
    return [
      { ...base, kind: 'machine-down', severity: 'severe', detail: machine.remoteAddress ?? '', sinceMs },
    ];
  }
  const items: OverviewItem[] = machine.facts.findings
    .filter(({ severity }) => severity !== 'fine')
    .map((finding) => ({ ...findingItem(finding, subject), machineId: machine.id }));
  const { status } = machine;
  if (status?.sensor === 'absent')
    items.push({ ...base, kind: 'sensor-absent', severity: 'severe', detail: '' });
  if (status && status.droppedSamples + status.droppedPackets > 0)
    items.push({
      ...base,
      kind: 'samples-dropped',
      severity: 'notable',
      detail: `${status.droppedSamples} samples, ${status.droppedPackets} packets`,
    });
  return items;
}

function findingItem({ id, severity, title }: Finding, subject: string): OverviewItem {
  return {
    kind: id.startsWith('disk') ? 'disk-low' : 'agent-finding',
    severity: severity === 'broken' ? 'severe' : 'info',
    subject,
    detail: title,
  };
}

function certificateItems(expiresAtMs: number, nowMs: number): OverviewItem[] {
  const leftMs = expiresAtMs - nowMs;
  if (leftMs >= CERTIFICATE_WARN_MS) return [];
  const severity = leftMs < CERTIFICATE_SEVERE_MS ? 'severe' : 'notable';
  return [
    {
      kind: 'certificate-expiring',
      severity,
      subject: 'server',
      detail: '',
      untilMs: Math.max(0, expiresAtMs),
    },
  ];
}

function clonedItem(peer: SeenPeer): OverviewItem {
  return {
    kind: 'machine-cloned',
    severity: 'severe',
    subject: peer.hostname,
    detail: peer.addresses.join(', ').slice(0, 500),
    machineId: peer.id,
  };
}

function machineCounts(all: readonly Machine[]): Overview['machines'] {
  const approved = all.filter(({ state }) => state === 'approved');
  return {
    approved: approved.length,
    connected: approved.filter(({ connected }) => connected).length,
    pending: all.filter(({ state }) => state === 'pending' || state === 'reauthenticate').length,
  };
}

function peerCounts(peers: readonly SeenPeer[]): Overview['peers'] {
  const counts = { alive: 0, suspect: 0, down: 0, left: 0 };
  for (const peer of peers) counts[peer.state]++;
  return counts;
}
