/** The sensor program under a load of echoes, and the least agent that it can have: one that counts and acknowledges. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@maille/base/clock';
import { createSensorClient, type SensorCounters } from '@maille/host/sensor/sensor-client';
import { eventually } from '@maille/testkit/eventually';
import type { Namespace } from '@maille/testkit/namespaces';
import { type SensorStart, startSensorProcess } from '@maille/testkit/sensor-process';
import { isOwnOutcome, OUTCOME_REPLY } from '@maille/wire/link/samples';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import { addressAt, type Family } from './answering-network.ts';

export interface SensorLoad {
  pid: number;
  /** Samples that came over the socket. */
  told: { own: number; replies: number };
  counters(): SensorCounters | undefined;
  /** No more sends; waits until every probe has its outcome and was told. */
  settle(): Promise<SensorCounters>;
  end(): Promise<void>;
}

export function echoTargets(family: Family, count: number): SensorTarget[] {
  return Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    address: addressAt(family, i),
    probe: 'icmp',
    intervalMs: 1_000,
    timeoutMs: 1_000,
  }));
}

export async function startSensorLoad(
  namespace: Namespace,
  folder: string,
  targets: readonly SensorTarget[],
  how: SensorStart = {},
): Promise<SensorLoad> {
  const sensor = await startSensorProcess(namespace, mkdtempSync(join(folder, 'run-')), how);
  const told = { own: 0, replies: 0 };
  let counters: SensorCounters | undefined;
  const client = createSensorClient({
    path: sensor.socketPath,
    clock: systemClock,
    onHello() {},
    onCounters(report) {
      counters = report;
    },
    onLost() {},
    onSamples({ sequence, batch }) {
      for (let i = 0; i < batch.count; i++) {
        const outcome = batch.outcomes[i] as number;
        if (isOwnOutcome(outcome)) told.own++;
        if (outcome === OUTCOME_REPLY) told.replies++;
      }
      client.ack(sequence);
    },
  });
  client.setTargets(targets);
  const full = () => (counters?.sent ?? 0) >= targets.length;
  await eventually('every target has been probed', full, 60_000);
  return {
    pid: sensor.pid,
    told,
    counters: () => counters,
    async settle() {
      client.setTargets([]);
      const over = () => counters?.inFlight === 0 && told.own >= counters.sent;
      await eventually('every probe has come to its outcome', over, 15_000);
      return counters as SensorCounters;
    },
    async end() {
      await client.stop();
      await sensor.end('SIGTERM');
    },
  };
}
