/**
 * One connection of the agent: the opening, then what both sides tell each other until it ends. Nothing
 * that the server says counts before it has proved its key.
 */
import { toBase64Url } from '@maille/base/bytes';
import type { Cancel, Clock } from '@maille/base/clock';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import { Problem } from '@maille/base/problem';
import {
  ExperimentIdParams,
  ExperimentStartParams,
  LINK_SILENCE_MS,
  type MachineFacts,
  ProveResult,
  RoutesNowParams,
  SamplesAckParams,
  SeedsParams,
  StateParams,
  TargetsChangeParams,
  TargetsReplaceParams,
} from '@maille/wire/link/messages';
import { withProbe } from '@maille/wire/probe-method';
import { checker } from '@maille/wire/schema';
import { createAgentHandshake } from './agent-handshake.ts';
import { createJsonRpcPeer, type JsonRpcPeer } from './json-rpc-peer.ts';

const proveResult = checker(ProveResult);
const stateParams = checker(StateParams);
const seedsParams = checker(SeedsParams);
const replaceParams = checker(TargetsReplaceParams);
const changeParams = checker(TargetsChangeParams);
const routesNowParams = checker(RoutesNowParams);
const ackParams = checker(SamplesAckParams);
const experimentStart = checker(ExperimentStartParams);
const experimentId = checker(ExperimentIdParams);

/** A connection that is open: TLS stands, the WebSocket too. */
export interface LinkTransport {
  /** RFC 9266 tls-exporter of this connection, base64url. */
  readonly channelBinding: string;
  sendText(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  bufferedBytes(): number;
  ping(): void;
  close(code: number, reason: string): void;
}

export interface SessionEvents {
  /** Server proved, agent proved. */
  proven(serverId: string, result: ProveResult): void;
  state(params: StateParams): void;
  seeds(seeds: string[]): void;
  targetsReplace(params: TargetsReplaceParams): void;
  targetsChange(params: TargetsChangeParams): void;
  samplesAck(params: SamplesAckParams): void;
  routesNow(params: RoutesNowParams): void;
  /** A request: a Problem that it throws is the answer. */
  experimentStart(params: ExperimentStartParams): void;
  experimentKeepalive(params: ExperimentIdParams): void;
  experimentStop(params: ExperimentIdParams): void;
  /** The server is not who it must be, or refuses this agent; the transport is closed. */
  failed(problem: Problem): void;
}

export interface AgentSessionOptions {
  transport: LinkTransport;
  identity: Identity;
  verifier: IdentityVerifier;
  clock: Clock;
  pinnedServerId: string | undefined;
  token: string | undefined;
  facts: MachineFacts;
  events: SessionEvents;
}

export interface AgentSession {
  receiveText(text: string): void;
  /** Anything came in, pings too. */
  heard(): void;
  /** Undefined until both sides are proven. */
  readonly rpc: JsonRpcPeer | undefined;
  end(): void;
}

const PING_EVERY_MS = LINK_SILENCE_MS / 3;

export function createAgentSession(options: AgentSessionOptions): AgentSession {
  const { transport, clock, events } = options;
  let serverProved = false;
  let proven = false;
  let ended = false;
  let heardAtMs = clock.monoMs();

  const fail = (problem: Problem, code: number) => {
    if (ended) return;
    end();
    transport.close(code, problem.message.slice(0, 120));
    events.failed(problem);
  };
  /** A notification of a server that is not proved yet is a stranger's: it ends the connection. */
  const proved =
    <T>(check: (value: unknown) => T, take: (params: T) => void) =>
    (params: unknown) => {
      if (!serverProved) throw new Problem('forbidden', 'The server speaks before it has proved its key.');
      take(check(params));
    };

  const rpc = createJsonRpcPeer({
    clock,
    send: (text) => transport.sendText(text),
    methods: {
      state: proved((params) => stateParams.check(params, 'state'), events.state),
      seeds: proved((params) => seedsParams.check(params, 'seeds').seeds, events.seeds),
      'targets.replace': proved(
        (params) => replaceParams.check(withProbeIn(params, 'targets'), 'targets.replace'),
        events.targetsReplace,
      ),
      'targets.change': proved(
        (params) => changeParams.check(withProbeIn(params, 'put'), 'targets.change'),
        events.targetsChange,
      ),
      'routes.now': proved((params) => routesNowParams.check(params, 'routes.now'), events.routesNow),
      'samples.ack': proved((params) => ackParams.check(params, 'samples.ack'), events.samplesAck),
      'experiment.start': proved(
        (params) => experimentStart.check(params, 'experiment.start'),
        events.experimentStart,
      ),
      'experiment.keepalive': proved(
        (params) => experimentId.check(params, 'experiment.keepalive'),
        events.experimentKeepalive,
      ),
      'experiment.stop': proved(
        (params) => experimentId.check(params, 'experiment.stop'),
        events.experimentStop,
      ),
    },
    onFault: (problem) => fail(problem, 4400),
  });

  const stopPinging: Cancel = clock.every(PING_EVERY_MS, () => {
    if (clock.monoMs() - heardAtMs > LINK_SILENCE_MS)
      fail(new Problem('unavailable', `The server was silent for ${LINK_SILENCE_MS} ms.`), 4408);
    else transport.ping();
  });

  function end(): void {
    if (ended) return;
    ended = true;
    stopPinging();
    rpc.close(new Problem('unavailable', 'The link is closed.'));
  }

  async function open(): Promise<void> {
    const handshake = createAgentHandshake({
      identity: options.identity,
      verifier: options.verifier,
      pinnedServerId: options.pinnedServerId,
      channelBinding: transport.channelBinding,
      nonce: toBase64Url(crypto.getRandomValues(new Uint8Array(16))),
    });
    const hello = await rpc.request('hello', handshake.hello());
    const { serverId, params } = handshake.prove(hello, options.facts, options.token);
    serverProved = true;
    const result = proveResult.check(await rpc.request('prove', params), "the server's answer to prove");
    if (ended) return;
    proven = true;
    events.proven(serverId, result);
  }

  open().catch((error: unknown) => {
    fail(
      error instanceof Problem
        ? error
        : new Problem('internal', 'The opening of the link failed.', { cause: error }),
      4403,
    );
  });

  return {
    receiveText(text) {
      if (!ended) rpc.receive(text);
    },
    heard() {
      heardAtMs = clock.monoMs();
    },
    get rpc() {
      return proven && !ended ? rpc : undefined;
    },
    end,
  };
}

/** What an older server leaves out of targets. */
function withProbeIn(params: unknown, field: 'targets' | 'put'): unknown {
  withProbe((params as Record<string, unknown> | null | undefined)?.[field]);
  return params;
}
