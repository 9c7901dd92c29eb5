/** The alarms of one incident, one child a series, and what they add up to. */
import type { Incident, IncidentEvidence } from '@maille/wire/rest/incidents';
import type { RouteDifference } from '../route/route-difference.ts';
import { isSilence, type PooledLoss } from './pooled-loss.ts';
import type { Alarm, AlarmFamily } from './series-detector.ts';

export type ChildFamily = AlarmFamily | 'route' | 'sends';

export interface Child {
  evidence: IncidentEvidence;
  /** Tests that speak against it now. */
  families: Set<ChildFamily>;
  /** How it was last said to be over. */
  ended: 'recovered' | 'new-usual' | 'no-data' | 'over';
  /** Of a change of route: what is gone. */
  difference?: RouteDifference | undefined;
}

/** Worst first. */
const kindOrder = ['silent', 'loss', 'rtt', 'jitter', 'route'] as const;
const worse = (a: Incident['kind'], b: Incident['kind']) => kindOrder.indexOf(a) < kindOrder.indexOf(b);

/** What a test says of a series, or whoever compares routes. */
export type ChildAlarm = Omit<Alarm, 'series' | 'family' | 'kind'> & { kind: Incident['kind'] };

export function childOf(alarm: ChildAlarm, host: string, nowMs: number): IncidentEvidence {
  const { targetId, agentNumber, kind, sinceMs, score, threshold, lossRatio, rttNs, baselineRttNs } = alarm;
  return {
    targetId,
    host,
    agentNumber,
    kind,
    sinceMs: Math.min(sinceMs, nowMs),
    raisedAtMs: nowMs,
    clearedAtMs: null,
    score,
    threshold,
    lossRatio,
    rttNs,
    baselineRttNs,
  };
}

/** Only its route has changed, if anything is wrong with it at all. */
export const isRouteAlone = ({ families }: Child): boolean =>
  families.size === 0 || (families.size === 1 && families.has('route'));

const isLoss = (kind: Incident['kind']) => kind === 'silent' || kind === 'loss';

/** Another alarm of the same series, or the same one at another stage: of how much it loses the later word counts. */
export function worsen(evidence: IncidentEvidence, by: IncidentEvidence): void {
  const most = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b));
  const isLater = isLoss(evidence.kind) && isLoss(by.kind);
  if (evidence.clearedAtMs !== null || isLater || worse(by.kind, evidence.kind)) {
    evidence.kind = by.kind;
    evidence.score = by.score;
    evidence.threshold = by.threshold;
  }
  evidence.sinceMs = Math.min(evidence.sinceMs, by.sinceMs);
  evidence.clearedAtMs = null;
  evidence.lossRatio = by.lossRatio ?? evidence.lossRatio;
  evidence.rttNs = most(evidence.rttNs, by.rttNs);
  evidence.baselineRttNs ??= by.baselineRttNs;
}

export type Summary = Pick<
  Incident,
  | 'kind'
  | 'severity'
  | 'sinceMs'
  | 'confidence'
  | 'lossRatio'
  | 'rttNs'
  | 'baselineRttNs'
  | 'affected'
  | 'agentNumbers'
>;

/** Prior odds against a true fault at the bound: one alarm in ten there is chance. */
const CHANCE_AT_BOUND = 0.1;
/** What each further alarm of the same moment adds: it would be as unlikely as one in ten thousand. */
const NEXT_ALARM = Math.log(10_000);
const MAX_AGENTS = 1_000;
/** Loss from which it is severe. */
const SEVERE_LOSS = 0.2;

/**
 * `observers` is how many agents probe a target of it: what one of several sees is not the target's. `pooled`
 * is what all that share its cause lose now, where that is known.
 */
export function summarize(
  children: Iterable<Child>,
  observers: number,
  before?: Incident,
  pooled?: PooledLoss,
): Summary {
  const active: IncidentEvidence[] = [];
  const all: IncidentEvidence[] = [];
  for (const { evidence } of children) {
    all.push(evidence);
    if (evidence.clearedAtMs === null) active.push(evidence);
  }
  const counts = new Map<Incident['kind'], number>();
  let beyond = 0;
  let [rttNs, baselineRttNs]: [number | null, number | null] = [null, null];
  let worstRise = 0;
  for (const one of all) {
    beyond = Math.max(beyond, one.score - one.threshold);
    const rise = one.rttNs !== null && one.baselineRttNs !== null ? one.rttNs / one.baselineRttNs : 0;
    if (rise > worstRise) [worstRise, rttNs, baselineRttNs] = [rise, one.rttNs, one.baselineRttNs];
  }
  for (const { kind } of active) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  // What is left of it at the end says nothing of what it was.
  const stands = active.length > 0 && 2 * active.length >= all.length;
  let kind: Incident['kind'] = before?.kind ?? 'route';
  if (stands) {
    kind = 'route';
    let most = 0;
    for (const [one, count] of counts)
      if (count > most || (count === most && worse(one, kind))) [kind, most] = [one, count];
    if (isLoss(kind) && pooled) {
      const known = before !== undefined && before.affectedMost > 0 && isLoss(before.kind);
      kind = isSilence(pooled, known ? before.kind === 'silent' : undefined) ? 'silent' : 'loss';
    }
    // What it was at its worst stays its name; but silence that is loss now is told so by who counts it.
    if (before && worse(before.kind, kind) && !(pooled && isLoss(kind))) kind = before.kind;
  }
  const lossRatio = (stands ? pooled?.lossRatio : undefined) ?? before?.lossRatio ?? meanLoss(all);
  const agents = new Set(all.map(({ agentNumber }) => agentNumber));
  const affected = new Set(active.map(({ targetId }) => targetId)).size;
  const odds = Math.exp(-(beyond + NEXT_ALARM * (all.length - 1)));
  return {
    kind,
    severity:
      before?.severity === 'severe' ||
      ((kind === 'silent' || (kind === 'loss' && (lossRatio ?? 0) >= SEVERE_LOSS)) &&
        2 * agents.size >= observers)
        ? 'severe'
        : 'notable',
    sinceMs: sinceOf(all),
    confidence: 1 / (1 + CHANCE_AT_BOUND * odds),
    lossRatio,
    rttNs,
    baselineRttNs,
    affected,
    agentNumbers: [...agents].sort((a, b) => a - b).slice(0, MAX_AGENTS),
  };
}

function meanLoss(all: readonly IncidentEvidence[]): number | null {
  const known = all.flatMap(({ lossRatio }) => lossRatio ?? []);
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
}

/** Of many, the earliest quarter: one of them may have lost a packet of its own before. */
export function sinceOf(all: readonly IncidentEvidence[]): number {
  const times = all.map(({ sinceMs }) => sinceMs).sort((a, b) => a - b);
  return times[times.length < 4 ? 0 : times.length >> 2] as number;
}
