/**
 * The agent's side of the link: keeps one connection to its server, for ever. Sockets, files and the
 * sensor are ports; what the server wants and how the link stands comes out as events.
 */
import type { Cancel, Clock } from '@maille/base/clock';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { ExperimentNews } from '@maille/wire/experiment';
import {
  type AgentStatus,
  type ExperimentStartParams,
  linkCloseCodes,
  type MachineFacts,
  type MachineState,
  type PeersParams,
} from '@maille/wire/link/messages';
import type { TraceRound } from '@maille/wire/traceroute';
import { type AgentSession, createAgentSession, type LinkTransport } from './agent-session.ts';
import { reconnectDelayMs, rejectedDelayMs } from './backoff.ts';
import { createDelivery, type DeliverableFrame, type DeliverySpool } from './delivery.ts';
import { createRouteOutbox } from './route-outbox.ts';
import type { TargetList, TargetListChange } from './target-list.ts';

export interface LinkConnection {
  opened(transport: LinkTransport): void;
  text(text: string): void;
  heard(): void;
  /** Called once, whether it was ever open or not. */
  closed(code: number, reason: string): void;
}

/** Starts a connection; the result gives it up. */
export type LinkConnector = (url: string, connection: LinkConnection) => Cancel;

/** Where to go and whom to trust, as it is kept on disk. */
export interface ServerAddress {
  url: string;
  /** Undefined until the first contact. */
  serverId?: string | undefined;
  token?: string | undefined;
}

export interface AgentLinkOptions {
  identity: Identity;
  verifier: IdentityVerifier;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random: () => number;
  connect: LinkConnector;
  spool: DeliverySpool;
  targets: TargetList;
  /** Undefined while no server is known: asked again now and then. */
  server(): ServerAddress | undefined;
  /** The server's id at first contact, or the token being of no more use: to be kept. */
  serverLearned(server: ServerAddress): void;
  facts(): Promise<MachineFacts>;
  status(): AgentStatus;
  /** The server wants these traced at once. Absent: this agent traces nothing. */
  routesNow?(targetIds: number[]): void;
  /** Absent: this agent takes no load experiments. */
  experiments?: LinkExperiments;
  /** All peers: said whole at each connection. */
  peers(): PeersParams['put'];
  targetsChanged(change: TargetListChange): void;
  seedsChanged(seeds: string[]): void;
  stateChanged(state: LinkState): void;
}

export interface LinkExperiments {
  /** Throws a Problem when none can begin. */
  start(params: ExperimentStartParams): void;
  keepalive(id: number): void;
  stop(id: number): void;
  /** Nobody can stop them any more: they stop. */
  linkLost(): void;
}

export type LinkState = 'no-server' | 'connecting' | MachineState;

export interface AgentLink {
  readonly state: LinkState;
  /** A frame that was just spooled. */
  deliver(frame: DeliverableFrame): void;
  peersChanged(change: { put: PeersParams['put']; remove: string[] }): void;
  /** A round of traceroute is over; the last thousand wait while the link is down. */
  routeTraced(round: TraceRound): void;
  /** Rounds given up since the start. */
  readonly droppedRounds: number;
  /** What came of a load experiment; lost while the link is down. */
  experimentNews(news: ExperimentNews): void;
  /** What the machine can do has changed. */
  factsChanged(): void;
  stop(): void;
}

const STATUS_EVERY_MS = 5_000;
const LOOK_FOR_SERVER_EVERY_MS = 2_000;
/** A link that stood for so long was good: the next try after it is a first try again. */
const LASTED_MS = 10_000;
const MAX_PEERS_A_MESSAGE = 500;

