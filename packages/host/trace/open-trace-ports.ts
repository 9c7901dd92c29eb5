/**
 * Opens what this process may trace with. ICMP is opened at once, for as long as there are rights to open
 * it with, and so is what tells when a connection was refused; UDP and TCP need no right and are opened when
 * they are first asked for. Where ICMP is refused, UDP stands in, and that is said.
 */
import { Problem } from '@maille/base/problem';
import type { TracePort } from '@maille/base/trace-port';
import type { Finding } from '@maille/wire/link/messages';
import { asRoot, rootAccess } from '../doctor/as-root.ts';
import { openRefusalStamps, type RefusalStamps } from '../tcp/refusal-stamps.ts';
import { type ClosablePort, openIcmpTracePort } from './icmp-trace-port.ts';
import { openTcpTracePort } from './tcp-trace-port.ts';
import { openUdpTracePort } from './udp-trace-port.ts';

export interface TracePorts {
  readonly findings: readonly Finding[];
  /** The nearest to what is asked; undefined where nothing of this family can be sent. */
  port(method: TracePort['method'], family: 4 | 6): TracePort | undefined;
  close(): void;
}

export function openTracePorts(epochMs: number): TracePorts {
  const ports = new Map<string, ClosablePort | undefined>();
  const refusals = new Map<string, Problem>();
  const refusalStamps = tryRefusalStamps(epochMs);

  /** What is refused is tried again with the next round: a right may be given, memory may be free again. */
  const open = (method: TracePort['method'], family: 4 | 6) => {
    const key = `${method} ${family}`;
    if (!ports.has(key)) {
      try {
        ports.set(key, opens[method](family, epochMs, refusalStamps));
        refusals.delete(key);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        refusals.set(key, error);
        if (error.code === 'unsupported') ports.set(key, undefined); // no such family: it stays so
      }
    }
    return ports.get(key);
  };
  open('icmp', 4);
  open('icmp', 6);

  return {
    get findings() {
      const refusal = refusals.get('icmp 4') ?? refusals.get('icmp 6');
      return refusal?.code === 'forbidden' ? [standIn(refusal)] : [];
    },
    port: (method, family) => open(method, family) ?? (method === 'icmp' ? open('udp', family) : undefined),
    close() {
      for (const port of ports.values()) port?.close();
      refusalStamps?.close();
    },
  };
}

function openIcmp(family: 4 | 6, epochMs: number): ClosablePort {
  try {
    return openIcmpTracePort(family, 'raw', epochMs);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'forbidden') throw error;
    return openIcmpTracePort(family, 'datagram', epochMs);
  }
}

/** Without them a refusal is timed when it is read, which is a little late. */
function tryRefusalStamps(epochMs: number): RefusalStamps | undefined {
  try {
    return openRefusalStamps(epochMs);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

const opens = { icmp: openIcmp, udp: openUdpTracePort, tcp: openTcpTracePort };

const standIn = (refusal: Problem): Finding => ({
  id: 'sensor-trace-icmp',
  severity: 'missing',
  title: `Routes are traced by UDP where ICMP is asked for: ${refusal.message}`,
  remedy: `Start it as root, or let every user send echoes: ${asRoot(rootAccess(), 'sysctl -w net.ipv4.ping_group_range="0 2147483647"')}`,
});
