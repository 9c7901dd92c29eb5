/** Minutes of targets as rows of the strip: one an address, in order of address or what is lost first. */
import type { StripData, StripRow } from '@maille/ui/minute-strip/strip-layout';
import { deviationOfRtt } from '@maille/ui/samples/deviation';
import type { Baselines } from '@maille/wire/rest/incidents';
import { type MinuteRows, NO_RTT } from '@maille/wire/rest/minute-rows';
import type { Target } from '@maille/wire/rest/targets';
import { inOrderOfAddress } from './address-order.ts';

const MINUTE_MS = 60_000;
const LOSS_STEPS = 10;

export interface AgentMinutes {
  agentNumber: number;
  rows: MinuteRows;
}

type Usual = (targetId: number, agentNumber: number) => { rttNs: number; spread: number } | undefined;

export function usualOf(baselines: Baselines | undefined): Usual {
  const rows = new Map<string, number>();
  baselines?.targetIds.forEach((id, i) => {
    rows.set(`${id}/${baselines.agentNumbers[i]}`, i);
  });
  return (targetId, agentNumber) => {
    const i = rows.get(`${targetId}/${agentNumber}`);
    return i === undefined || !baselines
      ? undefined
      : { rttNs: baselines.rttNs[i] as number, spread: baselines.spread[i] as number };
  };
}

/** Counts of the agents add up; median and deviation are those of the agent that is worst off. */
export function stripOfMinutes(
  agents: readonly AgentMinutes[],
  targets: Iterable<Pick<Target, 'id' | 'host'>>,
  fromMs: number,
  toMs: number,
  usual: Usual | undefined,
): StripData {
  const first = Math.floor(fromMs / MINUTE_MS);
  const columns = Math.max(0, Math.ceil(toMs / MINUTE_MS) - first);
  const rows = new Map<number, StripRow & Writable>();
  for (const { id, host } of inOrderOfAddress(targets)) {
    rows.set(id, {
      key: String(id),
      name: host,
      sent: new Array<number>(columns).fill(0),
      replies: new Array<number>(columns).fill(0),
      p50Ns: new Array<number | null>(columns).fill(null),
      deviation: new Array<number | null>(columns).fill(null),
    });
  }
  for (const { agentNumber, rows: found } of agents) {
    for (let i = 0; i < found.count; i++) {
      const targetId = found.targetIds[i] as number;
      const row = rows.get(targetId);
      const column = (found.minutes[i] as number) - first;
      if (!row || column < 0 || column >= columns) continue;
      row.sent[column] = (row.sent[column] as number) + (found.sent[i] as number);
      row.replies[column] = (row.replies[column] as number) + (found.replies[i] as number);
      const p50 = found.p50s10ns[i] as number;
      if (p50 === NO_RTT) continue;
      const rttNs = p50 * 10;
      const before = row.p50Ns[column] ?? null;
      const known = usual?.(targetId, agentNumber);
      const deviation = known ? deviationOfRtt(rttNs, known.rttNs, known.spread) : null;
      const worst = row.deviation[column] ?? null;
      if (deviation !== null ? worst === null || deviation > worst : before === null || rttNs > before) {
        row.p50Ns[column] = rttNs;
        row.deviation[column] = deviation;
      }
    }
  }
  return {
    startMs: Array.from({ length: columns }, (_, i) => (first + i) * MINUTE_MS),
    rows: [...rows.values()],
  };
}

/** Who lost most comes first; equals keep their order. Loss in steps, so that rows do not jump for a packet. */
export function worstFirst(data: StripData): StripData {
  const rank = (row: StripRow) => {
    const sent = row.sent.reduce((a, b) => a + b, 0);
    const replies = row.replies.reduce((a, b) => a + b, 0);
    return sent === 0 ? -1 : Math.round((1 - replies / sent) * LOSS_STEPS);
  };
  const ranks = new Map(data.rows.map((row) => [row, rank(row)]));
  return {
    ...data,
    rows: data.rows.toSorted((a, b) => (ranks.get(b) as number) - (ranks.get(a) as number)),
  };
}

interface Writable {
  sent: number[];
  replies: number[];
  p50Ns: (number | null)[];
  deviation: (number | null)[];
}
