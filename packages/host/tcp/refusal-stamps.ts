/**
 * When refusals came: a packet socket that sees nothing but TCP resets that arrive, with the kernel's
 * stamp. TCP_INFO measures a handshake that succeeds; of one that is refused it knows nothing. The socket's
 * filter runs before anything is copied, and the socket belongs to one protocol: what this machine sends
 * does not pass it, so that a busy machine hardly notices. It is opened while there is the right to, and
 * belongs to no protocol until somebody connects: else each packet that arrives would cost a run of it.
 */
import { createControlReader } from '../icmp/control-data.ts';
import { addressOf, bind } from '../syscalls/libc.ts';
import { createMessageBatch } from '../syscalls/message-batch.ts';
import { openPacketSocket, SOCK_DGRAM, SOL_SOCKET } from '../syscalls/packet-socket.ts';

export interface RefusalStamps {
  /** From now on; before it nothing is heard, and nothing costs. Calls after the first do nothing. */
  listen(): void;
  /** Takes what came; what it found stands until a later refusal of the same local port. */
  read(): void;
  /** When a reset came from this address (four words) and port to the local port; NaN where none was seen. */
  stampNs(localPort: number, address: Uint32Array, at: number, port: number): number;
  close(): void;
}

const AF_PACKET = 17;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const SO_ATTACH_FILTER = 26;
const SO_TIMESTAMPING = 37;
const RX_SOFTWARE = 1 << 3;
const REPORT_SOFTWARE = 1 << 4;
const BATCH = 64;
/** The longest IPv4 header, and a TCP header's first fourteen bytes. */
const SLOT_BYTES = 80;
const CONTROL_BYTES = 64;
const BUFFER_BYTES = 1024 * 1024;
const MAX_ROUNDS = 64;
const IPV6_HEADER_BYTES = 40;

/** Classic BPF: `struct sock_filter` is code, jump if true, jump if false, operand. */
type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];
const LOAD_BYTE = 0x30;
const LOAD_HALF = 0x28;
const LOAD_BYTE_AT_X = 0x50;
const HEADER_LENGTH_TO_X = 0xb1;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_SET = 0x45;
const RETURN = 0x06;
const TCP = 6;
const RST = 4;

const resetsOverIpv4: readonly Instruction[] = [
  [LOAD_BYTE, 0, 0, 9], // protocol
  [JUMP_IF_EQUAL, 0, 6, TCP],
  [LOAD_HALF, 0, 0, 6], // flags and fragment offset: a later fragment has no TCP header
  [JUMP_IF_SET, 4, 0, 0x1fff],
  [HEADER_LENGTH_TO_X, 0, 0, 0],
  [LOAD_BYTE_AT_X, 0, 0, 13],
  [JUMP_IF_SET, 0, 1, RST],
  [RETURN, 0, 0, SLOT_BYTES],
  [RETURN, 0, 0, 0],
];
const resetsOverIpv6: readonly Instruction[] = [
  [LOAD_BYTE, 0, 0, 6], // next header
  [JUMP_IF_EQUAL, 0, 3, TCP],
  [LOAD_BYTE, 0, 0, IPV6_HEADER_BYTES + 13],
  [JUMP_IF_SET, 0, 1, RST],
  [RETURN, 0, 0, SLOT_BYTES],
  [RETURN, 0, 0, 0],
];

/** Throws a Problem where this process may not. */
export function openRefusalStamps(epochMs: number): RefusalStamps {
  const ipv4 = openResetSocket(resetsOverIpv4);
  const ipv6 = openResetSocket(resetsOverIpv6);
  const sockets = [ipv4, ipv6];
  let listens = false;
  const batch = createMessageBatch(BATCH, SLOT_BYTES, CONTROL_BYTES);
  const words = new Uint32Array(batch.bytes.buffer);
  const control = createControlReader(Math.floor(epochMs / 1_000));
  /** The latest reset to each local port: its stamp, and from where it came. */
  const stampsNs = new Float64Array(0x1_0000).fill(Number.NaN);
  const sources = new Uint32Array(0x1_0000);

  const takePacket = (i: number) => {
    const at = i * SLOT_BYTES;
    const bytes = batch.bytes;
    const first = bytes[at] as number;
    const isIpv6 = first >> 4 === 6;
    const tcp = at + (isIpv6 ? IPV6_HEADER_BYTES : (first & 15) * 4);
    if (tcp + 4 > at + (batch.lengths[i] as number)) return;
    control.read(batch, i);
    const localPort = ((bytes[tcp + 2] as number) << 8) | (bytes[tcp + 3] as number);
    const port = ((bytes[tcp] as number) << 8) | (bytes[tcp + 1] as number);
    const word = at / 4;
    stampsNs[localPort] = control.stampNs;
    sources[localPort] = isIpv6 ? mixSource(words, word + 2, 4, port) : mixSource(words, word + 3, 1, port);
  };

  return {
    listen() {
      if (listens) return;
      listens = true;
      bindToProtocol(ipv4.fd, ETH_P_IP);
      bindToProtocol(ipv6.fd, ETH_P_IPV6);
    },
    read() {
      for (const socket of sockets) {
        for (let round = 0; round < MAX_ROUNDS; round++) {
          const count = batch.receive(socket.fd, 0);
          for (let i = 0; i < count; i++) takePacket(i);
          if (count < BATCH) break;
        }
      }
    },
    stampNs(localPort, address, at, port) {
      const known = sources[localPort] === mixSource(address, at, 4, port);
      return known ? (stampsNs[localPort] as number) : Number.NaN;
    },
    close() {
      for (const socket of sockets) socket.close();
    },
  };
}

/** Absent words count as zeros: an IPv4 address is the same with one word and with four. */
function mixSource(words: Uint32Array, at: number, count: number, port: number): number {
  let mixed = port;
  for (let i = 0; i < count; i++) mixed ^= Math.imul(words[at + i] as number, 2 * i + 1);
  return mixed >>> 0;
}

function openResetSocket(filter: readonly Instruction[]) {
  const socket = openPacketSocket(AF_PACKET, SOCK_DGRAM, 0);
  try {
    attachFilter(socket, filter);
    socket.setOption(SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE | REPORT_SOFTWARE);
    socket.setBuffers(BUFFER_BYTES, BUFFER_BYTES);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function attachFilter(
  socket: ReturnType<typeof openPacketSocket>,
  instructions: readonly Instruction[],
): void {
  const program = new DataView(new ArrayBuffer(8 * instructions.length));
  for (const [i, [code, jumpTrue, jumpFalse, operand]] of instructions.entries()) {
    program.setUint16(8 * i, code, true);
    program.setUint8(8 * i + 2, jumpTrue);
    program.setUint8(8 * i + 3, jumpFalse);
    program.setUint32(8 * i + 4, operand, true);
  }
  // struct sock_fprog: u16 length, padding, pointer
  const head = new BigUint64Array(new ArrayBuffer(16));
  head[0] = BigInt(instructions.length);
  head[1] = addressOf(program.buffer as ArrayBuffer);
  socket.setOptionBytes(SOL_SOCKET, SO_ATTACH_FILTER, head);
}

/** Where it fails nothing is heard, and a refusal is timed when it is read. */
function bindToProtocol(fd: number, protocol: number): void {
  const address = new DataView(new ArrayBuffer(20)); // struct sockaddr_ll
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, protocol);
  bind(fd, address.buffer as ArrayBuffer, address.byteLength);
}
