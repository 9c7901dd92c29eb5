/** The grid with its tools, legend, table and minutes: for the whole fleet, or for one prefix alone. */

import type { Coloring } from '@maille/ui/grid/cell-colors';
import { Grid } from '@maille/ui/grid/grid.tsx';
import { type TileOrder, tileOrders } from '@maille/ui/grid/tile-order';
import { comparePrefixes, FULL_COLUMNS } from '@maille/ui/grid/tiles';
import { useGridSummary } from '@maille/ui/grid/use-grid-summary';
import { DEFAULT_CELL_PX, zoomStep } from '@maille/ui/grid/zoom';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { MinuteStrip } from '@maille/ui/minute-strip/minute-strip.tsx';
import type { StripData } from '@maille/ui/minute-strip/strip-layout';
import { showsMinutes } from '@maille/ui/samples/use-past';
import { useSamples } from '@maille/ui/samples/use-samples.tsx';
import { useStandAt, useTime } from '@maille/ui/time/time.tsx';
import { playReplay, windowBetween } from '@maille/ui/time/time-position';
import type { Target } from '@maille/wire/rest/targets';
import { ActionIcon, Group, NativeSelect, SegmentedControl, TextInput, Title, Tooltip } from '@mantine/core';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { ProblemAlert } from '../app/problem-text.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { AgentChoice } from './agent-choice.tsx';
import { filterTargets } from './filter-targets.ts';
import { GridLegend } from './grid-legend.tsx';
import { GridTable } from './grid-table.tsx';
import { ProbeChoice, useProbe } from './probe-choice.tsx';
import { worstFirst } from './strip-of-minutes.ts';
import { useBaselinesOf } from './use-baselines.ts';
import { usePrefixStrip } from './use-prefix-minutes.ts';
import { useRemainingHeight } from './use-remaining-height.ts';
import { useShownIncidents } from './use-shown-incidents.ts';
import { useStrip } from './use-strip.ts';
import { useTargetGroups } from './use-target-groups.ts';
import { useChoices, useWatchLinks } from './use-watch.ts';
import classes from './watch.module.css';
import { watchText } from './watch-text.ts';

const orderNames = {
  address: 'byAddress',
  severity: 'bySeverity',
  tag: 'byTag',
  team: 'byTeam',
  agent: 'byAgent',
} as const satisfies Record<TileOrder, string>;

/** A line of it under the rings, with what keeps it off them. */
const LEGEND_PX = 36;

export interface GridPartProps {
  title: string;
  targets: ReadonlyMap<number, Target>;
  back?: ReactNode;
  /** Cells are at least this large where a tile of them is not wider than the page. */
  leastCellPx?: number;
  /** The prefix whose addresses have a row of minutes each, instead of a row a prefix. */
  history?: string | undefined;
}

