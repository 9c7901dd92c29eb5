/** Routes that answer in open formats. */
import { Readable } from 'node:stream';
import { Problem } from '@maille/base/problem';
import { exportContentTypes, METRICS_CONTENT_TYPE } from '@maille/wire/rest/exports';
import type { Target } from '@maille/wire/rest/targets';
import { type Handlers, knownCaller } from '../http/handler.ts';
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

export function createExportRoutes({
  targets,
  lines,
  metrics,
  incidents,
}: ExportRoutesOptions): ExportHandlers {
  return {
    exportSeries({ query }, context) {
      requireWindow(query.fromMs, query.toMs, metrics.clock.wallMs());
      const visibility = visibilityOf(knownCaller(context));
      const seen = targets.list().targets.filter((target) => visibility.sees(target));
      const chosen = choose(seen, query.targetIds, query.prefix);
      const name = `maille-${new Date(query.fromMs).toISOString().slice(0, 19).replaceAll(':', '')}Z.${query.format}`;
      context.answerStream(
        Readable.from(exportLines(lines, query, chosen), { objectMode: false }),
        exportContentTypes[query.format],
        name,
      );
      return undefined;
    },

    async getMetrics(_input, context) {
      const caller = knownCaller(context);
      const visibility = visibilityOf(caller);
      const text = await writeMetrics(metrics, {
        sees: (target) => visibility.sees(target),
        incidents: incidents.recentFor(caller),
      });
      context.answerStream(Readable.from([text], { objectMode: false }), METRICS_CONTENT_TYPE);
      return undefined;
    },
  };
}

/** Nothing half: an id that is not there is a mistake, not an empty answer. */
function choose(seen: readonly Target[], ids: string | undefined, prefix: string | undefined): Target[] {
  let chosen = [...seen];
  if (prefix !== undefined) {
    chosen = chosen.filter((target) => target.prefix === prefix);
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
