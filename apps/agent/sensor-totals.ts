/** Counters since the agent's start, over all lives of the sensor: each life begins at nothing. */
import type { SensorReport } from '@maille/wire/sensor/messages';

type Counters = Extract<SensorReport, { type: 'counters' }>;

export interface SensorTotals {
  /** A connection's first word; another life than before is a sensor that died. */
  hello(life: string): void;
  counters(report: Counters): void;
  readonly droppedPackets: number;
  readonly droppedSamples: number;
  /** Sent, and without a verdict when their sensor died. */
  readonly abandonedProbes: number;
}

export function createSensorTotals(): SensorTotals {
  let life: string | undefined;
  let last: Counters | undefined;
  const before = { droppedPackets: 0, droppedSamples: 0, abandonedProbes: 0 };
  return {
    hello(next) {
      if (life !== undefined && life !== next && last) {
        before.droppedPackets += last.droppedPackets;
        before.droppedSamples += last.droppedSamples;
        before.abandonedProbes += last.inFlight;
        last = undefined;
      }
      life = next;
    },
    counters(report) {
      last = report;
    },
    get droppedPackets() {
      return before.droppedPackets + (last?.droppedPackets ?? 0);
    },
    get droppedSamples() {
      return before.droppedSamples + (last?.droppedSamples ?? 0);
    },
    get abandonedProbes() {
      return before.abandonedProbes;
    },
  };
}
