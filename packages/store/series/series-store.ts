/**
 * The contract of series engines: samples in, exactly once; samples and rollups out. The last hour is
 * answered from memory. See docs/decisions for the embedded engine's files.
 */
import type { SampleBatch } from '@maille/wire/link/samples';

export interface AppendSource {
  agentNumber: number;
  /** The spool's epoch, 16 hexadecimal digits; with `sequence`, what makes a repetition known. */
  epoch: string;
  sequence: number;
}

/** Inclusive ranges of sequences, ascending, not touching. */
export type SequenceRanges = [from: number, to: number][];

/**
 * What samples are like that are read back: as they came, or as closed days keep them, with times floored
 * to the millisecond and RTTs within 0.1 %. Outcomes, codes, counts and order are always as they came.
 */
export type Precision = 'exact' | 'rounded';
export const ROUNDED_RELATIVE_ERROR = 0.001;

/** Samples of one target seen by one agent, ordered by send time. */
export interface RawSeries {
  agentNumber: number;
  count: number;
  sentAtMs: Float64Array;
  outcomes: Uint8Array;
  codes: Uint8Array;
  /** Nanoseconds; 0 where the outcome has none. */
  rttsNs: Float64Array;
  /** `rounded` where any of them is. */
  precision: Precision;
}

/** One row a minute or an hour that has any sample. RTT columns are NaN where nothing answered. */
export interface RollupSeries {
  agentNumber: number;
  count: number;
  /**
   * `rounded` where the RTT figures of any of them are: minutes of closed days, within 0.1 %, or 0.2 % where
   * samples came after the day was closed. Counts are exact.
   */
  precision: Precision;
  startMs: Float64Array;
  sent: Uint32Array;
  replies: Uint32Array;
  /** A column an outcome, by its number. Rows from before they were kept have zeros: fewer than were sent. */
  outcomes: Uint32Array[];
  minNs: Float64Array;
  p25Ns: Float64Array;
  p50Ns: Float64Array;
  p75Ns: Float64Array;
  p95Ns: Float64Array;
  p99Ns: Float64Array;
  maxNs: Float64Array;
  /** RFC 3550 interarrival jitter at the end of the bucket. */
  jitterNs: Float64Array;
}

export interface PrefixStrip {
  prefix: string;
  sent: Uint32Array;
  replies: Uint32Array;
  /** Median RTT over all targets of the prefix; NaN where nothing answered. */
  p50Ns: Float64Array;
}

/** The figures of a window over one target or several; RTT figures are NaN where nothing answered. */
export interface WindowStatistics {
  /** What the figures are of: whole hours around the window where they come from sketches. */
  fromMs: number;
  toMs: number;
  source: 'samples' | 'sketches';
  /** How far an RTT figure may be off, as a part of it; 0: exact. NaN: some of it is older than sketches. */
  relativeError: number;
  sent: number;
  replies: number;
  /** By number of the outcome (wire/link/samples.ts). */
  outcomes: Float64Array;
  minNs: number;
  p25Ns: number;
  p50Ns: number;
  p75Ns: number;
  p95Ns: number;
  p99Ns: number;
  maxNs: number;
  /** The mean of |D| (RFC 3550), each target and agent by itself. */
  jitterNs: number;
}

/** What one agent saw of one target over a window; RTT figures are NaN where nothing answered. */
export interface AgentStatistics {
  targetId: number;
  agentNumber: number;
  sent: number;
  replies: number;
  p50Ns: number;
  p95Ns: number;
}

/** One row a minute and target that has any sample, ordered by them. */
export interface MinutesOfMany {
  agentNumber: number;
  count: number;
  /** Minutes since the epoch. */
  minutes: Uint32Array;
  targetIds: Uint32Array;
  sent: Uint32Array;
  replies: Uint32Array;
  /** NaN where nothing answered. */
  p50Ns: Float64Array;
  /** Of the medians, as with rollups. */
  precision: Precision;
}

export interface SeriesStore {
  /**
   * Keeps a batch. When it returns, a kill -9 of this process loses nothing of it.
   * Throws a Problem `unavailable` when the disk refuses; then nothing of the batch is kept.
   */
  append(source: AppendSource, batch: SampleBatch): 'stored' | 'duplicate';
  /** Which frames of an agent's spool are kept for good. */
  appended(agentNumber: number, epoch: string): SequenceRanges;
  /** Tells which tile each target belongs to; a target never changes its prefix. */
  placeTargets(targets: Iterable<{ id: number; prefix: string }>): void;
  readRaw(targetId: number, fromMs: number, toMs: number, agentNumber?: number): Promise<RawSeries[]>;
  readRollup(
    targetId: number,
    resolution: 'minute' | 'hour',
    fromMs: number,
    toMs: number,
    agentNumber?: number,
  ): Promise<RollupSeries[]>;
  /** Of all these targets together: percentiles of all their samples, never averaged. */
  readStatistics(
    targetIds: readonly number[],
    fromMs: number,
    toMs: number,
    agentNumber?: number,
  ): Promise<WindowStatistics>;
  /**
   * Of each of these targets by each agent that probed it, of the whole minutes that the window touches;
   * ordered by target and agent. It goes through no samples that are put away: counts are exact, percentiles
   * lie where the quantiles of the minutes and the sketches of the hours, all together, put them.
   */
  readStatisticsByAgent(
    targetIds: readonly number[],
    fromMs: number,
    toMs: number,
  ): Promise<{ fromMs: number; toMs: number; rows: AgentStatistics[] }>;
  /** All samples sent in [fromMs, toMs), one batch or more an agent; a minute or so at a time. */
  readWindow(
    fromMs: number,
    toMs: number,
  ): Promise<{ agentNumber: number; batch: SampleBatch; precision: Precision }[]>;
  readStrip(fromMs: number, toMs: number): Promise<{ startMs: Float64Array; prefixes: PrefixStrip[] }>;
  /** The minutes that [fromMs, toMs) touches, of every target or of these; agents ascending. */
  readMinutes(fromMs: number, toMs: number, targetIds?: readonly number[]): Promise<MinutesOfMany[]>;
  /** Drops whole days that are older. */
  retain(rawDays: number, rollupDays: number): Promise<void>;
  /** Copies a consistent state into an empty folder while appends go on. */
  copyTo(folder: string): Promise<void>;
  stop(): Promise<void>;
}
