/** A series as CSV (RFC 4180): times in ISO 8601, units in the headings. */
import { csvText } from '@maille/base/csv';
import { outcomes } from '@maille/wire/link/samples';
import type { Series } from '@maille/wire/rest/targets';
import { rollupColumns } from './chart-data.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const cell = (value: number | null | undefined) =>
  value === null || value === undefined ? '' : String(value);

export function seriesCsv(series: readonly Series[], agentName: (agentNumber: number) => string): string {
  const rows: string[][] = [];
  const isRaw = series.some((one) => one.raw !== undefined);
  const header = isRaw
    ? ['time', 'agent', 'outcome', 'code', 'rtt_ns']
    : ['time', 'agent', 'sent', 'replies', ...rollupColumns.map((name) => name.replace('Ns', '_ns'))];
  for (const { agentNumber, raw, rollup } of series) {
    const agent = agentName(agentNumber);
    raw?.sentAtMs.forEach((ms, i) => {
      rows.push([
        iso(ms),
        agent,
        outcomes[raw.outcome[i] as number] ?? '',
        cell(raw.code[i]),
        cell(raw.rttNs[i]),
      ]);
    });
    rollup?.startMs.forEach((ms, i) => {
      const figures = rollupColumns.map((name) => cell(rollup[name][i]));
      rows.push([iso(ms), agent, cell(rollup.sent[i]), cell(rollup.replies[i]), ...figures]);
    });
  }
  return csvText(header, rows);
}
