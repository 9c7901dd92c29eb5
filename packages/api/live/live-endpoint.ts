/**
 * Live: /api/v1/live. Takes the news of the bus and hands each piece to those who subscribed to it and
 * may see it. Samples are gathered for a quarter of a second, so that a page gets four frames a second
 * and not hundreds. What let a reader in is looked at again every minute, and at once when it is withdrawn.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@maille/base/clock';
import type { Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { Bus } from '@maille/store/bus/bus';
import type { SeriesStore } from '@maille/store/series/series-store';
import { LIVE_SUBPROTOCOL, MAX_LIVE_REQUEST_BYTES, type Topic } from '@maille/wire/live/messages';
import { problemBody } from '@maille/wire/rest/problem';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AuditLog } from '../audit/audit-log.ts';
import type { KnownCaller } from '../auth/caller.ts';
import type { Gate } from '../auth/gate.ts';
import type { Revocation, Revocations } from '../auth/revocations.ts';
import type { ExperimentsInView } from '../experiments/experiments.ts';
import type { UpgradeHandler } from '../http/http-server.ts';
import { refuseUpgrade } from '../http/refuse-upgrade.ts';
import type { IncidentRegistry } from '../incidents/incident-registry.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import type { ReadOverview } from '../overview/read-overview.ts';
import type { RouteViews } from '../routes/route-views.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { createLiveConnection, type LiveConnection, type Subscription } from './live-connection.ts';
import { createLiveNews } from './live-news.ts';
import { createLiveSnapshots } from './live-snapshots.ts';

export interface LiveEndpointOptions {
  gate: Gate;
  revocations: Revocations;
  bus: Bus;
  machines: MachineRegistry;
  targets: TargetRegistry;
  incidents: Pick<IncidentRegistry, 'recentFor' | 'narrow'>;
  routeViews: RouteViews;
  experimentsInView(limit: number): Promise<ExperimentsInView>;
  series: SeriesStore;
  audit: AuditLog;
  readOverview: ReadOverview;
  clock: Clock;
  log: Log;
}

export interface LiveEndpoint extends Part {
  handleUpgrade: UpgradeHandler;
  /** How many readers there are now. */
  readers(): number;
}

interface Reader {
  connection: LiveConnection;
  socket: WebSocket;
  request: IncomingMessage;
  heardMonoMs: number;
}

const MAX_READERS = 500;
const MAX_READERS_OF_A_PERSON = 50;
const TICK_MS = 250;
const TIME_MS = 5_000;
const RECHECK_MS = 60_000;
const SILENCE_MS = 45_000;
const CLOSE_SIGNED_OUT = 4401;
const CLOSE_STOPPING = 1001;

