/** The real sensor program inside a namespace, and an agent's client that follows it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@maille/base/clock';
import {
  createSensorClient,
  type SensorClient,
  type SensorCounters,
  type SensorHello,
} from '@maille/host/sensor/sensor-client';
import { nodeStart } from '@maille/host/start/node-start';
import { type Outcome, outcomes } from '@maille/wire/link/samples';
import type { TraceRound } from '@maille/wire/traceroute';
import type { Namespace } from './namespaces.ts';

const sensorProgram = fileURLToPath(import.meta.resolve('@maille/agent/sensor-main'));

export interface SensorProcess {
  child: ChildProcess;
  pid: number;
  socketPath: string;
  /** Ends it with a signal and waits for its end; its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface SensorStart {
  /** A command in front, like setpriv. */
  through?: readonly string[];
  environment?: Record<string, string>;
}

/** Starts the sensor and waits until it says that it is ready. */
export async function startSensorProcess(
  namespace: Namespace,
  runFolder: string,
  how: SensorStart = {},
): Promise<SensorProcess> {
  const start = nodeStart(sensorProgram);
  const line = [...(how.through ?? []), process.execPath, ...start.flags, sensorProgram];
  const child = namespace.spawn(line[0] as string, line.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...start.environment, MAILLE_RUN_DIR: runFolder, ...how.environment },
  });
  let complaint = '';
  child.stderr?.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-4_000);
  });
  const ended = once(child, 'exit');
  const ready = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
  const first = await Promise.race([ready, ended.then(() => undefined)]);
  if (!first) throw new Error(`the sensor did not start: ${complaint}`);
  return {
    child,
    pid: child.pid as number,
    socketPath: join(runFolder, 'sensor.sock'),
    async end(signal) {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}

export interface FollowedSample {
  id: number;
  outcome: Outcome;
  code: number;
  rttMs: number;
  sentAtMs: number;
}

export interface SensorFollower {
  client: SensorClient;
  samples: FollowedSample[];
  /** Rounds of traceroute. */
  rounds: TraceRound[];
  /** `life/sequence` of every frame that was handed over. */
  frames: string[];
  hello: SensorHello | undefined;
  counters: SensorCounters | undefined;
  /** Waits for a condition that news of the sensor may fulfil. */
  until(met: () => boolean, what: string, withinMs?: number): Promise<void>;
}

export function followSensor(path: string, acknowledge = true): SensorFollower {
  const waiting = new Set<() => void>();
  const news = () => {
    for (const look of waiting) look();
  };
  const follower: SensorFollower = {
    samples: [],
    rounds: [],
    frames: [],
    hello: undefined,
    counters: undefined,
    client: createSensorClient({
      path,
      clock: systemClock,
      onHello(report) {
        follower.hello = report;
        news();
      },
      onCounters(report) {
        follower.counters = report;
        news();
      },
      onRoute(round) {
        follower.rounds.push(round);
        news();
      },
      onLost: news,
      onSamples({ life, sequence, batch }) {
        follower.frames.push(`${life}/${sequence}`);
        for (let i = 0; i < batch.count; i++) {
          follower.samples.push({
            id: batch.targetIds[i] as number,
            outcome: outcomes[batch.outcomes[i] as number] as Outcome,
            code: batch.codes[i] as number,
            rttMs: (batch.rtts10ns[i] as number) / 100_000,
            sentAtMs: batch.baseMs + (batch.offsetsUs[i] as number) / 1_000,
          });
        }
        if (acknowledge) follower.client.ack(sequence);
        news();
      },
    }),
    until: (met, what, withinMs = 20_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!met()) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`not within ${withinMs} ms: ${what}`));
        }, withinMs);
        waiting.add(look);
        look();
      }),
  };
  return follower;
}
