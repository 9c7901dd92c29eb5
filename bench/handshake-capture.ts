/** Reads tcpdump's own file: when did each SYN, and the first answer to it, pass the wire? IPv4. */
import { readFileSync } from 'node:fs';

export interface CapturedHandshake {
  /** Nanoseconds since the first packet of the file, so that doubles hold them exactly. */
  synNs: number;
  /** Of the SYN-ACK, or of the reset; NaN where neither passed. */
  answerNs: number;
}

export interface HandshakeCapture {
  /** By `address port`, in the order of their SYNs. A SYN that was sent again is not one more. */
  byTarget: Map<string, CapturedHandshake[]>;
  syns: number;
  /** SYNs that were sent again. */
  repeated: number;
  answers: number;
  /** The most SYNs that passed within any 5 ms. */
  mostIn5Ms: number;
}

const MAGIC_NANOSECONDS = 0xa1b2_3c4d;
const LINK_ETHERNET = 1;
const ETHERNET_BYTES = 14;
const TCP = 6;
const SYN = 2;
const RST = 4;
const ACK = 16;
const WINDOW_NS = 5e6;

export function readHandshakeCapture(file: string): HandshakeCapture {
  const bytes = readFileSync(file);
  if (bytes.readUInt32LE(0) !== MAGIC_NANOSECONDS || bytes.readUInt32LE(20) !== LINK_ETHERNET)
    throw new Error(`${file} is no capture of an Ethernet device with nanoseconds`);
  /** By address, port, own port and first sequence number: what one SYN has, and no other. */
  const open = new Map<string, CapturedHandshake>();
  const byTarget = new Map<string, CapturedHandshake[]>();
  const synsNs: number[] = [];
  const startSeconds = bytes.readUInt32LE(24);
  let repeated = 0;
  let answers = 0;
  for (let at = 24; at < bytes.length; ) {
    const captured = bytes.readUInt32LE(at + 8);
    const atNs = (bytes.readUInt32LE(at) - startSeconds) * 1e9 + bytes.readUInt32LE(at + 4);
    const ip = at + 16 + ETHERNET_BYTES;
    at += 16 + captured;
    const tcp = ip + ((bytes[ip] as number) & 15) * 4;
    if (tcp + 14 > at || bytes[ip + 9] !== TCP) continue;
    const flags = bytes[tcp + 13] as number;
    const from = bytes.readUInt16BE(tcp);
    const to = bytes.readUInt16BE(tcp + 2);
    if ((flags & (SYN | ACK | RST)) === SYN) {
      const target = `${bytes.subarray(ip + 16, ip + 20).join('.')} ${to}`;
      const key = `${target} ${from} ${bytes.readUInt32BE(tcp + 4)}`;
      if (open.has(key)) {
        repeated++;
        continue;
      }
      const handshake = { synNs: atNs, answerNs: Number.NaN };
      open.set(key, handshake);
      synsNs.push(atNs);
      const known = byTarget.get(target);
      if (known) known.push(handshake);
      else byTarget.set(target, [handshake]);
    } else if ((flags & ACK) !== 0 && (flags & (SYN | RST)) !== 0) {
      const target = `${bytes.subarray(ip + 12, ip + 16).join('.')} ${from}`;
      const handshake = open.get(`${target} ${to} ${(bytes.readUInt32BE(tcp + 8) - 1) >>> 0}`);
      if (!handshake || !Number.isNaN(handshake.answerNs)) continue;
      handshake.answerNs = atNs;
      answers++;
    }
  }
  let mostIn5Ms = 0;
  let first = 0;
  for (const [last, synNs] of synsNs.entries()) {
    while (synNs - (synsNs[first] as number) >= WINDOW_NS) first++;
    mostIn5Ms = Math.max(mostIn5Ms, last - first + 1);
  }
  return { byTarget, syns: synsNs.length, repeated, answers, mostIn5Ms };
}
