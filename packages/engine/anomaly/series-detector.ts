/**
 * All series and their tests: batches of samples in, alarms out. Time is that of the samples; nothing here
 * knows a clock. What a probe's outcome says of its target: a reply is a reply, a send that failed here
 * says nothing, late and duplicate replies come on top of an outcome that was told; everything else is lost,
 * a refused TCP connection too.
 */
import {
  CODE_REPLY_FIRST,
  OUTCOME_LATE,
  OUTCOME_LOCAL_ERROR,
  OUTCOME_REPLY,
  RTT_UNIT_NS,
  type SampleBatch,
} from '@maille/wire/link/samples';
import { DAILY_FLEET_BOUND } from './bernoulli-cusum.ts';
import { endJitterAlarm, JITTER_THRESHOLD, stepJitter } from './jitter-test.ts';
import {
  endLossAlarm,
  FAST,
  HALF,
  lossRatioOf,
  lossSinceMs,
  lossThreshold,
  SILENT,
  SLOW,
  stepLoss,
} from './loss-test.ts';
import { QUARTILES_WARM_UP, sigmaOf } from './rtt-quartiles.ts';
import { endRttAlarm, levelNow, NEAR, rttScore, rttThreshold, stepRtt } from './rtt-test.ts';
import { createSeriesPlaces } from './series-places.ts';
import {
  ADOPTED,
  COUNT,
  FAST_SINCE_MS,
  FLAGS,
  JITTER_ALARM,
  JITTER_SINCE_MS,
  LAST_RTT,
  LAST_SENT_MS,
  LEARNT,
  LOSS,
  LOSS_ALARM,
  LOSS_ENDED_MS,
  Q50,
  QUIET,
  RAISED,
  RECENT,
  REPLIES,
  RTT_ALARM,
  RTT_ENDED_MS,
  RTT_SINCE_MS,
  RUN,
  S_JITTER,
  S_LOSS,
  SILENT_SINCE_MS,
  TIMES,
  VALUES,
} from './series-state.ts';

export type AlarmFamily = 'loss' | 'rtt' | 'jitter';
export type AlarmKind = 'silent' | AlarmFamily;

/** What one test says of one series. */
export interface Alarm {
  series: number;
  agentNumber: number;
  targetId: number;
  family: AlarmFamily;
  kind: AlarmKind;
  sinceMs: number;
  score: number;
  threshold: number;
  lossRatio: number | null;
  rttNs: number | null;
  baselineRttNs: number | null;
}

export interface AlarmEnd {
  series: number;
  agentNumber: number;
  targetId: number;
  family: AlarmFamily;
  /** Send time of the first sample that was as usual again. */
  endedMs: number;
  /** The new level is the usual one now. */
  adopted: boolean;
}

export interface SeriesDetectorOptions {
  raised(alarm: Alarm): void;
  ended(end: AlarmEnd): void;
  /** How often a target is probed; undefined when there is none: samples of before its end begin no series. */
  intervalMsOf(targetId: number): number | undefined;
}

export interface Baseline {
  rttNs: number;
  spread: number;
  lossRatio: number;
}

/** Nothing heard for so long: sums of before say nothing of now. */
const GAP_MS = 600_000;
const GAP_INTERVALS = 10;

