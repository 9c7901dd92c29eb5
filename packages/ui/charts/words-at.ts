/** The figures under the crosshair as one line of words. */
import type { Series } from '@maille/wire/rest/targets';
import type uPlot from 'uplot';
import type { Format } from '../language/format.ts';
import type { Text } from '../language/language.tsx';
import type { ChartColumns } from './chart-data.ts';
import type { chartText } from './chart-text.ts';

interface Drawn {
  columns: readonly ChartColumns[];
  agents: readonly number[];
  bands: readonly unknown[];
}

export function wordsAt(
  plot: uPlot,
  props: { kind: 'rtt' | 'loss'; series: readonly Series[]; agentName(agentNumber: number): string },
  drawn: Drawn,
  format: Format,
  text: Text<(typeof chartText)['en']>,
): string {
  const at = plot.cursor.idx;
  const seconds = at === null || at === undefined ? undefined : plot.data[0][at];
  if (at === null || at === undefined || seconds === undefined) return '';
  const short = props.series[0]?.resolution === 'hour' ? format.dateTime : format.time;
  const time = short(seconds * 1_000);
  const value = (index: number) => plot.data[index]?.[at];
  const rtt = (ms: number | null | undefined) => format.rtt(typeof ms === 'number' ? ms * 1e6 : null);
  if (props.kind === 'rtt' && drawn.bands.length > 0) {
    const loss = drawn.columns[0]?.loss[at];
    if (loss === null || loss === undefined) return `${time} · ${text('noData')}`;
    return [
      time,
      `${text('median')} ${rtt(value(6))}`,
      `${text('quartiles')} ${rtt(value(3))} – ${rtt(value(4))}`,
      `${text('p95')} ${rtt(value(5))}`,
      `${text('range')} ${rtt(value(1))} – ${rtt(value(2))}`,
      `${format.percent(loss)} ${text('lost')}`,
    ].join(' · ');
  }
  const figures = drawn.agents.map((agentNumber, i) => {
    const found = value(i + 1);
    const name = drawn.agents.length > 1 ? `${props.agentName(agentNumber)} ` : '';
    if (props.kind === 'loss')
      return typeof found === 'number' ? `${name}${format.percent(found / 100)}` : undefined;
    if (typeof found === 'number') return `${name}${rtt(found)}`;
    const single = drawn.agents.length === 1 ? drawn.columns[0]?.loss[at] : undefined;
    return single === 1 ? `${name}✕ ${text('lost')}` : undefined;
  });
  const known = figures.filter((figure) => figure !== undefined);
  return [time, ...(known.length > 0 ? known : [text('noData')])].join(' · ');
}
