/** Starts presence-peer.ts and presence-flood.ts in namespaces and follows what they say. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Peer } from '@maille/wire/presence/peer';
import type { Namespace } from './namespaces.ts';
import type { PresencePeerLine, PresencePeerOptions } from './presence-peer.ts';

export type PeerUsage = Extract<PresencePeerLine, { type: 'usage' }>;

export interface PeerProcess {
  id: string;
  hostname: string;
  /** Its list as of now. */
  peers: Map<string, Peer>;
  /** States that it told of a peer, in order, repeats left out. */
  statesOf(id: string): string[];
  usage: PeerUsage | undefined;
  listening: { address: string; port: number }[];
  /** Waits until `condition` holds; fails with `what` after the deadline. */
  until(what: string, deadlineMs: number, condition: (peer: PeerProcess) => boolean): Promise<void>;
  signal(signal: NodeJS.Signals): Promise<void>;
}

export async function startPeerProcess(host: Namespace, options: PresencePeerOptions): Promise<PeerProcess> {
  const child = host.spawn(
    process.execPath,
    [join(import.meta.dirname, 'presence-peer.ts'), JSON.stringify(options)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const watchers = new Set<() => void>();
  const states = new Map<string, string[]>();
  const peer: PeerProcess = {
    id: '',
    hostname: options.hostname,
    peers: new Map(),
    statesOf: (id) => states.get(id) ?? [],
    usage: undefined,
    listening: [],
    until(what, deadlineMs, condition) {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (!condition(peer)) return;
          watchers.delete(look);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          const known = [...peer.peers.values()].map((one) => `${one.hostname} ${one.state}`).join(', ');
          reject(
            new Error(
              `${options.hostname}: not within ${deadlineMs} ms: ${what}; its list: ${known || 'empty'}`,
            ),
          );
        }, deadlineMs);
        watchers.add(look);
        look();
      });
    },
    signal(signal) {
      return endProcess(child, signal);
    },
  };
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
    const line = JSON.parse(text) as PresencePeerLine;
    if (line.type === 'ready') Object.assign(peer, { id: line.id, listening: line.listening });
    if (line.type === 'usage') peer.usage = line;
    if (line.type === 'change') {
      for (const id of line.remove) peer.peers.delete(id);
      for (const one of line.put) {
        peer.peers.set(one.id, one);
        const told = states.get(one.id) ?? [];
        states.set(one.id, told);
        if (told.at(-1) !== one.state) told.push(one.state);
      }
    }
    for (const look of [...watchers]) look();
  });
  await peer.until('ready', 20_000, () => peer.id !== '');
  return peer;
}

export function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

export interface FloodOptions {
  perSecond: number;
  seconds: number;
  /** The victim's address, beside the group. */
  victim: string;
  /** Our own addresses to send from, in turn. */
  sources: string[];
}

/** Runs the flood to its end; says how many datagrams went out of each kind. */
export async function runFlood(host: Namespace, options: FloodOptions): Promise<Record<string, number>> {
  const child = host.spawn(
    process.execPath,
    [join(import.meta.dirname, 'presence-flood.ts'), JSON.stringify(options)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`the flood ended with ${code}`);
  return JSON.parse(text);
}
