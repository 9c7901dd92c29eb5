/** A TCP prober over a port that connects to nothing, and a clock moved by hand: the test is the network. */
import {
  type ConnectPort,
  NEWS_CONNECTED,
  NEWS_ENDED,
  NEWS_FAILED,
  NEWS_REFUSED,
  NEWS_RESET,
  NEWS_UNREACHABLE,
} from '@maille/base/connect-port';
import { createTcpProber } from '@maille/engine/tcp-probe/tcp-prober';
import { type Outcome, outcomes } from '@maille/wire/link/samples';
import type { SensorTarget } from '@maille/wire/sensor/messages';

export interface OpenedConnection {
  handle: number;
  family: number;
  /** Four words. */
  address: Uint32Array;
  zone: number;
  port: number;
  atMs: number;
}

export interface SeenTcpSample {
  id: number;
  sentAtMs: number;
  rttUs: number;
  outcome: Outcome;
  code: number;
}

const START_WALL_MS = Date.UTC(2026, 0, 1);

export interface TcpWorldOptions {
  capacity?: number;
  newsCapacity?: number;
  /** The network at the moment of an open; its result is the errno of a refusal here. */
  onOpen?: (opened: OpenedConnection) => number;
}

export function createTcpWorld({ capacity = 256, newsCapacity = 8, onOpen }: TcpWorldOptions = {}) {
  const world = { nowMs: 0, wallStepMs: 0, opened: [] as OpenedConnection[], seen: [] as SeenTcpSample[] };
  const open = new Set<number>();
  const waiting: { handle: number; write: (i: number) => void }[] = [];
  const news = {
    capacity: newsCapacity,
    handles: new Uint32Array(newsCapacity),
    kinds: new Uint8Array(newsCapacity),
    rttsNs: new Float64Array(newsCapacity),
    resent: new Uint8Array(newsCapacity),
    stampsNs: new Float64Array(newsCapacity),
    icmpTypes: new Uint8Array(newsCapacity),
    codes: new Uint8Array(newsCapacity),
  };
  const nowNs = () => (world.nowMs + world.wallStepMs) * 1e6;
  const port: ConnectPort = {
    capacity,
    stampsRefusals: true,
    get openedNs() {
      return nowNs();
    },
    open(family, words, at, zone, tcpPort) {
      let handle = 0;
      while (open.has(handle)) handle++;
      if (handle >= capacity) return -24;
      const address = words.slice(at, at + 4);
      const opened = { handle, family, address, zone, port: tcpPort, atMs: world.nowMs };
      const errno = zone < 0 ? 19 : (onOpen?.(opened) ?? 0);
      if (errno !== 0) return -errno;
      open.add(handle);
      world.opened.push(opened);
      return handle;
    },
    news,
    receive() {
      const batch = waiting.splice(0, newsCapacity);
      for (const [i, { handle, write }] of batch.entries()) {
        news.handles[i] = handle;
        write(i);
      }
      return batch.length;
    },
    close(handle) {
      if (!open.delete(handle)) throw new Error(`handle ${handle} is closed twice`);
      // What is closed has no news; a port takes them from the kernel, which forgets them too.
      for (let i = waiting.length - 1; i >= 0; i--) if (waiting[i]?.handle === handle) waiting.splice(i, 1);
    },
    zoneIndex: (zone) => (zone === 'eth0' ? 3 : 0),
  };
  const prober = createTcpProber({
    port,
    epochMs: START_WALL_MS,
    monoMs: () => world.nowMs,
    onSamples(batch) {
      for (let i = 0; i < batch.count; i++) {
        world.seen.push({
          id: batch.targetIds[i] as number,
          sentAtMs: batch.baseMs + (batch.offsetsUs[i] as number) / 1_000 - START_WALL_MS,
          rttUs: (batch.rtts10ns[i] as number) / 100,
          outcome: outcomes[batch.outcomes[i] as number] as Outcome,
          code: batch.codes[i] as number,
        });
      }
    },
  });
  const tell = (handle: number, write: (i: number) => void) => {
    if (open.has(handle)) waiting.push({ handle, write });
  };
  return {
    world,
    prober,
    /** Connections that were begun and not closed. */
    open,
    run(forMs: number, stepMs = 1) {
      for (const endMs = world.nowMs + forMs; world.nowMs < endMs; world.nowMs += stepMs) prober.tick();
      prober.flush();
    },
    accept: (handle: number, rttMs: number, resent = 0, ended = false) =>
      tell(handle, (i) => {
        news.kinds[i] = ended ? NEWS_ENDED : NEWS_CONNECTED;
        news.rttsNs[i] = rttMs * 1e6;
        news.resent[i] = resent;
      }),
    refuse: (handle: number, stampMs = Number.NaN) =>
      tell(handle, (i) => {
        news.kinds[i] = NEWS_REFUSED;
        news.stampsNs[i] = stampMs * 1e6;
      }),
    reset: (handle: number, rttMs: number) =>
      tell(handle, (i) => {
        news.kinds[i] = NEWS_RESET;
        news.rttsNs[i] = rttMs * 1e6;
      }),
    turnBack: (handle: number, icmpType: number, code: number) =>
      tell(handle, (i) => {
        news.kinds[i] = NEWS_UNREACHABLE;
        news.icmpTypes[i] = icmpType;
        news.codes[i] = code;
      }),
    fail: (handle: number, errno: number) =>
      tell(handle, (i) => {
        news.kinds[i] = NEWS_FAILED;
        news.codes[i] = errno;
      }),
  };
}

export const tcpTarget = (
  id: number,
  address: string,
  port = 443,
  intervalMs = 1_000,
  timeoutMs = 500,
): SensorTarget => ({ id, address, probe: `tcp:${port}`, intervalMs, timeoutMs });
