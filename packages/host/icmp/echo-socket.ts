/**
 * An EchoPort over one socket: raw where this process may, an ICMP datagram socket otherwise
 * (net.ipv4.ping_group_range; there the kernel owns identifier and checksum, and refusals come by the
 * error queue). The kernel stamps what comes and what goes. The stamp of a packet sent returns with the
 * packet itself, not with a counter (OPT_ID): a send that fails half-way leaves some kernels' counter
 * one ahead, and every round trip after it would be measured against its neighbour's stamp.
 */
import { randomInt } from 'node:crypto';
import {
  type ArrivedPackets,
  type EchoPort,
  RETURNED_REFUSED,
  RETURNED_SENT,
  type ReturnedPackets,
} from '@maille/base/echo-port';
import { ifNametoindex } from '../syscalls/libc.ts';
import {
  createMessageBatch,
  type MessageBatch,
  MSG_ERRQUEUE,
  NAME_WORDS,
} from '../syscalls/message-batch.ts';
import {
  AF_INET,
  AF_INET6,
  openPacketSocket,
  type PacketSocket,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_SOCKET,
} from '../syscalls/packet-socket.ts';
import { realTimeNs } from '../syscalls/real-time.ts';
import { createControlReader } from './control-data.ts';
import { keepOwnAnswers } from './ident-filter.ts';

export type EchoMode = 'raw' | 'datagram';

export interface EchoSocket extends EchoPort {
  readonly mode: EchoMode;
  /** What the kernel gave of the `WANTED_BUFFER_BYTES`. */
  readonly receiveBufferBytes: number;
  /** Whether answers come in at all. A raw socket is given every answer of the machine: one that waits is better deaf. */
  hear(on: boolean): void;
  close(): void;
}

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
const SOL_IP = 0;
const SOL_IPV6 = 41;
const SOL_RAW = 255;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
const ICMP_FILTER = 1;
const ICMPV6_FILTER = 1;
const SO_TIMESTAMPING = 37;
const TX_SOFTWARE = 1 << 1;
const RX_SOFTWARE = 1 << 3;
const REPORT_SOFTWARE = 1 << 4;

/** Answers of half a second at 50,000 a second, while this process is kept from running. */
export const WANTED_BUFFER_BYTES = 16 * 1024 * 1024;
const BATCH = 256;
const OUTGOING_SLOT_BYTES = 64;
/** Room for an answer or error with all that is read of it, and for any link's headers before a packet sent. */
const INCOMING_SLOT_BYTES = 256;
const STAMP_CONTROL_BYTES = 64;
const ERROR_CONTROL_BYTES = 128;
/** A datagram socket's send may report another packet's refusal: that was not this send's fault. */
const DATAGRAM_ATTEMPTS = 4;

/** Throws a Problem when this process may not, or the kernel has no such family. */
export function openEchoSocket(family: 4 | 6, mode: EchoMode, epochMs: number): EchoSocket {
  const protocol = family === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  const domain = family === 4 ? AF_INET : AF_INET6;
  const socket = openPacketSocket(domain, mode === 'raw' ? SOCK_RAW : SOCK_DGRAM, protocol);
  try {
    return configure(socket, family, mode, epochMs);
  } catch (error) {
    socket.close();
    throw error;
  }
}

