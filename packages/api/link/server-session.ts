/**
 * One agent's connection, the server's side: the opening, then its samples and messages in, and state,
 * targets and acknowledgements out. Before the proof nothing but `hello` and `prove` has an answer;
 * before the approval nothing that is said has an effect.
 */
import { toBase64Url } from '@maille/base/bytes';
import type { Cancel, Clock } from '@maille/base/clock';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { createSequenceSet, type SequenceSet } from '@maille/base/sequence-set';
import { createJsonRpcPeer } from '@maille/engine/link/json-rpc-peer';
import { createServerHandshake } from '@maille/engine/link/server-handshake';
import type { BusTopics } from '@maille/store/bus/bus';
import type { ExperimentNews } from '@maille/wire/experiment';
import {
  AgentStatus,
  ExperimentResultParams,
  LINK_SILENCE_MS,
  type LinkCloseReason,
  linkCloseCodes,
  MachineFacts,
  type MachineState,
  PeersParams,
  type ProveResult,
  RoutesParams,
} from '@maille/wire/link/messages';
import type { Machine } from '@maille/wire/rest/machines';
import { checker } from '@maille/wire/schema';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import type { RouteIntake } from './route-intake.ts';
import type { SampleIntake } from './sample-intake.ts';
import { createTargetFeed, type LinkTargets } from './target-feed.ts';

const statusChecker = checker(AgentStatus);
const peersChecker = checker(PeersParams);
const factsChecker = checker(MachineFacts);
const routesChecker = checker(RoutesParams);
const experimentChecker = checker(ExperimentResultParams);

export interface SessionTransport {
  readonly channelBinding: string;
  readonly remoteAddress: string;
  sendText(text: string): void;
  bufferedBytes(): number;
  ping(): void;
  close(code: number, reason: string): void;
}

export interface ServerSessionOptions {
  transport: SessionTransport;
  identity: Identity;
  verifier: IdentityVerifier;
  registry: MachineRegistry;
  targets: LinkTargets;
  intake: SampleIntake;
  routes: RouteIntake;
  clock: Clock;
  log: Log;
  seeds(): string[];
  /** An agent was turned away because it speaks another version of the link. */
  otherVersion?(address: string, version: number): void;
  /** What came of a load experiment of that machine. */
  experimentNews(machineId: string, news: ExperimentNews): void;
  /** The agent has proved its key. */
  proven(agentId: string): void;
  /** It proved its key and was gone before that was written down. */
  vanished(agentId: string): void;
}

export interface ServerSession {
  readonly agentId: string | undefined;
  readonly approved: boolean;
  receiveText(text: string): void;
  receiveBinary(bytes: Uint8Array): void;
  heard(): void;
  stateChanged(state: MachineState): void;
  seedsChanged(): void;
  machineChanged(machine: Machine): void;
  targetsChanged(change: BusTopics['targets']): void;
  /** Asks an approved agent; fails with its Problem, or with one of ours. */
  ask(method: string, params: unknown): Promise<unknown>;
  say(method: string, params: unknown): void;
  close(reason: LinkCloseReason, message: string): void;
  /** The connection is gone. */
  ended(): void;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
const PING_EVERY_MS = LINK_SILENCE_MS / 3;
const ACK_EVERY_MS = 100;
/** Bound of the message; more ranges than this go at once. */
const MAX_ACK_RANGES = 4_096;
/** An agent that does not read what it is told is cut off, before it costs memory. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

export function createServerSession(options: ServerSessionOptions): ServerSession {
  const { transport, clock, log, registry, intake } = options;
  const acks = new Map<string, SequenceSet>();
  let machine: Machine | undefined;
  let over = false;
  let heardAtMs = clock.monoMs();
  let cancelAck: Cancel | undefined;
  const approved = () => !over && machine?.state === 'approved';

  const close = (reason: LinkCloseReason, message: string) => {
    if (over) return;
    ended();
    transport.close(linkCloseCodes[reason], message.slice(0, 120));
  };
  const send = (text: string) => {
    if (transport.bufferedBytes() > MAX_BUFFERED_BYTES) close('protocol', 'what is sent is not read');
    else transport.sendText(text);
  };
  /** Said by an agent that is not approved: let pass without effect, for it may not know yet. */
  const fromApproved =
    <T>(check: (value: unknown) => T, take: (id: string, params: T) => void) =>
    (params: unknown) => {
      if (machine && approved()) take(machine.id, check(params));
      else requireProof();
    };
  function requireProof(): void {
    if (!machine) throw new Problem('unauthenticated', 'Say hello and prove your key first.');
  }

  const handshake = createServerHandshake({
    identity: options.identity,
    verifier: options.verifier,
    channelBinding: transport.channelBinding,
    nonce: toBase64Url(crypto.getRandomValues(new Uint8Array(16))),
    onOtherVersion: (version) => options.otherVersion?.(transport.remoteAddress, version),
  });

