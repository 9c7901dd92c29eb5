/**
 * The sockets of presence.
 *
 * To hear multicast, one socket for IPv4 and one an interface for IPv6, bound to the group itself and
 * shared (reuseAddr): every process of the host gets a copy, and no unicast strays into it, for with
 * reuseAddr a unicast datagram would reach one of the processes only.
 * To speak and to be asked, one socket a local address, not shared: the first process of a host has the
 * presence port, which a firewall can let in; the next takes the port after it, the others any.
 * To reach what is behind a router, one socket a family without an address: the kernel picks it.
 *
 * Interfaces come and go: they are looked at every two seconds. A route is never needed, since every
 * multicast names its interface.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Cancel, Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { PRESENCE_GROUP_IPV4, PRESENCE_GROUP_IPV6 } from '@maille/wire/presence/datagram';
import type { Arrival, Endpoint } from '@maille/wire/presence/presence-port';
import type { LocalAddress } from './interfaces.ts';

const RESCAN_MS = 2_000;
/** A container host can have hundreds of interfaces; each address costs a socket or three. */
const MAX_ADDRESSES = 64;
const RECEIVE_BUFFER_BYTES = 512 * 1024;

export interface PresenceSockets {
  ways(): readonly string[];
  multicast(way: string, bytes: Uint8Array): void;
  unicast(to: Endpoint, bytes: Uint8Array): void;
  /** Sockets that are open, for people: address and port. */
  describe(): { address: string; port: number }[];
  stop(): Promise<void>;
}

export interface PresenceSocketsDeps {
  port: number;
  clock: Clock;
  log: Log;
  listLocalAddresses(): LocalAddress[];
  onDatagram(arrival: Arrival): void;
  onWaysChanged(): void;
}

interface Opened {
  socket: Socket;
  local: LocalAddress | undefined;
}

const speakingKey = (local: LocalAddress) => `${local.address}#${local.interfaceIndex}`;
const hearingKey = (local: LocalAddress) => (local.family === 4 ? '4' : `6#${local.interfaceIndex}`);

