/**
 * What one machine sees of another, over the last minute or over a window, and how bad that is: against what
 * is usual for this very pair, RTT and loss alike.
 */
import {
  type BaselineColumns,
  deviationOfRtt,
  NOTABLE_FROM,
  SEVERE_FROM,
} from '@maille/ui/samples/deviation';
import { isAnswered } from '@maille/ui/samples/sample-level';
import { WINDOW_SECONDS } from '@maille/ui/samples/sample-plane';
import { emptySummary, type SampleWindow } from '@maille/ui/samples/sample-window';
import type { MeshCell, MeshMember } from '@maille/wire/rest/mesh';

export const severities = ['none', 'calm', 'notable', 'severe', 'lost'] as const;
/** `none`: no data; `lost`: nothing answers at all. */
export type Severity = (typeof severities)[number];

export interface PairFigures {
  from: MeshMember;
  to: MeshMember;
  sent: number;
  lost: number;
  /** 0: nothing answered. */
  medianNs: number;
  p95Ns: number;
  /** Of this pair; undefined: not known yet, so the pair is judged by its loss alone. */
  usual: Usual | undefined;
  /** Since the newest sample; undefined where a window is shown. */
  ageSeconds: number | undefined;
  severity: Severity;
}

/** What is usual, of one target as one agent sees it. */
export interface Usual {
  rttNs: number;
  spread: number;
  lossRatio: number;
}
export type UsualOf = (agentNumber: number, targetId: number) => Usual | undefined;

/** A fifth of all lost is past enduring, as the incidents have it too. */
const SEVERE_LOSS = 0.2;
/** Older than this, a figure of the last minute has stopped moving. */
export const STALE_SECONDS = 10;

/** Nobody counts as losing less: in a minute one that is lost is news, in a day of 86,400 it is not. */
const LEAST_USUAL_LOSS = 0.001;
/** Three deviations of a Poisson count: a minute among two thousand pairs is not to be orange by chance. */
const LOSS_DEVIATIONS = 3;

export function severityOf(sent: number, lost: number, deviation = Number.NaN, usualLoss = 0): Severity {
  if (sent === 0) return 'none';
  if (lost === sent) return 'lost';
  const expected = sent * Math.max(LEAST_USUAL_LOSS, usualLoss);
  const isMore = lost > expected + LOSS_DEVIATIONS * Math.sqrt(expected);
  if ((isMore && lost / sent >= SEVERE_LOSS) || deviation >= SEVERE_FROM) return 'severe';
  return isMore || deviation >= NOTABLE_FROM ? 'notable' : 'calm';
}

interface UsualColumns extends BaselineColumns {
  lossRatio: ArrayLike<number>;
}

/** Of the first of these tables that knows the pair. */
export function usualOfPairs(
  members: readonly MeshMember[],
  tables: readonly (UsualColumns | undefined)[],
): UsualOf {
  const shown = new Set(members.map(({ targetId }) => targetId));
  const byPair = new Map<string, Usual>();
  for (const table of tables) {
    if (!table) continue;
    for (let row = 0; row < table.targetIds.length; row++) {
      const targetId = table.targetIds[row] as number;
      if (!shown.has(targetId)) continue;
      const key = `${table.agentNumbers[row]} ${targetId}`;
      if (byPair.has(key)) continue;
      byPair.set(key, {
        rttNs: table.rttNs[row] as number,
        spread: table.spread[row] as number,
        lossRatio: table.lossRatio[row] as number,
      });
    }
  }
  return (agentNumber, targetId) => byPair.get(`${agentNumber} ${targetId}`);
}

/** Every ordered pair of machines, one after the other by rows. */
function pairsOf(members: readonly MeshMember[]): { from: MeshMember; to: MeshMember }[] {
  return members.flatMap((from) =>
    members.flatMap((to) => (from.agentNumber === to.agentNumber ? [] : [{ from, to }])),
  );
}

const middle = (sorted: readonly number[], q: number) =>
  sorted.length === 0 ? 0 : (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number);

export function pairsOfMinute(
  members: readonly MeshMember[],
  window: SampleWindow,
  usualOf: UsualOf,
): PairFigures[] {
  const summary = emptySummary();
  return pairsOf(members).map(({ from, to }) => {
    if (to.targetId === undefined) return nothing(from, to);
    const index = window.indexOf(to.targetId);
    window.summarize(index, summary, from.agentNumber);
    const rtts: number[] = [];
    for (let age = 0; age < WINDOW_SECONDS; age++)
      if (isAnswered(window.levelAt(index, age, from.agentNumber)))
        rtts.push(window.rttAt(index, age, from.agentNumber));
    rtts.sort((a, b) => a - b);
    const { sent, lost, ageSeconds, deviation } = summary;
    const usual = usualOf(from.agentNumber, to.targetId);
    return {
      from,
      to,
      sent,
      lost,
      medianNs: middle(rtts, 0.5),
      p95Ns: middle(rtts, 0.95),
      usual,
      ageSeconds: sent === 0 ? undefined : ageSeconds,
      severity: severityOf(sent, lost, deviation, usual?.lossRatio),
    };
  });
}

export function pairsOfWindow(
  members: readonly MeshMember[],
  cells: readonly MeshCell[],
  usualOf: UsualOf,
): PairFigures[] {
  const byPair = new Map(cells.map((cell) => [`${cell.from} ${cell.to}`, cell]));
  return pairsOf(members).map(({ from, to }) => {
    const cell = byPair.get(`${from.agentNumber} ${to.agentNumber}`);
    if (!cell || to.targetId === undefined) return nothing(from, to);
    const usual = usualOf(from.agentNumber, to.targetId);
    const deviation =
      usual && cell.medianNs !== null ? deviationOfRtt(cell.medianNs, usual.rttNs, usual.spread) : Number.NaN;
    return {
      from,
      to,
      sent: cell.sent,
      lost: cell.lost,
      medianNs: cell.medianNs ?? 0,
      p95Ns: cell.p95Ns ?? 0,
      usual,
      ageSeconds: undefined,
      severity: severityOf(cell.sent, cell.lost, deviation, usual?.lossRatio),
    };
  });
}

function nothing(from: MeshMember, to: MeshMember): PairFigures {
  const figures = { sent: 0, lost: 0, medianNs: 0, p95Ns: 0 };
  return { from, to, ...figures, usual: undefined, ageSeconds: undefined, severity: 'none' };
}

/** The worst first; of those alike, the one that loses more, then the slower. */
export function worstFirst(pairs: readonly PairFigures[]): PairFigures[] {
  const rank = ({ severity }: PairFigures) => severities.indexOf(severity);
  const loss = ({ sent, lost }: PairFigures) => (sent === 0 ? 0 : lost / sent);
  return [...pairs].sort((a, b) => rank(b) - rank(a) || loss(b) - loss(a) || b.medianNs - a.medianNs);
}
