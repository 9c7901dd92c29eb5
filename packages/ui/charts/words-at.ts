/** The figures under the crosshair as one line of words. */
import type uPlot from 'uplot';
import type { Format } from '../language/format.ts';
import type { Text } from '../language/language.tsx';
import type { ChartColumns } from './chart-data.ts';
import type { ChartLine } from './chart-line.ts';
import type { chartText } from './chart-text.ts';
import type { LinePlace } from './rtt-plot.ts';

interface Drawn {
  places: readonly LinePlace[];
  columns: readonly ChartColumns[];
}

export function wordsAt(
  plot: uPlot,
  props: { kind: 'rtt' | 'loss'; lines: readonly ChartLine[] },
  drawn: Drawn,
  format: Format,
  text: Text<(typeof chartText)['en']>,
): string {
  const at = plot.cursor.idx;
  const seconds = at === null || at === undefined ? undefined : plot.data[0][at];
  if (at === null || at === undefined || seconds === undefined) return '';
  const { lines, kind } = props;
  const short = lines[0]?.series.resolution === 'hour' ? format.dateTime : format.time;
  const time = short(seconds * 1_000);
  const value = (index: number | undefined) => (index === undefined ? undefined : plot.data[index]?.[at]);
  const rtt = (ms: number | null | undefined) => format.rtt(typeof ms === 'number' ? ms * 1e6 : null);
  const several = drawn.places.length > 1;
  const [only] = drawn.places;
  if (kind === 'rtt' && !several && only?.min !== undefined) {
    const loss = drawn.columns[0]?.loss[at];
    if (loss === null || loss === undefined) return `${time} · ${text('noData')}`;
    return [
      time,
      `${text('median')} ${rtt(value(only.median))}`,
      `${text('quartiles')} ${rtt(value(only.p25))} – ${rtt(value(only.p75))}`,
      `${text('p95')} ${rtt(value(only.p95))}`,
      `${text('range')} ${rtt(value(only.min))} – ${rtt(value(only.max))}`,
      `${format.percent(loss)} ${text('lost')}`,
    ].join(' · ');
  }
  const figures = drawn.places.map(({ name, median }) => {
    const found = value(median);
    const whose = several ? `${name} ` : '';
    if (kind === 'loss')
      return typeof found === 'number' ? `${whose}${format.percent(found / 100)}` : undefined;
    if (typeof found === 'number') return `${whose}${rtt(found)}`;
    const lost = !several && drawn.columns[0]?.loss[at] === 1;
    return lost ? `✕ ${text('lost')}` : undefined;
  });
  const known = figures.filter((figure) => figure !== undefined);
  return [time, ...(known.length > 0 ? known : [text('noData')])].join(' · ');
}