export async function openPresenceSockets(deps: PresenceSocketsDeps): Promise<PresenceSockets> {
  const { port, clock, log } = deps;
  /** By local address and interface; `any4` and `any6` have none. */
  const speaking = new Map<string, Opened>();
  /** One for IPv4, one an interface for IPv6. */
  const hearing = new Map<string, Socket>();
  const complaints = new Set<string>();
  let ways: string[] = [];
  let stopped = false;
  let cancelRescan: Cancel = () => {};
  let scanning: Promise<void> = Promise.resolve();

  function open(
    type: 'udp4' | 'udp6',
    reuseAddr: boolean,
    address: string,
    bindPort: number,
  ): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = createSocket({ type, reuseAddr, ipv6Only: type === 'udp6' });
      const failed = (error: Error) => {
        socket.close();
        reject(error);
      };
      socket.once('error', failed);
      socket.bind({ address, port: bindPort, exclusive: true }, () => {
        socket.off('error', failed);
        try {
          socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
        } catch {
          // The kernel's own size has to do then.
        }
        resolve(socket);
      });
    });
  }

  function listen(socket: Socket, via: string, to: string | undefined): void {
    socket.on('message', (bytes, { address, port: fromPort }) => {
      deps.onDatagram({ bytes, from: { address, port: fromPort, via }, ...(to !== undefined && { to }) });
    });
  }

  async function openSpeaking(key: string, local: LocalAddress | undefined, family: 4 | 6): Promise<void> {
    const type = family === 4 ? 'udp4' : 'udp6';
    const address = local?.address ?? (family === 4 ? '0.0.0.0' : '::');
    const candidates = local ? [port, port === 0 ? 0 : port + 1, 0] : [0];
    let socket: Socket | undefined;
    for (const candidate of candidates) {
      try {
        socket = await open(type, false, address, candidate);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || candidate === 0) throw error;
      }
    }
    if (!socket) return;
    if (local?.multicast) {
      try {
        socket.setMulticastTTL(1);
        socket.setMulticastLoopback(true);
        socket.setMulticastInterface(family === 4 ? local.address : `::%${local.interfaceName}`);
      } catch (error) {
        socket.close(); // the interface went meanwhile
        throw error;
      }
    }
    socket.on('error', (error) => closeSpeaking(key, error));
    listen(socket, key, local?.address);
    speaking.set(key, { socket, local });
  }

  function closeSpeaking(key: string, error?: Error): void {
    const opened = speaking.get(key);
    if (!opened) return;
    speaking.delete(key);
    if (error)
      log.warn({ address: key, error: error.message }, 'a presence socket failed and is opened again');
    opened.socket.close();
  }

  async function openHearing(key: string, local: LocalAddress): Promise<Socket> {
    const address =
      local.family === 4 ? PRESENCE_GROUP_IPV4 : `${PRESENCE_GROUP_IPV6}%${local.interfaceName}`;
    const socket = await open(local.family === 4 ? 'udp4' : 'udp6', true, address, port);
    socket.on('error', (error) => {
      log.warn({ error: error.message }, 'the multicast socket failed and is opened again');
      hearing.delete(key);
      socket.close();
    });
    listen(socket, '', undefined);
    hearing.set(key, socket);
    return socket;
  }

  /** Asked of the kernel at every round: it forgets when an interface goes, and says nothing. */
  async function join(local: LocalAddress): Promise<void> {
    const key = hearingKey(local);
    const socket = hearing.get(key) ?? (await openHearing(key, local));
    try {
      if (local.family === 4) socket.addMembership(PRESENCE_GROUP_IPV4, local.address);
      else socket.addMembership(PRESENCE_GROUP_IPV6, `::%${local.interfaceName}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error; // in it already
    }
  }

  /** Each trouble is said once, not every two seconds. */
  function complain(about: string, sentence: string): void {
    if (complaints.has(about) || complaints.size >= MAX_ADDRESSES) return;
    complaints.add(about);
    log.warn({ port }, `presence ${sentence}`);
  }

  async function attempt(about: string, open: () => Promise<void>): Promise<void> {
    try {
      await open();
      complaints.delete(about);
    } catch (error) {
      // An address that IPv6 still checks for duplicates comes in a later round.
      if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') return;
      complain(about, `${about}: ${(error as Error).message}`);
    }
  }

  async function rescan(): Promise<void> {
    const all = deps.listLocalAddresses();
    const locals = all.slice(0, MAX_ADDRESSES);
    if (all.length > locals.length)
      complain('addresses', `uses ${MAX_ADDRESSES} of ${all.length} local addresses`);
    const wanted = new Map(locals.map((local) => [speakingKey(local), local]));
    for (const [key, { local }] of speaking) {
      if (local && wanted.get(key)?.multicast !== local.multicast) closeSpeaking(key);
    }
    const heard = new Set(locals.filter((local) => local.multicast).map(hearingKey));
    for (const [key, socket] of hearing) {
      if (heard.has(key)) continue;
      hearing.delete(key);
      socket.close();
    }
    for (const [key, local] of wanted) {
      if (local.multicast)
        await attempt(`cannot hear multicast on ${local.interfaceName}`, () => join(local));
      if (!speaking.has(key)) {
        await attempt(`cannot use ${local.address}`, () => openSpeaking(key, local, local.family));
      }
    }
    for (const family of [4, 6] as const) {
      if (speaking.has(`any${family}`)) continue;
      await openSpeaking(`any${family}`, undefined, family).catch(() => {}); // a host without IPv6 has no such socket
    }
    if (stopped) return;
    const now = [...speaking].filter(([, { local }]) => local?.multicast).map(([key]) => key);
    const grew = now.some((way) => !ways.includes(way));
    ways = now;
    if (grew) deps.onWaysChanged();
  }

  function closeAll(): void {
    for (const key of [...speaking.keys()]) closeSpeaking(key);
    for (const socket of hearing.values()) socket.close();
    hearing.clear();
  }

  function scanAgain(): void {
    cancelRescan = clock.after(RESCAN_MS, () => {
      scanning = rescan()
        .catch((error: Error) => log.warn({ error: error.message }, 'looking at the interfaces failed'))
        .then(() => {
          if (!stopped) scanAgain();
        });
    });
  }

  const ignore = () => {}; // an unreachable network says so on the next rescan, a full buffer is a lost datagram
  const socketFor = (to: Endpoint): Socket | undefined => {
    const by = to.via ? speaking.get(to.via) : undefined;
    if (by) return by.socket;
    const zone = to.address.split('%')[1];
    if (zone !== undefined) {
      for (const { socket, local } of speaking.values()) {
        if (local?.family === 6 && local.multicast && local.interfaceName === zone) return socket;
      }
    }
    return speaking.get(to.address.includes(':') ? 'any6' : 'any4')?.socket;
  };

  await rescan();
  scanAgain();
  return {
    ways: () => ways,
    multicast(way, bytes) {
      const opened = speaking.get(way);
      if (!opened?.local) return;
      const group =
        opened.local.family === 4
          ? PRESENCE_GROUP_IPV4
          : `${PRESENCE_GROUP_IPV6}%${opened.local.interfaceName}`;
      opened.socket.send(bytes, port, group, ignore);
    },
    unicast(to, bytes) {
      socketFor(to)?.send(bytes, to.port, to.address, ignore);
    },
    describe: () =>
      [...speaking.values()]
        .map(({ socket }) => socket.address())
        .map(({ address, port: at }) => ({ address, port: at })),
    async stop() {
      stopped = true;
      cancelRescan();
      await scanning;
      closeAll();
    },
  };
}
