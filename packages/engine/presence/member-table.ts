/**
 * The list of peers: bounded in all and per source, with subscribers that hear of changes in batches.
 * Of a forgotten peer what it offered stays in a bounded memory, so that it need not be asked again.
 */
import type { Peer } from '@maille/wire/presence/peer';
import type { PeerChange } from '@maille/wire/presence/presence-port';
import { type Member, type RememberedPeer, toPeer } from './member.ts';
import type { PresenceLimits } from './presence-options.ts';

export interface MemberTable {
  get(id: string): Member | undefined;
  values(): IterableIterator<Member>;
  /** False when there is no room: a peer that is gone makes room, one that lives never does. */
  hasRoom(source: string): boolean;
  add(member: Member): void;
  forget(id: string): void;
  remembered(id: string): RememberedPeer | undefined;
  /** Marks a change; `flush` tells it. */
  touch(member: Member): void;
  flush(): void;
  peers(): Peer[];
  subscribe(receive: (change: PeerChange) => void): () => void;
}

export function createMemberTable(limits: PresenceLimits): MemberTable {
  const members = new Map<string, Member>();
  const memory = new Map<string, RememberedPeer>();
  const subscribers = new Set<(change: PeerChange) => void>();
  const touched = new Set<string>();
  const removed = new Set<string>();

  const forget = (id: string) => {
    const member = members.get(id);
    if (!member) return;
    members.delete(id);
    touched.delete(id);
    removed.add(id);
    memory.delete(id);
    if (memory.size >= limits.maxMembers) memory.delete(memory.keys().next().value as string);
    const { firstSeenMs, services, heldInventory } = member;
    memory.set(id, { firstSeenMs, services, heldInventory });
  };
  const longestGone = (source?: string): Member | undefined => {
    let found: Member | undefined;
    for (const member of members.values()) {
      if (member.state !== 'down' && member.state !== 'left') continue;
      if (source !== undefined && member.source !== source) continue;
      if (!found || member.heardMs < found.heardMs) found = member;
    }
    return found;
  };

  return {
    get: (id) => members.get(id),
    values: () => members.values(),
    hasRoom(source) {
      let fromSource = 0;
      for (const member of members.values()) if (member.source === source) fromSource++;
      if (fromSource >= limits.maxMembersPerSource) return longestGone(source) !== undefined;
      return members.size < limits.maxMembers || longestGone() !== undefined;
    },
    add(member) {
      let fromSource = 0;
      for (const other of members.values()) if (other.source === member.source) fromSource++;
      const gone =
        fromSource >= limits.maxMembersPerSource
          ? longestGone(member.source)
          : members.size >= limits.maxMembers
            ? longestGone()
            : undefined;
      if (gone) forget(gone.id);
      members.set(member.id, member);
      removed.delete(member.id);
      touched.add(member.id);
    },
    forget,
    remembered: (id) => memory.get(id),
    touch(member) {
      if (members.has(member.id)) touched.add(member.id);
    },
    flush() {
      if (touched.size === 0 && removed.size === 0) return;
      const change: PeerChange = { put: [], remove: [...removed] };
      for (const id of touched) change.put.push(toPeer(members.get(id) as Member));
      touched.clear();
      removed.clear();
      for (const receive of [...subscribers]) receive(change);
    },
    peers: () => [...members.values()].map(toPeer),
    subscribe(receive) {
      subscribers.add(receive);
      return () => subscribers.delete(receive);
    },
  };
}
