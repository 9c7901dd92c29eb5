/** Reads a port empty and joins what came with the probes that were sent; nothing else is believed. */

import { type EchoPort, RETURNED_SENT } from '@maille/base/echo-port';
import {
  ANSWER_FOREIGN,
  ANSWER_REFUSED_SHORT,
  ANSWER_REPLY,
  type AnswerReader,
  createFoundAnswer,
  outcomeOfIcmp,
  readAnswer,
  readQuotedRequest,
} from './answer-packet.ts';
import { ECHO_BYTES, readEchoIdentity, type SessionNonce } from './echo-packet.ts';
import type { ProbeRing } from './probe-ring.ts';
import type { TargetTable } from './target-table.ts';
import type { Verdicts } from './verdicts.ts';

/** A flood must not keep the prober from sending: so many full arenas at a time. */
const MAX_ROUNDS = 64;

export interface AnswerIntake {
  /** False when there was more than one call takes. */
  read(): boolean;
}

export function createAnswerIntake(
  port: EchoPort,
  nonce: SessionNonce,
  ring: ProbeRing,
  targets: TargetTable,
  verdicts: Verdicts,
  monoMs: () => number,
): AnswerIntake {
  const reader: AnswerReader = {
    family: port.family,
    ident: port.ident,
    nonce,
    hasIpHeader: port.answersHaveIpHeader,
    verifyChecksum: port.needsChecksum,
  };
  const { answers, returned } = port;
  const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const answersView = viewOf(answers.bytes);
  const returnedView = viewOf(returned.bytes);
  const found = createFoundAnswer();

  /** The probe that `found` names, if it was sent and is remembered. */
  const findProbe = () => {
    const index = ring.find(found.serial);
    const known =
      index >= 0 &&
      ring.slotOf(index) === found.slot &&
      targets.generationAt(found.slot) === found.generation;
    return known ? index : -1;
  };

  const takeReply = (i: number, readMonoMs: number): boolean => {
    const index = findProbe();
    if (index < 0 || !targets.hasAddress(found.slot, answers.addresses, 4 * i)) return false;
    const zone = targets.zoneIndexAt(found.slot);
    if (zone !== 0 && answers.zones[i] !== zone) return false;
    verdicts.reply(index, answers.stampsNs[i] as number, readMonoMs);
    return true;
  };

  const takeRefusal = (kind: number): boolean => {
    if (kind === ANSWER_REFUSED_SHORT) {
      found.serial = ring.serialOfSequence(found.sequence);
      const index = ring.find(found.serial);
      if (index < 0) return false;
      found.slot = ring.slotOf(index);
      found.generation = targets.generationAt(found.slot);
    }
    const index = findProbe();
    if (index < 0 || !targets.hasAddress(found.slot, found.destination, 0)) return false;
    verdicts.refused(index, found.outcome, found.code);
    return true;
  };

  const takeAnswer = (i: number, readMonoMs: number) => {
    const from = i * answers.slotBytes;
    const length = answers.lengths[i] as number;
    const complete = length < answers.slotBytes;
    const kind = readAnswer(reader, answers.bytes, answersView, from, from + length, complete, found);
    const taken =
      kind === ANSWER_FOREIGN ? false : kind === ANSWER_REPLY ? takeReply(i, readMonoMs) : takeRefusal(kind);
    if (!taken) verdicts.counters.foreign++;
  };

  const takeStamp = (i: number) => {
    // Whatever headers the device put before it, what was sent is the frame's tail.
    const end = i * returned.slotBytes + (returned.lengths[i] as number);
    const at = end - ECHO_BYTES;
    if (at < i * returned.slotBytes || Number.isNaN(returned.stampsNs[i])) return;
    if (!readEchoIdentity(returnedView, at, end, port.ident, nonce, found)) return;
    const index = findProbe();
    if (index >= 0) ring.stamp(index, returned.stampsNs[i] as number);
  };

  const takeReturned = (i: number) => {
    if (returned.kinds[i] === RETURNED_SENT) return takeStamp(i);
    const outcome = outcomeOfIcmp(port.family, returned.icmpTypes[i] as number);
    if (outcome < 0) return;
    const from = i * returned.slotBytes;
    const end = from + (returned.lengths[i] as number);
    const code = returned.icmpCodes[i] as number;
    const kind = readQuotedRequest(reader, returnedView, from, end, outcome, code, found);
    for (let word = 0; word < 4; word++) found.destination[word] = returned.addresses[4 * i + word] as number;
    if (kind === ANSWER_FOREIGN || !takeRefusal(kind)) verdicts.counters.foreign++;
  };

  const readReturned = () => {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const count = port.receiveReturned();
      for (let i = 0; i < count; i++) takeReturned(i);
      if (count < returned.capacity) return;
    }
  };

  return {
    read() {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const count = port.receive();
        const readMonoMs = monoMs();
        readReturned(); // after the answers were taken, so that the send of each of them is known
        for (let i = 0; i < count; i++) takeAnswer(i, readMonoMs);
        if (count < answers.capacity) return true;
      }
      return false;
    },
  };
}
