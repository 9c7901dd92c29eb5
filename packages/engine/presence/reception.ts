/**
 * What happens with a datagram that arrives: admitted, parsed, its signature checked; then whether it is
 * of now; and only then believed.
 */
import type { Datagram } from '@maille/wire/presence/datagram';
import { parseDatagram, signatureBytes, signedBytes } from '@maille/wire/presence/datagram-codec';
import type {
  Arrival,
  Endpoint,
  PresenceCounters,
  PresencePorts,
  RefusalReason,
} from '@maille/wire/presence/presence-port';
import type { Admit } from './admission.ts';
import type { Answering } from './answering.ts';
import type { Beacon } from './beacon.ts';
import type { InventoryExchange } from './inventory-exchange.ts';
import type { Liveness } from './liveness.ts';
import { proveLife } from './lives.ts';
import { createMember, freshestEndpoints, type Life, type Member, noteSkew, shownLife } from './member.ts';
import type { MemberTable } from './member-table.ts';
import type { Outstanding, Question } from './outstanding.ts';
import type { PresenceLimits, PresenceTimings } from './presence-options.ts';
import { createTokenBucket } from './token-bucket.ts';

export interface ReceptionDeps {
  ports: PresencePorts;
  timings: PresenceTimings;
  limits: PresenceLimits;
  counters: PresenceCounters;
  table: MemberTable;
  outstanding: Outstanding;
  admit: Admit;
  beacon: Beacon;
  answering: Answering;
  inventory: InventoryExchange;
  liveness: Liveness;
}

