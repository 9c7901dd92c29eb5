/**
 * Lists of services: ours, cut into pieces that are given out on request, and those of others, fetched
 * piece by piece when their beats announce another inventory than the one we hold. A lost piece is
 * asked for again at the peer's next beat.
 */
import { type Datagram, EMPTY_INVENTORY, MAX_DATAGRAM_BYTES } from '@maille/wire/presence/datagram';
import type { PeerService } from '@maille/wire/presence/peer';
import type { Arrival, PresencePorts, RefusalReason } from '@maille/wire/presence/presence-port';
import { splitServices } from '@maille/wire/presence/service-pieces';
import { freshestEndpoints, type Member } from './member.ts';
import type { MemberTable } from './member-table.ts';
import type { Outstanding, Question } from './outstanding.ts';
import type { Sender } from './sender.ts';

const MAX_SERVICES = 128;
const MAX_DOWNLOADS = 128;

interface Download {
  inventory: string;
  services: PeerService[];
  nextPiece: number;
}

export interface InventoryDeps {
  ports: PresencePorts;
  sender: Sender;
  outstanding: Outstanding;
  table: MemberTable;
}

export function createInventoryExchange({ ports, sender, outstanding, table }: InventoryDeps) {
  let ownPieces: PeerService[][] = [[]];
  let ownInventory = EMPTY_INVENTORY;
  const downloads = new Map<string, Download>();

  const askNextPiece = (member: Member, download: Download) => {
    const endpoint = freshestEndpoints(member, 1)[0];
    if (!endpoint) return;
    const token = ports.randomHex64();
    const { inventory, nextPiece: piece } = download;
    const question: Question = { about: member.id, address: endpoint.address, inventory, piece };
    if (!outstanding.add(token, question, ports.clock.monoMs())) return;
    sender.unicast(endpoint, { type: 'inventory-request', inventory, piece }, token, MAX_DATAGRAM_BYTES);
  };

  return {
    own: () => ownInventory,
    /** What does not fit 64 datagrams is left out; says how many. */
    setServices(services: readonly PeerService[]): number {
      const { pieces, left } = splitServices(services.slice(0, MAX_SERVICES));
      ownPieces = pieces;
      ownInventory = services.length === 0 ? EMPTY_INVENTORY : ports.digest(JSON.stringify(pieces));
      return left + Math.max(0, services.length - MAX_SERVICES);
    },
    /** A peer announced this inventory. */
    announced(member: Member, inventory: string): void {
      if (inventory === member.heldInventory) return;
      if (inventory === EMPTY_INVENTORY) {
        member.heldInventory = EMPTY_INVENTORY;
        member.services = [];
        table.touch(member);
        return;
      }
      let download = downloads.get(member.id);
      if (download?.inventory !== inventory) {
        if (!download && downloads.size >= MAX_DOWNLOADS)
          downloads.delete(downloads.keys().next().value as string);
        download = { inventory, services: [], nextPiece: 0 };
        downloads.set(member.id, download);
      }
      const asked = (q: Question) => q.about === member.id && q.inventory === inventory;
      if (!outstanding.has(asked, ports.clock.monoMs())) askNextPiece(member, download);
    },
    giveOut(request: Datagram & { type: 'inventory-request' }, arrival: Arrival): RefusalReason | undefined {
      const services = ownPieces[request.piece];
      if (request.inventory !== ownInventory || !services) return 'unexpected';
      const { inventory, piece } = request;
      const body = { type: 'inventory', inventory, piece, pieces: ownPieces.length, services } as const;
      const sent = sender.unicast(arrival.from, body, request.token, 0, arrival.bytes.length);
      return sent ? undefined : 'unanswerable';
    },
    takeIn(member: Member, piece: Datagram & { type: 'inventory' }, question: Question): void {
      const download = downloads.get(member.id);
      const expected =
        download &&
        piece.inventory === download.inventory &&
        piece.piece === download.nextPiece &&
        piece.piece === question.piece &&
        piece.piece < piece.pieces;
      if (!download || !expected) return;
      download.services.push(...piece.services.slice(0, MAX_SERVICES - download.services.length));
      download.nextPiece++;
      if (download.nextPiece < piece.pieces) {
        askNextPiece(member, download);
        return;
      }
      downloads.delete(member.id);
      member.services = download.services;
      member.heldInventory = download.inventory;
      table.touch(member);
    },
  };
}
export type InventoryExchange = ReturnType<typeof createInventoryExchange>;
