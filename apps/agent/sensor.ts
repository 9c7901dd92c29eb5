/**
 * The sensor process: opens sockets with the rights it was started with, gives those up, and probes.
 * It goes on while no agent is connected, and tells what it saw when one is.
 *
 * It waits by time, not in poll: when a packet is read does not matter, since the kernel has stamped it and
 * its buffer holds what comes meanwhile; so a turn each 5 ms serves sends and answers alike, and an idle
 * sensor wakes ten times a second. See sensor-turns.ts.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@maille/base/clock';
import { createLifecycle, type Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { createProber, type Prober } from '@maille/engine/probe/prober';
import { createRateGuard, defaultRateBounds, type RateBounds } from '@maille/engine/probe/rate-guard';
import { createTargetTraces } from '@maille/engine/trace/target-traces';
import { type EchoSockets, openEchoSockets } from '@maille/host/icmp/open-echo-sockets';
import {
  type AgentCommand,
  type HelloReport,
  listenForAgent,
  type TargetCommand,
} from '@maille/host/sensor/sensor-server';
import { dropRights, findUser, forbidNewPrivileges } from '@maille/host/syscalls/drop-rights';
import { usleep } from '@maille/host/syscalls/libc';
import { AF_INET, openPacketSocket, SOCK_RAW } from '@maille/host/syscalls/packet-socket';
import type { Finding } from '@maille/wire/link/messages';
import type { SampleBatch } from '@maille/wire/link/samples';
import { ICMP } from '@maille/wire/probe-method';
import type { TraceRound } from '@maille/wire/traceroute';
import { createExperimentPart } from './experiment-part.ts';
import { rateFindings } from './rate-findings.ts';
import { createRoutePart } from './route-part.ts';
import type { SensorPart } from './sensor-part.ts';
import { type SensorTurns, startSensorTurns, type Turner } from './sensor-turns.ts';
import { createTcpPart } from './tcp-part.ts';

export interface SensorOptions {
  runFolder: string;
  /** Who to become when started as root; the first of these that exists. */
  users: readonly string[];
  clock: Clock;
  log: Log;
  /** The most that it sends, whatever it is asked for. */
  rateBounds?: RateBounds;
}

export interface Sensor extends Part {
  readonly probing: EchoSockets['probing'];
  stop(): Promise<void>;
}