export function createReception(deps: ReceptionDeps): (arrival: Arrival) => RefusalReason | undefined {
  const { ports, timings, limits, counters, table, outstanding, beacon, answering, inventory, liveness } =
    deps;
  const { clock, verifier, identity } = ports;

  function receive(arrival: Arrival): RefusalReason | undefined {
    const admitted = deps.admit(arrival, clock.monoMs());
    if (typeof admitted === 'string') return admitted;
    const datagram = parseDatagram(arrival.bytes, admitted.head);
    if (!datagram) return 'malformed';
    const knownKey = table.get(datagram.from)?.key;
    const ownsKey = knownKey ? knownKey === datagram.key : verifier.idOf(datagram.key) === datagram.from;
    if (!ownsKey) return 'wrongKey';
    counters.signatureChecks++;
    const signature = signatureBytes(admitted.head);
    if (!verifier.verify(datagram.key, signedBytes(arrival.bytes), signature)) return 'badSignature';
    return believe(datagram, arrival, admitted.question);
  }

  /** From here on it is authentic; whether it is of now is found out first. */
  function believe(
    datagram: Datagram,
    arrival: Arrival,
    asked: Question | undefined,
  ): RefusalReason | undefined {
    const nowMs = clock.monoMs();
    const isAnswer = datagram.type === 'reply' || datagram.type === 'inventory';
    const question = isAnswer ? asked : undefined;
    const proven = question !== undefined || (datagram.type === 'reply' && beacon.greeted(datagram.token));
    if (question) outstanding.settle(datagram.token);

    let member = table.get(datagram.from);
    let life = member?.lives.find((one) => one.boot === datagram.boot);
    if (!proven && (!life || life.retired || isStale(life, datagram, nowMs))) {
      if (!member && !table.hasRoom(arrival.from.address)) return 'full';
      if (wantsReply(datagram)) return answering.reply(datagram.token, datagram.from, arrival, true);
      return datagram.type === 'beat' ? answering.demandProof(datagram.from, arrival) : 'unexpected';
    }
    if (!member) {
      if (datagram.type !== 'reply') return 'unexpected';
      const source = arrival.from.address;
      if (!table.hasRoom(source)) return 'full';
      const now = { monoMs: nowMs, wallMs: clock.wallMs() };
      const before = table.remembered(datagram.from);
      member = createMember(datagram, source, now, before, createTokenBucket(limits.peer));
      table.add(member);
    }
    if (proven) {
      const wasCloned = member.cloned;
      life = proveLife(member, datagram.boot, nowMs);
      if (member.id === identity.id) member.cloned = true;
      if (member.cloned !== wasCloned) table.touch(member);
    }
    if (!life) return 'unexpected';
    counters.accepted++;
    noteHeard(member, life, datagram, nowMs);
    // An answer proves the address that was asked; one by another peer's hands proves none.
    const provesAddress = proven && (!question || question.address === arrival.from.address);
    noteEndpoint(member, arrival.from, provesAddress, nowMs);
    return act(member, life, datagram, arrival, question, proven);
  }

  /** Its clock moved, or it was held back: authentic, but perhaps of long ago. */
  function isStale(life: Life, datagram: Datagram, nowMs: number): boolean {
    return Math.abs(nowMs - datagram.wallMs - life.clockOffsetMs) > timings.staleAfterMs;
  }

  function wantsReply(datagram: Datagram): boolean {
    return datagram.type === 'probe' || (datagram.type === 'beat' && datagram.greet);
  }

  function noteHeard(member: Member, life: Life, datagram: Datagram, nowMs: number): void {
    const wallMs = clock.wallMs();
    life.window.add(datagram.sequence);
    life.heardMs = nowMs;
    life.clockOffsetMs = nowMs - datagram.wallMs;
    member.heardMs = nowMs;
    member.lastSeenMs = wallMs;
    member.missedHandled = 0;
    liveness.enter(member, 'alive', nowMs);
    if (life !== shownLife(member)) return;
    if (noteSkew(member, datagram.wallMs, wallMs)) table.touch(member);
    if (nowMs - member.toldMs > 3 * timings.beatMs) {
      member.toldMs = nowMs;
      table.touch(member);
    }
    if (datagram.type !== 'beat' && datagram.type !== 'reply') return;
    const { hostname, version, role, incarnation } = datagram;
    if (member.hostname !== hostname || member.version !== version || member.role !== role)
      table.touch(member);
    Object.assign(member, { hostname, version, role, incarnation });
    inventory.announced(member, datagram.inventory);
  }

  function noteEndpoint(member: Member, from: Endpoint, proven: boolean, nowMs: number): void {
    const known = member.endpoints.has(from.address);
    if (!known && !proven) return;
    member.endpoints.set(from.address, { ...from, heardMs: nowMs });
    if (known) return;
    if (member.endpoints.size > limits.maxAddresses) {
      const oldest = freshestEndpoints(member, member.endpoints.size).at(-1);
      if (oldest) member.endpoints.delete(oldest.address);
    }
    table.touch(member);
  }

  function act(
    member: Member,
    life: Life,
    datagram: Datagram,
    arrival: Arrival,
    question: Question | undefined,
    proven: boolean,
  ): RefusalReason | undefined {
    const isNewAddress = !member.endpoints.has(arrival.from.address);
    switch (datagram.type) {
      case 'beat':
        if (datagram.greet) return answering.reply(datagram.token, member.id, arrival, isNewAddress);
        return isNewAddress ? answering.demandProof(member.id, arrival) : undefined;
      case 'probe':
        if (datagram.suspects !== undefined) beacon.refute(datagram.suspects);
        return answering.reply(datagram.token, member.id, arrival, isNewAddress);
      case 'reply':
        if (question?.handTo) answering.handOn(arrival.bytes, question.handTo);
        if (!proven) return undefined;
        for (const port of datagram.siblings ?? []) beacon.greetSibling({ ...arrival.from, port });
        if (datagram.asks === undefined) return undefined;
        return answering.reply(datagram.asks, member.id, arrival, false);
      case 'ask':
        return answering.probeFor(datagram, arrival);
      case 'leave':
        life.retired = true;
        if (!shownLife(member)) liveness.enter(member, 'left', clock.monoMs());
        return undefined;
      case 'inventory-request':
        return inventory.giveOut(datagram, arrival);
      case 'inventory':
        if (question?.inventory !== undefined) inventory.takeIn(member, datagram, question);
        return undefined;
    }
  }

  return receive;
}
