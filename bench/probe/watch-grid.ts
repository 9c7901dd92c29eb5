/** A page that shows the grid, as far as the server can tell: `watch-grid.ts DATA-DIR`; SIGTERM ends it with its counts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIVE_PATH, LIVE_SUBPROTOCOL } from '@maille/wire/live/messages';
import { decodeSamplePush } from '@maille/wire/live/sample-push';

const [dataDir] = process.argv.slice(2) as [string];
const token = readFileSync(join(dataDir, 'local-api-token'), 'utf8').trim();
const seen = { samples: 0, skipped: 0 };
const socket = new WebSocket(`ws://127.0.0.1:4480${LIVE_PATH}`, {
  protocols: LIVE_SUBPROTOCOL,
  headers: { authorization: `Bearer ${token}` },
});
socket.binaryType = 'arraybuffer';
socket.addEventListener('open', () =>
  socket.send(JSON.stringify({ type: 'subscribe', subscription: 1, topic: 'grid' })),
);
socket.addEventListener('message', ({ data }: { data: string | ArrayBuffer }) => {
  if (typeof data !== 'string') {
    seen.samples += decodeSamplePush(new Uint8Array(data)).batch.count;
    return;
  }
  const message = JSON.parse(data) as { type: string; samples?: number };
  if (message.type === 'snapshot') console.log('watching');
  if (message.type === 'skipped') seen.skipped += message.samples ?? 0;
  if (message.type === 'problem') throw new Error(data);
});
process.once('SIGTERM', () => {
  console.log(JSON.stringify(seen));
  process.exit(0);
});
