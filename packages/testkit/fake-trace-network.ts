/**
 * A network to trace through that is made of nothing: routers are addresses, the way of a probe follows
 * from what a router would look at, and answers are real ICMP messages that quote what was sent. Time is the
 * test's clock.
 */
import type { Clock } from '@maille/base/clock';
import { parseIpAddress } from '@maille/base/ip-address';
import type { TraceNews, TracePort, TraceProbe } from '@maille/base/trace-port';
import { internetChecksum } from '@maille/engine/probe/internet-checksum';

export interface FakeTraceNetwork {
  port(method: TracePort['method'], family: 4 | 6): TracePort;
  /** Everything that was sent, with when. */
  readonly sent: { atMs: number; port: TracePort; probe: TraceProbe; key: string }[];
  /** Puts something before what is received next. */
  inject(port: TracePort, give: (news: TraceNews) => void): void;
}

export interface FakeTraceOptions {
  clock: Clock;
  /** The routers on the way of probes with this key, the target last. The key is what a balancer looks at. */
  way(key: string, probe: TraceProbe): readonly string[];
  /** Whether this router answers this probe; all do otherwise. */
  answers?(router: string, probe: TraceProbe): boolean;
  /** How many bytes behind the IP header a router quotes; all otherwise. */
  quoted?(router: string): number;
  /** Of the target: unreachable with this code instead of an answer. */
  refuses?(router: string): number | undefined;
  /** Of a send: an errno. */
  sendErrno?(probe: TraceProbe): number;
  delayMs?(router: string, probe: TraceProbe): number;
}

const IDENT = 0x4d54;
const DELAY_MS = 10;

export function createFakeTraceNetwork(options: FakeTraceOptions): FakeTraceNetwork {
  const { clock } = options;
  const ports = new Map<string, TracePort>();
  const queues = new Map<TracePort, ((news: TraceNews) => void)[]>();
  const sent: FakeTraceNetwork['sent'] = [];
  const nowNs = () => clock.monoMs() * 1e6;

  function create(method: TracePort['method'], family: 4 | 6): TracePort {
    const queue: ((news: TraceNews) => void)[] = [];
    const types =
      family === 4 ? { reply: 0, exceeded: 11, unreachable: 3 } : { reply: 129, exceeded: 3, unreachable: 1 };
    const portCode = family === 4 ? 3 : 4;

    const answer = (probe: TraceProbe, bytes: Uint8Array, way: readonly string[]) => {
      const atTarget = probe.ttl >= way.length;
      const router = way[Math.min(probe.ttl, way.length) - 1] as string;
      if (options.answers?.(router, probe) === false) return;
      const refusal = atTarget ? options.refuses?.(router) : undefined;
      const from = (parseIpAddress(router) as { bytes: Uint8Array }).bytes;
      const quoteBytes = options.quoted?.(router) ?? Number.POSITIVE_INFINITY;
      clock.after(options.delayMs?.(router, probe) ?? DELAY_MS, () => {
        const stampNs = nowNs();
        const type = atTarget ? types.unreachable : types.exceeded;
        const code = atTarget ? (refusal ?? portCode) : 0;
        if (method === 'tcp' && atTarget && refusal === undefined)
          return queue.push((news) => news.answered(probe.serial, DELAY_MS * 1e6));
        if (method === 'tcp')
          return queue.push((news) =>
            news.error({
              from,
              to: undefined,
              flow: 0,
              serial: probe.serial,
              type,
              code,
              quote: bytes,
              stampNs,
            }),
          );
        if (method === 'udp') {
          const quote = bytes.slice(0, Math.max(0, quoteBytes - 8)); // the UDP header comes first
          return queue.push((news) =>
            news.error({ from, to: probe.to.bytes, flow: probe.flow, type, code, quote, stampNs }),
          );
        }
        const message =
          atTarget && refusal === undefined
            ? asReply(bytes, types.reply)
            : asError(type, code, probe, bytes.slice(0, quoteBytes), family);
        const whole = family === 4 ? withIpv4(message, 1, from, from) : message;
        queue.push((news) => news.message(whole, from, stampNs));
      });
    };

    const port: TracePort = {
      method,
      family,
      flows: 8,
      maxUnderWay: method === 'tcp' ? 1 : Number.POSITIVE_INFINITY,
      ident: IDENT,
      messagesHaveIpHeader: family === 4,
      send(probe) {
        const errno = options.sendErrno?.(probe) ?? 0;
        if (errno !== 0) return errno;
        const bytes = probe.bytes.slice();
        const key =
          method === 'icmp' ? [...bytes.subarray(0, 6)].join() : `${method} ${probe.flow} ${probe.port}`;
        sent.push({ atMs: clock.monoMs(), port, probe: { ...probe, bytes }, key });
        const sentNs = nowNs();
        queue.push((news) => news.sent(bytes, sentNs));
        answer({ ...probe, bytes }, bytes, options.way(key, probe));
        return 0;
      },
      receive(news) {
        for (const give of queue.splice(0)) give(news);
      },
      forget() {},
      rest() {},
      nowNs,
    };
    queues.set(port, queue);
    return port;
  }

  return {
    sent,
    port(method, family) {
      const key = `${method} ${family}`;
      let port = ports.get(key);
      if (!port) {
        port = create(method, family);
        ports.set(key, port);
      }
      return port;
    },
    inject: (port, give) => queues.get(port)?.unshift(give),
  };
}

function asReply(request: Uint8Array, type: number): Uint8Array {
  const reply = request.slice();
  reply[0] = type;
  return reply;
}

/** An ICMP error about a probe, as a router writes it. */
export function asError(
  type: number,
  code: number,
  probe: Pick<TraceProbe, 'to'>,
  quoted: Uint8Array,
  family: 4 | 6,
): Uint8Array {
  const quote =
    family === 4
      ? withIpv4(quoted, 1, new Uint8Array([192, 0, 2, 1]), probe.to.bytes)
      : withIpv6(quoted, 58, new Uint8Array(16), probe.to.bytes);
  const message = new Uint8Array(8 + quote.length);
  message[0] = type;
  message[1] = code;
  message.set(quote, 8);
  return message;
}

function withIpv4(payload: Uint8Array, protocol: number, from: Uint8Array, to: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + payload.length);
  packet[0] = 0x45;
  packet[8] = 1;
  packet[9] = protocol;
  packet.set(from, 12);
  packet.set(to, 16);
  new DataView(packet.buffer).setUint16(10, internetChecksum(packet, 0, 20), true);
  packet.set(payload, 20);
  return packet;
}

function withIpv6(payload: Uint8Array, next: number, from: Uint8Array, to: Uint8Array): Uint8Array {
  const packet = new Uint8Array(40 + payload.length);
  packet[0] = 0x60;
  packet[6] = next;
  packet.set(from, 8);
  packet.set(to, 24);
  packet.set(payload, 40);
  return packet;
}
