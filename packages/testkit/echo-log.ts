/** What really went over the wire: the echo requests that tcpdump saw, with its own timestamps. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { formatIpAddress } from '@maille/base/ip-address';

export interface EchoLog {
  /** Ends the capture and reads it: send times by destination, ascending. */
  stop(): Promise<{ sentAtMs: Map<string, number[]>; droppedByKernel: number }>;
}

const PCAP_HEAD_BYTES = 24;
const RECORD_HEAD_BYTES = 16;
const ETHERNET_BYTES = 14;

/** Captures echo requests to `net` on `device`; resolves once tcpdump listens. */
export async function startEchoLog(device: string, net: string, file: string): Promise<EchoLog> {
  const filter = `icmp[icmptype] == icmp-echo and dst net ${net}`;
  const dump: ChildProcess = spawn(
    'tcpdump',
    ['-i', device, '-n', '-s', '64', '-B', '8192', '-w', file, filter],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  dump.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const exited = new Promise<void>((resolve) => dump.on('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    dump.stderr?.on('data', () => said.includes('listening on') && resolve());
    dump.on('error', reject);
    dump.on('exit', () => reject(new Error(`tcpdump ended: ${said}`)));
  });
  return {
    async stop() {
      dump.kill('SIGINT');
      await exited;
      return {
        sentAtMs: parse(readFileSync(file)),
        droppedByKernel: Number(/(\d+) packets? dropped by kernel/.exec(said)?.[1] ?? Number.NaN),
      };
    },
  };
}

function parse(bytes: Buffer): Map<string, number[]> {
  const sentAtMs = new Map<string, number[]>();
  let at = PCAP_HEAD_BYTES;
  while (at + RECORD_HEAD_BYTES <= bytes.length) {
    const timeMs = bytes.readUInt32LE(at) * 1_000 + bytes.readUInt32LE(at + 4) / 1_000;
    const length = bytes.readUInt32LE(at + 8);
    const ip = at + RECORD_HEAD_BYTES + ETHERNET_BYTES;
    const destination = formatIpAddress({ family: 4, bytes: bytes.subarray(ip + 16, ip + 20) });
    const times = sentAtMs.get(destination);
    if (times) times.push(timeMs);
    else sentAtMs.set(destination, [timeMs]);
    at += RECORD_HEAD_BYTES + length;
  }
  return sentAtMs;
}
