/** Routes that read series: one target's, the grid at a minute, the strip under the time bar. */
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import type { RawSeries, RollupSeries, SeriesStore } from '@maille/store/series/series-store';
import { encodeSampleBatch, outcomes } from '@maille/wire/link/samples';
import { ICMP } from '@maille/wire/probe-method';
import type { Settings } from '@maille/wire/rest/operations';
import type { Series } from '@maille/wire/rest/targets';
import type { Context, Handlers } from '../http/handler.ts';
import { knownCaller } from '../http/handler.ts';
import { filterBatch } from './filter-batch.ts';
import { minutesAnswer } from './minutes-answer.ts';
import { requireWindow, statisticsOf } from './statistics-answer.ts';
import type { TargetRegistry } from './target-registry.ts';
import { visibleTarget } from './target-routes.ts';
import { visibilityOf } from './target-visibility.ts';

export type SeriesHandlers = Pick<
  Handlers,
  | 'getTargetSeries'
  | 'getTargetStatistics'
  | 'getPrefixStatistics'
  | 'getGridMinute'
  | 'getGridMinutes'
  | 'getMinuteStrip'
>;

/** What a chart can show, and so what is chosen when nothing is asked for. */
const GOOD_ROWS = 4_000;
const MAX_ROWS = 100_000;
/** Of all agents together: ten megabytes or so. */
const MAX_ROWS_OF_ALL = 300_000;
const MAX_TARGET_HOURS = 3_000_000; // a year of a /24
const MAX_STRIP_MINUTES = 31 * 24 * 60;
const MAX_MINUTES_OF_ALL = 60;
const MAX_MINUTES_OF_PREFIX = 24 * 60;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface SeriesRoutesOptions {
  targets: TargetRegistry;
  series: SeriesStore;
  settings: () => Settings;
  clock: Clock;
}

export function createSeriesRoutes({
  targets,
  series,
  settings,
  clock,
}: SeriesRoutesOptions): SeriesHandlers {
  function chooseResolution(fromMs: number, toMs: number, intervalMs: number): Series['resolution'] {
    const rawIsKept = fromMs >= clock.wallMs() - settings().rawRetentionDays * DAY_MS;
    if (rawIsKept && (toMs - fromMs) / intervalMs <= GOOD_ROWS) return 'raw';
    return (toMs - fromMs) / MINUTE_MS <= GOOD_ROWS ? 'minute' : 'hour';
  }

  return {
    async getTargetSeries({ params, query }, context) {
      const target = visibleTarget(targets, params.id, context);
      const { fromMs, toMs, agentNumber } = query;
      requireSpan(fromMs, toMs);
      const resolution = query.resolution ?? chooseResolution(fromMs, toMs, target.intervalMs);
      const rowMs = { raw: target.intervalMs, minute: MINUTE_MS, hour: HOUR_MS }[resolution];
      if ((toMs - fromMs) / rowMs > MAX_ROWS)
        throw new Problem('too-large', `this span has more than ${MAX_ROWS} rows of that resolution`, {
          field: '/resolution',
          remedy: 'Ask for a shorter span or a coarser resolution.',
        });
      const isLong = (toMs - fromMs) / rowMs > GOOD_ROWS;
      const head = { resolution, fromMs, toMs };
      if (resolution === 'raw') {
        if (isLong) {
          // Known before they are read: fifty agents bring fifty times as many.
          const { rows } = await series.readStatisticsByAgent([target.id], fromMs, toMs);
          requireRows(
            rows.filter((row) => agentNumber === undefined || row.agentNumber === agentNumber),
            ({ sent }) => sent,
          );
        }
        const found = await series.readRaw(target.id, fromMs, toMs, agentNumber);
        return { series: found.map((one) => ({ ...head, agentNumber: one.agentNumber, raw: rawOf(one) })) };
      }
      const found = await series.readRollup(target.id, resolution, fromMs, toMs, agentNumber);
      if (isLong) requireRows(found, ({ count }) => count);
      return {
        series: found.map((one) => ({ ...head, agentNumber: one.agentNumber, rollup: rollupOf(one) })),
      };
    },

    async getTargetStatistics({ params, query: { fromMs, toMs, agentNumber } }, context) {
      const target = visibleTarget(targets, params.id, context);
      requireWindow(fromMs, toMs, clock.wallMs());
      return statisticsOf(await series.readStatistics([target.id], fromMs, toMs, agentNumber));
    },

    async getPrefixStatistics({ query: { prefix, probe = ICMP, fromMs, toMs, agentNumber } }, context) {
      const visibility = visibilityOf(knownCaller(context));
      const ids = targets
        .list()
        .targets.filter((target) => target.prefix === prefix && target.probe === probe)
        .filter((target) => visibility.sees(target))
        .map(({ id }) => id);
      if (ids.length === 0)
        throw new Problem('not-found', 'there is no target of that prefix, probed that way', {
          field: '/prefix',
        });
      requireWindow(fromMs, toMs, clock.wallMs());
      if (((toMs - fromMs) / HOUR_MS) * ids.length > MAX_TARGET_HOURS)
        throw new Problem('too-large', 'this prefix has too many targets for so long a window', {
          field: '/fromMs',
          remedy: 'Ask for a shorter window.',
        });
      return statisticsOf(await series.readStatistics(ids, fromMs, toMs, agentNumber));
    },

    async getGridMinute({ query }, context) {
      const toMs = query.atMs;
      const fromMs = Math.max(0, toMs - MINUTE_MS);
      const sees = seesTarget(context);
      const window = await series.readWindow(fromMs, toMs);
      return {
        fromMs,
        toMs,
        precision: window.some(({ precision }) => precision === 'rounded') ? 'rounded' : 'exact',
        batches: window
          .map(({ agentNumber, batch }) => ({ agentNumber, batch: filterBatch(batch, sees) }))
          .filter(({ batch }) => batch.count > 0)
          .map(({ agentNumber, batch }) => ({
            agentNumber,
            batch: Buffer.from(encodeSampleBatch(batch)).toString('base64'),
          })),
      };
    },

    async getGridMinutes({ query: { fromMs, toMs, prefix } }, context) {
      requireSpan(fromMs, toMs);
      const most = prefix === undefined ? MAX_MINUTES_OF_ALL : MAX_MINUTES_OF_PREFIX;
      if ((toMs - fromMs) / MINUTE_MS > most)
        throw new Problem('too-large', `this span has more than ${most} minutes`, {
          field: '/fromMs',
          remedy: 'Ask for a shorter span, or for one prefix.',
        });
      const ids =
        prefix === undefined
          ? undefined
          : targets.list().targets.flatMap((target) => (target.prefix === prefix ? [target.id] : []));
      return minutesAnswer(await series.readMinutes(fromMs, toMs, ids), seesTarget(context));
    },

    async getMinuteStrip({ query: { fromMs, toMs } }, context) {
      requireSpan(fromMs, toMs);
      if ((toMs - fromMs) / MINUTE_MS > MAX_STRIP_MINUTES)
        throw new Problem('too-large', 'the strip spans at most 31 days', { field: '/fromMs' });
      const strip = await series.readStrip(fromMs, toMs);
      const hidden = hiddenPrefixes(context);
      return {
        startMs: Array.from(strip.startMs),
        prefixes: strip.prefixes
          .filter(({ prefix }) => !hidden(prefix))
          .map(({ prefix, sent, replies, p50Ns }) => ({
            prefix,
            sent: Array.from(sent),
            replies: Array.from(replies),
            p50Ns: nullable(p50Ns),
          })),
      };
    },
  };

  function seesTarget(context: Context): (targetId: number) => boolean {
    const visibility = visibilityOf(knownCaller(context));
    return (targetId) => {
      const target = targets.get(targetId);
      return target !== undefined && visibility.sees(target);
    };
  }

  /** A strip's figures are over all targets of a prefix: who may not see all of them, does not see it. */
  function hiddenPrefixes(context: Context): (prefix: string) => boolean {
    const visibility = visibilityOf(knownCaller(context));
    if (visibility.all) return () => false;
    const shown = new Set<string>();
    const hidden = new Set<string>();
    for (const target of targets.list().targets)
      if (target.probe === ICMP) (visibility.sees(target) ? shown : hidden).add(target.prefix);
    return (prefix) => hidden.has(prefix) || !shown.has(prefix);
  }
}

