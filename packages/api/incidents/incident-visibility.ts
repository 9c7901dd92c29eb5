/**
 * Who sees which incident: whoever sees one of its targets. What they are told is narrowed to the targets
 * that they see: counts and evidence; the cause itself is told as it is, or it would be told wrong.
 */
import type { Incident, IncidentEvidence } from '@maille/wire/rest/incidents';
import type { Target } from '@maille/wire/rest/targets';
import type { Visibility } from '../targets/target-visibility.ts';
import type { SeenCounts } from './incident-rows.ts';

export function narrowIncident(incident: Incident, seen: SeenCounts, ofTargets: number): Incident {
  return { ...incident, ...seen, ofTargets: Math.max(ofTargets, seen.affectedMost) };
}

/** Distinct targets of the evidence that are seen. */
export function countSeen(
  evidence: Iterable<IncidentEvidence>,
  targetOf: (id: number) => Target | undefined,
  visibility: Visibility,
): SeenCounts {
  const all = new Set<number>();
  const now = new Set<number>();
  for (const { targetId, clearedAtMs } of evidence) {
    const target = targetOf(targetId);
    if (!target || !visibility.sees(target)) continue;
    all.add(targetId);
    if (clearedAtMs === null) now.add(targetId);
  }
  return { affected: now.size, affectedMost: all.size };
}
