/**
 * Answers echo requests as a network with weather would: `node demo-responder.ts` inside a namespace whose
 * kernel does not answer. Each /24 has its own distance and calm; some addresses are silent, one prefix has
 * a storm that comes and goes. For pictures, not for proofs.
 */
import { createMessageBatch } from '@maille/host/syscalls/message-batch';
import { AF_INET, openPacketSocket, SOCK_RAW } from '@maille/host/syscalls/packet-socket';

const IPPROTO_ICMP = 1;
const SOL_IP = 0;
const IP_HDRINCL = 3;
const BATCH = 64;
const STORM_PERIOD_MS = 97_000;

const socket = openPacketSocket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
socket.setOption(SOL_IP, IP_HDRINCL, 1);
const incoming = createMessageBatch(BATCH, 256, 0);
const outgoing = createMessageBatch(1, 256, 0);

/** The same number between 0 and 1 for the same address, always. */
function luck(third: number, fourth: number): number {
  const mixed = Math.imul(third * 257 + fourth + 1, 0x9e37_79b1) >>> 0;
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
}

/** Undefined: no reply. */
function delayMs(third: number, fourth: number): number | undefined {
  const own = luck(third, fourth);
  if (own < 0.006) return undefined;
  const base = [0, 1.5, 4, 9, 12, 22, 38, 75, 140, 3, 6, 180][third % 12] as number;
  let delay = base * (0.85 + 0.3 * own) + Math.random() * Math.random() * (0.6 + base * 0.15);
  let loss = own > 0.985 ? 0.25 : 0.0008;
  const phase = (Date.now() % STORM_PERIOD_MS) / STORM_PERIOD_MS;
  if (third === 5 && phase > 0.35 && phase < 0.8 && fourth % 32 < 20) {
    delay += 60 + 240 * Math.random();
    loss = 0.12;
  }
  return Math.random() < loss ? undefined : delay;
}

function checksum(packet: DataView, from: number): number {
  let sum = 0;
  for (let at = from; at < packet.byteLength; at += 2) sum += packet.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

function replyTo(request: Uint8Array): Uint8Array {
  const reply = request.slice();
  const view = new DataView(reply.buffer);
  reply.copyWithin(12, 16, 20);
  reply.set(request.subarray(12, 16), 16);
  reply[8] = 64;
  reply[20] = 0;
  view.setUint16(22, 0);
  view.setUint16(22, checksum(view, 20));
  return reply;
}

function send(packet: Uint8Array): void {
  outgoing.bytes.set(packet);
  outgoing.lengths[0] = packet.length;
  outgoing.names[0] = AF_INET;
  outgoing.names[1] = new DataView(packet.buffer).getUint32(16, true);
  outgoing.send(socket.fd, 0, 1, 16);
}

setInterval(() => {
  for (let count = incoming.receive(socket.fd, 0); count > 0; count = incoming.receive(socket.fd, 0)) {
    for (let i = 0; i < count; i++) {
      const at = i * incoming.slotBytes;
      const packet = incoming.bytes.slice(at, at + (incoming.lengths[i] as number));
      if (packet[0] !== 0x45 || packet[20] !== 8) continue;
      const delay = delayMs(packet[18] as number, packet[19] as number);
      if (delay === undefined) continue;
      const reply = replyTo(packet);
      if (delay < 1) send(reply);
      else setTimeout(send, delay, reply);
    }
  }
}, 1);
process.stdout.write('ready\n');
