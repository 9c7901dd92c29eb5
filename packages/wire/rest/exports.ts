/** Open formats: what others read. They answer with text instead of JSON. */
import Type, { type Static } from 'typebox';
import { TimeMs } from '../schema.ts';
import { defineRoute } from './route.ts';
import { resolutions } from './targets.ts';

export const exportFormats = ['csv', 'jsonl'] as const;
export const exportContentTypes = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/jsonl; charset=utf-8',
} as const;
/** Prometheus text exposition format 0.0.4. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export const exportSeries = defineRoute({
  id: 'exportSeries',
  method: 'GET',
  path: '/export',
  summary: 'Samples or rollups of a window of time as CSV or JSON lines, as long as it takes',
  access: { who: 'viewer', scope: 'targets' },
  query: Type.Object(
    {
      fromMs: TimeMs,
      toMs: TimeMs,
      format: Type.Enum([...exportFormats]),
      /** `raw` unless told. */
      resolution: Type.Optional(Type.Enum([...resolutions])),
      /** All that may be seen unless told. */
      targetIds: Type.Optional(
        Type.String({
          pattern: '^[1-9][0-9]{0,9}(,[1-9][0-9]{0,9}){0,999}$',
          description: 'Ids of targets, separated by commas, at most 1,000',
        }),
      ),
      prefix: Type.Optional(
        Type.String({ maxLength: 64, description: 'Only targets within this prefix, or at this address' }),
      ),
      agentNumber: Type.Optional(Type.Integer({ minimum: 1 })),
    },
    { additionalProperties: false },
  ),
  answers: Object.values(exportContentTypes),
});
export type ExportQuery = Static<typeof exportSeries.query>;

export const getMetrics = defineRoute({
  id: 'getMetrics',
  method: 'GET',
  path: '/metrics',
  alsoAt: '/metrics',
  summary: 'Counters and gauges for Prometheus, of what the caller may see',
  access: { who: 'viewer', scope: 'targets' },
  answers: [METRICS_CONTENT_TYPE],
});