  const rpc = createJsonRpcPeer({
    clock,
    send,
    methods: {
      hello: (params) => refusing('protocol', () => handshake.hello(params)),
      prove,
      'targets.resync'() {
        requireProof();
        if (machine && approved()) feed.sendAll(machine);
      },
      status: fromApproved((params) => statusChecker.check(params, 'status'), registry.status),
      peers: fromApproved((params) => peersChecker.check(params, 'peers'), registry.seesPeers),
      facts: fromApproved((params) => factsChecker.check(params, 'facts'), registry.facts),
      routes: fromApproved(
        (params) => routesChecker.check(params, 'routes'),
        (_, params) => options.routes.receive((machine as Machine).agentNumber, params),
      ),
      'experiment.result': fromApproved(
        (params) => experimentChecker.check(params, 'experiment.result'),
        options.experimentNews,
      ),
    },
    onFault: (problem) => close('protocol', problem.message),
    maxIncoming: 8,
  });
  const feed = createTargetFeed({
    targets: options.targets,
    replace: (params) => rpc.notify('targets.replace', params),
    change: (params) => rpc.notify('targets.change', params),
  });

  const cancelHandshake = clock.after(HANDSHAKE_TIMEOUT_MS, () => {
    if (!machine) close('protocol', 'no proof in time');
  });
  const cancelPing = clock.every(PING_EVERY_MS, () => {
    if (clock.monoMs() - heardAtMs > LINK_SILENCE_MS) close('silent', 'nothing was heard');
    else transport.ping();
  });

  /** A stranger gets the error, then the door. */
  async function refusing<T>(reason: LinkCloseReason, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const message = error instanceof Problem ? error.message : 'something went wrong here';
      if (!(error instanceof Problem)) log.error({ err: error }, 'the opening of a link failed');
      // After the answer, which is sent when this promise has settled.
      clock.after(0, () => close(reason, message));
      throw error;
    }
  }

  async function prove(params: unknown): Promise<ProveResult> {
    const agent = await refusing('wrong-proof', () => handshake.prove(params));
    const admission = await refusing('protocol', () => registry.admit(agent, transport.remoteAddress));
    if (over) {
      options.vanished(agent.agentId);
      throw new Problem('unavailable', 'The link is closed.');
    }
    machine = admission.machine;
    cancelHandshake();
    options.proven(agent.agentId);
    // Once the answer is out: the agent knows its state before it hears of targets.
    clock.after(0, () => stand());
    return {
      state: machine.state,
      serverTimeMs: clock.wallMs(),
      seeds: options.seeds(),
      ...(admission.tokenRefused === undefined ? {} : { tokenRefused: admission.tokenRefused }),
    };
  }

  function stand(): void {
    if (machine && approved()) feed.sendAll(machine);
    else if (machine?.state === 'rejected') close('rejected', 'the administrator has rejected this machine');
  }

  function flushAcks(): void {
    cancelAck = undefined;
    for (const [epoch, set] of acks) {
      const ranges = set.ranges();
      for (let at = 0; at < ranges.length; at += MAX_ACK_RANGES)
        rpc.notify('samples.ack', { epoch, ranges: ranges.slice(at, at + MAX_ACK_RANGES) });
    }
    acks.clear();
  }

  function ended(): void {
    if (over) return;
    over = true;
    cancelHandshake();
    cancelPing();
    cancelAck?.();
    rpc.close(new Problem('unavailable', 'The link is closed.'));
  }

  return {
    get agentId() {
      return machine?.id;
    },
    get approved() {
      return approved();
    },
    receiveText(text) {
      if (!over) rpc.receive(text);
    },
    receiveBinary(bytes) {
      if (over) return;
      if (!machine) close('protocol', 'samples before the proof');
      if (!machine || !approved()) return;
      let kept: ReturnType<SampleIntake['receive']>;
      try {
        kept = intake.receive(machine.agentNumber, bytes);
      } catch (error) {
        log.warn({ machineId: machine.id, err: error }, 'an agent sent a frame that is none');
        close('protocol', error instanceof Problem ? error.message : 'a frame that is none');
        return;
      }
      if (!kept) return;
      let set = acks.get(kept.epoch);
      if (!set) {
        set = createSequenceSet();
        acks.set(kept.epoch, set);
      }
      set.add(kept.sequence);
      if (set.rangeCount >= MAX_ACK_RANGES) flushAcks();
      else cancelAck ??= clock.after(ACK_EVERY_MS, flushAcks);
    },
    heard() {
      heardAtMs = clock.monoMs();
    },
    stateChanged(state) {
      if (over || !machine) return;
      machine = { ...machine, state };
      rpc.notify('state', { state });
      stand();
      // Proving anew takes a new connection.
      if (state === 'reauthenticate') close('stopping', 'prove your key anew');
    },
    seedsChanged() {
      if (!over && machine) rpc.notify('seeds', { seeds: options.seeds() });
    },
    machineChanged(next) {
      const before = machine;
      if (over || !before) return;
      machine = { ...next, state: before.state };
      if (before.tags.join() !== next.tags.join() && approved()) feed.sendDifference(machine);
    },
    async ask(method, params) {
      if (!approved()) throw new Problem('unavailable', 'This machine is not there.');
      return rpc.request(method, params);
    },
    say(method, params) {
      if (approved()) rpc.notify(method, params);
    },
    targetsChanged(change) {
      if (machine && approved()) feed.sendChange(machine, change);
    },
    close,
    ended,
  };
}
