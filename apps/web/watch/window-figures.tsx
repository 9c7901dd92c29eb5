/** The page's time in figures, one row an agent. */
import { windowFigures } from '@maille/ui/charts/chart-data';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { Series } from '@maille/wire/rest/targets';
import { Text } from '@mantine/core';
import classes from './watch.module.css';
import { watchText } from './watch-text.ts';

export function WindowFiguresTable({
  series,
  agentName,
}: {
  series: readonly Series[];
  agentName(agentNumber: number): string;
}) {
  const text = useText(watchText);
  const format = useFormat();
  const rows = series.map((one) => ({ agentNumber: one.agentNumber, figures: windowFigures(one) }));
  const percentiles = rows.some(({ figures }) => figures.percentilesNs);
  const names = ['p25', 'p50', 'p75', 'p95', 'p99'] as const;
  return (
    <>
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
              {percentiles &&
                names.map((name) => (
                  <th key={name} scope="col">
                    {name === 'p50' ? text('median') : name}
                  </th>
                ))}
              <th scope="col">{text('maximum')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ agentNumber, figures }) => (
              <tr key={agentNumber}>
                <td>{agentName(agentNumber)}</td>
                <td>{format.number(figures.sent)}</td>
                <td>{format.number(figures.lost)}</td>
                <td>{figures.sent === 0 ? '—' : format.percent(figures.lost / figures.sent)}</td>
                <td>{format.rtt(figures.minNs)}</td>
                {percentiles &&
                  names.map((name) => <td key={name}>{format.rtt(figures.percentilesNs?.[name])}</td>)}
                <td>{format.rtt(figures.maxNs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {!percentiles && (
        <Text size="sm" c="dimmed" mt="xs">
          {text('finer')}
        </Text>
      )}
    </>
  );
}
