/**
 * The agent's end of the sensor's socket. It connects again by itself, says the whole target list each
 * time, and hands on every sample frame once: what the sensor sends again after a reconnect, because it
 * had no acknowledgement yet, is known by its life and sequence.
 */
import { connect, type Socket } from 'node:net';
import type { Clock } from '@maille/base/clock';
import type { Part } from '@maille/base/lifecycle';
import { type Log, silentLog } from '@maille/base/log';
import type { ExperimentNews } from '@maille/wire/experiment';
import { decodeSampleBatch, type SampleBatch } from '@maille/wire/link/samples';
import {
  createSensorFrameReader,
  decodeSensorJson,
  decodeSensorSequence,
  encodeSensorMessage,
  sensorSampleBytes,
} from '@maille/wire/sensor/frames';
import {
  readSensorReport,
  SENSOR_FRAME_JSON,
  SENSOR_FRAME_SAMPLES,
  type SensorCommand,
  type SensorReport,
  type SensorTarget,
} from '@maille/wire/sensor/messages';
import type { TraceRound } from '@maille/wire/traceroute';

export type SensorHello = Extract<SensorReport, { type: 'hello' }>;
export type ExperimentCommand = Extract<SensorCommand, { type: `experiment-${string}` }>;
export type SensorCounters = Extract<SensorReport, { type: 'counters' }>;

export interface SensorSamples {
  /** The sensor's life that the sequence counts in. */
  life: string;
  sequence: number;
  batch: SampleBatch;
}

export interface SensorClientOptions {
  /** The sensor's socket file. */
  path: string;
  clock: Clock;
  log?: Log;
  /** First thing after a connection; again when what the sensor can do has changed. */
  onHello(report: SensorHello): void;
  onCounters(report: SensorCounters): void;
  /** In order; `ack` each once it is kept. */
  onSamples(samples: SensorSamples): void;
  /** A round of traceroute; one that comes while no agent is connected is not kept. */
  onRoute?(round: TraceRound): void;
  /** What came of a load experiment; told once, and not while no agent is connected. */
  onExperiment?(news: ExperimentNews): void;
  /** The connection is gone; the client is trying again already. */
  onLost(): void;
}

export interface SensorClient extends Part {
  readonly connected: boolean;
  /** The whole list. */
  setTargets(targets: readonly SensorTarget[]): void;
  change(put: readonly SensorTarget[], remove: readonly number[]): void;
  /** Starts, keeps up or stops a load experiment; false when no sensor is there to do it. */
  experiment(command: ExperimentCommand): boolean;
  /** Asks for rounds of traceroute at once; false when no sensor is there to do it. */
  traceNow(targetIds: readonly number[]): boolean;
  /** Every frame of this life up to and with `sequence` is kept. */
  ack(sequence: number): void;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;

export function createSensorClient(options: SensorClientOptions): SensorClient {
  const { clock, log = silentLog } = options;
  const targets = new Map<number, SensorTarget>();
  let socket: Socket | undefined;
  /** Whether this connection has had its hello: nothing is said before, since `ack` belongs to a life. */
  let greeted = false;
  let life: string | undefined;
  let lastSequence = 0;
  let lastAck = 0;
  let retryMs = FIRST_RETRY_MS;
  let cancelRetry: (() => void) | undefined;
  let current: Socket | undefined;
  let stopped = false;

  const say = (command: SensorCommand) => socket?.write(encodeSensorMessage(command));

  const receiveReport = (report: SensorReport) => {
    if (report.type === 'counters') return options.onCounters(report);
    if (report.type === 'route') return options.onRoute?.(report.round);
    if (report.type === 'experiment') return options.onExperiment?.(report.news);
    if (report.life !== life) {
      life = report.life;
      lastSequence = 0;
      lastAck = 0;
    }
    if (!greeted) {
      greeted = true;
      retryMs = FIRST_RETRY_MS;
      say({ type: 'targets', targets: [...targets.values()] });
      if (lastAck > 0) say({ type: 'ack', sequence: lastAck });
    }
    options.onHello(report);
  };

  const receiveSamples = (payload: Uint8Array) => {
    const sequence = decodeSensorSequence(payload);
    if (life === undefined || !greeted || sequence <= lastSequence) return;
    const batch = decodeSampleBatch(sensorSampleBytes(payload));
    const before = lastSequence;
    lastSequence = sequence;
    try {
      options.onSamples({ life, sequence, batch });
    } catch (error) {
      lastSequence = before; // what the agent could not keep comes again
      throw error;
    }
  };

  const open = () => {
    const opened = connect(options.path);
    current = opened;
    const reader = createSensorFrameReader((kind, payload) => {
      if (kind === SENSOR_FRAME_JSON) {
        const report = readSensorReport(decodeSensorJson(payload));
        if (report) receiveReport(report);
      } else if (kind === SENSOR_FRAME_SAMPLES) receiveSamples(payload);
      // A newer sensor may say more: what is unknown is not ours to judge.
    });
    opened.on('connect', () => {
      socket = opened;
    });
    opened.on('data', (chunk) => {
      try {
        reader.push(chunk as Buffer);
      } catch (cause) {
        // A sensor of another version, or an agent that cannot keep samples now: begin anew, slower and slower.
        log.warn({ err: cause }, 'the connection to the sensor is given up');
        opened.destroy();
      }
    });
    opened.on('error', () => {}); // `close` follows
    opened.on('close', () => {
      const lost = socket === opened;
      socket = undefined;
      greeted = false;
      if (stopped) return;
      if (lost) options.onLost();
      cancelRetry = clock.after(retryMs, open);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    });
  };
  open();

  return {
    get connected() {
      return socket !== undefined && greeted;
    },
    setTargets(list) {
      targets.clear();
      for (const target of list) targets.set(target.id, target);
      if (greeted) say({ type: 'targets', targets: [...targets.values()] });
    },
    change(put, remove) {
      for (const id of remove) targets.delete(id);
      for (const target of put) targets.set(target.id, target);
      if (greeted) say({ type: 'change', put: [...put], remove: [...remove] });
    },
    traceNow(targetIds) {
      if (greeted) say({ type: 'routes-now', targetIds: [...targetIds] });
      return greeted;
    },
    experiment(command) {
      if (greeted) say(command);
      return greeted;
    },
    ack(sequence) {
      if (sequence <= lastAck || sequence > lastSequence) return;
      lastAck = sequence;
      if (greeted) say({ type: 'ack', sequence });
    },
    stop() {
      stopped = true;
      cancelRetry?.();
      current?.destroy();
    },
  };
}