/** Everybody's user of last resort: good to become, but nobody to give the socket to. */
const SHARED_USER = 'nobody';
const NICE = -10;
const COUNTERS_MS = 1_000;
/** Where nothing could be opened: how soon the remedy shows once somebody applied it. */
const REOPEN_MS = 2_000;
/** More than seven minutes of 10,000 samples a second. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

export async function startSensor(options: SensorOptions): Promise<Sensor> {
  const { clock, log, rateBounds = defaultRateBounds } = options;
  const life = randomBytes(16).toString('base64url');
  const epochMs = Math.floor(clock.wallMs() / 1_000) * 1_000;
  mkdirSync(options.runFolder, { recursive: true, mode: 0o700 });

  beServedFirst();
  let echo = openEchoSockets(epochMs);
  const user = process.getuid?.() === 0 ? findUser(options.users) : undefined;
  let rights: Finding[] = [];
  let prober: Prober | undefined;
  const turners: Turner[] = [];
  let turns: SensorTurns | undefined;

  const traces = createTargetTraces(log, clock.wallMs);
  const followTargets = (command: TargetCommand) => {
    if (command.type === 'targets') traces.replace(command.targets);
    else traces.change(command.put, command.remove);
    const put = command.type === 'targets' ? command.targets : command.put;
    for (const { id, address } of put) traces.tell(id, { address }, 'the sensor is asked for a target');
  };

  const parts: SensorPart[] = [];
  parts.push(
    createExperimentPart({
      open: () => openEchoSockets(epochMs).sockets,
      rateBounds,
      epochMs,
      clock,
      log,
      tell: (news) => server.report({ type: 'experiment', news }),
    }),
  );
  const guard = createRateGuard(rateBounds);
  const take = (command: AgentCommand) => {
    turns?.allSoon(); // what a part is asked for now may be due before it thought
    if (command.type !== 'targets' && command.type !== 'change') {
      for (const part of parts) part.take(command);
      return;
    }
    followTargets(command);
    const held = JSON.stringify(guard.held);
    const within: TargetCommand =
      command.type === 'targets'
        ? { type: 'targets', targets: guard.setTargets(command.targets) }
        : { type: 'change', ...guard.change(command.put, command.remove) };
    takeTargets(within);
    for (const part of parts) part.take(within);
    if (JSON.stringify(guard.held) !== held) server.report(hello());
  };
  const takeTargets = (command: TargetCommand) => {
    if (!prober) return; // said in the hello; when a socket can be opened the agent is asked anew
    const isEcho = ({ probe }: { probe: string }) => probe === ICMP;
    const refused =
      command.type === 'targets'
        ? prober.setTargets(command.targets.filter(isEcho))
        : prober.change(command.put.filter(isEcho), command.remove);
    for (const { id, reason } of refused) log.warn({ targetId: id, reason }, 'a target cannot be probed');
  };
  const hello = (): HelloReport => ({
    type: 'hello',
    life,
    probing: echo.probing,
    ...(rateBounds.ownPrefixes && { ownPrefixes: [...rateBounds.ownPrefixes.texts] }),
    findings: [
      ...echo.findings,
      ...parts.flatMap(({ findings }) => findings),
      ...rateFindings(guard.held, rateBounds),
      ...rights,
    ],
  });
  const server = await listenForAgent({
    path: join(options.runFolder, 'sensor.sock'),
    agentUser: user?.name === SHARED_USER ? undefined : user,
    maxKeptBytes: MAX_KEPT_BYTES,
    log,
    hello,
    onCommand: take,
  });

  const onSamples = (batch: SampleBatch) => {
    traces.tellSamples(batch, { life }, 'the sensor has a sample');
    server.addSamples(batch);
  };
  const startProbing = () => {
    const words = crypto.getRandomValues(new Uint32Array(3));
    prober = createProber({
      ports: echo.sockets,
      epochMs,
      random: [words[0] as number, words[1] as number, words[2] as number],
      wallMs: clock.wallMs,
      monoMs: clock.monoMs,
      onSamples,
    });
    turners.push(prober);
  };
  if (echo.probing !== 'none') startProbing();
  parts.push(createTcpPart({ clock, epochMs, log, onSamples }));
  const tellRoute = (round: TraceRound) => {
    const { targetId, atMs, method } = round;
    traces.tell(targetId, { life, atMs, method }, 'the sensor has traced a route');
    server.report({ type: 'route', round });
  };
  parts.push(createRoutePart({ clock, epochMs, log, tell: tellRoute }));
  rights = giveUpRights(user, join(options.runFolder, 'sensor-root'));

  const lifecycle = createLifecycle();
  lifecycle.add('socket', server);
  turners.push(...parts);
  turns = lifecycle.add(
    'probing',
    startSensorTurns({ turners, clock, sleep: (ms) => void usleep(ms * 1_000) }),
  );
  lifecycle.add('counters', {
    stop: clock.every(COUNTERS_MS, () => {
      server.report({
        type: 'counters',
        ...countersOf(prober, parts),
        droppedPackets: prober?.droppedPackets() ?? 0,
        droppedSamples: server.droppedSamples,
      });
    }),
  });
  lifecycle.add('reopen', {
    stop: clock.every(REOPEN_MS, () => {
      if (echo.probing !== 'none') return;
      echo = openEchoSockets(epochMs);
      if (echo.probing === 'none') return;
      log.info({ probing: echo.probing }, 'echo requests can be sent now');
      startProbing();
      server.beginAnew();
    }),
  });

  return {
    get probing() {
      return echo.probing;
    },
    async stop() {
      const { failed } = await lifecycle.stop();
      for (const part of failed) log.warn(part, 'a part of the sensor did not stop');
      for (const part of parts) part.stop();
      for (const socket of echo.sockets) socket.close();
    },
  };
}

function countersOf(prober: Prober | undefined, parts: readonly SensorPart[]) {
  const total = { sent: 0, replies: 0, inFlight: 0, late: 0, duplicates: 0, foreign: 0 };
  if (prober) Object.assign(total, prober.counters, { inFlight: prober.inFlight });
  for (const part of parts) {
    const own = part.counters?.();
    if (!own) continue;
    total.sent += own.sent;
    total.replies += own.replies;
    total.inFlight += own.inFlight;
    total.late += own.late;
  }
  return total;
}

/** It needs little, but on time: a sensor that waits for a processor sends in bursts, or skips turns. */
function beServedFirst(): void {
  try {
    setPriority(NICE);
  } catch {
    // Only root may; a service manager has done it, or it is as good as it gets.
  }
}

/** Gives up what there is, and proves it by trying; throws when root would not go. */
function giveUpRights(user: ReturnType<typeof findUser>, emptyFolder: string): Finding[] {
  if (user) dropRights(user, emptyFolder);
  else if (process.getuid?.() === 0)
    throw new Problem('unavailable', 'the sensor was started as root and finds no user to become', {
      remedy: 'Add the system user maille, or name another one in MAILLE_SENSOR_USER.',
    });
  else forbidNewPrivileges();

  if (!canOpenRawSocket()) {
    const title = user
      ? `The sensor gave up root: user ${user.name}, an empty root folder, raw sockets refused when tried`
      : 'The sensor has no rights beyond its user’s';
    return [{ id: 'sensor-rights', severity: 'fine', title }];
  }
  if (user) throw new Problem('internal', 'the sensor could still open a raw socket after it gave up root');
  return [
    {
      id: 'sensor-rights',
      severity: 'broken',
      title: 'The sensor keeps the right to open raw sockets, since it was not started as root',
      remedy: 'Start it as root: it takes its sockets and gives root up.',
    },
  ];
}

function canOpenRawSocket(): boolean {
  try {
    openPacketSocket(AF_INET, SOCK_RAW, 1).close();
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'forbidden') return false;
    throw error;
  }
}
