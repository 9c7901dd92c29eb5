/** One address: its last minute as a ring, its past as charts, each agent's view of it. */
import { downloadBlob } from '@maille/ui/charts/download';
import { seriesCsv } from '@maille/ui/charts/series-csv';
import { TimeChart } from '@maille/ui/charts/time-chart.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { Ring } from '@maille/ui/ring/ring.tsx';
import type { SampleSource } from '@maille/ui/samples/sample-source';
import { useSamples } from '@maille/ui/samples/use-samples.tsx';
import { useTime } from '@maille/ui/time/time.tsx';
import { windowBetween } from '@maille/ui/time/time-position';
import type { Target } from '@maille/wire/rest/targets';
import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  Group,
  Loader,
  SegmentedControl,
  Stack,
  Text,
  Title,
  Tooltip,
} from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ProblemAlert } from '../app/problem-text.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Section } from '../parts/section.tsx';
import { AgentChoice } from './agent-choice.tsx';
import { SameHost } from './same-host.tsx';
import { SeriesTable } from './series-table.tsx';
import { useBaselinesOf } from './use-baselines.ts';
import { useSeries } from './use-series.ts';
import { useAgentName, useChoices } from './use-watch.ts';
import classes from './watch.module.css';
import { watchText } from './watch-text.ts';
import { WindowFiguresTable } from './window-figures.tsx';

const HOUR_MS = 3_600_000;
const spans = { hour: HOUR_MS, day: 24 * HOUR_MS, month: 30 * 24 * HOUR_MS } as const;

export function TargetPage() {
  const text = useText(watchText);
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const { data } = useLive('targets');
  const target = data?.targets.get(Number(id));
  if (!data)
    return (
      <Text c="dimmed" role="status">
        <Loader size="xs" mr="sm" aria-hidden />
        {text('waiting')}
      </Text>
    );
  if (!target)
    return (
      <EmptyState icon="target" sentence={text('noTarget')}>
        <Button component={Link} to="/watch" variant="default">
          {text('backToGrid')}
        </Button>
      </EmptyState>
    );
  return <TargetView key={target.id} target={target} />;
}

function TargetView({ target }: { target: Target }) {
  const [choices, change] = useChoices();
  const { source, problem } = useSamples('target', target.id);
  useBaselinesOf(source, target.id);
  return (
    <Stack gap="lg">
      <div className={classes.targetHead}>
        <Ring source={source} targetId={target.id} name={target.host} agent={choices.agent} size={200} />
        <Stack gap="sm" style={{ flex: '1 1 18rem', minWidth: 0 }}>
          <TargetName target={target} />
          <AgentRings target={target} source={source} />
        </Stack>
        <AgentChoice agent={choices.agent} onChange={(agent) => change({ agent })} />
      </div>
      {problem !== undefined && <ProblemAlert error={problem} />}
      <History
        target={target}
        agent={choices.agent}
        asTable={choices.asTable}
        onTable={(asTable) => change({ asTable })}
      />
    </Stack>
  );
}

function AgentRings({ target, source }: { target: Target; source: SampleSource }) {
  const nameOf = useAgentName();
  const agents = useAgentsOf(source);
  if (agents.length < 2) return null;
  return (
    <div className={classes.rings}>
      {agents.map((agent) => (
        <div key={agent} className={classes.ringOfAgent}>
          <Ring
            source={source}
            targetId={target.id}
            name={`${target.host}, ${nameOf(agent)}`}
            agent={agent}
            size={64}
          />
          {nameOf(agent)}
        </div>
      ))}
    </div>
  );
}

/** Agents that sent a sample of this target, as they appear. */
function useAgentsOf(source: SampleSource): readonly number[] {
  const [agents, setAgents] = useState(source.window.agents);
  useEffect(() => source.subscribe(() => setAgents(source.window.agents)), [source]);
  return agents;
}

function TargetName({ target }: { target: Target }) {
  const text = useText(watchText);
  const format = useFormat();
  return (
    <div>
      <Group gap="sm">
        <Tooltip label={text('backToGrid')}>
          <ActionIcon
            variant="subtle"
            color="gray"
            component={Link}
            to="/watch"
            aria-label={text('backToGrid')}
          >
            <Icon name="left" />
          </ActionIcon>
        </Tooltip>
        <Title order={1} style={{ overflowWrap: 'anywhere' }}>
          {target.host}
        </Title>
      </Group>
      {target.label && <Text>{target.label}</Text>}
      <SameHost target={target} />
      <Group gap="xs" mt="xs">
        <Anchor
          size="sm"
          renderRoot={(props) => (
            <Link to="/watch/prefix/$prefix" params={{ prefix: target.prefix }} {...props} />
          )}
        >
          {target.prefix === 'names' ? text('names') : target.prefix}
        </Anchor>
        {target.tags.map((tag) => (
          <Badge key={tag} variant="default" tt="none">
            {tag}
          </Badge>
        ))}
        <Text size="sm" c="dimmed">
          {text('interval', {
            interval: format.duration(target.intervalMs),
            timeout: format.duration(target.timeoutMs),
          })}
        </Text>
        <Anchor
          size="sm"
          renderRoot={(props) => <Link to="/targets" search={{ q: target.host } as never} {...props} />}
        >
          {text('edit')}
        </Anchor>
      </Group>
    </div>
  );
}

interface HistoryProps {
  target: Target;
  agent: number | undefined;
  asTable: boolean;
  onTable(asTable: boolean): void;
}

function History({ target, agent, asTable, onTable }: HistoryProps) {
  const text = useText(watchText);
  const agentName = useAgentName();
  const { position, setPosition } = useTime();
  const { data, error, isFetching } = useSeries(target.id, agent);
  const series = data?.series ?? [];
  const found = series.some((one) => (one.raw?.sentAtMs.length ?? one.rollup?.startMs.length ?? 0) > 0);
  const span =
    position.mode === 'live'
      ? Object.entries(spans).find(([, ms]) => ms === position.spanMs)?.[0]
      : undefined;
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
              value={span ?? ''}
              onChange={(next) => setPosition({ mode: 'live', spanMs: spans[next as keyof typeof spans] })}
              data={(['hour', 'day', 'month'] as const).map((name) => ({ value: name, label: text(name) }))}
            />
            <SegmentedControl
              size="xs"
              aria-label={text('view')}
              value={asTable ? 'table' : 'charts'}
              onChange={(view) => onTable(view === 'table')}
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
                series={series}
                agentName={agentName}
                fromMs={data.fromMs}
                toMs={data.toMs}
                intervalMs={target.intervalMs}
                height={kind === 'rtt' ? 260 : 110}
                onSelect={(from, to) => setPosition(windowBetween(from, to, Date.now()))}
              />
            ))}
          </Stack>
        )}
      </Section>
      {found && (
        <Section title={text('figures')}>
          <WindowFiguresTable series={series} agentName={agentName} />
        </Section>
      )}
    </>
  );
}
