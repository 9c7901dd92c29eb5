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
import {
  ADOPTED,
  COUNT,
  createSeriesState,
  FAST_SINCE_MS,
  FLAGS,
  growSeriesState,
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

const FIRST_CAPACITY = 1_024;
/** Nothing heard for so long: sums of before say nothing of now. */
const GAP_MS = 600_000;
const GAP_INTERVALS = 10;

export function createSeriesDetector({ raised, ended, intervalMsOf }: SeriesDetectorOptions) {
  const state = createSeriesState(FIRST_CAPACITY);
  let capacity = FIRST_CAPACITY;
  let agents = new Uint16Array(capacity);
  let targets = new Uint32Array(capacity);
  /** By agent, then target. */
  const places = new Map<number, Map<number, number>>();
  const free: number[] = [];
  let used = 0;

  function grow(): void {
    capacity *= 2;
    growSeriesState(state, capacity);
    const [grownAgents, grownTargets] = [new Uint16Array(capacity), new Uint32Array(capacity)];
    grownAgents.set(agents);
    grownTargets.set(targets);
    agents = grownAgents;
    targets = grownTargets;
  }

  function seriesOf(agentNumber: number): Map<number, number> {
    let ofAgent = places.get(agentNumber);
    if (!ofAgent) {
      ofAgent = new Map();
      places.set(agentNumber, ofAgent);
    }
    return ofAgent;
  }

  function placeIn(ofAgent: Map<number, number>, agentNumber: number, targetId: number): number {
    let series = ofAgent.get(targetId);
    if (series === undefined) {
      series = free.pop() ?? used++;
      if (series >= capacity) grow();
      agents[series] = agentNumber;
      targets[series] = targetId;
      ofAgent.set(targetId, series);
    }
    return series;
  }

  function release(ofAgent: Map<number, number>, targetId: number): number | undefined {
    const series = ofAgent.get(targetId);
    if (series === undefined) return undefined;
    ofAgent.delete(targetId);
    state.values.fill(0, series * VALUES, (series + 1) * VALUES);
    state.times.fill(0, series * TIMES, (series + 1) * TIMES);
    state.flags.fill(0, series * FLAGS, (series + 1) * FLAGS);
    free.push(series);
    return series;
  }

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
    if (gapMs < GAP_INTERVALS * (intervalMsOf(targets[series] as number) ?? 0)) return;
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
      agentNumber: agents[series] as number,
      targetId: targets[series] as number,
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
      agentNumber: agents[series] as number,
      targetId: targets[series] as number,
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
      const ofAgent = seriesOf(agentNumber);
      for (let i = 0; i < count; i++) {
        const outcome = outcomes[i] as number;
        if (outcome >= OUTCOME_LATE && outcome <= OUTCOME_LOCAL_ERROR) continue;
        const targetId = targetIds[i] as number;
        const known = ofAgent.get(targetId);
        if (known === undefined && intervalMsOf(targetId) === undefined) continue;
        const series = known ?? placeIn(ofAgent, agentNumber, targetId);
        const sentMs = baseMs + (offsetsUs[i] as number) / 1_000;
        step(series, sentMs, outcome, codes[i] as number, rtts10ns[i] as number);
      }
    },

    /** The same for one sample of a series that `place` told: what simulations use. */
    step,
    place: (agentNumber: number, targetId: number) => placeIn(seriesOf(agentNumber), agentNumber, targetId),
    find: (agentNumber: number, targetId: number) => places.get(agentNumber)?.get(targetId),
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
      const series = placeIn(seriesOf(agentNumber), agentNumber, targetId);
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
    forget(targetId: number): number[] {
      return [...places.values()].flatMap((ofAgent) => release(ofAgent, targetId) ?? []);
    },
    /** Of one agent, that is gone or probes this no more. */
    forgetSeries(agentNumber: number, targetId: number): void {
      const ofAgent = places.get(agentNumber);
      if (!ofAgent) return;
      release(ofAgent, targetId);
      if (ofAgent.size === 0) places.delete(agentNumber);
    },

    /** Ends what stands, without a word: nobody knows any more. */
    drop(series: number): void {
      endLossAlarm(state, series, QUIET);
      endRttAlarm(state, series, QUIET);
      endJitterAlarm(state, series, QUIET);
    },

    /** Each series that is known, with what is usual for it where that is believed. */
    *series(): Generator<{ agentNumber: number; targetId: number; series: number }> {
      for (const [agentNumber, ofAgent] of places)
        for (const [targetId, series] of ofAgent) yield { agentNumber, targetId, series };
    },
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
