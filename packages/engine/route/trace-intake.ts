/** Joins what a port brings with the probes that were sent; nothing else is believed. */
import { formatIpAddress } from '@maille/base/ip-address';
import type { TraceError, TraceNews, TracePort } from '@maille/base/trace-port';
import type { SessionNonce } from '../probe/echo-packet.ts';
import type { HopEnd } from './flow-trace.ts';
import type { PendingProbe, PendingProbes, RunningRound } from './pending-probes.ts';
import {
  IDENTITY_BYTES,
  isCutShort,
  isEndPointCode,
  kindOfIcmp,
  readIdentity,
  readQuotedEcho,
  readTraceMessage,
} from './trace-packet.ts';

export interface TraceIntakeOptions {
  port: TracePort;
  nonce: SessionNonce;
  pending: PendingProbes;
  rounds: ReadonlySet<RunningRound>;
  monoMs(): number;
  /** Something of a round is decided. */
  onAnswer(round: RunningRound): void;
  /** What belongs to no probe. */
  onForeign(): void;
}

/** The clocks of stamps and of ages may differ by this much over one round trip. */
const CLOCK_SLACK_NS = 1_000_000;

export function createTraceIntake(options: TraceIntakeOptions): TraceNews {
  const { port, nonce, pending, rounds, monoMs, onForeign } = options;

  /** The kernel's stamps; where the wall clock was set between them, the time that really went by at most. */
  const roundTripNs = (probe: PendingProbe, stampNs: number) => {
    const ageNs = (monoMs() - probe.sentMonoMs) * 1e6;
    const stampedNs = stampNs - probe.sentNs;
    return stampedNs >= 0 && stampedNs <= ageNs + CLOCK_SLACK_NS ? stampedNs : Math.max(0, ageNs);
  };
  const decide = (probe: PendingProbe, from: Uint8Array, rttNs: number, end: HopEnd) => {
    const address = formatIpAddress({ family: port.family, bytes: from });
    const flow = probe.round.flows[probe.flow];
    if (flow?.answered(probe.ttl, address, rttNs, end)) options.onAnswer(probe.round);
  };
  const endOf = (kind: string, code: number, from: Uint8Array, probe: PendingProbe): HopEnd => {
    if (kind === 'reply') return { end: 'reached' };
    if (kind !== 'unreachable') return undefined;
    const isOwnWord = sameBytes(from, probe.round.address.bytes) && isEndPointCode(port.family, code);
    return isOwnWord ? { end: 'reached' } : { end: 'unreachable', code };
  };
  const isTo = (probe: PendingProbe | undefined, to: Uint8Array | undefined): probe is PendingProbe =>
    probe !== undefined &&
    probe.round.port === port &&
    (to === undefined || sameBytes(to, probe.round.address.bytes));

  /** An answer that does not say which probe it is about: that of the only one there is, or nobody's. */
  const takeAnonymous = (report: TraceError, from: Uint8Array, to: Uint8Array) => {
    const round = [...rounds].find((one) => one.port === port && sameBytes(one.address.bytes, to));
    const flow = round?.flows[report.flow];
    if (!round || !flow || flow.done) return onForeign();
    const ttl = flow.onlyUnderWay();
    const probe = ttl > 0 ? pending.latest(round, report.flow, ttl) : undefined;
    if (probe) takeError(report, from, probe);
    else flow.askOneAtATime(monoMs());
  };
  const takeError = (report: TraceError, from: Uint8Array, probe: PendingProbe) => {
    const kind = kindOfIcmp(port.family, report.type);
    if (!kind) return onForeign();
    decide(probe, from, roundTripNs(probe, report.stampNs), endOf(kind, report.code, from, probe));
  };

  return {
    message(bytes, from, stampNs) {
      const answer = readTraceMessage(port, bytes, nonce);
      if (!answer) return onForeign();
      const probe = answer.serial >= 0 ? pending.get(answer.serial) : pending.bySequence(answer.sequence);
      if (!isTo(probe, answer.to ?? from)) return onForeign();
      decide(probe, from, roundTripNs(probe, stampNs), endOf(answer.kind, answer.code, from, probe));
    },
    error(report) {
      const { from, to, quote } = report;
      if (!from) return; // this machine's own trouble: the probe stays without an answer
      if (port.method === 'udp' && isCutShort(quote, 0)) {
        if (to) takeAnonymous(report, from, to);
        return;
      }
      let probe: PendingProbe | undefined;
      if (report.serial !== undefined) probe = pending.get(report.serial);
      else if (port.method === 'udp') probe = pending.get(readIdentity(quote, 0, nonce));
      else {
        const found = readQuotedEcho(port, quote, nonce);
        if (found) probe = found.serial >= 0 ? pending.get(found.serial) : pending.bySequence(found.sequence);
      }
      if (isTo(probe, to)) takeError(report, from, probe);
      else onForeign();
    },
    sent(frame, stampNs) {
      const probe = pending.get(readIdentity(frame, frame.length - IDENTITY_BYTES, nonce));
      if (probe && !Number.isNaN(stampNs)) probe.sentNs = stampNs;
    },
    answered(serial, rttNs) {
      const probe = pending.get(serial);
      if (!isTo(probe, undefined)) return onForeign();
      decide(probe, probe.round.address.bytes, rttNs, { end: 'reached' });
    },
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
