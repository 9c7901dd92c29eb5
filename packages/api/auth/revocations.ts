/**
 * Tells open connections that what let them in has ended: a session, a token, or a person whose role,
 * teams or state changed. A live WebSocket outlives the request that opened it; without this, a
 * withdrawn token would watch on.
 */
export type Revocation =
  | { sessionId: number }
  | { tokenId: number }
  | { personId: number; exceptSessionId?: number };

export interface Revocations {
  publish(revocation: Revocation): void;
  subscribe(receive: (revocation: Revocation) => void): () => void;
}

export function createRevocations(): Revocations {
  const subscribers = new Set<(revocation: Revocation) => void>();
  return {
    publish(revocation) {
      for (const receive of [...subscribers]) receive(revocation);
    },
    subscribe(receive) {
      subscribers.add(receive);
      return () => {
        subscribers.delete(receive);
      };
    },
  };
}
