/**
 * Where agents connect: the WebSocket at /link, over TLS 1.3 only, since the proofs are bound to its
 * exporter. One connection an agent: the newest is the true one.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Clock } from '@maille/base/clock';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import type { Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { createTargetTraces } from '@maille/engine/trace/target-traces';
import type { Bus } from '@maille/store/bus/bus';
import type { SeriesStore } from '@maille/store/series/series-store';
import { LINK_SUBPROTOCOL, MAX_LINK_FRAME_BYTES } from '@maille/wire/link/messages';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { refuseUpgrade } from '../http/refuse-upgrade.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import { createConnectionGate } from './connection-gate.ts';
import type { OtherVersions } from './other-versions.ts';
import { createRouteIntake } from './route-intake.ts';
import { createSampleIntake, type IntakeCounters } from './sample-intake.ts';
import { createServerSession, type ServerSession } from './server-session.ts';
import type { LinkTargets } from './target-feed.ts';

export interface LinkEndpointOptions {
  identity: Identity;
  verifier: IdentityVerifier;
  registry: MachineRegistry;
  targets: LinkTargets;
  series: Pick<SeriesStore, 'append'>;
  bus: Bus;
  clock: Clock;
  log: Log;
  otherVersions?: Pick<OtherVersions, 'seen'>;
  /** Addresses that agents greet where multicast does not reach: the setting of core. */
  seeds?: () => string[];
}

export interface LinkEndpoint extends Part {
  /** Asks the agent of a machine; fails with its Problem, or when it is not there. */
  ask(machineId: string, method: string, params: unknown): Promise<unknown>;
  /** Says something to it, if it is there. */
  say(machineId: string, method: string, params: unknown): void;
  /** Asks the agent of a machine to trace these at once; false when it is not there. */
  traceNow(machineId: string, targetIds: readonly number[]): boolean;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly counters: Readonly<IntakeCounters & { refusedConnections: number }>;
}

/** What may be said before the approval, in a minute: a hello is the longest. */
const MAX_UNAPPROVED_BYTES = 256 * 1024;
const UNAPPROVED_PERIOD_MS = 60_000;
/** Bound of the message. */
const MAX_TRACED_AT_ONCE = 256;
const CLOSE_TIMEOUT_MS = 2_000;
const STOP_PATIENCE_MS = 1_000;

