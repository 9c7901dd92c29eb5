/**
 * Who has fallen silent: asked quietly after two missed beats, suspected after three and probed directly
 * and through two others, down after six, forgotten after a day. Ages are counted on our monotonic
 * clock, and time during which we ourselves were stopped does not count.
 */
import { GREETING_BYTES } from '@maille/wire/presence/datagram';
import type { Peer } from '@maille/wire/presence/peer';
import type { PresencePorts } from '@maille/wire/presence/presence-port';
import { settleClone } from './lives.ts';
import { freshestEndpoints, type Member } from './member.ts';
import type { MemberTable } from './member-table.ts';
import type { Outstanding } from './outstanding.ts';
import { longestBeatMs, type PresenceTimings } from './presence-options.ts';
import type { Sender } from './sender.ts';

const ENDPOINTS_PROBED = 4;
const INDIRECT_PROBES = 2;

export interface LivenessDeps {
  ports: PresencePorts;
  sender: Sender;
  outstanding: Outstanding;
  table: MemberTable;
  timings: PresenceTimings;
}

export function createLiveness({ ports, sender, outstanding, table, timings }: LivenessDeps) {
  const missableMs = longestBeatMs(timings);
  const silentMs = timings.downAfterMissed * missableMs;
  let tickedMs = ports.clock.monoMs();

  function probe(member: Member, suspects: number | undefined): void {
    const body = suspects === undefined ? { type: 'probe' as const } : { type: 'probe' as const, suspects };
    for (const endpoint of freshestEndpoints(member, ENDPOINTS_PROBED)) {
      const token = ports.randomHex64();
      const question = { about: member.id, address: endpoint.address };
      if (!outstanding.add(token, question, ports.clock.monoMs())) return;
      sender.unicast(endpoint, body, token, GREETING_BYTES);
    }
  }

  function askOthers(member: Member): void {
    const others = [...table.values()].filter(
      (other) => other !== member && other.state === 'alive' && other.id !== ports.identity.id,
    );
    for (let i = 0; i < INDIRECT_PROBES && others.length > 0; i++) {
      const [other] = others.splice(Math.floor(ports.random() * others.length), 1) as [Member];
      const endpoint = freshestEndpoints(other, 1)[0];
      const token = ports.randomHex64();
      if (!endpoint || !outstanding.add(token, { about: member.id }, ports.clock.monoMs())) return;
      sender.unicast(endpoint, { type: 'ask', about: member.id }, token, GREETING_BYTES);
    }
  }

  function enter(member: Member, state: Peer['state'], nowMs: number): void {
    if (member.state === state) return;
    member.state = state;
    member.stateSinceMs = nowMs;
    table.touch(member);
  }

  function check(member: Member, nowMs: number): void {
    if (member.state === 'down' || member.state === 'left') {
      // Our own identity in the list is a copy of us: when it is gone there is nothing to remember.
      const own = member.id === ports.identity.id;
      if (own || nowMs - member.stateSinceMs > timings.forgetAfterMs) table.forget(member.id);
      return;
    }
    const missed = Math.floor((nowMs - member.heardMs) / missableMs);
    if (missed > member.missedHandled) {
      member.missedHandled = missed;
      if (missed >= timings.downAfterMissed) {
        enter(member, 'down', nowMs);
      } else if (missed >= timings.suspectAfterMissed) {
        enter(member, 'suspect', nowMs);
        probe(member, member.incarnation);
        askOthers(member);
      } else if (missed >= timings.askAfterMissed) {
        probe(member, undefined);
      }
    }
    if (member.id !== ports.identity.id && settleClone(member, nowMs, silentMs)) table.touch(member);
    for (const [address, endpoint] of member.endpoints) {
      // Heard of through others only, it keeps the last address, to be probed at.
      if (member.endpoints.size === 1) break;
      if (member.state === 'alive' && member.heardMs - endpoint.heardMs > silentMs) {
        member.endpoints.delete(address);
        table.touch(member);
      }
    }
  }

  return {
    enter,
    tick(): void {
      const nowMs = ports.clock.monoMs();
      const blindMs = nowMs - tickedMs;
      tickedMs = nowMs;
      if (blindMs > 2 * timings.beatMs) {
        for (const member of table.values()) {
          member.heardMs += blindMs;
          for (const life of member.lives) life.heardMs += blindMs;
          for (const endpoint of member.endpoints.values()) endpoint.heardMs += blindMs;
        }
      }
      for (const member of table.values()) check(member, nowMs);
    },
  };
}
export type Liveness = ReturnType<typeof createLiveness>;
