/** Series and minute strip of the simulated fleet, worked out from the same answers as the live stream. */
import { OUTCOME_REPLY } from '@maille/wire/link/samples';
import type { Series } from '@maille/wire/rest/targets';
import type { StripData } from '../minute-strip/strip-layout.ts';
import { answerOf } from './simulation.ts';

const HOUR_MS = 3_600_000;

export function rawSeries(id: number, agentNumber: number, toMs: number): Series {
  const raw: NonNullable<Series['raw']> = {
    sentAtMs: [],
    outcome: [],
    code: [],
    rttNs: [],
    precision: 'exact',
  };
  for (let ms = toMs - HOUR_MS; ms < toMs; ms += 1_000) {
    const { outcome, rttNs } = answerOf(id, Math.floor(ms / 1_000), agentNumber);
    raw.sentAtMs.push(ms);
    raw.outcome.push(outcome);
    raw.code.push(0);
    raw.rttNs.push(outcome === OUTCOME_REPLY ? rttNs : null);
  }
  return { resolution: 'raw', fromMs: toMs - HOUR_MS, toMs, agentNumber, raw };
}

/** A day by the minute, with an hour in which nothing was probed. */
export function dayOfMinutes(id: number, agentNumber: number, toMs: number): Series {
  const names = ['minNs', 'p25Ns', 'p50Ns', 'p75Ns', 'p95Ns', 'p99Ns', 'maxNs', 'jitterNs'] as const;
  const rollup = Object.fromEntries(
    ['startMs', 'sent', 'replies', ...names].map((name) => [name, []]),
  ) as unknown as NonNullable<Series['rollup']>;
  const fromMs = Math.floor((toMs - 24 * HOUR_MS) / 60_000) * 60_000;
  for (let startMs = fromMs; startMs < toMs; startMs += 60_000) {
    const hours = (toMs - startMs) / HOUR_MS;
    if (hours > 9 && hours < 10) continue;
    const rtts: number[] = [];
    for (let s = 0; s < 60; s++) {
      const { outcome, rttNs } = answerOf(id, startMs / 1_000 + s, agentNumber);
      if (outcome === OUTCOME_REPLY) rtts.push(rttNs);
    }
    rtts.sort((a, b) => a - b);
    const at = (share: number) => rtts[Math.max(0, Math.ceil(share * rtts.length) - 1)] ?? null;
    const figures = [
      at(0),
      at(0.25),
      at(0.5),
      at(0.75),
      at(0.95),
      at(0.99),
      at(1),
      (at(0.75) ?? 0) - (at(0.25) ?? 0),
    ];
    rollup.startMs.push(startMs);
    rollup.sent.push(60);
    rollup.replies.push(rtts.length);
    for (const [i, name] of names.entries()) rollup[name].push(figures[i] ?? null);
  }
  return { resolution: 'minute', fromMs, toMs, agentNumber, rollup };
}

export function stripOf(prefixes: readonly string[], toMs: number, minutes: number): StripData {
  const last = Math.floor(toMs / 60_000);
  const startMs = Array.from({ length: minutes }, (_, i) => (last - minutes + i) * 60_000);
  return {
    startMs,
    rows: prefixes.map((prefix, row) => {
      const ids = Array.from({ length: 8 }, (_, i) => row * 256 + 1 + i * 31);
      const answers = startMs.map((ms) => ids.map((id) => answerOf(id, ms / 1_000 + 30)));
      return {
        key: prefix,
        name: prefix,
        sent: answers.map((minute) => minute.length),
        replies: answers.map((minute) => minute.filter(({ outcome }) => outcome === OUTCOME_REPLY).length),
        p50Ns: answers.map((minute) => {
          const rtts = minute
            .flatMap(({ outcome, rttNs }) => (outcome === OUTCOME_REPLY ? [rttNs] : []))
            .sort((a, b) => a - b);
          return rtts[rtts.length >> 1] ?? null;
        }),
      };
    }),
  };
}
