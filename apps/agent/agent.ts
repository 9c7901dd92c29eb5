/** An agent: its parts, wired. Works without a server and without a sensor, and finds each again by itself. */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@maille/base/clock';
import { createLifecycle, type Part, type StopReport } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { createAgentLink, type ServerAddress } from '@maille/engine/link/agent-link';
import { createTargetList } from '@maille/engine/link/target-list';
import { createTargetTraces } from '@maille/engine/trace/target-traces';
import { inspectHost } from '@maille/host/doctor/inspect-host';
import { createIdentityVerifier, openIdentity } from '@maille/host/identity';
import { connectWebSocket } from '@maille/host/link/connect-websocket';
import { gatherMachineFacts } from '@maille/host/machine-facts/machine-facts';
import { createSensorClient, type SensorClient, type SensorHello } from '@maille/host/sensor/sensor-client';
import { openSpool } from '@maille/host/spool/spool';
import { holdFolder } from '@maille/host/start/hold-folder';
import type { AgentStatus, Finding } from '@maille/wire/link/messages';
import { createAgentExperiments } from './agent-experiments.ts';
import { type PresenceSettings, startPresence } from './agent-presence.ts';
import { createSensorTotals } from './sensor-totals.ts';
import { createServerBook } from './server-file.ts';
import { createTargetAddresses } from './target-addresses.ts';
import { createTargetsFile } from './targets-file.ts';

export interface AgentOptions {
  dataDir: string;
  /** Where the sensor's socket is. */
  runDir: string;
  /** Undefined: what agent/server.json says. */
  server?: ServerAddress;
  /** Undefined: this agent says nothing on the LAN. */
  presence?: PresenceSettings;
  version: string;
  clock: Clock;
  log: Log;
  spoolMaxBytes?: number;
}

export interface Agent {
  readonly agentId: string;
  stop(): Promise<StopReport>;
}

/** A sensor that has not shown itself by then is missing, not starting. */
const SENSOR_START_MS = 15_000;
const WATCH_SPOOL_EVERY_MS = 5_000;