export function GridPart({ title, targets, back, leastCellPx = 0, history }: GridPartProps) {
  const text = useText(watchText);
  const format = useFormat();
  const [choices, change] = useChoices();
  const links = useWatchLinks();
  const { position, setPosition } = useTime();
  const standAt = useStandAt();
  const byMinute = showsMinutes(position);
  const { source, skipped, loading, waiting, problem } = useSamples('grid');
  const { agent, filter, asTable } = choices;
  // Of one prefix the rows under the rings are what an order is for: what is lost comes first.
  const order = choices.order ?? (history === undefined ? 'address' : 'severity');
  const [fit, setFit] = useState<number>(DEFAULT_CELL_PX);
  const wide = leastCellPx * FULL_COLUMNS <= window.innerWidth / 2;
  const cellPx = choices.cellPx ?? (wide && leastCellPx > fit ? leastCellPx : undefined);
  const frame = useRef<HTMLDivElement>(null);
  const room = useRef<HTMLDivElement>(null);
  // A prefix has the page for its rings; the fleet has its minutes under them.
  useRemainingHeight(history === undefined ? frame : room, !asTable, history === undefined ? 0 : LEGEND_PX);
  const { probes, probe, shown: probed } = useProbe(targets, choices.probe);
  const shown = useMemo(() => (asTable ? probed : filterTargets(probed, filter)), [probed, filter, asTable]);
  const baselines = useBaselinesOf(source);
  const incidents = useShownIncidents();
  const groupOf = useTargetGroups(shown, order);
  const summary = useGridSummary(shown, source, agent);
  // Where nothing is usual yet, a grid full of holes would say less than RTT does.
  const allLearning = summary.answering > 0 && summary.learning === summary.answering;
  const coloring: Coloring = allLearning ? 'rtt' : choices.coloring;
  const strip = useStrip(history === undefined);
  const addresses = usePrefixStrip({
    prefix: history,
    targets: shown,
    agent,
    fromMs: strip.fromMs,
    toMs: strip.toMs,
    baselines,
    byUsual: coloring === 'usual',
  });
  const prefixes = useMemo(() => new Set([...shown.values()].map(({ prefix }) => prefix)), [shown]);
  const ofPrefixes = useMemo<StripData | undefined>(
    () =>
      strip.data && {
        startMs: strip.data.startMs,
        rows: strip.data.prefixes
          .filter(({ prefix }) => prefixes.has(prefix))
          .sort((a, b) => comparePrefixes(a.prefix, b.prefix))
          .map(({ prefix, ...columns }) => ({
            key: prefix,
            name: prefix === 'names' ? text('names') : prefix,
            ...columns,
          })),
      },
    [strip.data, prefixes, text],
  );
  const ofAddresses = useMemo(
    () => (addresses && order === 'severity' ? worstFirst(addresses) : addresses),
    [addresses, order],
  );
  const stripData = history === undefined ? ofPrefixes : ofAddresses;
  const shownTime =
    position.mode === 'live'
      ? undefined
      : position.mode === 'window'
        ? position
        : { fromMs: position.atMs - 60_000, toMs: position.atMs };
  // One minute is looked at, more of them are played.
  const replay = (fromMs: number, toMs: number) => {
    const chosen = windowBetween(fromMs, toMs, Date.now());
    setPosition(toMs - fromMs > 60_000 ? playReplay(chosen, Date.now()) : chosen);
  };
  const zoom = (direction: 1 | -1) => change({ cellPx: zoomStep(cellPx ?? fit, direction) });

  // Of one prefix they stand beside the rings where there is room.
  const beside = history !== undefined && !asTable;
  const minutes = stripData && stripData.rows.length > 0 && (
    <section className={classes.strip} {...(beside && { 'data-beside': true })} aria-label={text('strip')}>
      {strip.isPart && (
        <p className={classes.summary} style={{ margin: 0 }}>
          {text('stripPart')}
        </p>
      )}
      <MinuteStrip
        data={stripData}
        fromMs={strip.fromMs}
        toMs={strip.toMs}
        shown={shownTime}
        of={history === undefined ? 'prefix' : 'address'}
        onSelect={replay}
        onStand={standAt}
        onOpen={(key) => (history === undefined ? links.openPrefix(key) : links.openTarget(Number(key)))}
      />
    </section>
  );

  return (
    <div ref={frame} className={classes.page} {...(asTable && { 'data-flowing': true })}>
      <div className={classes.head}>
        <Group gap="sm">
          {back}
          <Title order={1}>{title}</Title>
        </Group>
        <p className={classes.summary} style={{ margin: 0 }}>
          {waiting ? (
            <span role="status">{text('loadingMinute')}</span>
          ) : (
            !loading && <SummaryWords summary={summary} byMinute={byMinute} />
          )}
          {position.mode !== 'live' && (
            <>
              {' '}
              {loading
                ? text('loadingPast')
                : text(byMinute ? 'hourShownAt' : 'shownAt', {
                    time: format.dateTime(position.mode === 'replay' ? position.atMs : position.toMs),
                  })}
              {byMinute && ` ${text('eachMinute')}`}
            </>
          )}
        </p>
        <div className={classes.tools}>
          {!asTable && (
            <TextInput
              className={classes.filter}
              aria-label={text('filter')}
              placeholder={text('filter')}
              leftSection={<Icon name="filter" />}
              value={filter}
              onChange={(event) => change({ filter: event.currentTarget.value })}
            />
          )}
          <ProbeChoice probes={probes} probe={probe} onChange={(next) => change({ probe: next })} />
          <AgentChoice agent={agent} onChange={(next) => change({ agent: next })} />
          {!asTable && (
            <>
              <NativeSelect
                aria-label={text('order')}
                value={order}
                onChange={(event) => change({ order: event.currentTarget.value as TileOrder })}
                data={tileOrders.map((value) => ({ value, label: text(orderNames[value]) }))}
              />
              <SegmentedControl
                aria-label={text('coloring')}
                size="xs"
                value={choices.coloring}
                onChange={(next) => change({ coloring: next as Coloring })}
                data={[
                  { value: 'usual', label: text('byUsual') },
                  { value: 'rtt', label: text('byRtt') },
                ]}
              />
              <ActionIcon.Group>
                <Tooltip label={`${text('smaller')} (−)`}>
                  <ActionIcon variant="default" aria-label={text('smaller')} onClick={() => zoom(-1)}>
                    <Icon name="minus" />
                  </ActionIcon>
                </Tooltip>
                <Tooltip label={`${text('larger')} (+)`}>
                  <ActionIcon variant="default" aria-label={text('larger')} onClick={() => zoom(1)}>
                    <Icon name="plus" />
                  </ActionIcon>
                </Tooltip>
              </ActionIcon.Group>
            </>
          )}
          <SegmentedControl
            aria-label={text('view')}
            size="xs"
            value={asTable ? 'table' : 'grid'}
            onChange={(view) => change({ asTable: view === 'table' })}
            data={[
              { value: 'grid', label: text('drawing') },
              { value: 'table', label: text('table') },
            ]}
          />
        </div>
      </div>
      {problem !== undefined && <ProblemAlert error={problem} />}
      {asTable ? (
        <GridTable
          targets={shown}
          source={source}
          agent={agent}
          filter={filter}
          onFilter={(next) => change({ filter: next })}
          onOpen={links.openTarget}
        />
      ) : shown.size === 0 ? (
        <EmptyState icon="filter" sentence={text('nothingFits')} />
      ) : (
        <div className={beside ? classes.sides : classes.room}>
          <div ref={room} className={classes.room}>
            <Grid
              targets={shown}
              source={source}
              agent={agent}
              order={order}
              groupOf={groupOf}
              coloring={coloring}
              incidents={incidents}
              cellPx={cellPx}
              onFit={setFit}
              onCellPx={(next) => change({ cellPx: next })}
              onOpenTarget={links.openTarget}
              onOpenPrefix={links.openPrefix}
            />
          </div>
          {beside && minutes}
        </div>
      )}
      <div className={classes.foot}>
        <GridLegend coloring={coloring} learning={summary.learning > 0} notSent={summary.notSent > 0} />
        {allLearning && choices.coloring === 'usual' && (
          <span className={classes.summary} style={{ flex: '0 1 auto' }} role="status">
            {text('learningAll')}
          </span>
        )}
        {skipped > 0 && (
          <span className={classes.notice} role="status">
            {text('skipped', { count: skipped })}
          </span>
        )}
      </div>
      {!beside && minutes}
    </div>
  );
}

/** What is wrong comes first. */
function SummaryWords({
  summary,
  byMinute,
}: {
  summary: ReturnType<typeof useGridSummary>;
  byMinute: boolean;
}) {
  const text = useText(watchText);
  const { total, silent, refusing, notSent, lossy, empty, answering } = summary;
  if (total === 0) return null;
  const calm = answering === total && lossy === 0;
  if (calm) return text('allAnswer', { count: answering });
  return (
    <>
      {silent > 0 && <strong>{text('silent', { count: silent, total })} </strong>}
      {refusing > 0 && <strong>{text('refusing', { count: refusing })} </strong>}
      {notSent > 0 && <strong>{text('notSent', { count: notSent })} </strong>}
      {lossy > 0 && `${text(byMinute ? 'lossyHour' : 'lossy', { count: lossy })} `}
      {empty > 0 && text('empty', { count: empty })}
    </>
  );
}
