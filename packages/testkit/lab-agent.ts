/** An agent's link with a real spool, without a sensor: the test says what was probed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@maille/base/clock';
import type { Identity } from '@maille/base/identity';
import { type Log, silentLog } from '@maille/base/log';
import {
  type AgentLink,
  createAgentLink,
  type LinkState,
  type ServerAddress,
} from '@maille/engine/link/agent-link';
import { createTargetList, type TargetList } from '@maille/engine/link/target-list';
import { createIdentity, createIdentityVerifier } from '@maille/host/identity';
import { connectWebSocket } from '@maille/host/link/connect-websocket';
import { openSpool, type Spool } from '@maille/host/spool/spool';
import type { MachineFacts } from '@maille/wire/link/messages';
import type { SampleBatch } from '@maille/wire/link/samples';
import type { Peer } from '@maille/wire/presence/peer';
import { labFacts } from './link-lab.ts';

export interface LabAgentOptions {
  server: ServerAddress;
  identity?: Identity;
  log?: Log;
  peers?: Peer[];
  facts?: MachineFacts;
  /** Kept when the agent stops; made and removed when not given. */
  folder?: string;
  /** Draws of the backoff's jitter; small ones make reconnects quick. */
  random?: () => number;
}

export interface LabAgent {
  readonly identity: Identity;
  readonly link: AgentLink;
  readonly spool: Spool;
  readonly targets: TargetList;
  readonly states: LinkState[];
  /** As it would be on disk. */
  readonly server: ServerAddress;
  readonly seeds: string[];
  /** Why links failed, as the log has it. */
  readonly failures: string[];
  /** Targets that the server wanted traced at once, in order. */
  readonly asked: number[];
  /** What a sensor would say. */
  sample(batch: SampleBatch): void;
  stop(): void;
}

export function createLabAgent(options: LabAgentOptions): LabAgent {
  const { identity = createIdentity() } = options;
  const log: Log = {
    ...(options.log ?? silentLog),
    warn(fields, message) {
      if (message === 'the link failed') failures.push(String(fields.reason));
      options.log?.warn(fields, message);
    },
  };
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'maille-agent-'));
  const spool = openSpool({
    folder: join(folder, 'spool'),
    clock: systemClock,
    log,
    bootId: '00'.repeat(16),
  });
  const targets = createTargetList({ revision: -1, targets: [] });
  const states: LinkState[] = [];
  const failures: string[] = [];
  const asked: number[] = [];
  const life = `lab-${Math.random().toString(36).slice(2)}`.slice(0, 22);
  let server = options.server;
  let seeds: string[] = [];
  let sequence = 0;
  const link = createAgentLink({
    identity,
    verifier: createIdentityVerifier(),
    clock: systemClock,
    log,
    random: options.random ?? (() => Math.random() / 10),
    connect: connectWebSocket,
    spool,
    targets,
    server: () => server,
    serverLearned(learned) {
      server = learned;
    },
    facts: async () => options.facts ?? labFacts,
    status: () => ({
      sensor: 'running',
      probing: 'raw',
      targets: targets.list().length,
      spooledBytes: spool.state().bytes,
      spooledSamples: spool.state().samples,
      droppedSamples: spool.state().droppedSamples,
      droppedPackets: 0,
      abandonedProbes: 0,
      unresolved: [],
    }),
    peers: () => options.peers ?? [],
    routesNow: (targetIds) => void asked.push(...targetIds),
    targetsChanged() {},
    seedsChanged(next) {
      seeds = next;
    },
    stateChanged: (state) => states.push(state),
  });
  return {
    identity,
    link,
    spool,
    targets,
    states,
    failures,
    asked,
    get server() {
      return server;
    },
    get seeds() {
      return seeds;
    },
    sample(batch) {
      const frame = spool.take({ life, sequence: ++sequence }, batch);
      if (frame) link.deliver(frame);
    },
    stop() {
      link.stop();
      spool.stop();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
