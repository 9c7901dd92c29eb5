/** Opens what this process may: raw, else datagram, for each family; and says what is missing. */
import { Problem } from '@maille/base/problem';
import type { Finding } from '@maille/wire/link/messages';
import { asRoot, rootAccess } from '../doctor/as-root.ts';
import { type EchoSocket, openEchoSocket, WANTED_BUFFER_BYTES } from './echo-socket.ts';

export interface EchoSockets {
  sockets: EchoSocket[];
  probing: 'raw' | 'datagram' | 'none';
  findings: Finding[];
}

export function openEchoSockets(epochMs: number): EchoSockets {
  const sockets: EchoSocket[] = [];
  const refusals = new Map<4 | 6, Problem>();
  for (const family of [4, 6] as const) {
    try {
      sockets.push(openOne(family, epochMs));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refusals.set(family, error);
    }
  }
  return { sockets, probing: bestMode(sockets), findings: findingsOf(sockets, refusals) };
}

function openOne(family: 4 | 6, epochMs: number): EchoSocket {
  try {
    return openEchoSocket(family, 'raw', epochMs);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'forbidden') throw error;
    return openEchoSocket(family, 'datagram', epochMs);
  }
}

function bestMode(sockets: readonly EchoSocket[]): EchoSockets['probing'] {
  if (sockets.some((socket) => socket.mode === 'raw')) return 'raw';
  return sockets.length > 0 ? 'datagram' : 'none';
}

function findingsOf(sockets: readonly EchoSocket[], refusals: Map<4 | 6, Problem>): Finding[] {
  if (sockets.length === 0) return []; // that nothing can be probed, and why, the doctor says
  const how = bestMode(sockets) === 'raw' ? 'raw sockets' : 'unprivileged datagram sockets';
  const findings: Finding[] = [
    { id: 'sensor-probing', severity: 'fine', title: `Echo requests go out by ${how}` },
  ];
  const bufferBytes = Math.min(...sockets.map((socket) => socket.receiveBufferBytes));
  if (bufferBytes < WANTED_BUFFER_BYTES) {
    findings.push({
      id: 'sensor-buffer',
      severity: 'missing',
      title: `The kernel keeps only ${Math.round(bufferBytes / 1024)} KB of answers: with many targets some are lost when this machine is busy`,
      remedy: asRoot(rootAccess(), `sysctl -w net.core.rmem_max=${WANTED_BUFFER_BYTES}`),
    });
  }
  for (const [family, problem] of refusals) {
    findings.push({
      id: `sensor-ipv${family}`,
      severity: 'missing',
      title: `IPv${family} targets are not probed: ${problem.message}`,
    });
  }
  return findings;
}
