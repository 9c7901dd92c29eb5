/** Frames of the sensor's socket (see messages.ts): made here, and cut out of a stream of bytes here. */
import { Problem } from '@maille/base/problem';
import { encodeSampleBatch, type SampleBatch } from '../link/samples.ts';
import {
  MAX_SENSOR_FRAME_BYTES,
  SENSOR_FRAME_JSON,
  SENSOR_FRAME_SAMPLES,
  type SensorCommand,
  type SensorReport,
} from './messages.ts';

const LENGTH_BYTES = 4;
const KIND_BYTES = 4;
const SEQUENCE_BYTES = 8;

export function encodeSensorMessage(message: SensorCommand | SensorReport): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(message));
  const frame = new Uint8Array(LENGTH_BYTES + KIND_BYTES + text.length);
  writeHead(frame, SENSOR_FRAME_JSON);
  frame.set(text, LENGTH_BYTES + KIND_BYTES);
  return frame;
}

export function encodeSensorSamples(sequence: number, batch: SampleBatch): Uint8Array {
  const frame = encodeSampleBatch(batch, LENGTH_BYTES + KIND_BYTES + SEQUENCE_BYTES);
  writeHead(frame, SENSOR_FRAME_SAMPLES);
  const view = new DataView(frame.buffer);
  view.setUint32(8, sequence >>> 0, true);
  view.setUint32(12, Math.floor(sequence / 2 ** 32), true);
  return frame;
}

function writeHead(frame: Uint8Array, kind: number): void {
  const length = frame.length - LENGTH_BYTES;
  if (length > MAX_SENSOR_FRAME_BYTES)
    throw new Problem('too-large', `a frame of ${length} bytes is over the sensor socket's bound`);
  new DataView(frame.buffer).setUint32(0, length, true);
  frame[4] = kind;
}

/** `payload` is the frame's own memory, and starts at a multiple of 4 bytes in it. */
export type ReceiveFrame = (kind: number, payload: Uint8Array) => void;

/** Takes chunks as they come. Throws a Problem `invalid` on what is no frame: then the stream is lost. */
export function createSensorFrameReader(receive: ReceiveFrame): { push(chunk: Uint8Array): void } {
  const head = new Uint8Array(LENGTH_BYTES);
  let headFilled = 0;
  let frame: Uint8Array | undefined;
  let filled = 0;

  const finish = (complete: Uint8Array) => {
    frame = undefined;
    headFilled = 0;
    filled = 0;
    if (complete[1] !== 0 || complete[2] !== 0 || complete[3] !== 0)
      throw new Problem('invalid', 'a sensor frame has bytes set that must be zero');
    receive(complete[0] as number, complete.subarray(KIND_BYTES));
  };

  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (!frame) {
          head[headFilled++] = chunk[at++] as number;
          if (headFilled < LENGTH_BYTES) continue;
          const length = new DataView(head.buffer).getUint32(0, true);
          if (length < KIND_BYTES || length > MAX_SENSOR_FRAME_BYTES)
            throw new Problem('invalid', `a sensor frame cannot be ${length} bytes long`);
          frame = new Uint8Array(length);
        }
        const taken = Math.min(frame.length - filled, chunk.length - at);
        frame.set(chunk.subarray(at, at + taken), filled);
        filled += taken;
        at += taken;
        if (filled === frame.length) finish(frame);
      }
    },
  };
}

export function decodeSensorJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (cause) {
    throw new Problem('invalid', 'a sensor message is no JSON', { cause });
  }
}

export function decodeSensorSequence(payload: Uint8Array): number {
  if (payload.length < SEQUENCE_BYTES)
    throw new Problem('invalid', 'a sensor sample frame is shorter than its sequence');
  const view = new DataView(payload.buffer, payload.byteOffset);
  const sequence = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (!Number.isSafeInteger(sequence) || sequence < 1)
    throw new Problem('invalid', 'a sensor sample frame has an impossible sequence');
  return sequence;
}

/** The batch behind the sequence, still encoded. */
export function sensorSampleBytes(payload: Uint8Array): Uint8Array {
  return payload.subarray(SEQUENCE_BYTES);
}
