/** Minutes of many targets as the wire packs them, narrowed to those that the caller sees. */
import { Problem } from '@maille/base/problem';
import type { MinutesOfMany, Precision } from '@maille/store/series/series-store';
import { RTT_UNIT_NS } from '@maille/wire/link/samples';
import { createMinuteRows, encodeMinuteRows, MAX_MINUTE_ROWS, NO_RTT } from '@maille/wire/rest/minute-rows';

export function minutesAnswer(
  found: readonly MinutesOfMany[],
  sees: (targetId: number) => boolean,
): { agents: { agentNumber: number; rows: string }[]; precision: Precision } {
  return {
    precision: found.some(({ precision }) => precision === 'rounded') ? 'rounded' : 'exact',
    agents: found.map((many) => ({
      agentNumber: many.agentNumber,
      rows: Buffer.from(encodeMinuteRows(rowsOf(many, sees))).toString('base64'),
    })),
  };
}

function rowsOf(many: MinutesOfMany, sees: (targetId: number) => boolean) {
  if (many.count > MAX_MINUTE_ROWS)
    throw new Problem('too-large', 'this span has too many minutes of targets', {
      field: '/fromMs',
      remedy: 'Ask for a shorter span, or for one prefix.',
    });
  const rows = createMinuteRows(many.count);
  let count = 0;
  for (let i = 0; i < many.count; i++) {
    const targetId = many.targetIds[i] as number;
    if (!sees(targetId)) continue;
    const p50 = (many.p50Ns[i] as number) / RTT_UNIT_NS;
    rows.minutes[count] = many.minutes[i] as number;
    rows.targetIds[count] = targetId;
    rows.p50s10ns[count] = Number.isNaN(p50) ? NO_RTT : Math.min(NO_RTT - 1, Math.round(p50));
    rows.sent[count] = Math.min(0xffff, many.sent[i] as number);
    rows.replies[count] = Math.min(0xffff, many.replies[i] as number);
    count++;
  }
  rows.count = count;
  return rows;
}
