/**
 * What the agents' presence sees, merged: a peer is shown as the agent saw it that heard it last, with the
 * addresses of all views. In memory only: every agent says its whole list when it connects.
 */
import type { PeersParams } from '@maille/wire/link/messages';
import type { Peer } from '@maille/wire/presence/peer';
import type { SeenPeer } from '@maille/wire/rest/machines';

const MAX_PEERS_A_MACHINE = 4_096;
const MAX_ADDRESSES = 32;

export interface SeenPeers {
  list(): SeenPeer[];
  apply(machineId: string, params: PeersParams): void;
  forget(machineId: string): void;
}

export function createSeenPeers(): SeenPeers {
  const views = new Map<string, Map<string, Peer>>();

  return {
    list() {
      const merged = new Map<string, SeenPeer>();
      for (const [machineId, view] of views) {
        for (const peer of view.values()) {
          const known = merged.get(peer.id);
          merged.set(peer.id, known ? merge(known, peer, machineId) : { ...peer, seenBy: [machineId] });
        }
      }
      return [...merged.values()];
    },
    apply(machineId, { replace, put, remove }) {
      let view = views.get(machineId);
      if (!view || replace) {
        view = new Map();
        views.set(machineId, view);
      }
      for (const id of remove) view.delete(id);
      for (const peer of put) {
        if (view.size < MAX_PEERS_A_MACHINE || view.has(peer.id)) view.set(peer.id, peer);
      }
    },
    forget(machineId) {
      views.delete(machineId);
    },
  };
}

function merge(known: SeenPeer, peer: Peer, machineId: string): SeenPeer {
  const latest = peer.lastSeenMs > known.lastSeenMs ? peer : known;
  return {
    ...latest,
    addresses: [...new Set([...known.addresses, ...peer.addresses])].slice(0, MAX_ADDRESSES),
    firstSeenMs: Math.min(known.firstSeenMs, peer.firstSeenMs),
    cloned: known.cloned || peer.cloned,
    seenBy: [...known.seenBy, machineId],
  };
}
