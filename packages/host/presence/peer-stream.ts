/**
 * The local list of peers (SEG-4): JSON lines over TCP on loopback: `list` first, then `put` and
 * `remove`. Anything on the machine may read it; nothing that a reader sends is looked at. A reader that
 * does not read is cut off rather than kept for.
 */
import { createServer, isIP, type Socket } from 'node:net';
import type { Part } from '@maille/base/lifecycle';
import { Problem } from '@maille/base/problem';
import type { PeerStreamLine } from '@maille/wire/presence/peer';
import type { Presence } from './presence.ts';

const MAX_READERS = 64;
const MAX_BEHIND_BYTES = 4 * 1024 * 1024;

export interface PeerStream extends Part {
  port: number;
}

export async function servePeerStream(options: {
  presence: Pick<Presence, 'peers' | 'subscribe'>;
  host?: string;
  port?: number;
}): Promise<PeerStream> {
  const { presence, host = '127.0.0.1', port = 4434 } = options;
  if (!isLoopback(host)) {
    throw new Problem('invalid', `the list of peers is for this machine only, and ${host} is not loopback`, {
      remedy: 'Listen on 127.0.0.1 or ::1.',
    });
  }
  /** How much each may be behind: the list that it began with, and some. */
  const readers = new Map<Socket, number>();
  const line = (content: PeerStreamLine) => `${JSON.stringify(content)}\n`;

  const server = createServer((reader) => {
    if (readers.size >= MAX_READERS) {
      reader.destroy();
      return;
    }
    const list = line({ type: 'list', peers: presence.peers() });
    readers.set(reader, list.length * 2 + MAX_BEHIND_BYTES);
    reader.on('error', () => {}); // closed by the other side: `close` follows
    reader.on('close', () => readers.delete(reader));
    reader.resume(); // what it says is dropped, and its goodbye is noticed
    reader.write(list);
  });
  const unsubscribe = presence.subscribe(({ put, remove }) => {
    if (readers.size === 0) return;
    let text = '';
    for (const id of remove) text += line({ type: 'remove', id });
    for (const peer of put) text += line({ type: 'put', peer });
    for (const [reader, mayBehindBytes] of readers) {
      reader.write(text);
      if (reader.writableLength > mayBehindBytes) reader.destroy();
    }
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (cause) {
    unsubscribe();
    throw new Problem(
      'conflict',
      `the list of peers cannot be served on ${host}:${port}: ${(cause as Error).message}`,
      {
        cause,
        remedy: 'Name another port in MAILLE_PEERS_LISTEN.',
      },
    );
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async stop() {
      unsubscribe();
      for (const reader of readers.keys()) reader.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
