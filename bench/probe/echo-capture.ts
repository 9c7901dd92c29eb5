/** Reads tcpdump's own file: when did each of Maille's echo requests, and its reply, pass the wire? */
import { readFileSync } from 'node:fs';

export interface CapturedEcho {
  address: string;
  /** Nanoseconds since the first packet of the file, so that doubles hold them exactly. */
  requestNs: number;
  /** NaN where no reply passed. */
  replyNs: number;
}

export interface EchoCapture {
  /** Of the first packet, milliseconds since the epoch. */
  startMs: number;
  /** By address, in the order of their requests. */
  byAddress: Map<string, CapturedEcho[]>;
  requests: number;
  replies: number;
  /** The most requests that passed within any 5 ms. */
  mostIn5Ms: number;
}

const MAGIC_NANOSECONDS = 0xa1b2_3c4d;
const LINK_ETHERNET = 1;
const ETHERNET_BYTES = 14;
/** The serial in the payload; see engine/probe/echo-packet.ts. */
const SERIAL_AT = 16;

export function readEchoCapture(file: string): EchoCapture {
  const bytes = readFileSync(file);
  if (bytes.readUInt32LE(0) !== MAGIC_NANOSECONDS || bytes.readUInt32LE(20) !== LINK_ETHERNET)
    throw new Error(`${file} is no capture of an Ethernet device with nanoseconds`);
  const bySerial = new Map<number, CapturedEcho>();
  const byAddress = new Map<string, CapturedEcho[]>();
  let replies = 0;
  const start = { seconds: bytes.readUInt32LE(24), nanoseconds: bytes.readUInt32LE(28) };
  for (let at = 24; at < bytes.length; ) {
    const captured = bytes.readUInt32LE(at + 8);
    const atNs =
      (bytes.readUInt32LE(at) - start.seconds) * 1e9 + bytes.readUInt32LE(at + 4) - start.nanoseconds;
    const ip = at + 16 + ETHERNET_BYTES;
    at += 16 + captured;
    const icmp = ip + ((bytes[ip] as number) & 15) * 4;
    if (icmp + SERIAL_AT + 4 > at || bytes[ip + 9] !== 1) continue;
    const serial = bytes.readUInt32LE(icmp + SERIAL_AT);
    if (bytes[icmp] === 8) {
      const address = bytes.subarray(ip + 16, ip + 20).join('.');
      const echo = { address, requestNs: atNs, replyNs: Number.NaN };
      bySerial.set(serial, echo);
      const known = byAddress.get(address);
      if (known) known.push(echo);
      else byAddress.set(address, [echo]);
    } else if (bytes[icmp] === 0) {
      const echo = bySerial.get(serial);
      if (!echo) continue;
      echo.replyNs = atNs;
      replies++;
    }
  }
  const startMs = start.seconds * 1_000 + start.nanoseconds / 1e6;
  const requestsNs = [...bySerial.values()].map((echo) => echo.requestNs);
  return { startMs, byAddress, requests: bySerial.size, replies, mostIn5Ms: mostWithin(5e6, requestsNs) };
}

/** The most of these times, in ascending order, that lie within any span of this length. */
function mostWithin(spanNs: number, timesNs: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [last, timeNs] of timesNs.entries()) {
    while (timeNs - (timesNs[first] as number) >= spanNs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
