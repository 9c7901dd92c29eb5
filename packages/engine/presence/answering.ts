/**
 * What goes out because something came in: replies, after a short random delay, and demands for proof.
 * One datagram out for one in, never longer than it: nobody can be flooded through us.
 */
import {
  type Datagram,
  type DatagramBody,
  GREETING_BYTES,
  MAX_SIBLINGS,
} from '@maille/wire/presence/datagram';
import type {
  Arrival,
  PresenceCounters,
  PresencePorts,
  RefusalReason,
} from '@maille/wire/presence/presence-port';
import type { Beacon } from './beacon.ts';
import { freshestEndpoints } from './member.ts';
import type { MemberTable } from './member-table.ts';
import type { Outstanding } from './outstanding.ts';
import type { PresenceLimits, PresenceTimings } from './presence-options.ts';
import type { Sender } from './sender.ts';
import type { Timers } from './timers.ts';

export interface AnsweringDeps {
  ports: PresencePorts;
  sender: Sender;
  timers: Timers;
  timings: PresenceTimings;
  limits: PresenceLimits;
  counters: PresenceCounters;
  table: MemberTable;
  outstanding: Outstanding;
  beacon: Beacon;
}

export function createAnswering(deps: AnsweringDeps) {
  const { ports, sender, timers, timings, limits, counters, table, outstanding, beacon } = deps;
  let pending = 0;

  /** A token for that peer at that address to echo; undefined when it has one, or there are too many. */
  function expectProof(id: string, address: string): string | undefined {
    const nowMs = ports.clock.monoMs();
    if (outstanding.has((q) => q.about === id && q.address === address && !q.handTo, nowMs)) return undefined;
    const token = ports.randomHex64();
    return outstanding.add(token, { about: id, address }, nowMs) ? token : undefined;
  }

  /** Other Maille processes at an address of ours: a unicast greeting reaches one of us only. */
  function siblingPorts(address: string | undefined): number[] {
    const found = new Set<number>();
    if (address === undefined) return [];
    for (const member of table.values()) {
      const endpoint = member.state === 'alive' ? member.endpoints.get(address) : undefined;
      if (endpoint && found.size < MAX_SIBLINGS) found.add(endpoint.port);
    }
    return [...found];
  }

  return {
    /** Replies with `token`; with `askProof` the reply asks for one more, that proves the other side. */
    reply(token: string, id: string, arrival: Arrival, askProof: boolean): RefusalReason | undefined {
      if (pending >= limits.maxPendingReplies) return 'unanswerable';
      pending++;
      const { replyDelayMinMs: min, replyDelayMaxMs: max } = timings;
      timers.after(min + ports.random() * (max - min), () => {
        pending--;
        const asks = askProof ? expectProof(id, arrival.from.address) : undefined;
        const siblings = siblingPorts(arrival.to);
        const body: DatagramBody = {
          type: 'reply',
          ...beacon.describe(),
          ...(asks !== undefined && { asks }),
          ...(siblings.length > 0 && { siblings }),
        };
        const minBytes = asks === undefined ? 0 : GREETING_BYTES; // it asks for as long a reply
        const sent = sender.unicast(arrival.from, body, token, minBytes, arrival.bytes.length);
        if (!sent) counters.refused.unanswerable++;
      });
      return undefined;
    },
    /** Asks who sent this to prove that it is there now, at that address. */
    demandProof(id: string, arrival: Arrival): RefusalReason | undefined {
      const token = expectProof(id, arrival.from.address);
      if (token === undefined) return undefined;
      const sent = sender.unicast(
        arrival.from,
        { type: 'probe' },
        token,
        GREETING_BYTES,
        arrival.bytes.length,
      );
      return sent ? undefined : 'unanswerable';
    },
    /** Probes a third peer for somebody who cannot reach it, with that one's own token. */
    probeFor(ask: Datagram & { type: 'ask' }, arrival: Arrival): RefusalReason | undefined {
      const about = table.get(ask.about);
      const endpoint = about && freshestEndpoints(about, 1)[0];
      if (!endpoint || arrival.bytes.length < GREETING_BYTES) return 'unanswerable';
      const question = { about: ask.about, address: endpoint.address, handTo: arrival.from };
      if (!outstanding.add(ask.token, question, ports.clock.monoMs())) return 'unanswerable';
      sender.unicast(endpoint, { type: 'probe' }, ask.token, GREETING_BYTES);
      return undefined;
    },
    /** Hands the answer of the third peer on as it is: its own signature speaks for it. */
    handOn(bytes: Uint8Array, to: Arrival['from']): void {
      if (bytes.length <= GREETING_BYTES) sender.forward(to, bytes);
    },
  };
}
export type Answering = ReturnType<typeof createAnswering>;
