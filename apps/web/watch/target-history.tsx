/**
 * One target's past: smoke of RTT, loss, and what is held against it: each agent, or the same time an hour,
 * a day or a week before. Incidents and changes of the route are marks that lead every view there.
 */
import type { ChartLine } from '@maille/ui/charts/chart-line';
import { downloadBlob } from '@maille/ui/charts/download';
import { seriesCsv } from '@maille/ui/charts/series-csv';
import { TimeChart } from '@maille/ui/charts/time-chart.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useStandAt, useTime } from '@maille/ui/time/time.tsx';
import { windowBetween } from '@maille/ui/time/time-position';
import type { Series, Target } from '@maille/wire/rest/targets';
import { ActionIcon, Group, Loader, NativeSelect, SegmentedControl, Stack, Tooltip } from '@mantine/core';
import { useMemo } from 'react';
import { ProblemAlert } from '../app/problem-text.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Section } from '../parts/section.tsx';
import { canShowEachProbe } from './series-resolution.ts';
import { SeriesTable } from './series-table.tsx';
import { TargetChangeList, useTargetChanges } from './target-changes.tsx';
import { useSeries } from './use-series.ts';
import { useAgentName, useChoices } from './use-watch.ts';
import { type Comparison, comparisons } from './watch-choices.ts';
import { watchText } from './watch-text.ts';
import { WindowFigures } from './window-figures.tsx';

const HOUR_MS = 3_600_000;
const spans = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS, month: 30 * 24 * HOUR_MS } as const;
const spanNames = Object.keys(spans) as (keyof typeof spans)[];
const beforeMsOf: Record<Comparison, number> = {
  none: 0,
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 7 * 24 * HOUR_MS,
};
const comparisonNames = {
  none: 'compareNone',
  hour: 'hourBefore',
  day: 'dayBefore',
  week: 'weekBefore',
} as const satisfies Record<Comparison, string>;

const rowsOf = ({ raw, rollup }: Series) => raw?.sentAtMs.length ?? rollup?.startMs.length ?? 0;

function useLines(now: readonly Series[], before: readonly Series[], comparison: Comparison): ChartLine[] {
  const text = useText(watchText);
  const agentName = useAgentName();
  return useMemo(() => {
    const agents = [...new Set([...now, ...before].map(({ agentNumber }) => agentNumber))].sort(
      (a, b) => a - b,
    );
    const line = (series: Series, isBefore: boolean): ChartLine => {
      const whose = agentName(series.agentNumber);
      return {
        series,
        name: isBefore ? `${whose}, ${text(comparisonNames[comparison])}` : whose,
        color: agents.indexOf(series.agentNumber),
        before: isBefore,
      };
    };
    return [...now.map((one) => line(one, false)), ...before.map((one) => line(one, true))];
  }, [now, before, comparison, text, agentName]);
}

const none: readonly Series[] = [];

export function TargetHistory({ target }: { target: Target }) {
  const text = useText(watchText);
  const agentName = useAgentName();
  const [choices, change] = useChoices();
  const { agent, asTable, comparison, eachProbe } = choices;
  const { position, setPosition } = useTime();
  const standAt = useStandAt();
  const asked = { targetId: target.id, agentNumber: agent, intervalMs: target.intervalMs, eachProbe };
  const { data, error, isFetching } = useSeries({ ...asked, beforeMs: 0 });
  const compared = useSeries({ ...asked, beforeMs: beforeMsOf[comparison] }, comparison !== 'none');
  const series = data?.series ?? none;
  const before = comparison === 'none' ? none : (compared.data?.series ?? none);
  const lines = useLines(series, before, comparison);
  const found = lines.some((line) => rowsOf(line.series) > 0);
  const { marks, incidents, changes } = useTargetChanges(target.id, agent, data?.fromMs, data?.toMs);
  const span =
    position.mode === 'live' ? spanNames.find((name) => spans[name] === position.spanMs) : undefined;
  const resolution = series[0]?.resolution;
  const fileName = `${target.host.replaceAll(/[^\w.-]/g, '_')}`;
  const save = () =>
    downloadBlob(new Blob([seriesCsv(series, agentName)], { type: 'text/csv' }), `${fileName}.csv`);
  return (
    <>
      <Section
        title={text('history')}
        lede={
          resolution &&
          text(resolution === 'raw' ? 'eachEcho' : resolution === 'minute' ? 'perMinute' : 'perHour')
        }
        actions={
          <Group gap="sm">
            <SegmentedControl
              size="xs"
              aria-label={text('spanOfHistory')}
              value={span ?? ''}
              onChange={(next) => setPosition({ mode: 'live', spanMs: spans[next as keyof typeof spans] })}
              data={spanNames.map((name) => ({ value: name, label: text(name) }))}
            />
            <NativeSelect
              size="xs"
              aria-label={text('compare')}
              value={comparison}
              onChange={(event) => change({ comparison: event.currentTarget.value as Comparison })}
              data={comparisons.map((value) => ({ value, label: text(comparisonNames[value]) }))}
            />
            {data && canShowEachProbe(data.fromMs, data.toMs, target.intervalMs) && (
              <SegmentedControl
                size="xs"
                aria-label={text('detail')}
                value={eachProbe ? 'each' : 'bands'}
                onChange={(next) => change({ eachProbe: next === 'each' })}
                data={[
                  { value: 'bands', label: text('bands') },
                  { value: 'each', label: text('eachProbe') },
                ]}
              />
            )}
            <SegmentedControl
              size="xs"
              aria-label={text('view')}
              value={asTable ? 'table' : 'charts'}
              onChange={(view) => change({ asTable: view === 'table' })}
              data={[
                { value: 'charts', label: text('charts') },
                { value: 'table', label: text('chartTable') },
              ]}
            />
            <Tooltip label={text('saveCsv')}>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={text('saveCsv')}
                onClick={save}
                disabled={!found}
              >
                <Icon name="download" />
              </ActionIcon>
            </Tooltip>
          </Group>
        }
      >
        {error && <ProblemAlert error={error} />}
        {data && !found && <EmptyState icon="clock" sentence={text('noHistory')} />}
        {!data && isFetching && <Loader size="sm" />}
        {data && found && asTable && <SeriesTable series={series} agentName={agentName} />}
        {data && found && !asTable && (
          <Stack gap="xs">
            {(['rtt', 'loss'] as const).map((kind) => (
              <TimeChart
                key={kind}
                kind={kind}
                name={fileName}
                lines={lines}
                marks={marks}
                momentMs={position.mode === 'replay' ? position.atMs : undefined}
                fromMs={data.fromMs}
                toMs={data.toMs}
                intervalMs={target.intervalMs}
                height={kind === 'rtt' ? 260 : 110}
                onSelect={(from, to) => setPosition(windowBetween(from, to, Date.now()))}
                onStand={standAt}
              />
            ))}
          </Stack>
        )}
        <TargetChangeList incidents={incidents} changes={changes} />
      </Section>
      {found && <WindowFigures targetId={target.id} lines={lines} beforeMs={beforeMsOf[comparison]} />}
    </>
  );
}