export function createAgentLink(options: AgentLinkOptions): AgentLink {
  const { clock, log, random, targets } = options;
  const delivery = createDelivery({ spool: options.spool, clock });
  const routes = createRouteOutbox(clock, log);
  let state: LinkState = 'connecting';
  let stopped = false;
  let failures = 0;
  let factsChanges = 0;
  let factsSaid = 0;
  let session: AgentSession | undefined;
  let abandon: Cancel | undefined;
  let cancelRetry: Cancel | undefined;
  let cancelStatus: Cancel | undefined;

  const enter = (next: LinkState) => {
    if (state === next) return;
    state = next;
    options.stateChanged(next);
  };

  function sayPeers(): void {
    const all = options.peers();
    for (let at = 0; at === 0 || at < all.length; at += MAX_PEERS_A_MESSAGE) {
      const put = all.slice(at, at + MAX_PEERS_A_MESSAGE);
      session?.rpc?.notify('peers', { replace: at === 0, put, remove: [] } satisfies PeersParams);
    }
  }
  function sayFacts(): void {
    const to = session;
    if (!to || state !== 'approved') return;
    factsSaid = factsChanges;
    options.facts().then(
      (facts) => to.rpc?.notify('facts', facts),
      (error) => log.error({ err: error }, 'could not gather the facts of this machine'),
    );
  }
  const sayStatus = () => session?.rpc?.notify('status', options.status());

  /** Approved or no longer: starts and ends what only an approved agent does. */
  function stand(next: MachineState, transport: LinkTransport): void {
    const was = state;
    enter(next);
    if (next === 'approved') {
      if (was === 'approved') return;
      delivery.start({
        send: (bytes) => transport.sendBinary(bytes),
        bufferedBytes: () => transport.bufferedBytes(),
      });
      routes.start({
        say: (params) => session?.rpc?.notify('routes', params),
        bufferedBytes: () => transport.bufferedBytes(),
      });
      sayPeers();
      sayStatus();
      // What the sensor can do may have come out between the hello and now.
      if (factsSaid !== factsChanges) sayFacts();
      return;
    }
    delivery.pause();
    routes.pause();
    if (next !== 'rejected') return;
    // A machine that the administrator refuses probes nothing.
    const gone = targets.replace({ revision: 0, targets: [] });
    if (gone) options.targetsChanged(gone);
  }

  function learn(server: ServerAddress, serverId: string, keepToken: boolean): void {
    if (server.serverId === serverId && (keepToken || server.token === undefined)) return;
    if (server.serverId === undefined)
      log.warn(
        { url: server.url, serverId },
        'first contact: this server is trusted from now on; compare its fingerprint with the one it shows',
      );
    options.serverLearned({
      url: server.url,
      serverId,
      ...(keepToken && server.token !== undefined ? { token: server.token } : {}),
    });
  }

  function retry(delayMs: number): void {
    cancelRetry?.();
    cancelRetry = stopped ? undefined : clock.after(delayMs, start);
  }

  function start(): void {
    attempt().catch((error: unknown) => {
      log.error({ err: error }, 'could not try to connect');
      retry(reconnectDelayMs(failures++, random));
    });
  }

  async function attempt(): Promise<void> {
    const server = options.server();
    if (!server) {
      enter('no-server');
      retry(LOOK_FOR_SERVER_EVERY_MS);
      return;
    }
    if (state !== 'rejected') enter('connecting');
    factsSaid = factsChanges;
    const facts = await options.facts();
    if (stopped) return;
    let provenAtMs: number | undefined;
    let mine: AgentSession | undefined;

    const lost = (code: number, reason: string) => {
      mine?.end();
      session = undefined;
      abandon = undefined;
      cancelStatus?.();
      delivery.pause();
      routes.pause();
      options.experiments?.linkLost();
      targets.abandonPartial();
      if (stopped) return;
      const rejected = code === linkCloseCodes.rejected;
      if (provenAtMs !== undefined && clock.monoMs() - provenAtMs > LASTED_MS) failures = 0;
      // Two machines with one key would take each other's place without end.
      if (code === linkCloseCodes.replaced) failures += 5;
      const delayMs = rejected ? rejectedDelayMs(random) : reconnectDelayMs(failures++, random);
      log.info({ url: server.url, code, reason: reason.slice(0, 200), delayMs }, 'the link is down');
      enter(rejected ? 'rejected' : 'connecting');
      retry(delayMs);
    };

    abandon = options.connect(server.url, {
      opened(transport) {
        mine = createAgentSession({
          transport,
          identity: options.identity,
          verifier: options.verifier,
          clock,
          pinnedServerId: server.serverId,
          token: server.token,
          facts,
          events: {
            proven(serverId, result) {
              provenAtMs = clock.monoMs();
              session = mine;
              const waits = result.state === 'pending' || result.state === 'reauthenticate';
              learn(server, serverId, waits && result.tokenRefused === undefined);
              if (result.tokenRefused)
                log.warn({ reason: result.tokenRefused }, 'the join token approves nothing any more');
              log.info({ url: server.url, serverId, state: result.state }, 'the link stands');
              options.seedsChanged(result.seeds);
              cancelStatus = clock.every(STATUS_EVERY_MS, sayStatus);
              stand(result.state, transport);
            },
            state: (params) => stand(params.state, transport),
            seeds: options.seedsChanged,
            targetsReplace(params) {
              const change = targets.replace(params);
              if (change) options.targetsChanged(change);
            },
            targetsChange(params) {
              const change = targets.change(params);
              if (change) {
                options.targetsChanged(change);
                return;
              }
              mine?.rpc?.request('targets.resync').catch((problem: Problem) => {
                log.warn({ reason: problem.message }, 'could not ask for the targets anew');
              });
            },
            routesNow({ targetIds }) {
              if (state === 'approved') options.routesNow?.(targetIds);
            },
            samplesAck: (params) => delivery.acknowledged(params.epoch, params.ranges),
            experimentStart(params) {
              if (!options.experiments || state !== 'approved')
                throw new Problem('unavailable', 'This agent takes no load experiments now.');
              options.experiments.start(params);
            },
            experimentKeepalive: ({ id }) => options.experiments?.keepalive(id),
            experimentStop: ({ id }) => options.experiments?.stop(id),
            failed(problem) {
              log.warn(
                { url: server.url, reason: problem.message, remedy: problem.remedy },
                'the link failed',
              );
            },
          },
        });
      },
      text: (text) => mine?.receiveText(text),
      heard: () => mine?.heard(),
      closed: lost,
    });
  }

  start();

  return {
    get state() {
      return state;
    },
    deliver: (frame) => delivery.offer(frame),
    peersChanged({ put, remove }) {
      if (state === 'approved')
        session?.rpc?.notify('peers', { replace: false, put, remove } satisfies PeersParams);
    },
    routeTraced: (round) => routes.add(round),
    get droppedRounds() {
      return routes.dropped;
    },
    experimentNews(news) {
      if (state === 'approved') session?.rpc?.notify('experiment.result', news);
    },
    factsChanged() {
      factsChanges++;
      sayFacts();
    },
    stop() {
      stopped = true;
      cancelRetry?.();
      cancelStatus?.();
      delivery.pause();
      routes.pause();
      session?.end();
      abandon?.();
    },
  };
}
