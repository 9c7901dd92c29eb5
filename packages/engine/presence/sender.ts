/** Composes, numbers, signs and sends our datagrams. */
import type { Datagram, DatagramBody } from '@maille/wire/presence/datagram';
import { encodeDatagram } from '@maille/wire/presence/datagram-codec';
import type { Endpoint, PresenceCounters, PresencePorts } from '@maille/wire/presence/presence-port';

export interface Sender {
  readonly boot: string;
  /** `maxBytes`: not sent, and false, when it would be longer. */
  unicast(to: Endpoint, body: DatagramBody, token: string, minBytes?: number, maxBytes?: number): boolean;
  /** To everyone; each way out gets a datagram with a number of its own, or its copy would be a replay. */
  multicast(body: DatagramBody, token: string, minBytes?: number): void;
  /** Somebody else's datagram, as it is. */
  forward(to: Endpoint, bytes: Uint8Array): void;
}

export function createSender(ports: PresencePorts, counters: PresenceCounters): Sender {
  const boot = ports.randomHex64();
  let sequence = 0;
  const compose = (body: DatagramBody, token: string, minBytes: number): Uint8Array => {
    const datagram = {
      ...body,
      from: ports.identity.id,
      boot,
      token,
      sequence: ++sequence,
      key: ports.identity.publicKey,
      wallMs: Math.max(0, Math.round(ports.clock.wallMs())),
    } as Datagram;
    return encodeDatagram(datagram, (message) => ports.identity.sign(message), minBytes);
  };
  return {
    boot,
    unicast(to, body, token, minBytes = 0, maxBytes = Number.POSITIVE_INFINITY) {
      const bytes = compose(body, token, minBytes);
      if (bytes.length > maxBytes) return false;
      counters.sent++;
      ports.unicast(to, bytes);
      return true;
    },
    multicast(body, token, minBytes = 0) {
      for (const way of ports.ways()) {
        counters.sent++;
        ports.multicast(way, compose(body, token, minBytes));
      }
    },
    forward(to, bytes) {
      counters.sent++;
      ports.unicast(to, bytes);
    },
  };
}
