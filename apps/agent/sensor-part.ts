/**
 * What the sensor does besides echoes, each a part of its own: it takes the commands that concern it from
 * the stream of all, and works in turns on the one event loop. Sockets that need rights are opened when a
 * part is made, before the sensor gives its rights up.
 */
import type { AgentCommand } from '@maille/host/sensor/sensor-server';
import type { Finding } from '@maille/wire/link/messages';

/** What a part adds to the sensor's totals. */
export interface PartCounters {
  sent: number;
  replies: number;
  /** Without an outcome yet. */
  inFlight: number;
  late: number;
}

export interface SensorPart {
  /** What it could not open, and the remedy. */
  readonly findings: readonly Finding[];
  /** Every command, in order; a part passes over what is not its own. */
  take(command: AgentCommand): void;
  /** Does what is due now, never waits; in how many milliseconds there may be more. */
  tick(): number;
  /** Hands on what is decided. */
  flush(): void;
  /** Of a part whose probes are samples. */
  counters?(): PartCounters;
  stop(): void;
}
