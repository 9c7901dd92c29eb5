/** How a route is traced, as words: `icmp`, `udp` or `tcp:PORT`, how often, by how many flows; or `off`. */
import {
  MAX_FLOWS,
  MAX_TRACE_EVERY_MS,
  MIN_TRACE_EVERY_MS,
  type TracePlan,
  usualTracePlan,
} from '@maille/wire/traceroute';
import { UsageError } from './command.ts';
import { parseDurationMs } from './parse-duration.ts';

interface TraceWords {
  /** Of `--traceroute`, and of those that go with it. */
  method: string | undefined;
  every: string | undefined;
  flows: string | undefined;
}

/** Undefined: nothing was said. Null: none of its own. */
export function parseTracePlan(words: TraceWords): TracePlan | null | undefined {
  const { method } = words;
  if (method === undefined || method === 'off') {
    const alone = words.every !== undefined ? '--traceroute-every' : '--traceroute-flows';
    if (words.every !== undefined || words.flows !== undefined)
      throw new UsageError(`${alone} goes with --traceroute icmp, udp or tcp:PORT.`);
    return method === undefined ? undefined : null;
  }
  return {
    ...parseMethod(method),
    everyMs: words.every === undefined ? usualTracePlan.everyMs : parseEvery(words.every),
    flows: words.flows === undefined ? usualTracePlan.flows : parseFlows(words.flows),
  };
}

function parseMethod(text: string): Pick<TracePlan, 'method' | 'port'> {
  if (text === 'icmp' || text === 'udp') return { method: text };
  const port = Number(/^tcp:(\d{1,5})$/.exec(text)?.[1] ?? 0);
  if (port < 1 || port > 65_535)
    throw new UsageError('--traceroute takes icmp, udp, tcp: and a port from 1 to 65535, or off.');
  return { method: 'tcp', port };
}

function parseEvery(text: string): number {
  const ms = parseDurationMs(text, '--traceroute-every');
  if (ms < MIN_TRACE_EVERY_MS || ms > MAX_TRACE_EVERY_MS)
    throw new UsageError(
      `--traceroute-every is from ${MIN_TRACE_EVERY_MS / 1_000}s to ${MAX_TRACE_EVERY_MS / 3_600_000}h.`,
    );
  return ms;
}

function parseFlows(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > MAX_FLOWS)
    throw new UsageError(`--traceroute-flows is from 1 to ${MAX_FLOWS}.`);
  return count;
}