export function createLinkEndpoint(options: LinkEndpointOptions): LinkEndpoint {
  const { registry, targets, bus, clock, log } = options;
  const gate = createConnectionGate(clock);
  /** Targets that went lately are still known: what was sent before must not be lost if they come back. */
  const gone = new Set<number>();
  /** None to begin with: traces end with the server. */
  const traces = createTargetTraces(log, clock.wallMs);
  const knowsTarget = (id: number) => targets.get(id) !== undefined || gone.has(id);
  const intake = createSampleIntake({
    traces,
    series: options.series,
    bus,
    clock,
    log,
    knowsTarget,
  });
  const routes = createRouteIntake({ bus, clock, traces, knowsTarget });
  const sessions = new Map<ServerSession, WebSocket>();
  let allGone: (() => void) | undefined;
  const byAgent = new Map<string, ServerSession>();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_LINK_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (protocols) => (protocols.has(LINK_SUBPROTOCOL) ? LINK_SUBPROTOCOL : false),
    closeTimeout: CLOSE_TIMEOUT_MS,
  } as ConstructorParameters<typeof WebSocketServer>[0]);
  let stopped = false;

  const subscriptions = [
    bus.subscribe('targets', (change) => {
      for (const id of change.remove) remember(gone, id);
      traces.change(change.put, change.remove);
      for (const { id, host, intervalMs } of change.put)
        traces.tell(
          id,
          { host, intervalMs, agents: byAgent.size },
          'the server tells its agents of a target',
        );
      for (const { id } of change.put) gone.delete(id);
      for (const session of byAgent.values()) session.targetsChanged(change);
    }),
    bus.subscribe('machine-state', ({ machineId, state }) => {
      const session = byAgent.get(machineId);
      if (registry.get(machineId)) session?.stateChanged(state);
      else session?.close('stopping', 'this machine was forgotten');
    }),
    bus.subscribe('settings', () => {
      for (const session of byAgent.values()) session.seedsChanged();
    }),
    bus.subscribe('machines', ({ put }) => {
      for (const machine of put) byAgent.get(machine.id)?.machineChanged(machine);
    }),
  ];

  /** Why this connection cannot be a link, as an HTTP status; undefined when it can. */
  function obstacle(request: IncomingMessage, socket: Duplex): string | undefined {
    if (stopped) return '503 Service Unavailable';
    if (!(socket instanceof TLSSocket) || socket.getProtocol() !== 'TLSv1.3') return '426 Upgrade Required';
    if (!request.headers['sec-websocket-protocol']?.includes(LINK_SUBPROTOCOL)) return '400 Bad Request';
    return undefined;
  }

  function handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const status = obstacle(request, socket);
    const address = (socket as TLSSocket).remoteAddress ?? '';
    const leave = status === undefined ? gate.enter(address) : undefined;
    if (!leave) {
      refuseUpgrade(socket, `HTTP/1.1 ${status ?? '429 Too Many Requests'}\r\nConnection: close\r\n\r\n`);
      return;
    }
    socket.once('close', leave);
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      accept(webSocket, socket as TLSSocket, address, leave),
    );
  }

  function accept(webSocket: WebSocket, socket: TLSSocket, remoteAddress: string, proved: () => void): void {
    socket.setNoDelay(true);
    const isOpen = () => webSocket.readyState === webSocket.OPEN;
    const session = createServerSession({
      ...options,
      intake,
      routes,
      seeds: options.seeds ?? (() => []),
      otherVersion: (address, version) => options.otherVersions?.seen(address, version),
      experimentNews: (machineId, news) => bus.publish('experiments', { machineId, news }),
      transport: {
        channelBinding: socket
          .exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
          .toString('base64url'),
        remoteAddress,
        sendText: (text) => isOpen() && webSocket.send(text),
        bufferedBytes: () => webSocket.bufferedAmount,
        ping: () => isOpen() && webSocket.ping(),
        close: (code, reason) => webSocket.close(code, reason),
      },
      proven(agentId) {
        proved();
        byAgent.get(agentId)?.close('replaced', 'another connection of this agent took its place');
        byAgent.set(agentId, session);
      },
      vanished(agentId) {
        if (!byAgent.has(agentId)) registry.disconnected(agentId);
      },
    });
    sessions.set(session, webSocket);
    const stopBounding = boundUntilApproved(socket, session, clock);
    webSocket.on('message', (data: RawData, isBinary: boolean) => {
      session.heard();
      // With the default binaryType each message is one Buffer of its own.
      if (isBinary) session.receiveBinary(data as Buffer);
      else session.receiveText((data as Buffer).toString());
    });
    webSocket.on('ping', session.heard);
    webSocket.on('pong', session.heard);
    // A frame over the bound or not of the protocol: ws closes, `close` follows.
    webSocket.on('error', (error) => log.debug({ remoteAddress, reason: error.message }, 'a link broke'));
    webSocket.on('close', () => {
      stopBounding();
      session.ended();
      sessions.delete(session);
      const { agentId } = session;
      if (agentId !== undefined && byAgent.get(agentId) === session) {
        byAgent.delete(agentId);
        registry.disconnected(agentId);
      }
      if (sessions.size === 0) allGone?.();
    });
  }

  return {
    handleUpgrade,
    async ask(machineId, method, params) {
      const session = byAgent.get(machineId);
      if (!session) throw new Problem('unavailable', 'This machine is not connected.');
      return session.ask(method, params);
    },
    traceNow(machineId, targetIds) {
      const session = byAgent.get(machineId);
      if (!session?.approved) return false;
      for (let at = 0; at < targetIds.length; at += MAX_TRACED_AT_ONCE)
        session.say('routes.now', { targetIds: targetIds.slice(at, at + MAX_TRACED_AT_ONCE) });
      return true;
    },
    say: (machineId, method, params) => byAgent.get(machineId)?.say(method, params),
    get counters() {
      return { ...intake.counters, refusedConnections: gate.refused };
    },
    async stop() {
      stopped = true;
      for (const end of subscriptions) end();
      // Each says goodbye, and the registry hears of it while it still can write.
      const gone = new Promise<void>((resolve) => {
        allGone = resolve;
      });
      for (const session of sessions.keys()) session.close('stopping', 'the server stops');
      const cancel = clock.after(STOP_PATIENCE_MS, () => {
        for (const webSocket of sessions.values()) webSocket.terminate();
      });
      if (sessions.size > 0) await gone;
      cancel();
      sockets.close();
    },
  };
}

const MAX_GONE = 100_000;
function remember(gone: Set<number>, id: number): void {
  gone.add(id);
  if (gone.size > MAX_GONE) gone.delete(gone.values().next().value as number);
}

/** A frame may be 4 MiB long; strangers are not given so much of our memory. */
function boundUntilApproved(socket: TLSSocket, session: ServerSession, clock: Clock): () => void {
  let bytes = 0;
  const reset = clock.every(UNAPPROVED_PERIOD_MS, () => {
    bytes = 0;
  });
  const count = (chunk: Buffer) => {
    if (session.approved) return;
    bytes += chunk.length;
    if (bytes > MAX_UNAPPROVED_BYTES) socket.destroy();
  };
  socket.on('data', count);
  return () => {
    reset();
    socket.off('data', count);
  };
}