function requireSpan(fromMs: number, toMs: number): void {
  if (toMs <= fromMs) throw new Problem('invalid', 'the span ends before it begins', { field: '/toMs' });
}

function requireRows<T>(agents: readonly T[], rowsOf: (one: T) => number): void {
  if (agents.reduce((sum, one) => sum + rowsOf(one), 0) > MAX_ROWS_OF_ALL)
    throw new Problem(
      'too-large',
      `the agents together have more than ${MAX_ROWS_OF_ALL} rows in this span`,
      {
        field: '/agentNumber',
        remedy: 'Name one agent, or ask for a shorter span or a coarser resolution.',
      },
    );
}

const nullable = (column: Float64Array): (number | null)[] =>
  Array.from(column, (value) => (Number.isNaN(value) ? null : value));

function rawOf(one: RawSeries) {
  return {
    sentAtMs: Array.from(one.sentAtMs),
    outcome: Array.from(one.outcomes),
    code: Array.from(one.codes),
    rttNs: Array.from(one.rttsNs, (rtt) => (rtt === 0 ? null : rtt)),
    precision: one.precision,
  };
}

function rollupOf(one: RollupSeries) {
  return {
    startMs: Array.from(one.startMs),
    sent: Array.from(one.sent),
    replies: Array.from(one.replies),
    outcomes: Object.fromEntries(
      outcomes.flatMap((outcome, i) => {
        const column = one.outcomes[i];
        return column?.some((count) => count > 0) ? [[outcome, Array.from(column)]] : [];
      }),
    ),
    minNs: nullable(one.minNs),
    p25Ns: nullable(one.p25Ns),
    p50Ns: nullable(one.p50Ns),
    p75Ns: nullable(one.p75Ns),
    p95Ns: nullable(one.p95Ns),
    p99Ns: nullable(one.p99Ns),
    maxNs: nullable(one.maxNs),
    jitterNs: nullable(one.jitterNs),
    precision: one.precision,
  };
}
