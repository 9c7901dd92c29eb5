/** Cuts a list of services into pieces that fit a datagram each. */
import { MAX_INVENTORY_PIECES } from './datagram.ts';
import type { PeerService } from './peer.ts';

/** What a piece may hold, so that a whole datagram stays within its bound. */
export const MAX_PIECE_BYTES = 700;

const encoder = new TextEncoder();

/** At least one piece, also of an empty list. What exceeds the most pieces is left out: `left` counts it. */
export function splitServices(services: readonly PeerService[]): { pieces: PeerService[][]; left: number } {
  const pieces: PeerService[][] = [[]];
  let room = MAX_PIECE_BYTES;
  let left = 0;
  for (const service of services) {
    const bytes = encoder.encode(JSON.stringify(service)).length + 1;
    if (bytes > room) {
      if (bytes > MAX_PIECE_BYTES || pieces.length === MAX_INVENTORY_PIECES) {
        left++;
        continue;
      }
      pieces.push([]);
      room = MAX_PIECE_BYTES;
    }
    (pieces[pieces.length - 1] as PeerService[]).push(service);
    room -= bytes;
  }
  return { pieces, left };
}
