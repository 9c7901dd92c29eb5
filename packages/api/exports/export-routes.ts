/**
 * Routes that answer in open formats. An export reads for as long as somebody takes it: each person has a
 * few at a time, and one that nobody takes further is ended. A scrape costs as much as there are series:
 * who asks again within a second gets the same text.
 */
import { Readable } from 'node:stream';
import { cidrContains } from '@maille/base/cidr';
import { parseIpAddress } from '@maille/base/ip-address';
import { parseOwnPrefix } from '@maille/base/own-addresses';
import { Problem } from '@maille/base/problem';
import { NAMES_PREFIX } from '@maille/engine/targets/parse-entries';
import { exportContentTypes, METRICS_CONTENT_TYPE } from '@maille/wire/rest/exports';
import type { Target } from '@maille/wire/rest/targets';
import type { KnownCaller } from '../auth/caller.ts';
import { type Context, type Handlers, knownCaller } from '../http/handler.ts';
import type { IncidentRegistry } from '../incidents/incident-registry.ts';
import { requireWindow } from '../targets/statistics-answer.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibilityOf } from '../targets/target-visibility.ts';
import { type ExportSource, exportLines } from './export-lines.ts';
import { type MetricsSource, writeMetrics } from './metrics.ts';

export type ExportHandlers = Pick<Handlers, 'exportSeries' | 'getMetrics'>;

export interface ExportRoutesOptions {
  targets: Pick<TargetRegistry, 'list'>;
  lines: ExportSource;
  metrics: MetricsSource;
  incidents: Pick<IncidentRegistry, 'recentFor'>;
}

export const MAX_EXPORTS_A_PERSON = 4;
/** Each holds a minute of samples, or one target's slice. */
export const MAX_EXPORTS = 16;
/** Nobody has taken what is there for so long: longer than somebody reads a page of it. */
const STALL_MS = 600_000;
const SCRAPE_FRESH_MS = 1_000;

export function createExportRoutes({
  targets,
  lines,
  metrics,
  incidents,
}: ExportRoutesOptions): ExportHandlers {
  const { clock } = metrics;
  const running = new Map<number, number>();
  const scrapes = new Map<string, Promise<string>>();

  /** Counts until the stream is over, however that comes about. */
  function begin(caller: KnownCaller, chunks: (isGone: () => boolean) => AsyncIterable<string>): Readable {
    const key = caller.personId; // whose tokens are theirs
    const count = running.get(key) ?? 0;
    if (count >= MAX_EXPORTS_A_PERSON)
      throw new Problem('too-many', `${MAX_EXPORTS_A_PERSON} exports at a time is the bound`, {
        remedy: 'Wait for the end of another one, or end it.',
        retryAfterSeconds: 10,
      });
    if ([...running.values()].reduce((sum, each) => sum + each, 0) >= MAX_EXPORTS)
      throw new Problem('unavailable', `${MAX_EXPORTS} exports at a time of all people is the bound`, {
        remedy: 'Try again when others are over.',
        retryAfterSeconds: 30,
      });
    running.set(key, count + 1);
    const taken = async function* () {
      for await (const chunk of chunks(() => stream.destroyed)) {
        const cancel = clock.after(STALL_MS, () => stream.destroy());
        try {
          yield chunk;
        } finally {
          cancel();
        }
      }
    };
    const stream = Readable.from(taken(), { objectMode: false });
    stream.once('close', () => {
      const left = (running.get(key) ?? 1) - 1;
      if (left === 0) running.delete(key);
      else running.set(key, left);
    });
    return stream;
  }

  /** By what may be seen: that is all in which two scrapes of the same moment differ. */
  function scrape(caller: KnownCaller): Promise<string> {
    const visibility = visibilityOf(caller);
    const key = visibility.all ? 'all' : [...caller.teamIds].sort((a, b) => a - b).join(' ');
    let text = scrapes.get(key);
    if (!text) {
      text = writeMetrics(metrics, {
        sees: (target) => visibility.sees(target),
        incidents: incidents.recentFor(caller),
      });
      scrapes.set(key, text);
      const forget = () => scrapes.delete(key);
      text.then(() => clock.after(SCRAPE_FRESH_MS, forget), forget);
    }
    return text;
  }

  return {
    exportSeries({ query }, context) {
      requireWindow(query.fromMs, query.toMs, clock.wallMs());
      const caller = knownCaller(context);
      const visibility = visibilityOf(caller);
      const seen = targets.list().targets.filter((target) => visibility.sees(target));
      const chosen = choose(seen, query.targetIds, query.prefix);
      const name = `maille-${new Date(query.fromMs).toISOString().slice(0, 19).replaceAll(':', '')}Z.${query.format}`;
      context.answerStream(
        begin(caller, (isGone) => exportLines(inTurns(lines, context), query, chosen, isGone)),
        exportContentTypes[query.format],
        name,
      );
      return undefined;
    },

    async getMetrics(_input, context) {
      const text = await scrape(knownCaller(context));
      context.answerStream(Readable.from([text], { objectMode: false }), METRICS_CONTENT_TYPE);
      return undefined;
    },
  };
}

/** An export goes on for hours: each of its slices waits for a turn, as what others read does. */
function inTurns({ series, agentName }: ExportSource, { inTurn }: Pick<Context, 'inTurn'>): ExportSource {
  return {
    agentName,
    series: {
      readRaw: (...asked) => inTurn(() => series.readRaw(...asked)),
      readRollup: (...asked) => inTurn(() => series.readRollup(...asked)),
      readWindow: (...asked) => inTurn(() => series.readWindow(...asked)),
    },
  };
}

/** Nothing half: an id that is not there is a mistake, not an empty answer. */
function choose(seen: readonly Target[], ids: string | undefined, prefix: string | undefined): Target[] {
  let chosen = [...seen];
  if (prefix !== undefined) {
    chosen = chosen.filter(isWithin(prefix));
    if (chosen.length === 0)
      throw new Problem('not-found', `there is no target in ${prefix}`, { field: '/prefix' });
  }
  if (ids === undefined) return chosen;
  const byId = new Map(chosen.map((target) => [target.id, target]));
  return [...new Set(ids.split(',').map(Number))].map((id) => {
    const target = byId.get(id);
    if (!target) throw new Problem('not-found', `there is no target ${id}`, { field: '/targetIds' });
    return target;
  });
}

/** Any prefix, as small as one address or as large as there are; `names` is the tile of what has no address. */
function isWithin(text: string): (target: Target) => boolean {
  const prefix = parseOwnPrefix(text);
  if (!prefix && text !== NAMES_PREFIX)
    throw new Problem('invalid', `${text} is neither a prefix nor an address`, {
      field: '/prefix',
      remedy: `For example 192.0.2.0/24, 2001:db8::/32, 192.0.2.7, or ${NAMES_PREFIX}.`,
    });
  return (target) => {
    const address = prefix && parseIpAddress(target.host);
    return address ? cidrContains(prefix, address) : !prefix && target.prefix === text;
  };
}
