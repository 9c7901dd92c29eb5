/** A server's link and agents of it, in one process, over real TLS on loopback. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openServerCertificate } from '@maille/api/certificates/server-certificate';
import { createLinkEndpoint, type LinkEndpoint } from '@maille/api/link/link-endpoint';
import type { LinkTargets } from '@maille/api/link/target-feed';
import { createMachineRegistry, type MachineRegistry } from '@maille/api/machines/machine-registry';
import { isProbedBy } from '@maille/api/targets/is-probed-by';
import { probeTargetOf } from '@maille/api/targets/target-registry';
import { systemClock } from '@maille/base/clock';
import type { Identity } from '@maille/base/identity';
import { type Log, silentLog } from '@maille/base/log';
import { createIdentity, createIdentityVerifier } from '@maille/host/identity';
import type { Bus } from '@maille/store/bus/bus';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import type { SeriesStore } from '@maille/store/series/series-store';
import { agentAbilities, type MachineFacts } from '@maille/wire/link/messages';
import { createSampleBatch, type SampleBatch } from '@maille/wire/link/samples';
import type { Machine } from '@maille/wire/rest/machines';
import { defaultSettings } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import { createRecordingSeries, type RecordingSeries } from './recording-series.ts';

export interface LinkLabOptions {
  log?: Log;
  localAgentId?: string;
  /** In place of the recording one. */
  series?: Pick<SeriesStore, 'append'>;
  seeds?: string[];
}

export interface LinkLab {
  readonly folder: string;
  readonly port: number;
  readonly url: string;
  readonly identity: Identity;
  readonly registry: MachineRegistry;
  readonly bus: Bus;
  readonly endpoint: LinkEndpoint;
  readonly series: RecordingSeries;
  readonly certificate: { key: string; cert: string };
  /** Replaces all targets, as an operator would. */
  setTargets(targets: Target[]): void;
  /** Changes the setting, as an administrator would. */
  setSeeds(seeds: string[]): void;
  /** Ends every connection without a word, and takes new ones on the same port. */
  drop(): void;
  stop(): Promise<void>;
}

export const labFacts: MachineFacts = {
  hostname: 'lab',
  os: 'Debian GNU/Linux 13',
  kernel: '6.12',
  architecture: 'x64',
  virtualization: 'none',
  cpus: 2,
  memoryBytes: 1e9,
  bootedAtMs: 0,
  addresses: ['127.0.0.1'],
  gateways: [],
  resolvers: [],
  version: '0.1.0',
  abilities: [...agentAbilities],
  findings: [],
};

export const labMachine = (number: number, more: Partial<Machine> = {}): Machine => ({
  id: String(number).padStart(32, '0'),
  agentNumber: number,
  label: `m${number}`,
  tags: [],
  state: 'approved',
  connected: true,
  connectedChangedAtMs: 0,
  firstSeenMs: 0,
  lastSeenMs: 0,
  facts: labFacts,
  ...more,
});

export const labTarget = (id: number, more: Partial<Target> = {}): Target => ({
  id,
  host: `127.0.${id >> 8}.${id & 255}`,
  probe: 'icmp',
  prefix: `127.0.${id >> 8}.0/24`,
  label: '',
  tags: [],
  teamId: null,
  agents: { by: 'all' },
  intervalMs: 1_000,
  timeoutMs: 1_000,
  traceroute: null,
  createdAtMs: 0,
  createdBy: 'lab',
  ...more,
});

/** A batch of one sample a target, all sent at this time. */
export function labBatch(targetIds: readonly number[], sentAtMs: number): SampleBatch {
  const batch = createSampleBatch(targetIds.length, sentAtMs);
  targetIds.forEach((id, i) => {
    batch.targetIds[i] = id;
    batch.offsetsUs[i] = i;
    batch.rtts10ns[i] = 1_000 + i;
  });
  batch.count = targetIds.length;
  return batch;
}

export async function createLinkLab(options: LinkLabOptions = {}): Promise<LinkLab> {
  const { log = silentLog } = options;
  const folder = mkdtempSync(join(tmpdir(), 'maille-link-'));
  const identity = createIdentity();
  const verifier = createIdentityVerifier();
  const clock = systemClock;
  const database = await openSqliteDatabase(join(folder, 'maille.sqlite'), log);
  const bus = createLocalBus(log);
  const { localAgentId } = options;
  const registry = await createMachineRegistry({
    database,
    bus,
    clock,
    verifier,
    log,
    ...(localAgentId === undefined ? {} : { localAgentId }),
  });
  let seeds = options.seeds ?? [];
  const recording = createRecordingSeries();
  const targets = createLabTargets(bus);
  const endpoint = createLinkEndpoint({
    identity,
    verifier,
    registry,
    targets,
    series: options.series ?? recording,
    bus,
    clock,
    log,
    seeds: () => seeds,
  });
  const { keyPem, chainPem } = await openServerCertificate({
    folder: join(folder, 'tls'),
    names: ['localhost'],
    clock,
  });
  const certificate = { key: keyPem, cert: chainPem };
  const sockets = new Set<Socket>();
  const server: Server = createServer(certificate);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    endpoint.handleUpgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };

  return {
    folder,
    port,
    url: `wss://127.0.0.1:${port}/link`,
    identity,
    registry,
    bus,
    endpoint,
    series: recording,
    certificate,
    setTargets: targets.set,
    setSeeds(next) {
      seeds = next;
      bus.publish('settings', { ...defaultSettings, presenceSeeds: next });
    },
    drop,
    async stop() {
      await endpoint.stop();
      drop();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await registry.stop();
      await bus.stop();
      await database.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function createLabTargets(bus: Bus): LinkTargets & { set(targets: Target[]): void } {
  let targets = new Map<number, Target>();
  let revision = 1;
  return {
    list: () => ({ revision, targets: [...targets.values()] }),
    get: (id) => targets.get(id),
    forAgent: (machine) =>
      [...targets.values()]
        .filter((target) => machine.state === 'approved' && isProbedBy(target, machine))
        .map((target) => probeTargetOf(target)),
    probeTarget: (target) => probeTargetOf(target),
    set(list) {
      const next = new Map(list.map((target) => [target.id, target]));
      const remove = [...targets.keys()].filter((id) => !next.has(id));
      const put = list.filter((target) => targets.get(target.id) !== target);
      targets = next;
      const baseRevision = revision++;
      bus.publish('targets', { baseRevision, revision, put, remove });
    },
  };
}
