/** Opens what this process may: connections always, the stamps of refusals with the right to packet sockets. */
import { readFileSync } from 'node:fs';
import { Problem } from '@maille/base/problem';
import type { Finding } from '@maille/wire/link/messages';
import { type ConnectSockets, createConnectSockets } from './connect-sockets.ts';
import { openRefusalStamps, type RefusalStamps } from './refusal-stamps.ts';

/** 2,000 a second, all of them silent for eight seconds; each costs the kernel about 3 KB. */
const WANTED_CONNECTIONS = 16_384;
/** Descriptors that the rest of the process has. */
const KEPT_DESCRIPTORS = 256;
const MIN_CONNECTIONS = 64;

export function openConnectSockets(epochMs: number): { sockets: ConnectSockets; findings: Finding[] } {
  const limit = descriptorLimit(readFileSync('/proc/self/limits', 'utf8'));
  const capacity = Math.max(MIN_CONNECTIONS, Math.min(WANTED_CONNECTIONS, limit - KEPT_DESCRIPTORS));
  const refusals = tryRefusalStamps(epochMs);
  return {
    sockets: createConnectSockets({ capacity, epochMs, refusals }),
    findings: capacity < WANTED_CONNECTIONS ? [fewConnections(capacity)] : [],
  };
}

/** What stands in /proc/self/limits; Node has raised the soft limit to the hard one. */
export function descriptorLimit(limits: string): number {
  const words = /^Max open files +(\S+)/m.exec(limits);
  return words?.[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(words?.[1] ?? 0);
}

function tryRefusalStamps(epochMs: number): RefusalStamps | undefined {
  try {
    return openRefusalStamps(epochMs);
  } catch (error) {
    if (error instanceof Problem && (error.code === 'forbidden' || error.code === 'unsupported'))
      return undefined;
    throw error;
  }
}

function fewConnections(capacity: number): Finding {
  return {
    id: 'sensor-connections',
    severity: 'missing',
    title: `At most ${capacity} TCP connections can be tried at once: beyond that probes are counted as not sent`,
    remedy: `Allow ${WANTED_CONNECTIONS + KEPT_DESCRIPTORS} open files: LimitNOFILE in the unit, or ulimit -Hn before the start.`,
  };
}
