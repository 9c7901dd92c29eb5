/**
 * The fuzzing of the link: frames mutated from valid ones, said by strangers, by agents that wait and by
 * agents that are approved, straight into server sessions of one endpoint's parts, so that a million take
 * minutes. An honest agent's samples go through the same intake, and must all arrive.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRouteIntake } from '@maille/api/link/route-intake';
import { createSampleIntake } from '@maille/api/link/sample-intake';
import { createServerSession, type ServerSession } from '@maille/api/link/server-session';
import type { MachineRegistry } from '@maille/api/machines/machine-registry';
import { toBase64Url, toHex } from '@maille/base/bytes';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import { silentLog } from '@maille/base/log';
import { createAgentHandshake } from '@maille/engine/link/agent-handshake';
import { createTargetTraces } from '@maille/engine/trace/target-traces';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { encodeSampleFrame } from '@maille/wire/link/sample-frame';
import type { Machine } from '@maille/wire/rest/machines';
import { createFakeClock } from './fake-clock.ts';
import { labBatch, labFacts, labTarget } from './link-lab.ts';
import { createFrameMutator } from './mutate-link-frame.ts';
import { createRecordingSeries } from './recording-series.ts';

interface OpenSession {
  session: ServerSession;
  /** By the server: what follows would not be looked at. */
  closed: boolean;
}

export interface FuzzReport {
  frames: number;
  sessions: number;
  closedByServer: number;
  answers: number;
  heapBeforeBytes: number;
  heapAfterBytes: number;
  /** Samples of the honest agent that did not arrive. */
  honestLost: number;
  /** Samples kept of targets that do not exist. */
  invented: number;
}

const TARGETS = 50;
const FRAMES_A_SESSION = 50;
const HONEST_EVERY = 500;

export async function fuzzLink({ frames, seed }: { frames: number; seed: number }): Promise<FuzzReport> {
  const mutator = createFrameMutator(seed);
  const series = createRecordingSeries();
  const bus = createLocalBus(silentLog);
  const clock = createFakeClock();
  const targets = Array.from({ length: TARGETS }, (_, i) => labTarget(i + 1));
  const lab = {
    identity: createCheapIdentity(0),
    verifier: cheapVerifier,
    clock,
    log: silentLog,
    targets: {
      list: () => ({ revision: 1, targets }),
      get: (id: number) => targets[id - 1],
      forAgent: () => targets,
      probeTarget: (target: (typeof targets)[number]) => target,
    },
    routes: createRouteIntake({
      bus,
      clock,
      traces: createTargetTraces(silentLog, clock.wallMs),
      knowsTarget: (id) => id >= 1 && id <= TARGETS,
    }),
    intake: createSampleIntake({
      series,
      bus,
      clock,
      log: silentLog,
      traces: createTargetTraces(silentLog, clock.wallMs),
      knowsTarget: (id) => id >= 1 && id <= TARGETS,
    }),
  };
  const report: FuzzReport = {
    frames: 0,
    sessions: 0,
    closedByServer: 0,
    answers: 0,
    heapBeforeBytes: 0,
    heapAfterBytes: 0,
    honestLost: 0,
    invented: 0,
  };

  /** A session as far open as asked. */
  async function open(state: 'stranger' | 'pending' | 'approved', agentNumber: number): Promise<OpenSession> {
    report.sessions++;
    const identity = createCheapIdentity(report.sessions);
    const said: string[] = [];
    const opened = { closed: false };
    const registry = stubRegistry({
      state: state === 'stranger' ? 'pending' : state,
      agentNumber,
      id: identity.id,
    });
    const session = createServerSession({
      ...lab,
      registry,
      seeds: () => [],
      experimentNews() {},
      proven() {},
      vanished() {},
      transport: {
        channelBinding: 'fuzz',
        remoteAddress: '192.0.2.1',
        sendText(text) {
          report.answers++;
          if (said.length < 2) said.push(text);
        },
        bufferedBytes: () => 0,
        ping() {},
        close() {
          report.closedByServer++;
          opened.closed = true;
        },
      },
    });
    const whole: OpenSession = Object.assign(opened, { session });
    if (state === 'stranger') return whole;
    const handshake = createAgentHandshake({
      identity,
      verifier: lab.verifier,
      pinnedServerId: lab.identity.id,
      channelBinding: 'fuzz',
      nonce: 'n'.repeat(22),
    });
    session.receiveText(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'hello', params: handshake.hello() }),
    );
    await settle();
    const { params } = handshake.prove(JSON.parse(said[0] as string).result, labFacts);
    session.receiveText(JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'prove', params }));
    await settle();
    return whole;
  }

  const { session: honest } = await open('approved', 1);
  let sequence = 0;
  let honestSamples = 0;
  const states = ['stranger', 'pending', 'approved', 'approved'] as const;
  const measureAt = Math.floor(frames / 5);
  while (report.frames < frames) {
    const opened = await open(states[report.sessions % states.length] as 'stranger', 2);
    const { session } = opened;
    for (let i = 0; i < FRAMES_A_SESSION && report.frames < frames && !opened.closed; i++) {
      const frame = mutator.next();
      if (typeof frame === 'string') session.receiveText(frame);
      else session.receiveBinary(frame);
      report.frames++;
      if (report.frames === measureAt) report.heapBeforeBytes = usedHeap(series);
      if (report.frames % HONEST_EVERY === 0) {
        const batch = labBatch([1, 2, 3], ++sequence * 1_000);
        honest.receiveBinary(encodeSampleFrame({ epoch: 'ab'.repeat(8), sequence, backlog: false, batch }));
        honestSamples += series.stored.size;
        report.honestLost +=
          3 - [1, 2, 3].filter((id, at) => series.stored.has(`${id}@${sequence * 1_000_000 + at}`)).length;
        for (const key of series.stored.keys()) {
          const id = Number(key.split('@')[0]);
          if (id < 1 || id > TARGETS) report.invented++;
        }
        series.stored.clear();
        series.arrivals.length = 0;
        // Time for what waits: acknowledgements, the handshake's bound, the pings.
        honest.heard();
        await clock.advance(1_000);
      }
      if (typeof frame === 'string') await settle();
    }
    session.ended();
    await settle();
  }
  honest.ended();
  if (honestSamples === 0) report.honestLost++;
  report.heapAfterBytes = usedHeap(series);
  return report;
}

