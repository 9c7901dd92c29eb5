/** The binary frame of the live WebSocket: which subscription, which agent, then the batch. */
import { Problem } from '@maille/base/problem';
import { decodeSampleBatch, encodeSampleBatch, type SampleBatch } from '../link/samples.ts';

export interface SamplePush {
  subscription: number;
  agentNumber: number;
  batch: SampleBatch;
}

export function encodeSamplePush(push: SamplePush): Uint8Array {
  const out = encodeSampleBatch(push.batch, 8);
  const view = new DataView(out.buffer);
  view.setUint32(0, push.subscription, true);
  view.setUint32(4, push.agentNumber, true);
  return out;
}

export function decodeSamplePush(bytes: Uint8Array): SamplePush {
  if (bytes.length < 8) throw new Problem('invalid', 'a sample push is shorter than its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    subscription: view.getUint32(0, true),
    agentNumber: view.getUint32(4, true),
    batch: decodeSampleBatch(bytes.subarray(8)),
  };
}