export function createLiveEndpoint(options: LiveEndpointOptions): LiveEndpoint {
  const { gate, revocations, clock, log } = options;
  const readers = new Set<Reader>();
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_LIVE_REQUEST_BYTES,
    perMessageDeflate: false, // samples do not shrink much, and compressing for each reader costs a core
    handleProtocols: (offered) => (offered.has(LIVE_SUBPROTOCOL) ? LIVE_SUBPROTOCOL : false),
  });
  const snapshots = createLiveSnapshots(options);
  const news = createLiveNews({ ...options, subscriptionsOf });

  function* subscriptionsOf(topic: Topic): Generator<[LiveConnection, Subscription]> {
    for (const { connection } of readers)
      for (const subscription of connection.subscriptions.values())
        if (subscription.topic === topic) yield [connection, subscription];
  }

  async function admit(request: IncomingMessage): Promise<KnownCaller> {
    const { caller } = await gate.admitUpgrade(request);
    if (caller.kind === 'nobody')
      throw new Problem('unauthenticated', 'nobody is signed in', {
        remedy: 'Sign in, or send an API token.',
      });
    return caller;
  }

  function requireRoom(caller: KnownCaller): void {
    let own = 0;
    for (const { connection } of readers) if (connection.caller.personId === caller.personId) own++;
    if (readers.size >= MAX_READERS || own >= MAX_READERS_OF_A_PERSON)
      throw new Problem('too-many', 'too many live connections are open');
  }

  function open(socket: WebSocket, request: IncomingMessage, caller: KnownCaller): void {
    const connection = createLiveConnection({
      socket,
      caller,
      snapshot: snapshots.snapshot,
      backfill: snapshots.backfill,
      onError: (error) => log.error({ err: error }, 'a live subscription failed'),
    });
    const reader: Reader = { connection, socket, request, heardMonoMs: clock.monoMs() };
    readers.add(reader);
    socket.on('message', (data, isBinary) => {
      reader.heardMonoMs = clock.monoMs();
      if (!readers.has(reader)) return; // dismissed: what it still asks for is not answered
      if (isBinary) socket.close(1003, 'requests are text');
      else connection.receive(String(data), clock.monoMs());
    });
    socket.on('pong', () => {
      reader.heardMonoMs = clock.monoMs();
    });
    socket.on('close', () => readers.delete(reader));
    socket.on('error', (error) => log.debug({ err: error }, 'a live connection failed'));
    connection.send({ type: 'time', serverTimeMs: clock.wallMs() });
  }

  function isRevoked({ caller }: LiveConnection, revocation: Revocation): boolean {
    if ('sessionId' in revocation)
      return caller.kind === 'person' && caller.sessionId === revocation.sessionId;
    if ('tokenId' in revocation) return caller.kind === 'token' && caller.tokenId === revocation.tokenId;
    if (caller.personId !== revocation.personId) return false;
    return !(caller.kind === 'person' && caller.sessionId === revocation.exceptSessionId);
  }

  /** Nothing more is sent from now on, whenever the other side lets go of the line. */
  function dismiss(reader: Reader): void {
    readers.delete(reader);
    reader.socket.close(CLOSE_SIGNED_OUT, 'signed out');
  }

  async function recheck(reader: Reader): Promise<void> {
    try {
      await admit(reader.request);
    } catch {
      dismiss(reader);
    }
  }

  const cancels = [
    revocations.subscribe((revocation) => {
      for (const reader of readers) if (isRevoked(reader.connection, revocation)) dismiss(reader);
    }),
    clock.every(TICK_MS, () => {
      news.tick();
      for (const { connection } of readers) connection.pump();
    }),
    clock.every(TIME_MS, () => {
      const silentSinceMs = clock.monoMs() - SILENCE_MS;
      for (const { connection, socket, heardMonoMs } of readers) {
        if (heardMonoMs < silentSinceMs) socket.terminate();
        else {
          connection.send({ type: 'time', serverTimeMs: clock.wallMs() });
          socket.ping();
        }
      }
    }),
    clock.every(RECHECK_MS, () => {
      for (const reader of readers) void recheck(reader);
    }),
  ];

  return {
    readers: () => readers.size,
    handleUpgrade(request, socket, head) {
      admit(request)
        .then((caller) => {
          requireRoom(caller);
          if (
            !String(request.headers['sec-websocket-protocol'] ?? '')
              .split(/\s*,\s*/)
              .includes(LIVE_SUBPROTOCOL)
          )
            throw new Problem('invalid', `the subprotocol is ${LIVE_SUBPROTOCOL}`);
          server.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, request, caller));
        })
        .catch((error) => {
          if (!(error instanceof Problem)) log.error({ err: error }, 'a live connection could not be opened');
          refuseWith(socket, error instanceof Problem ? error : new Problem('internal', 'the server failed'));
        });
    },
    async stop() {
      for (const cancel of cancels) cancel();
      news.stop();
      for (const { socket } of readers) {
        socket.close(CLOSE_STOPPING, 'the server stops');
        // A reader that does not take its leave is not waited for.
        socket.terminate();
      }
      server.close();
    },
  };
}

function refuseWith(socket: Duplex, problem: Problem): void {
  const body = problemBody(problem);
  const text = JSON.stringify(body);
  refuseUpgrade(
    socket,
    `HTTP/1.1 ${body.status} Refused\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}
