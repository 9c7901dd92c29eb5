/**
 * Answers echo requests when and as often as it is told, where the kernel would answer at once and there
 * is no netem: for a process of its own inside a namespace whose kernel does not answer
 * (icmp_echo_ignore_all). Root only; IPv4.
 */
import { createMessageBatch } from '@maille/host/syscalls/message-batch';
import { AF_INET, openPacketSocket, SOCK_RAW } from '@maille/host/syscalls/packet-socket';

const IPPROTO_ICMP = 1;
const SOL_IP = 0;
const IP_HDRINCL = 3;
const BATCH = 64;

/** `delaysMs` gets the four bytes of the address asked; each number that it returns is one reply, so much later. */
export function answerEchoes(delaysMs: (address: Uint8Array) => readonly number[]): void {
  const socket = openPacketSocket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  socket.setOption(SOL_IP, IP_HDRINCL, 1);
  const incoming = createMessageBatch(BATCH, 256, 0);
  const outgoing = createMessageBatch(1, 256, 0);

  const send = (packet: Uint8Array) => {
    outgoing.bytes.set(packet);
    outgoing.lengths[0] = packet.length;
    outgoing.names[0] = AF_INET;
    outgoing.names[1] = new DataView(packet.buffer).getUint32(16, true);
    outgoing.send(socket.fd, 0, 1, 16);
  };

  setInterval(() => {
    for (let count = incoming.receive(socket.fd, 0); count > 0; count = incoming.receive(socket.fd, 0)) {
      for (let i = 0; i < count; i++) {
        const at = i * incoming.slotBytes;
        const packet = incoming.bytes.slice(at, at + (incoming.lengths[i] as number));
        if (packet[0] !== 0x45 || packet[20] !== 8) continue;
        const reply = replyTo(packet);
        for (const delayMs of delaysMs(packet.subarray(16, 20))) {
          // A timer takes a millisecond at least.
          if (delayMs < 1) send(reply);
          else setTimeout(send, delayMs, reply);
        }
      }
    }
  }, 1);
  process.stdout.write('ready\n');
}

/** An IPv4 packet with an echo request becomes its reply. */
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

function checksum(packet: DataView, from: number): number {
  let sum = 0;
  for (let at = from; at < packet.byteLength; at += 2) sum += packet.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
