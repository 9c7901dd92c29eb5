/**
 * An EchoPort over nothing: what is sent is handed to the test, what the test delivers is received. The
 * test is the network; time is the test's.
 */
import {
  type ArrivedPackets,
  type EchoPort,
  RETURNED_REFUSED,
  RETURNED_SENT,
  type ReturnedPackets,
} from '@maille/base/echo-port';

export interface SentEcho {
  bytes: Uint8Array;
  /** Four words, as an arena holds them. */
  address: Uint32Array;
  zone: number;
}

export interface FakeEchoPort extends EchoPort {
  /** `stampNs` NaN where the kernel shall say nothing. */
  deliver(bytes: Uint8Array, from: Uint32Array, stampNs: number): void;
  /** The news that a packet has left; `headers` bytes of link and IP come before it. */
  deliverStamp(bytes: Uint8Array, stampNs: number, headers?: number): void;
  deliverRefusal(bytes: Uint8Array, to: Uint32Array, type: number, code: number): void;
}

export interface FakeEchoPortOptions {
  family: 4 | 6;
  nowNs(): number;
  /** Returns the errno of a refusal here; 0 takes the packet. */
  onSend(sent: SentEcho): number;
  zones?: Record<string, number>;
  slotBytes?: number;
}

const CAPACITY = 32;

export function createFakeEchoPort(options: FakeEchoPortOptions): FakeEchoPort {
  const slotBytes = options.slotBytes ?? 256;
  const arrived = (): ArrivedPackets => ({
    capacity: CAPACITY,
    slotBytes,
    bytes: new Uint8Array(CAPACITY * slotBytes),
    lengths: new Uint32Array(CAPACITY),
    addresses: new Uint32Array(4 * CAPACITY),
    zones: new Uint32Array(CAPACITY),
    stampsNs: new Float64Array(CAPACITY),
  });
  const outgoing = arrived();
  const answers = arrived();
  const returned: ReturnedPackets = {
    ...arrived(),
    kinds: new Uint8Array(CAPACITY),
    icmpTypes: new Uint8Array(CAPACITY),
    icmpCodes: new Uint8Array(CAPACITY),
  };
  const errnos = new Uint8Array(CAPACITY);
  const waiting: ((i: number) => void)[] = [];
  const waitingReturned: ((i: number) => void)[] = [];

  const fill = (into: ArrivedPackets, i: number, bytes: Uint8Array, from: Uint32Array, stampNs: number) => {
    const taken = bytes.subarray(0, slotBytes); // the rest is cut off, as the kernel does
    into.bytes.set(taken, i * slotBytes);
    into.lengths[i] = taken.length;
    into.addresses.set(from, 4 * i);
    into.zones[i] = 0;
    into.stampsNs[i] = stampNs;
  };
  const take = (from: ((i: number) => void)[]) => {
    const batch = from.splice(0, CAPACITY);
    for (const [i, one] of batch.entries()) one(i);
    return batch.length;
  };

  return {
    family: options.family,
    ident: 0x4d4c,
    answersHaveIpHeader: options.family === 4,
    needsChecksum: options.family === 4,
    outgoing,
    errnos,
    send(count) {
      for (let i = 0; i < count; i++) {
        const at = i * slotBytes;
        errnos[i] = options.onSend({
          bytes: outgoing.bytes.slice(at, at + (outgoing.lengths[i] as number)),
          address: outgoing.addresses.slice(4 * i, 4 * i + 4),
          zone: outgoing.zones[i] as number,
        });
      }
    },
    answers,
    receive: () => take(waiting),
    returned,
    receiveReturned: () => take(waitingReturned),
    nowNs: options.nowNs,
    zoneIndex: (zone) => options.zones?.[zone] ?? 0,
    droppedPackets: () => 0,
    deliver(bytes, from, stampNs) {
      waiting.push((i) => fill(answers, i, bytes, from, stampNs));
    },
    deliverStamp(bytes, stampNs, headers = 34) {
      const frame = new Uint8Array(headers + bytes.length);
      frame.set(bytes, headers);
      waitingReturned.push((i) => {
        fill(returned, i, frame, new Uint32Array(4), stampNs);
        returned.kinds[i] = RETURNED_SENT;
      });
    },
    deliverRefusal(bytes, to, type, code) {
      waitingReturned.push((i) => {
        fill(returned, i, bytes, to, Number.NaN);
        returned.kinds[i] = RETURNED_REFUSED;
        returned.icmpTypes[i] = type;
        returned.icmpCodes[i] = code;
      });
    },
  };
}
