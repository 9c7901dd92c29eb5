/** The page's time in figures, one row an agent, and one for the time that it is held against. */
import { useCall } from '@maille/ui/api/api.tsx';
import type { ChartLine } from '@maille/ui/charts/chart-line';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { getTargetStatistics, type Statistics } from '@maille/wire/rest/targets';
import { Text } from '@mantine/core';
import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { Section } from '../parts/section.tsx';
import { useSeriesWindow } from './use-series.ts';
import classes from './watch.module.css';
import { watchText } from './watch-text.ts';

const STEP_MS = 60_000;
const percentiles = ['p25', 'p50', 'p75', 'p95', 'p99'] as const;

interface WindowFiguresProps {
  targetId: number;
  lines: readonly ChartLine[];
  beforeMs: number;
}

export function WindowFigures({ targetId, lines, beforeMs }: WindowFiguresProps) {
  const text = useText(watchText);
  const format = useFormat();
  const call = useCall();
  const shown = useSeriesWindow();
  // Figures of the same few minutes over and over would be work for nobody.
  const toMs = Math.ceil(shown.toMs / STEP_MS) * STEP_MS;
  const fromMs = toMs - (shown.toMs - shown.fromMs);
  const found = useQueries({
    queries: lines.map(({ series: { agentNumber }, before }) => {
      const shiftMs = before ? beforeMs : 0;
      const query = { fromMs: fromMs - shiftMs, toMs: toMs - shiftMs, agentNumber };
      return {
        queryKey: ['statistics', targetId, agentNumber, query.fromMs, query.toMs],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          call(getTargetStatistics, { params: { id: targetId }, query, signal }),
        placeholderData: keepPreviousData,
        staleTime: STEP_MS,
        gcTime: STEP_MS,
      };
    }),
    combine: (results) => results.map(({ data }) => data),
  });
  const errors = found.flatMap((one) => (one?.relativeError ? [one.relativeError] : []));
  return (
    <Section title={text('figures')}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className={classes.scroll} tabIndex={0}>
        <table className={classes.figures}>
          <thead>
            <tr>
              <th scope="col">{text('agent')}</th>
              <th scope="col">{text('sent')}</th>
              <th scope="col">{text('lost')}</th>
              <th scope="col">{text('lossShare')}</th>
              <th scope="col">{text('minimum')}</th>
              {percentiles.map((name) => (
                <th key={name} scope="col">
                  {name === 'p50' ? text('median') : name}
                </th>
              ))}
              <th scope="col">{text('maximum')}</th>
              <th scope="col">{text('jitter')}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ name, before }, i) => (
              <tr key={`${name} ${before}`}>
                <td>{name}</td>
                <Figures of={found[i]} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {errors.length > 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          {text('figuresWithin', { error: format.percent(Math.max(...errors)) })}
        </Text>
      )}
    </Section>
  );
}

function Figures({ of }: { of: Statistics | undefined }) {
  const format = useFormat();
  if (!of) return <td colSpan={10}>…</td>;
  return (
    <>
      <td>{format.number(of.sent)}</td>
      <td>{format.number(of.sent - of.replies)}</td>
      <td>{of.lossRatio === null ? '—' : format.percent(of.lossRatio)}</td>
      <td>{format.rtt(of.minNs)}</td>
      {percentiles.map((name) => (
        <td key={name}>{format.rtt(of[`${name}Ns`])}</td>
      ))}
      <td>{format.rtt(of.maxNs)}</td>
      <td>{format.rtt(of.jitterNs)}</td>
    </>
  );
}
