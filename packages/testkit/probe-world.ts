/** A prober with a fake network and a clock moved by hand: what was sent, what was seen, and answers to give. */
import { parseIpAddress } from '@maille/base/ip-address';
import { internetChecksum } from '@maille/engine/probe/internet-checksum';
import { createProber } from '@maille/engine/probe/prober';
import { type Outcome, outcomes } from '@maille/wire/link/samples';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import { createFakeEchoPort, type SentEcho } from './fake-echo-port.ts';

export interface SeenSample {
  id: number;
  sentAtMs: number;
  rttUs: number;
  outcome: Outcome;
  code: number;
}

const START_WALL_MS = Date.UTC(2026, 0, 1);

/** `onSend` is the network at the moment of a send; its result is the errno of a refusal here. */
export function createProbeWorld(onSend?: (sent: SentEcho, atMs: number) => number) {
  const world = { nowMs: 0, wallStepMs: 0, sent: [] as SentEcho[], seen: [] as SeenSample[] };
  const nowNs = () => (world.nowMs + world.wallStepMs) * 1e6;
  const take = (sent: SentEcho) => {
    world.sent.push(sent);
    return onSend?.(sent, world.nowMs) ?? 0;
  };
  const port4 = createFakeEchoPort({ family: 4, nowNs, onSend: take });
  const port6 = createFakeEchoPort({ family: 6, nowNs, onSend: take, zones: { eth0: 3 } });
  const prober = createProber({
    ports: [port4, port6],
    epochMs: START_WALL_MS,
    random: [0xdead_beef, 0x0bad_cafe, 12_345],
    wallMs: () => START_WALL_MS + world.nowMs + world.wallStepMs,
    monoMs: () => world.nowMs,
    onSamples(batch) {
      for (let i = 0; i < batch.count; i++) {
        world.seen.push({
          id: batch.targetIds[i] as number,
          sentAtMs: batch.baseMs + (batch.offsetsUs[i] as number) / 1_000 - START_WALL_MS,
          rttUs: (batch.rtts10ns[i] as number) / 100,
          outcome: outcomes[batch.outcomes[i] as number] as Outcome,
          code: batch.codes[i] as number,
        });
      }
    },
  });
  const run = (forMs: number, stepMs = 1) => {
    for (const endMs = world.nowMs + forMs; world.nowMs < endMs; world.nowMs += stepMs) prober.tick();
    prober.flush();
  };
  return { world, port4, port6, prober, run };
}

export const probeTarget = (
  id: number,
  address: string,
  intervalMs = 1_000,
  timeoutMs = 500,
): SensorTarget => ({
  id,
  address,
  probe: 'icmp',
  intervalMs,
  timeoutMs,
});

export function addressWords(address: string): Uint32Array {
  const four = new Uint32Array(4);
  new Uint8Array(four.buffer).set(parseIpAddress(address)?.bytes as Uint8Array);
  return four;
}

/** What a host that answers sends back, as the port would hand it over. */
export function replyTo(sent: SentEcho, family: 4 | 6 = 4): Uint8Array {
  const icmp = sent.bytes.slice();
  if (family === 6) {
    icmp[0] = 129;
    return icmp;
  }
  const packet = new Uint8Array(20 + icmp.length);
  packet[0] = 0x45;
  icmp[0] = 0;
  icmp[2] = icmp[3] = 0;
  new DataView(icmp.buffer).setUint16(2, internetChecksum(icmp, 0, icmp.length), true);
  packet.set(icmp, 20);
  return packet;
}
