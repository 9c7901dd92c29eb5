/**
 * The sensor's end of its socket. Who may connect is decided by the file alone, mode 0600: it belongs to
 * the owner of the run folder, or where that is root, to the user that agents run as. One agent at a time, a newer one replaces the older. Samples wait in a
 * bounded queue until they are acknowledged; a slow agent is never waited for.
 */
import { lchownSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { SampleBatch } from '@maille/wire/link/samples';
import { createSensorFrameReader, decodeSensorJson, encodeSensorMessage } from '@maille/wire/sensor/frames';
import {
  readSensorCommand,
  SENSOR_FRAME_JSON,
  type SensorCommand,
  type SensorReport,
} from '@maille/wire/sensor/messages';
import { createSampleQueue } from './sample-queue.ts';

/** What the sensor is asked to do; acknowledgements stay with the socket. */
export type AgentCommand = Exclude<SensorCommand, { type: 'ack' }>;
export type TargetCommand = Extract<AgentCommand, { type: 'targets' | 'change' }>;
export type HelloReport = Extract<SensorReport, { type: 'hello' }>;

export interface SensorServerOptions {
  path: string;
  /** The user that agents run as, where the run folder is root's and so is this process. */
  agentUser?: { uid: number; gid: number } | undefined;
  /** How many bytes of samples to keep while no agent takes them. */
  maxKeptBytes: number;
  log: Log;
  hello(): HelloReport;
  onCommand(command: AgentCommand): void;
}

export interface SensorServer extends Part {
  readonly droppedSamples: number;
  addSamples(batch: SampleBatch): void;
  report(report: SensorReport): void;
  /** Ends the conversation, so that the agent begins a new one: what the sensor can do has changed. */
  beginAnew(): void;
}

/** What may wait in the socket; the rest waits in the queue, where it is bounded and kept. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** An agent that does not take its last samples in this time gets them no more. */
const LAST_WORDS_MS = 1_000;

/** Throws a Problem `conflict` when another sensor serves this socket. */
export async function listenForAgent(options: SensorServerOptions): Promise<SensorServer> {
  const { log } = options;
  const queue = createSampleQueue(options.maxKeptBytes);
  let agent: Socket | undefined;
  let sentSequence = 0; // to this agent

  const pump = () => {
    while (agent && agent.writableLength < MAX_WAITING_BYTES) {
      const next = queue.after(sentSequence);
      if (!next) return;
      agent.write(next.frame);
      sentSequence = next.sequence;
    }
  };
  const receive = (kind: number, payload: Uint8Array) => {
    if (kind !== SENSOR_FRAME_JSON) throw new Problem('invalid', 'the agent sent an unknown kind of frame');
    const command = readSensorCommand(decodeSensorJson(payload));
    if (command === undefined) log.debug({}, 'a newer agent said something that is not known here');
    else if (command.type === 'ack') queue.acknowledge(command.sequence);
    else options.onCommand(command);
  };
  const serve = (socket: Socket) => {
    agent?.destroy();
    agent = socket;
    sentSequence = 0;
    const reader = createSensorFrameReader(receive);
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk as Buffer);
      } catch (err) {
        log.warn({ err }, 'the agent said something that cannot be; its connection is closed');
        socket.destroy();
      }
    });
    socket.on('drain', pump);
    socket.on('error', (err) => log.debug({ err }, 'the connection to the agent failed'));
    socket.on('close', () => {
      if (agent === socket) agent = undefined;
    });
    socket.write(encodeSensorMessage(options.hello()));
    pump();
  };

  const server = createServer(serve);
  await asOwnerOf(dirname(options.path), () => listen(server, options.path));
  giveSocketTo(options.agentUser, options.path);

  return {
    get droppedSamples() {
      return queue.droppedSamples;
    },
    addSamples(batch) {
      queue.add(batch);
      pump();
    },
    report(report) {
      // Counters are totals: one that is left out costs a slow agent nothing.
      if (agent && agent.writableLength < MAX_WAITING_BYTES) agent.write(encodeSensorMessage(report));
    },
    beginAnew() {
      agent?.destroy();
    },
    async stop() {
      server.close();
      pump();
      const last = agent;
      if (!last || last.destroyed) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LAST_WORDS_MS);
        last.end(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      last.destroy();
    },
  };
}

/** Only in a folder that nobody but root can change: elsewhere the path might lead to another file. */
function giveSocketTo(user: SensorServerOptions['agentUser'], path: string): void {
  const folder = statSync(dirname(path));
  const rootsAlone = folder.uid === 0 && (folder.mode & 0o022) === 0;
  if (user && rootsAlone && process.geteuid?.() === 0) lchownSync(path, user.uid, user.gid);
}

/**
 * Does something with the owner's rights on files: the socket file is theirs from its first moment, and a
 * folder that they can write to cannot be used to turn root's hand against another file.
 */
async function asOwnerOf<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const owner = statSync(folder);
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot || owner.uid === 0) return work();
  process.setegid?.(owner.gid);
  process.seteuid?.(owner.uid);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

async function listen(server: ReturnType<typeof createServer>, path: string): Promise<void> {
  if (await answers(path))
    throw new Problem('conflict', `another sensor serves ${path}`, {
      remedy: 'Stop it first, or give this one another MAILLE_RUN_DIR.',
    });
  rmSync(path, { force: true }); // left by a sensor that was killed
  const before = process.umask(0o177); // so that the file is 0600 from its first moment
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw new Problem('unavailable', `cannot listen on ${path}`, {
      cause,
      remedy: 'The run folder must belong to the user that the agent runs as, and its path must be short.',
    });
  } finally {
    process.umask(before);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}
