/** What one machine sees of another, over the last minute or over a window, and how bad that is. */
import { NOTABLE_FROM, SEVERE_FROM } from '@maille/ui/samples/deviation';
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
  /** Since the newest sample; undefined where a window is shown. */
  ageSeconds: number | undefined;
  severity: Severity;
}

/** A fifth of all lost is past enduring, as the incidents have it too. */
const SEVERE_LOSS = 0.2;
/** Older than this, a figure of the last minute has stopped moving. */
export const STALE_SECONDS = 10;

export function severityOf(sent: number, lost: number, deviation = Number.NaN): Severity {
  if (sent === 0) return 'none';
  if (lost === sent) return 'lost';
  if (lost / sent >= SEVERE_LOSS || deviation >= SEVERE_FROM) return 'severe';
  return lost > 0 || deviation >= NOTABLE_FROM ? 'notable' : 'calm';
}

/** Every ordered pair of machines, one after the other by rows. */
function pairsOf(members: readonly MeshMember[]): { from: MeshMember; to: MeshMember }[] {
  return members.flatMap((from) =>
    members.flatMap((to) => (from.agentNumber === to.agentNumber ? [] : [{ from, to }])),
  );
}

const middle = (sorted: readonly number[], q: number) =>
  sorted.length === 0 ? 0 : (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number);

export function pairsOfMinute(members: readonly MeshMember[], window: SampleWindow): PairFigures[] {
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
    return {
      from,
      to,
      sent,
      lost,
      medianNs: middle(rtts, 0.5),
      p95Ns: middle(rtts, 0.95),
      ageSeconds: sent === 0 ? undefined : ageSeconds,
      severity: severityOf(sent, lost, deviation),
    };
  });
}

export function pairsOfWindow(members: readonly MeshMember[], cells: readonly MeshCell[]): PairFigures[] {
  const byPair = new Map(cells.map((cell) => [`${cell.from} ${cell.to}`, cell]));
  return pairsOf(members).map(({ from, to }) => {
    const cell = byPair.get(`${from.agentNumber} ${to.agentNumber}`);
    if (!cell) return nothing(from, to);
    return {
      from,
      to,
      sent: cell.sent,
      lost: cell.lost,
      medianNs: cell.medianNs ?? 0,
      p95Ns: cell.p95Ns ?? 0,
      ageSeconds: undefined,
      severity: severityOf(cell.sent, cell.lost),
    };
  });
}

function nothing(from: MeshMember, to: MeshMember): PairFigures {
  return { from, to, sent: 0, lost: 0, medianNs: 0, p95Ns: 0, ageSeconds: undefined, severity: 'none' };
}

/** The worst first; of those alike, the one that loses more, then the slower. */
export function worstFirst(pairs: readonly PairFigures[]): PairFigures[] {
  const rank = ({ severity }: PairFigures) => severities.indexOf(severity);
  const loss = ({ sent, lost }: PairFigures) => (sent === 0 ? 0 : lost / sent);
  return [...pairs].sort((a, b) => rank(b) - rank(a) || loss(b) - loss(a) || b.medianNs - a.medianNs);
}