export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { dataDir, runDir, clock, log, version } = options;
  const startedAtMs = clock.monoMs();
  const lifecycle = createLifecycle();
  lifecycle.add('data folder', await holdOwnFolder(join(dataDir, 'agent')));
  const identity = openIdentity(join(dataDir, 'identity', 'agent.key'));
  const verifier = createIdentityVerifier();
  const spool = lifecycle.add(
    'spool',
    openSpool({
      folder: join(dataDir, 'agent', 'spool'),
      clock,
      log,
      bootId: readBootId(),
      ...(options.spoolMaxBytes === undefined ? {} : { maxBytes: options.spoolMaxBytes }),
    }),
  );
  const targetsFile = lifecycle.add(
    'target list',
    createTargetsFile(join(dataDir, 'agent', 'targets.json'), clock, log),
  );
  const kept = targetsFile.read();
  // No revision of the server's: it says the whole list at the next connection anyway.
  const targets = createTargetList({ revision: -1, targets: kept });
  const servers = createServerBook(join(dataDir, 'agent', 'server.json'), options.server, log);

  let sensor: SensorClient | undefined;
  let hello: SensorHello | undefined;
  const totals = createSensorTotals();
  const traces = createTargetTraces(log, clock.wallMs);
  traces.replace(kept);
  const addresses = lifecycle.add(
    'names',
    createTargetAddresses({
      clock,
      lookup: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
      apply(put, remove) {
        for (const { id, address } of put)
          traces.tell(id, { address }, 'the agent asks its sensor for a target');
        sensor?.change(put, remove);
      },
    }),
  );
  const presence = await startPresence(options.presence, {
    identity,
    verifier,
    clock,
    version,
    log,
    hostname: hostname(),
  });

  function status(): AgentStatus {
    const { bytes, samples, droppedSamples } = spool.state();
    const waiting = clock.monoMs() - startedAtMs < SENSOR_START_MS ? 'starting' : 'absent';
    return {
      sensor: sensor?.connected ? 'running' : waiting,
      probing: (sensor?.connected && hello?.probing) || 'none',
      targets: targets.list().length,
      spooledBytes: bytes,
      spooledSamples: samples,
      droppedSamples: droppedSamples + totals.droppedSamples,
      droppedPackets: totals.droppedPackets,
      droppedRounds: link.droppedRounds,
      abandonedProbes: totals.abandonedProbes,
      unresolved: addresses.unresolved(),
    };
  }

  async function findings(): Promise<Finding[]> {
    const fromHost = await inspectHost({
      dataDir,
      ...(sensor?.connected && hello ? { probing: hello.probing } : {}),
    });
    const own = [
      ...(hello?.findings ?? []),
      ...presence.findings,
      ...spoolFindings(spool.state().diskProblem),
    ];
    const ids = new Set(own.map(({ id }) => id));
    return [...own, ...fromHost.filter(({ id }) => !ids.has(id))];
  }

  const experiments = createAgentExperiments(
    () => sensor,
    () => sensor?.connected === true && hello?.probing !== 'none',
    () => hello?.ownPrefixes,
    (news) => link.experimentNews(news),
  );
  const link = lifecycle.add(
    'link',
    createAgentLink({
      identity,
      verifier,
      clock,
      log,
      random: Math.random,
      connect: connectWebSocket,
      spool,
      targets,
      server: () => servers.current(),
      serverLearned: (server) => servers.learned(server),
      facts: () => gatherMachineFacts({ version, findings }),
      status,
      experiments,
      routesNow(targetIds) {
        sensor?.traceNow(targetIds);
      },
      peers: () => presence.peers(),
      targetsChanged({ put, remove }) {
        traces.change(put, remove);
        for (const { id, host, intervalMs } of put)
          traces.tell(id, { host, intervalMs }, 'the agent is told of a target');
        addresses.change(put, remove);
        targetsFile.changed(() => targets.list());
      },
      seedsChanged: (seeds) => presence.setSeeds(seeds),
      stateChanged: (state) => log.info({ state }, 'where this agent stands with its server'),
    }),
  );
  lifecycle.add('presence', presence);
  const unsubscribe = presence.subscribe((change) => link.peersChanged(change));
  lifecycle.add('peers to the link', { stop: unsubscribe });

  sensor = lifecycle.add(
    'sensor client',
    createSensorClient({
      path: join(runDir, 'sensor.sock'),
      clock,
      log,
      onHello(report) {
        totals.hello(report.life);
        hello = report;
        log.info({ probing: report.probing }, 'the sensor is there');
        link.factsChanged();
      },
      onCounters: (report) => totals.counters(report),
      onRoute(round) {
        const { targetId, atMs, method } = round;
        traces.tell(targetId, { atMs, method }, 'the agent hands on a traced route');
        link.routeTraced(round);
      },
      onExperiment: experiments.news,
      onSamples({ life, sequence, batch }) {
        const frame = spool.take({ life, sequence }, batch);
        sensor?.ack(sequence);
        const place = frame ? { epoch: frame.epoch, frame: frame.sequence } : {};
        traces.tellSamples(batch, { life, sequence, ...place }, 'the agent keeps a sample for its server');
        if (frame) link.deliver(frame);
      },
      onLost() {
        log.warn({}, 'the sensor is gone; waiting for it to come back');
        experiments.sensorLost();
      },
    }),
  );
  addresses.change(kept, []);

  // A disk that fills up, or has room again, is one of the things that the server shows of a machine.
  let toldProblem = spool.state().diskProblem;
  const cancelWatch = clock.every(WATCH_SPOOL_EVERY_MS, () => {
    const { diskProblem } = spool.state();
    if (diskProblem === toldProblem) return;
    toldProblem = diskProblem;
    link.factsChanged();
  });
  lifecycle.add('watch over the spool', { stop: cancelWatch });

  return { agentId: identity.id, stop: () => lifecycle.stop() };
}

function spoolFindings(diskProblem: string | undefined): Finding[] {
  if (diskProblem === undefined) return [];
  const title = `Samples that wait cannot be kept on disk: ${diskProblem}`
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 200);
  return [
    { id: 'spool-disk', severity: 'broken', title, remedy: 'Make room on the disk of the data folder.' },
  ];
}

/** Where the kernel does not say, each start counts as a boot: the spool then begins a new epoch. */
function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', '');
  } catch {
    return randomBytes(16).toString('hex');
  }
}

/** Two agents with one identity and one spool would push each other off the link, and lose what they keep. */
async function holdOwnFolder(folder: string): Promise<Part> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const held = await holdFolder(folder, 'agent');
  if (held) return held;
  throw new Problem('conflict', `another agent runs with the data in ${folder}`, {
    remedy: 'Stop it first, or give this one another folder with --data or MAILLE_DATA_DIR.',
  });
}
