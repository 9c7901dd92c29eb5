/** `maille export`: samples or figures of a window of time, as CSV or JSON lines, into a file or a pipe. */
import { pipeline } from 'node:stream/promises';
import { type ExportQuery, exportFormats, exportSeries } from '@maille/wire/rest/exports';
import { listTargets, resolutions } from '@maille/wire/rest/targets';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { parseDurationMs } from '../arguments/parse-duration.ts';
import { chooseTargets } from '../connection/choose-targets.ts';
import { connect } from '../connection/connect.ts';
import { saveAnswer, savedLine } from '../connection/save-answer.ts';
import { streamRequest } from '../connection/stream-request.ts';
import { safeText } from '../terminal/safe-text.ts';

const MAX_TARGETS = 1_000;

export const command = defineCommand({
  name: 'export',
  summary: 'samples or figures of a window of time, as CSV or JSON lines',
  usage: [
    'export --last 1h > samples.csv',
    'export TARGET… --from 2026-11-21T12:00Z --to 2026-11-21T13:00Z --format jsonl -o FILE',
  ],
  details:
    'Without TARGETs, all of them. Times are ISO 8601, with a zone or in that of this machine. It streams: the window may be as long as the data.',
  options: {
    last: { type: 'string', short: 'l', takes: '1h', summary: 'so long, until now' },
    from: { type: 'string', takes: 'TIME', summary: 'where the window begins' },
    to: { type: 'string', takes: 'TIME', summary: 'where it ends; otherwise now' },
    format: { type: 'string', short: 'f', takes: 'csv|jsonl', default: 'csv', summary: 'how it is written' },
    resolution: {
      type: 'string',
      short: 'r',
      takes: 'raw|minute|hour',
      default: 'raw',
      summary: 'single samples, or the figures of minutes or hours',
    },
    prefix: { type: 'string', takes: '10.0.0.0/24', summary: 'only targets of this prefix' },
    output: {
      type: 'string',
      short: 'o',
      takes: 'FILE',
      summary: 'into a file, which is there once it is whole',
    },
  },
  async run(context, { values, rest, json, dataDir }) {
    const nowMs = context.clock.wallMs();
    if (json && values.output === undefined)
      throw new UsageError('--json is about what is said of a file (-o); rows in JSON are --format jsonl.');
    const format = oneOf('--format', values.format, exportFormats);
    const resolution = oneOf('--resolution', values.resolution, resolutions);
    const window = windowOf(values, nowMs);
    const connection = connect(context, dataDir);
    const query: ExportQuery = { ...window, format, resolution };
    if (values.prefix !== undefined) query.prefix = values.prefix;
    if (rest.length > 0) {
      const { targets } = await connection.call(listTargets);
      const ids = chooseTargets(targets, rest).map(({ id }) => id);
      if (ids.length > MAX_TARGETS) throw new UsageError(`at most ${MAX_TARGETS} targets by name.`);
      query.targetIds = ids.join(',');
    }
    const answer = await streamRequest(connection, exportSeries, { query });
    if (values.output === undefined) {
      await pipeline(answer, context.output, { end: false });
      return 0;
    }
    context.print(savedLine(await saveAnswer(answer, values.output, 'the export'), json));
    return 0;
  },
});

function oneOf<const T extends string>(option: string, text: string, words: readonly T[]): T {
  const word = words.find((one) => one === text);
  if (word === undefined) throw new UsageError(`${option} is ${words.join(', ')}; not ${safeText(text)}.`);
  return word;
}

function windowOf(
  { last, from, to }: { last: string | undefined; from: string | undefined; to: string | undefined },
  nowMs: number,
): { fromMs: number; toMs: number } {
  if ((last === undefined) === (from === undefined))
    throw new UsageError('say either --last, for example --last 1h, or --from and perhaps --to.');
  const toMs = to === undefined ? nowMs : timeOf('--to', to);
  if (from !== undefined) return { fromMs: timeOf('--from', from), toMs };
  if (to !== undefined) throw new UsageError('--to goes with --from.');
  const fromMs = nowMs - parseDurationMs(last as string, '--last');
  if (fromMs < 0) throw new UsageError(`--last ${last} reaches back beyond 1970.`);
  return { fromMs, toMs };
}

function timeOf(option: string, text: string): number {
  // A day, or a day and a time: what Date.parse makes of other words differs from place to place.
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(ms))
    throw new UsageError(`${option} takes a time such as 2026-11-21T12:00Z; not ${safeText(text)}.`);
  return ms;
}
