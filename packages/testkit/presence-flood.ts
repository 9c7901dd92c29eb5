/**
 * A bounded flood against presence, for namespaces only: `node presence-flood.ts '{"perSecond":…}'`. It
 * first listens for real datagrams to play again, then sends even parts of forged, oversized, malformed
 * and replayed ones, to the group and to the victim by turns, and prints how many of each.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createIdentity } from '@maille/host/identity';
import {
  type Datagram,
  GREETING_BYTES,
  PRESENCE_GROUP_IPV4,
  PRESENCE_PORT,
} from '@maille/wire/presence/datagram';
import { encodeDatagram } from '@maille/wire/presence/datagram-codec';
import type { FloodOptions } from './presence-process.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as FloodOptions;
const LISTEN_MS = 1_500;
const STEP_MS = 5;

const bind = (socket: Socket, port: number, address: string) =>
  new Promise<void>((resolve) => socket.bind(port, address, resolve));

const recorded: Buffer[] = [];
const ear = createSocket({ type: 'udp4', reuseAddr: true });
await bind(ear, PRESENCE_PORT, PRESENCE_GROUP_IPV4);
ear.addMembership(PRESENCE_GROUP_IPV4, options.sources[0]);
ear.on('message', (bytes) => {
  if (recorded.length < 200) recorded.push(bytes);
});
await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
ear.close();

const random = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(Math.random() * 256)));
const forgedOf = (from: string, key: string, boot: string) =>
  Buffer.from(
    encodeDatagram(
      {
        from,
        boot,
        token: random(8).toString('hex'),
        sequence: 1_000_000 + Math.floor(Math.random() * 1_000_000),
        type: 'beat',
        key,
        wallMs: Date.now(),
        incarnation: 0,
        role: 'agent',
        hostname: 'forged',
        version: '6.6.6',
        inventory: '0'.repeat(16),
        greet: true,
      },
      () => random(64),
      GREETING_BYTES,
    ),
  );
const forged: Buffer[] = [];
for (let i = 0; i < 200; i++) {
  const stranger = createIdentity();
  forged.push(forgedOf(stranger.id, stranger.publicKey, random(8).toString('hex')));
}
// Under the names of real peers, with numbers that they have not come to yet.
for (const bytes of recorded) {
  const { from, key, boot } = JSON.parse(bytes.toString()).signed as Datagram;
  forged.push(forgedOf(from, key, boot));
}
const malformed = Array.from({ length: 200 }, (_, i) => {
  const bytes = Buffer.from(forged[i % forged.length] as Buffer);
  if (i % 2 === 0) return random(900);
  for (let n = 0; n < 4; n++)
    bytes[Math.floor(Math.random() * bytes.length)] = Math.floor(Math.random() * 256);
  return bytes;
});
const oversized = [Buffer.alloc(1_201, '{'), Buffer.alloc(1_400, '['), Buffer.alloc(8_000, '"')];
const kinds = { forged, oversized, malformed, replayed: recorded.length > 0 ? recorded : forged };

const sockets: Socket[] = [];
for (const source of options.sources) {
  const socket = createSocket('udp4');
  await bind(socket, 0, source);
  socket.setMulticastInterface(source);
  socket.on('error', () => {});
  sockets.push(socket);
}
const names = Object.keys(kinds) as (keyof typeof kinds)[];
const sent: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
const total = options.perSecond * options.seconds;
const startedMs = performance.now();
let count = 0;
await new Promise<void>((resolve) => {
  const step = setInterval(() => {
    const due = Math.min(total, ((performance.now() - startedMs) / 1_000) * options.perSecond);
    for (; count < due; count++) {
      const name = names[count % names.length] as keyof typeof kinds;
      const bytes = kinds[name][Math.floor(count / names.length) % kinds[name].length] as Buffer;
      const to = count % 8 < 4 ? options.victim : PRESENCE_GROUP_IPV4;
      sockets[Math.floor(count / 8) % sockets.length]?.send(bytes, PRESENCE_PORT, to, () => {});
      sent[name] = (sent[name] ?? 0) + 1;
    }
    if (count < total) return;
    clearInterval(step);
    resolve();
  }, STEP_MS);
});
console.log(JSON.stringify(sent));
for (const socket of sockets) socket.close();