function configure(socket: PacketSocket, family: 4 | 6, mode: EchoMode, epochMs: number): EchoSocket {
  const receiveBufferBytes = socket.setBuffers(WANTED_BUFFER_BYTES, WANTED_BUFFER_BYTES);
  socket.setOption(SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | RX_SOFTWARE | REPORT_SOFTWARE);
  let ident: number;
  if (mode === 'raw') {
    ident = randomInt(1, 0x1_0000);
    filterTypes(socket, family, true);
    keepOwnAnswers(socket, family, ident);
  } else {
    ident = socket.bindAny(family === 4 ? AF_INET : AF_INET6);
    if (family === 4) socket.setOption(SOL_IP, IP_RECVERR, 1);
    else socket.setOption(SOL_IPV6, IPV6_RECVERR, 1);
  }

  const epochSeconds = Math.floor(epochMs / 1_000);
  const outgoing = createMessageBatch(BATCH, OUTGOING_SLOT_BYTES, 0);
  const incoming = createMessageBatch(BATCH, INCOMING_SLOT_BYTES, STAMP_CONTROL_BYTES);
  const errors = createMessageBatch(BATCH, INCOMING_SLOT_BYTES, ERROR_CONTROL_BYTES);
  const outgoingArena = arenaOf(outgoing);
  const answers: ArrivedPackets = { ...arenaOf(incoming), stampsNs: new Float64Array(BATCH) };
  const returned: ReturnedPackets = {
    ...arenaOf(errors),
    stampsNs: new Float64Array(BATCH),
    kinds: new Uint8Array(BATCH),
    icmpTypes: new Uint8Array(BATCH),
    icmpCodes: new Uint8Array(BATCH),
  };
  const errnos = new Uint8Array(BATCH);
  const nameBytes = family === 4 ? 16 : 28;
  const attempts = mode === 'raw' ? 1 : DATAGRAM_ATTEMPTS;
  const control = createControlReader(epochSeconds);

  const sendWhole = (count: number) => {
    let at = 0;
    let attempt = 1;
    while (at < count) {
      const taken = outgoing.send(socket.fd, at, count, nameBytes);
      if (taken > 0) {
        errnos.fill(0, at, at + taken);
        at += taken;
        attempt = 1;
      } else if (attempt < attempts) {
        attempt++;
      } else {
        errnos[at++] = -taken;
        attempt = 1;
      }
    }
  };

  return {
    mode,
    receiveBufferBytes,
    family,
    ident,
    answersHaveIpHeader: mode === 'raw' && family === 4,
    needsChecksum: mode === 'raw' && family === 4,
    outgoing: outgoingArena,
    errnos,
    send(count) {
      writeNames(family, outgoing, outgoingArena.addresses, outgoingArena.zones, count);
      sendWhole(count);
    },
    answers,
    receive() {
      const count = incoming.receive(socket.fd, 0);
      readNames(family, incoming, answers.addresses, answers.zones, count);
      for (let i = 0; i < count; i++) {
        control.read(incoming, i);
        answers.stampsNs[i] = control.stampNs;
      }
      return count;
    },
    returned,
    receiveReturned() {
      const count = errors.receive(socket.fd, MSG_ERRQUEUE);
      readNames(family, errors, returned.addresses, returned.zones, count);
      for (let i = 0; i < count; i++) {
        control.read(errors, i);
        returned.stampsNs[i] = control.stampNs;
        returned.kinds[i] = control.isSendStamp ? RETURNED_SENT : control.isIcmp ? RETURNED_REFUSED : 0;
        returned.icmpTypes[i] = control.icmpType;
        returned.icmpCodes[i] = control.icmpCode;
      }
      return count;
    },
    nowNs: () => realTimeNs(epochSeconds),
    zoneIndex: (zone) => (/^\d+$/.test(zone) ? Number(zone) : ifNametoindex(zone)),
    droppedPackets: socket.drops,
    hear(on) {
      // The kernel gives a datagram socket its own answers alone.
      if (mode === 'raw') filterTypes(socket, family, on);
    },
    close: socket.close,
  };
}

/** Only replies and errors wake us; ICMP_FILTER's and ICMP6_FILTER's set bits are what is kept out. */
export function filterTypes(socket: PacketSocket, family: 4 | 6, on: boolean): void {
  const blocked = new Uint32Array(new ArrayBuffer(family === 4 ? 4 : 32)).fill(0xffff_ffff);
  for (const type of on ? (family === 4 ? [0, 3, 11] : [1, 3, 129]) : []) {
    blocked[type >> 5] = (blocked[type >> 5] as number) & ~(1 << (type & 31));
  }
  if (family === 4) socket.setOptionBytes(SOL_RAW, ICMP_FILTER, blocked);
  else socket.setOptionBytes(IPPROTO_ICMPV6, ICMPV6_FILTER, blocked);
}

function arenaOf(batch: MessageBatch) {
  const { capacity, slotBytes, bytes, lengths } = batch;
  const addresses = new Uint32Array(4 * capacity);
  return { capacity, slotBytes, bytes, lengths, addresses, zones: new Uint32Array(capacity) };
}

/** sockaddr_in: family and port in word 0, address in word 1. sockaddr_in6: address in words 2 to 5, scope in 6. */
function writeNames(
  family: 4 | 6,
  batch: MessageBatch,
  addresses: Uint32Array,
  zones: Uint32Array,
  count: number,
): void {
  const { names } = batch;
  for (let i = 0; i < count; i++) {
    const at = i * NAME_WORDS;
    if (family === 4) {
      names[at] = AF_INET;
      names[at + 1] = addresses[4 * i] as number;
    } else {
      names[at] = AF_INET6;
      for (let word = 0; word < 4; word++) names[at + 2 + word] = addresses[4 * i + word] as number;
      names[at + 6] = zones[i] as number;
    }
  }
}

function readNames(
  family: 4 | 6,
  batch: MessageBatch,
  addresses: Uint32Array,
  zones: Uint32Array,
  count: number,
): void {
  const { names } = batch;
  for (let i = 0; i < count; i++) {
    const at = i * NAME_WORDS;
    if (family === 4) {
      addresses[4 * i] = names[at + 1] as number;
    } else {
      for (let word = 0; word < 4; word++) addresses[4 * i + word] = names[at + 2 + word] as number;
      zones[i] = names[at + 6] as number;
    }
  }
}
