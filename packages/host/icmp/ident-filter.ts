/**
 * Keeps from a raw ICMP socket what is not about its own echo requests: a machine's raw sockets all get
 * every ICMP packet, and the kernel throws strangers' away for less than it costs to hand one over. So two
 * parts with a socket each (echoes, traces) do not see each other's answers. A filter of classic BPF,
 * over the packet from its IPv4 header, or its ICMPv6 header, on:
 *   an echo reply with this identifier, or an error that quotes an echo request with this identifier.
 */
import { addressOf } from '../syscalls/libc.ts';
import { type PacketSocket, SOL_SOCKET } from '../syscalls/packet-socket.ts';

const SO_ATTACH_FILTER = 26;

const LOAD_BYTE = 0x30;
const LOAD_HALF = 0x28;
const LOAD_BYTE_AT_X = 0x50;
const LOAD_HALF_AT_X = 0x48;
const X_IS_IP_HEADER_LENGTH = 0xb1;
const AND = 0x54;
const SHIFT_LEFT = 0x64;
const ADD_X = 0x0c;
const A_TO_X = 0x07;
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;
const WHOLE_PACKET = 0x4_0000;

/** Code, jump if true, jump if false (both over so many instructions), operand. A load past the end refuses. */
type Instruction = readonly [code: number, yes: number, no: number, operand: number];

const forIpv4 = (ident: number): Instruction[] => [
  [X_IS_IP_HEADER_LENGTH, 0, 0, 0],
  [LOAD_BYTE_AT_X, 0, 0, 0], // ICMP type
  [JUMP_EQUAL, 13, 0, 0], // echo reply
  [JUMP_EQUAL, 1, 0, 3], // unreachable
  [JUMP_EQUAL, 0, 13, 11], // time exceeded
  [LOAD_BYTE_AT_X, 0, 0, 8 + 9], // protocol of the quoted packet
  [JUMP_EQUAL, 0, 11, 1],
  [LOAD_BYTE_AT_X, 0, 0, 8], // its header's length
  [AND, 0, 0, 15],
  [SHIFT_LEFT, 0, 0, 2],
  [ADD_X, 0, 0, 0],
  [A_TO_X, 0, 0, 0],
  [LOAD_BYTE_AT_X, 0, 0, 8],
  [JUMP_EQUAL, 0, 4, 8], // an echo request
  [LOAD_HALF_AT_X, 0, 0, 8 + 4],
  [JUMP_EQUAL, 3, 2, ident],
  [LOAD_HALF_AT_X, 0, 0, 4],
  [JUMP_EQUAL, 1, 0, ident],
  [RETURN, 0, 0, 0],
  [RETURN, 0, 0, WHOLE_PACKET],
];

const forIpv6 = (ident: number): Instruction[] => [
  [LOAD_BYTE, 0, 0, 0],
  [JUMP_EQUAL, 8, 0, 129], // echo reply
  [JUMP_EQUAL, 1, 0, 1], // unreachable
  [JUMP_EQUAL, 0, 8, 3], // time exceeded
  [LOAD_BYTE, 0, 0, 8 + 6], // next header of the quoted packet
  [JUMP_EQUAL, 0, 6, 58],
  [LOAD_BYTE, 0, 0, 8 + 40],
  [JUMP_EQUAL, 0, 4, 128], // an echo request
  [LOAD_HALF, 0, 0, 8 + 40 + 4],
  [JUMP_EQUAL, 3, 2, ident],
  [LOAD_HALF, 0, 0, 4],
  [JUMP_EQUAL, 1, 0, ident],
  [RETURN, 0, 0, 0],
  [RETURN, 0, 0, WHOLE_PACKET],
];

export function keepOwnAnswers(socket: PacketSocket, family: 4 | 6, ident: number): void {
  attachFilter(socket, family === 4 ? forIpv4(ident) : forIpv6(ident));
}

/** For a socket of which only the error queue is of interest: what others send to it costs nothing then. */
export function keepNothing(socket: PacketSocket): void {
  attachFilter(socket, [[RETURN, 0, 0, 0]]);
}

function attachFilter(socket: PacketSocket, program: readonly Instruction[]): void {
  const code = new DataView(new ArrayBuffer(8 * program.length));
  for (const [i, [operation, yes, no, operand]] of program.entries()) {
    code.setUint16(8 * i, operation, true);
    code.setUint8(8 * i + 2, yes);
    code.setUint8(8 * i + 3, no);
    code.setUint32(8 * i + 4, operand, true);
  }
  // struct sock_fprog: u16 length · padding · pointer
  const wrapper = new DataView(new ArrayBuffer(16));
  wrapper.setUint16(0, program.length, true);
  wrapper.setBigUint64(8, addressOf(code.buffer as ArrayBuffer), true);
  socket.setOptionBytes(SOL_SOCKET, SO_ATTACH_FILTER, wrapper.buffer as ArrayBuffer);
}
