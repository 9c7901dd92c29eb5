/**
 * The probes whose answers are still wanted. One that was asked again is kept beside its second try: when
 * the first answer comes late, it is an answer all the same, with its own round trip.
 */
import type { IpAddress } from '@maille/base/ip-address';
import type { TracePort } from '@maille/base/trace-port';
import type { FlowTrace } from './flow-trace.ts';

export interface RunningRound {
  targetId: number;
  address: IpAddress;
  /** As it was asked for. */
  text: string;
  tcpPort: number;
  port: TracePort;
  /** By the wall clock. */
  atMs: number;
  flows: FlowTrace[];
  serials: number[];
}

export interface PendingProbe {
  serial: number;
  round: RunningRound;
  flow: number;
  ttl: number;
  /** By the kernel's stamp once it is there, by our own clock until then. */
  sentNs: number;
  sentMonoMs: number;
}

export interface PendingProbes {
  add(probe: PendingProbe): void;
  get(serial: number): PendingProbe | undefined;
  /** By the low half of the serial. */
  bySequence(sequence: number): PendingProbe | undefined;
  /** The last one that asked this distance. */
  latest(round: RunningRound, flow: number, ttl: number): PendingProbe | undefined;
  forget(round: RunningRound): void;
  readonly size: number;
}

export function createPendingProbes(): PendingProbes {
  const probes = new Map<number, PendingProbe>();
  const serials = new Map<number, number>();

  return {
    get size() {
      return probes.size;
    },
    add(probe) {
      probes.set(probe.serial, probe);
      serials.set(probe.serial & 0xffff, probe.serial);
      probe.round.serials.push(probe.serial);
    },
    get: (serial) => probes.get(serial),
    bySequence: (sequence) => probes.get(serials.get(sequence) ?? -1),
    latest(round, flow, ttl) {
      for (let i = round.serials.length - 1; i >= 0; i--) {
        const probe = probes.get(round.serials[i] as number);
        if (probe?.flow === flow && probe.ttl === ttl) return probe;
      }
      return undefined;
    },
    forget(round) {
      for (const serial of round.serials) {
        probes.delete(serial);
        if (serials.get(serial & 0xffff) === serial) serials.delete(serial & 0xffff);
        round.port.forget(serial);
      }
      round.serials.length = 0;
    },
  };
}