export function createSeriesDetector({ raised, ended, intervalMsOf }: SeriesDetectorOptions) {
  const places = createSeriesPlaces();
  const { state, agentOf, targetOf } = places;

  function step(series: number, sentMs: number, outcome: number, code: number, rtt10ns: number): void {
    const { times, values } = state;
    const lastMs = times[series * TIMES + LAST_SENT_MS] as number;
    if (sentMs > lastMs) {
      if (sentMs - lastMs > GAP_MS && lastMs > 0) afterGap(series, sentMs - lastMs);
      times[series * TIMES + LAST_SENT_MS] = sentMs;
    }
    const answered = outcome === OUTCOME_REPLY;
    const loss = stepLoss(state, series, !answered, sentMs);
    if (loss !== QUIET) tell(series, 'loss', loss, sentMs);
    if (!answered || code === CODE_REPLY_FIRST || rtt10ns === 0) return;
    values[series * VALUES + COUNT] = ((values[series * VALUES + COUNT] as number) + 1) & 0xffff;
    const rtt = stepRtt(state, series, rtt10ns, sentMs);
    if (rtt !== QUIET) tell(series, 'rtt', rtt, sentMs);
    const jitter = stepJitter(state, series, rtt10ns, sentMs);
    if (jitter !== QUIET) tell(series, 'jitter', jitter, sentMs);
  }

  /** Sums of before a long silence of the agent say nothing of now; what is usual stays. */
  function afterGap(series: number, gapMs: number): void {
    if (gapMs < GAP_INTERVALS * (intervalMsOf(targetOf(series)) ?? 0)) return;
    const at = series * VALUES;
    state.values.fill(0, at + S_LOSS, at + S_JITTER + 1);
    state.values[at + RUN] = 0;
    state.values[at + LAST_RTT] = 0;
  }

  function tell(series: number, family: AlarmFamily, news: number, sentMs: number): void {
    if (news === RAISED) {
      raised(describe(series, family));
      return;
    }
    const field = family === 'loss' ? LOSS_ENDED_MS : RTT_ENDED_MS;
    const endedMs = family === 'jitter' ? sentMs : (state.times[series * TIMES + field] as number);
    ended({
      series,
      agentNumber: agentOf(series),
      targetId: targetOf(series),
      family,
      endedMs: endedMs || sentMs,
      adopted: news === ADOPTED,
    });
  }

  function describe(series: number, family: AlarmFamily): Alarm {
    const { values, flags, times } = state;
    const at = series * VALUES;
    const value = (field: number) => values[at + field] as number;
    const common = {
      series,
      agentNumber: agentOf(series),
      targetId: targetOf(series),
      family,
      baselineRttNs: value(REPLIES) >= QUARTILES_WARM_UP ? Math.exp(value(Q50)) * RTT_UNIT_NS : null,
    };
    if (family === 'loss') {
      const test = (flags[series * FLAGS + LOSS_ALARM] as number) - 1;
      return {
        ...common,
        kind: test === SILENT ? 'silent' : 'loss',
        sinceMs: lossSinceMs(state, series),
        score: Math.max(...[SILENT, HALF, FAST, SLOW].map((one) => value(S_LOSS + one))),
        threshold: lossThreshold(test, values, at),
        lossRatio: lossRatioOf(state, series),
        rttNs: null,
      };
    }
    const isRtt = family === 'rtt';
    const rttBound = rttThreshold(values, at);
    // What is near has no sum: it lasted a minute, which is as much as the bound asks.
    const isNear = flags[series * FLAGS + RTT_ALARM] === NEAR;
    return {
      ...common,
      kind: family,
      sinceMs: times[series * TIMES + (isRtt ? RTT_SINCE_MS : JITTER_SINCE_MS)] as number,
      score: isRtt ? Math.max(rttScore(values, at), isNear ? rttBound : 0) : value(S_JITTER),
      threshold: isRtt ? rttBound : JITTER_THRESHOLD,
      lossRatio: null,
      rttNs: Math.exp(levelNow(state, series)) * RTT_UNIT_NS,
    };
  }

  return {
    take(agentNumber: number, batch: SampleBatch): void {
      const { count, baseMs, targetIds, offsetsUs, outcomes, codes, rtts10ns } = batch;
      const ofAgent = places.of(agentNumber);
      for (let i = 0; i < count; i++) {
        const outcome = outcomes[i] as number;
        if (outcome >= OUTCOME_LATE && outcome <= OUTCOME_LOCAL_ERROR) continue;
        const targetId = targetIds[i] as number;
        const known = ofAgent.get(targetId);
        if (known === undefined && intervalMsOf(targetId) === undefined) continue;
        const series = known ?? places.take(agentNumber, targetId);
        const sentMs = baseMs + (offsetsUs[i] as number) / 1_000;
        step(series, sentMs, outcome, codes[i] as number, rtts10ns[i] as number);
      }
    },

    /** The same for one sample of a series that `place` told: what simulations use. */
    step,
    place: places.take,
    find: (agentNumber: number, targetId: number) => places.of(agentNumber).get(targetId),
    lastSentMs: (series: number) => state.times[series * TIMES + LAST_SENT_MS] as number,
    describe,

    /** How suspicious a series is, 0 to 1, where 1 is an alarm. */
    suspicion(series: number): number {
      const at = series * VALUES;
      const { values } = state;
      const half = (values[at + S_LOSS + HALF] as number) / DAILY_FLEET_BOUND;
      const silent = (values[at + S_LOSS + SILENT] as number) / DAILY_FLEET_BOUND;
      const fast = (values[at + S_LOSS + FAST] as number) / DAILY_FLEET_BOUND;
      const rtt = rttScore(values, at) / rttThreshold(values, at);
      return Math.min(1, Math.max(half, silent, fast, rtt));
    },

    /** An alarm that stood before a restart stands again, until samples end it. */
    resume(agentNumber: number, targetId: number, kind: AlarmKind, sinceMs: number): number {
      const series = places.take(agentNumber, targetId);
      const { flags, times } = state;
      if (kind === 'silent' || kind === 'loss') {
        flags[series * FLAGS + LOSS_ALARM] = 1 + (kind === 'silent' ? SILENT : FAST);
        times[series * TIMES + (kind === 'silent' ? SILENT_SINCE_MS : FAST_SINCE_MS)] = sinceMs;
      } else {
        const isRtt = kind === 'rtt';
        flags[series * FLAGS + (isRtt ? RTT_ALARM : JITTER_ALARM)] = 1;
        times[series * TIMES + (isRtt ? RTT_SINCE_MS : JITTER_SINCE_MS)] = sinceMs;
      }
      return series;
    },

    /** A target that is gone: its series with it. Returns them. */
    forget: places.forget,
    /** Of one agent, that is gone or probes this no more. */
    forgetSeries: places.forgetSeries,

    /** Ends what stands, without a word: nobody knows any more. */
    drop(series: number): void {
      endLossAlarm(state, series, QUIET);
      endRttAlarm(state, series, QUIET);
      endJitterAlarm(state, series, QUIET);
    },

    series: places.all,
    /** What is usual for a series, where that is believed. */
    baselineOf(series: number): Baseline | undefined {
      const at = series * VALUES;
      const { values } = state;
      if ((values[at + REPLIES] as number) < QUARTILES_WARM_UP) return undefined;
      return {
        rttNs: Math.exp(values[at + Q50] as number) * RTT_UNIT_NS,
        spread: sigmaOf(values, at),
        lossRatio: values[at + LOSS] as number,
      };
    },

    /** What was learnt: LEARNT floats. */
    learnt: (series: number): Float32Array => state.values.slice(series * VALUES, series * VALUES + LEARNT),
    teach(series: number, learnt: Float32Array): void {
      const at = series * VALUES;
      state.values.set(learnt.subarray(0, LEARNT), at);
      state.values[at + RECENT] = learnt[Q50] as number;
    },
  };
}

export type SeriesDetector = ReturnType<typeof createSeriesDetector>;
