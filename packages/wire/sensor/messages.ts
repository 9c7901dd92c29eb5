/**
 * Between the sensor and its agent: a Unix stream socket that the sensor opens before it gives up its
 * rights. Frames both ways: u32 length (little-endian, of what follows) · u8 kind · u8[3] zero · payload.
 *   kind 1: one JSON message, below
 *   kind 2: samples, sensor → agent: u32 sequence low · u32 sequence high · batch (link/samples.ts)
 * The sensor numbers its sample frames from 1 in each life and keeps those that the agent has not
 * acknowledged (bounded, the oldest go first and are counted), so that an agent that dies loses nothing.
 */
import Type, { type Static, type TLiteral, type TObject, type TUnion } from 'typebox';
import { ExperimentId, ExperimentNews, ExperimentPlan } from '../experiment.ts';
import { Finding } from '../link/messages.ts';
import { ProbeMethod, withProbe } from '../probe-method.ts';
import { checker, Nonce } from '../schema.ts';
import { Trace } from '../trace.ts';
import { TracePlan, TraceRound } from '../traceroute.ts';

export const SENSOR_FRAME_JSON = 1;
export const SENSOR_FRAME_SAMPLES = 2;
export const MAX_SENSOR_FRAME_BYTES = 16 * 1024 * 1024;

/** An address to probe; the agent has resolved names already. */
export const SensorTarget = Type.Object({
  id: Type.Integer({ minimum: 1, maximum: 0xffff_ffff }),
  address: Type.String({ maxLength: 64 }),
  probe: ProbeMethod,
  intervalMs: Type.Integer({ minimum: 1_000, maximum: 3_600_000 }),
  timeoutMs: Type.Integer({ minimum: 100, maximum: 30_000 }),
  route: Type.Optional(TracePlan),
  trace: Type.Optional(Trace),
});
export type SensorTarget = Static<typeof SensorTarget>;

/** agent → sensor. */
export const SensorCommand = Type.Union([
  /** The whole list: the first thing an agent says. Targets that stay as they are go on undisturbed. */
  Type.Object({ type: Type.Literal('targets'), targets: Type.Array(SensorTarget, { maxItems: 100_000 }) }),
  Type.Object({
    type: Type.Literal('change'),
    put: Type.Array(SensorTarget, { maxItems: 100_000 }),
    remove: Type.Array(Type.Integer({ minimum: 1 }), { maxItems: 100_000 }),
  }),
  /** Traces these at once, besides their plan. */
  Type.Object({
    type: Type.Literal('routes-now'),
    targetIds: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 256 }),
  }),
  /** A load experiment: begins, goes on, ends. One that cannot begin is answered with its end. */
  Type.Object({ type: Type.Literal('experiment-start'), id: ExperimentId, plan: ExperimentPlan }),
  Type.Object({ type: Type.Literal('experiment-keepalive'), id: ExperimentId }),
  Type.Object({ type: Type.Literal('experiment-stop'), id: ExperimentId }),
  /** Every sample frame up to and with this one is kept by the agent. */
  Type.Object({ type: Type.Literal('ack'), sequence: Type.Integer({ minimum: 0 }) }),
]);
export type SensorCommand = Static<typeof SensorCommand>;

/** sensor → agent. */
export const SensorReport = Type.Union([
  /** The first thing a sensor says: which life this is, and what it could open. */
  Type.Object({
    type: Type.Literal('hello'),
    life: Nonce,
    probing: Type.Enum(['raw', 'datagram', 'none']),
    /** Nothing outside of these is probed; absent: anything is. */
    ownPrefixes: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 })),
    findings: Type.Array(Finding, { maxItems: 64 }),
  }),
  /** A round of traceroute is over. */
  Type.Object({ type: Type.Literal('route'), round: TraceRound }),
  Type.Object({ type: Type.Literal('experiment'), news: ExperimentNews }),
  /** Every second: totals of this life. */
  Type.Object({
    type: Type.Literal('counters'),
    sent: Type.Number(),
    replies: Type.Number(),
    /** Sent, and neither answered nor timed out yet. */
    inFlight: Type.Number(),
    late: Type.Number(),
    duplicates: Type.Number(),
    /** Packets that were not ours, or not believable. */
    foreign: Type.Number(),
    droppedPackets: Type.Number(),
    droppedSamples: Type.Number(),
  }),
]);
export type SensorReport = Static<typeof SensorReport>;

/**
 * For the moment of an upgrade, when agent and sensor are of two versions: undefined for a message of a type
 * that is not known here, which a newer peer may say; what an older one leaves out has its default.
 */
export function readSensorCommand(value: unknown): SensorCommand | undefined {
  if (!isKnown(SensorCommand, value)) return undefined;
  const { targets, put } = (value ?? {}) as { targets?: unknown; put?: unknown };
  withProbe(targets);
  withProbe(put);
  return commandChecker.check(value, 'a command of the agent');
}
export function readSensorReport(value: unknown): SensorReport | undefined {
  return isKnown(SensorReport, value) ? reportChecker.check(value, 'a report of the sensor') : undefined;
}
const commandChecker = checker(SensorCommand);
const reportChecker = checker(SensorReport);

/** What has no type at all is known to be wrong: the check says so. */
function isKnown(union: TUnion<TObject<{ type: TLiteral }>[]>, value: unknown): boolean {
  const type = (value as { type?: unknown } | null)?.type;
  return typeof type !== 'string' || union.anyOf.some((one) => one.properties.type.const === type);
}
