/** The agent's own list of peers, over loopback: the whole list first, then changes, one JSON line each. */
import { connect } from 'node:net';
import { Problem } from '@maille/base/problem';
import { PeerStreamLine } from '@maille/wire/presence/peer';
import { checker } from '@maille/wire/schema';
import { createLineSplitter } from '../supervise/split-lines.ts';

/** 4,096 peers with every service that one may announce. */
const MAX_LINE_LENGTH = 64 * 1024 ** 2;
const { fits } = checker(PeerStreamLine);

/** Calls `onLine` until it returns `false` or the agent closes. */
export async function readPeerStream(
  address: { host: string; port: number },
  onLine: (line: PeerStreamLine) => boolean,
): Promise<void> {
  const socket = connect(address);
  const splitter = createLineSplitter((text) => {
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch {
      return;
    }
    // A newer agent may say more than this program knows: that is left out, not fatal.
    if (fits(line) && !onLine(line)) socket.destroy();
  }, MAX_LINE_LENGTH);
  await new Promise<void>((resolve, reject) => {
    socket.on('data', splitter);
    socket.on('close', () => resolve());
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new Problem(
          'unavailable',
          `no agent answers at ${address.host} port ${address.port} (${cause.code})`,
          {
            remedy: 'Start it (maille up, or maille agent), or name where it listens: --listen HOST:PORT.',
            cause,
          },
        ),
      );
    });
  });
}
