/**
 * The load experiment: own addresses are probed faster and faster, in steps, to see from which rate on
 * they answer slower or not at all. What it may do at most stands here, and is enforced thrice: where it
 * is asked for, where it is told to an agent, and in the sensor that sends.
 */
import Type, { type Static } from 'typebox';

export const MAX_EXPERIMENT_ADDRESSES = 256;
export const MAX_RATE_PER_ADDRESS = 1_000;
export const MAX_TOTAL_RATE = 20_000;
export const MAX_EXPERIMENT_SECONDS = 30 * 60;
/** What the addresses do unloaded is seen first, at one probe a second: loss there ends it before it begins. */
export const BASELINE_SECONDS = 5;
export const BASELINE_RATE = 1;
/** A sensor that hears nothing of its experiment for so long stops it. */
export const EXPERIMENT_SILENCE_MS = 2_000;
export const EXPERIMENT_KEEPALIVE_MS = 500;

export const ramps = ['geometric', 'linear'] as const;

const Rate = (description: string) =>
  Type.Integer({ minimum: 1, maximum: MAX_RATE_PER_ADDRESS, description });

export const ExperimentPlan = Type.Object(
  {
    addresses: Type.Array(Type.String({ minLength: 2, maxLength: 64 }), {
      minItems: 1,
      maxItems: MAX_EXPERIMENT_ADDRESSES,
      uniqueItems: true,
      description: 'IP addresses, each of them a target of this server and the operator’s own',
    }),
    fromRate: Rate('Probes a second to each address in the first step'),
    toRate: Rate('Probes a second to each address in the last step'),
    steps: Type.Integer({ minimum: 1, maximum: 100, description: 'How many steps lie between the two' }),
    ramp: Type.Enum([...ramps], { description: 'geometric: equal ratios; linear: equal differences' }),
    stepSeconds: Type.Integer({ minimum: 2, maximum: 300, description: 'How long each step lasts' }),
    timeoutMs: Type.Integer({
      minimum: 100,
      maximum: 5_000,
      description: 'A probe without an answer after this long is lost, milliseconds',
    }),
    maxLossPercent: Type.Number({
      minimum: 0,
      maximum: 100,
      description: 'More loss than this over the last seconds ends it',
    }),
  },
  { additionalProperties: false },
);
export type ExperimentPlan = Static<typeof ExperimentPlan>;

export const experimentEnds = [
  /** The last step is over. */
  'finished',
  'stopped',
  /** More loss than the limit. */
  'loss',
  /** More loss than the limit before any load. */
  'baseline',
  /** The bound on its duration. */
  'time',
  /** Nobody said to go on. */
  'silence',
  /** The link to the agent went away. */
  'agent-lost',
  'sensor-lost',
  'server-restarted',
] as const;
export const ExperimentEnd = Type.Enum([...experimentEnds]);
export type ExperimentEnd = Static<typeof ExperimentEnd>;

const Count = Type.Integer({ minimum: 0 });
const Rtt = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);
const figures = {
  /** Probes a second to each address that were meant to be sent. */
  rate: Type.Number({ minimum: 0 }),
  sent: Count,
  replies: Count,
  lost: Count,
  /** Probes that this machine could not send. */
  notSent: Count,
  /** Nanoseconds; null where nothing answered. */
  p50Ns: Rtt,
  p95Ns: Rtt,
  p99Ns: Rtt,
  maxNs: Rtt,
};
/** Probes that were sent in one second, and what became of them. `step` 0 is the baseline. */
export const ExperimentSecond = Type.Object({ second: Count, step: Count, ...figures });
export type ExperimentSecond = Static<typeof ExperimentSecond>;
export const ExperimentStep = Type.Object({ step: Count, ...figures });
export type ExperimentStep = Static<typeof ExperimentStep>;

export const ExperimentId = Type.Integer({ minimum: 1, maximum: 0xffff_ffff });

/** What a sensor says of its experiment: rows that are final, and at last why it is over. */
export const ExperimentNews = Type.Object({
  id: ExperimentId,
  seconds: Type.Array(ExperimentSecond, { maxItems: 64 }),
  steps: Type.Array(ExperimentStep, { maxItems: 101 }),
  ended: Type.Optional(ExperimentEnd),
});
export type ExperimentNews = Static<typeof ExperimentNews>;
