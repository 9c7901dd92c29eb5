/**
 * A fleet that exists nowhere: what every target answers at every second follows from the target and the
 * second alone, so that the live stream, the past and the rollups of the gallery agree with each other.
 */
import {
  createSampleBatch,
  OUTCOME_REPLY,
  OUTCOME_TIMEOUT,
  OUTCOME_UNREACHABLE,
  type SampleBatch,
} from '@maille/wire/link/samples';
import type { Target } from '@maille/wire/rest/targets';
import type { BaselineColumns } from '../samples/deviation.ts';

/** A number in [0, 1) that is always the same for the same three. */
export function chance(a: number, b: number, c = 0): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
}

export interface Answer {
  outcome: number;
  rttNs: number;
}

const prefixNumber = (id: number) => Math.floor((id - 1) / 256);

/** What is usual for a target. */
export function usualRttNs(id: number, agentNumber = 1): number {
  const place = 3e5 * 10 ** (2.4 * chance(prefixNumber(id), 3));
  return place * (0.8 + 0.4 * chance(id, 5)) * (agentNumber === 1 ? 1 : 1.4);
}

/** Standard deviation of ln RTT, daily swing included. */
export const USUAL_SPREAD = 0.08;

/** The baselines of all but the newest few, of which nothing is known yet. */
export function baselinesOf(ids: readonly number[], agentNumber = 1): BaselineColumns {
  const known = ids.filter((id) => chance(id, 17) > 0.02);
  return {
    targetIds: known,
    agentNumbers: known.map(() => agentNumber),
    rttNs: known.map((id) => usualRttNs(id, agentNumber)),
    spread: known.map(() => USUAL_SPREAD),
  };
}

export function answerOf(id: number, second: number, agentNumber = 1): Answer {
  const prefix = prefixNumber(id);
  if (chance(id, 7) < 0.004) return { outcome: OUTCOME_UNREACHABLE, rttNs: 0 };
  // One prefix is dark for a minute of every ten, some targets lose a share of their echoes.
  const dark = prefix === 9 && Math.floor(second / 60) % 10 === 3;
  const lossShare = dark ? 1 : chance(id, 11) < 0.03 ? 0.12 : prefix === 5 ? 0.03 : 0.0004;
  if (chance(id, second, agentNumber) < lossShare) return { outcome: OUTCOME_TIMEOUT, rttNs: 0 };
  const base = usualRttNs(id, agentNumber);
  const congested = prefix === 14 ? 1 + 2.2 * Math.max(0, Math.sin(second / 180)) : 1;
  const daily = 1 + 0.15 * Math.sin((second / 86_400) * 2 * Math.PI);
  const spike = chance(id, second, 31) < 0.01 ? 1 + 4 * chance(id, second, 37) : 1;
  const jitter = 1 + 0.12 * (chance(id, second, 41) + chance(id, second, 43) - 1);
  return { outcome: OUTCOME_REPLY, rttNs: base * congested * daily * spike * jitter };
}

/** `count` targets in whole /24s, then a few of other kinds. */
export function createTargets(count: number): Target[] {
  const target = (id: number, host: string, prefix: string, label = ''): Target => ({
    id,
    host,
    probe: 'icmp',
    prefix,
    label,
    tags: id % 3 === 0 ? ['edge'] : ['core'],
    teamId: null,
    agents: { by: 'all' },
    intervalMs: 1_000,
    timeoutMs: 1_000,
    traceroute: null,
    createdAtMs: 0,
    createdBy: 'gallery',
  });
  const targets: Target[] = [];
  for (let id = 1; id <= count; id++) {
    const net = `198.18.${prefixNumber(id)}`;
    targets.push(target(id, `${net}.${(id - 1) % 256}`, `${net}.0/24`, id % 40 === 1 ? `router ${id}` : ''));
  }
  const more = count + 256;
  for (let i = 1; i <= 20; i++)
    targets.push(target(more + i, `2001:db8:0:1::${i.toString(16)}`, '2001:db8:0:1::/64'));
  ['resolver.example.net', 'www.example.org', 'mail.example.com'].forEach((host, i) => {
    targets.push(target(more + 100 + i, host, 'names'));
  });
  return targets;
}

/** Samples of one agent whose place in the second lies in [from, to) milliseconds. */
export function samplesOf(
  ids: readonly number[],
  second: number,
  agentNumber: number,
  fromMs = 0,
  toMs = 1_000,
): SampleBatch {
  const batch = createSampleBatch(ids.length, second * 1_000);
  for (const id of ids) {
    const phaseMs = chance(id, 1) * 1_000;
    if (phaseMs < fromMs || phaseMs >= toMs || chance(id, 2) < 0.006) continue;
    const { outcome, rttNs } = answerOf(id, second, agentNumber);
    const at = batch.count++;
    batch.targetIds[at] = id;
    batch.offsetsUs[at] = phaseMs * 1_000;
    batch.rtts10ns[at] = rttNs / 10;
    batch.outcomes[at] = outcome;
  }
  return batch;
}
