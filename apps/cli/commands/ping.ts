/** `maille ping HOST…`: echoes or connections, from here and now; neither a server nor a sensor is needed. */
import { Problem } from '@maille/base/problem';
import { ProbeMethod } from '@maille/wire/probe-method';
import { checker } from '@maille/wire/schema';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { parseDurationMs } from '../arguments/parse-duration.ts';
import { requireArguments } from '../arguments/require-action.ts';
import { resolveHost } from '../arguments/resolve-host.ts';
import type { Context } from '../context.ts';
import { createPingTally, type PingFigures, type PingSample } from '../ping/ping-tally.ts';
import { runPing } from '../ping/run-ping.ts';
import { listenToStopSignals } from '../supervise/stop-signals.ts';
import { safeText } from '../terminal/safe-text.ts';
import { formatTable } from '../terminal/table.ts';

const MAX_HOSTS = 256;
const MIN_INTERVAL_MS = 100;
const MAX_INTERVAL_MS = 3_600_000;
const MAX_TIMEOUT_MS = 30_000;
const probeChecker = checker(ProbeMethod);

export const command = defineCommand({
  name: 'ping',
  summary: 'ping hosts from here and now, with the kernel’s own time stamps',
  usage: ['ping HOST…', 'ping HOST… --probe tcp:443 --count 10'],
  details:
    'Ctrl-C ends it, and tells the figures. The exit code is 0 when each host answered at least once. TCP needs no rights.',
  options: {
    probe: { type: 'string', short: 'p', takes: 'icmp|tcp:PORT', default: 'icmp', summary: 'what is sent' },
    count: { type: 'string', short: 'c', takes: 'N', summary: 'end after so many probes of each host' },
    interval: {
      type: 'string',
      short: 'i',
      takes: '1s',
      default: '1s',
      summary: 'between two probes of a host',
    },
    timeout: { type: 'string', short: 't', takes: '3s', default: '3s', summary: 'later answers are late' },
    quiet: { type: 'boolean', short: 'q', summary: 'only the figures at the end' },
  },
  async run(context, { values, rest, json }) {
    const asked = requireArguments(rest, 'ping HOST…');
    if (asked.length > MAX_HOSTS) throw new UsageError(`at most ${MAX_HOSTS} hosts at once.`);
    if (!probeChecker.fits(values.probe))
      throw new UsageError(
        `--probe is icmp, or tcp: and a port from 1 to 65535; not ${safeText(values.probe)}.`,
      );
    const intervalMs = durationOf('--interval', values.interval, MIN_INTERVAL_MS, MAX_INTERVAL_MS);
    const timeoutMs = durationOf('--timeout', values.timeout, MIN_INTERVAL_MS, MAX_TIMEOUT_MS);
    const count = countOf(values.count);
    const found = await resolveHosts(asked, context);
    const hosts = found.map(({ host }) => host);
    const tally = createPingTally(hosts.map(safeText));
    let stopped = false;
    void listenToStopSignals(context.clock, process).asked.then(() => {
      stopped = true;
    });
    await runPing({
      addresses: found.map(({ address }) => address),
      probe: values.probe,
      intervalMs,
      timeoutMs,
      clock: context.clock,
      onFindings(findings) {
        for (const { title, remedy } of findings) {
          context.say(context.paint.warn(safeText(title)));
          if (remedy) context.say(`  ${safeText(remedy)}`);
        }
      },
      onSamples: (batch) =>
        tally.take(batch, (sample) => {
          if (!values.quiet) context.print(json ? JSON.stringify(sample) : sampleLine(context, sample));
        }),
      // Each host has its turn once an interval: so many in all are so many of each.
      enough: (sent) => stopped || (count !== undefined && sent >= count * hosts.length),
    });
    const figures = tally.figures();
    context.print(json ? JSON.stringify({ figures }) : figuresTable(context, figures, !values.quiet));
    return hosts.length === asked.length && figures.every(({ replies }) => replies > 0) ? 0 : 1;
  },
});

/** Those that there are; of the others it is said why not. Throws where there is none. */
async function resolveHosts(hosts: string[], context: Context): Promise<{ host: string; address: string }[]> {
  const outcomes = await Promise.allSettled(hosts.map(resolveHost));
  const found: { host: string; address: string }[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') found.push({ host: hosts[i] as string, address: outcome.value });
    else if (hosts.length === 1 || !(outcome.reason instanceof Problem)) throw outcome.reason;
    else context.say(context.paint.warn(`Not pinged: ${outcome.reason.message}`));
  }
  if (found.length === 0) throw new Problem('not-found', 'none of these hosts can be pinged');
  return found;
}

function durationOf(option: string, text: string, leastMs: number, mostMs: number): number {
  const ms = parseDurationMs(text, option);
  if (ms < leastMs || ms > mostMs)
    throw new UsageError(`${option} is from ${leastMs}ms to ${mostMs / 1_000}s, not ${text}.`);
  return ms;
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`--count is a number from 1, not ${safeText(text)}.`);
  return Number(text);
}

const milliseconds = (ns: number | null | undefined) =>
  ns === null || ns === undefined ? '—' : `${(ns / 1e6).toFixed(3)} ms`;

function sampleLine({ paint }: Context, { host, number, outcome, code, rttNs }: PingSample): string {
  const head = `${host}  ${number}  `;
  if (outcome === 'reply') return `${head}${milliseconds(rttNs)}`;
  const detail =
    outcome === 'unreachable' || outcome === 'ttl-exceeded' || outcome === 'local-error' ? ` (${code})` : '';
  const words = `${outcome}${detail}${rttNs === undefined ? '' : ` ${milliseconds(rttNs)}`}`;
  return head + (outcome === 'late' || outcome === 'duplicate' ? paint.warn(words) : paint.bad(words));
}

function figuresTable(context: Context, figures: PingFigures[], apart: boolean): string {
  const table = formatTable<PingFigures>(
    [
      { title: 'HOST', keepWhole: true, of: (one) => one.host },
      { title: 'SENT', align: 'right', keepWhole: true, of: (one) => one.sent },
      { title: 'LOST', align: 'right', keepWhole: true, of: (one) => percent(one.lossRatio) },
      { title: 'MIN', align: 'right', keepWhole: true, of: (one) => milliseconds(one.minNs) },
      { title: 'MEDIAN', align: 'right', keepWhole: true, of: (one) => milliseconds(one.p50Ns) },
      { title: 'P95', align: 'right', of: (one) => milliseconds(one.p95Ns) },
      { title: 'P99', align: 'right', of: (one) => milliseconds(one.p99Ns) },
      { title: 'MAX', align: 'right', of: (one) => milliseconds(one.maxNs) },
      { title: 'JITTER', align: 'right', of: (one) => milliseconds(one.jitterNs) },
    ],
    figures,
    context.width,
  );
  return apart ? `\n${table}` : table;
}

const percent = (ratio: number | null) => (ratio === null ? '—' : `${(100 * ratio).toFixed(1)} %`);