/** Real signatures would be most of the work, and are not what is fuzzed here. */
function cheapSignature(message: Uint8Array): Uint8Array {
  const out = new Uint8Array(64);
  for (let i = 0; i < message.length; i++)
    out[i % 64] = ((out[i % 64] as number) * 31 + (message[i] as number)) & 255;
  return out;
}
function createCheapIdentity(number: number): Identity {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(0, number);
  const publicKey = toBase64Url(key);
  return { id: cheapVerifier.idOf(publicKey) as string, publicKey, sign: cheapSignature };
}
const cheapVerifier: IdentityVerifier = {
  idOf: (publicKey) => toHex(cheapSignature(new TextEncoder().encode(publicKey))).slice(0, 32),
  verify: (_publicKey, message, signature) => toHex(signature) === toHex(cheapSignature(message)),
};

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function usedHeap(series: { stored: Map<string, number> }): number {
  series.stored.clear();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

function stubRegistry(machine: Pick<Machine, 'state' | 'agentNumber' | 'id'>): MachineRegistry {
  const whole: Machine = {
    ...machine,
    label: '',
    tags: [],
    connected: true,
    connectedChangedAtMs: 0,
    firstSeenMs: 0,
    lastSeenMs: 0,
    facts: labFacts,
  };
  const none = () => {
    throw new Error('not asked for');
  };
  return {
    list: () => [whole],
    get: () => whole,
    approve: none,
    reject: none,
    reauthenticate: none,
    change: none,
    forget: none,
    peers: () => [],
    createJoinToken: none,
    listJoinTokens: none,
    deleteJoinToken: none,
    admit: async () => ({ machine: whole }),
    disconnected() {},
    status() {},
    seesPeers() {},
    facts() {},
    stop: async () => {},
  };
}
