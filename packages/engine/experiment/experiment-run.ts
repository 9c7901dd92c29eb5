/**
 * One load experiment, where it is carried out: which rate holds now, what came of it second by second,
 * and when it is over. It knows neither sockets nor clocks; who sends asks it for the rate and tells it
 * each verdict.
 *
 * A second's figures are final when the last of its probes must have its verdict, a timeout after it; so
 * too much loss is seen a timeout and a second after it began. Everything else stops at once. What was
 * sent by then still gets its verdicts before the end is told.
 */
import {
  BASELINE_SECONDS,
  EXPERIMENT_SILENCE_MS,
  type ExperimentEnd,
  type ExperimentNews,
  type ExperimentPlan,
  type ExperimentSecond,
  type ExperimentStep,
  MAX_EXPERIMENT_SECONDS,
} from '@maille/wire/experiment';
import {
  baselineSeconds,
  checkExperimentPlan,
  plannedSeconds,
  ratesOf,
  VERDICT_SLACK_MS,
} from '@maille/wire/experiment-plan';
import { createFigures, type Figures } from './figures.ts';

export interface ExperimentRun {
  /** Probes a second over all addresses; 0 once it only waits for verdicts. */
  readonly totalRate: number;
  /** Present when all is told that will be. */
  readonly over: boolean;
  /** Nobody wants it stopped yet. */
  keepalive(nowMs: number): void;
  stop(end: ExperimentEnd): void;
  /** A probe that was sent `atMs` after the beginning has its verdict. */
  verdict(atMs: number, outcome: number, code: number, rttNs: number): void;
  /** Time goes on; undefined while there is nothing to tell. */
  tick(nowMs: number): ExperimentNews | undefined;
}

/** Loss is looked at over so many seconds, or as many more of the step as make this many probes. */
const LOSS_SECONDS = 3;
const LOSS_PROBES = 20;

/** Throws a Problem when the plan is over its bounds. */
export function createExperimentRun(id: number, plan: ExperimentPlan, startMs: number): ExperimentRun {
  checkExperimentPlan(plan);
  const rates = ratesOf(plan);
  const firstLoaded = baselineSeconds(plan);
  const lastSecond = plannedSeconds(plan);
  const seconds = new Map<number, Figures>();
  /** Rows of the present step, newest last. */
  let rows: ExperimentSecond[] = [];
  let steps: Figures[] = [];
  let toldSeconds = 0;
  let toldSteps = 0;
  let heardMs = startMs;
  let elapsedMs = 0;
  let end: ExperimentEnd | undefined;
  let sentUntilMs = Number.POSITIVE_INFINITY;
  let over = false;

  const stepOf = (second: number) =>
    second < firstLoaded
      ? 0
      : Math.min(rates.length - 1, 1 + Math.floor((second - firstLoaded) / plan.stepSeconds));
  const rateOf = (step: number) => rates[step] as number;
  const lastSecondOf = (step: number) => firstLoaded + step * plan.stepSeconds - 1;

  function stop(why: ExperimentEnd): void {
    if (end !== undefined) return;
    end = why;
    sentUntilMs = Math.min(elapsedMs, lastSecond * 1_000);
  }

  function lossPercent(complete: boolean): number {
    let sent = 0;
    let lost = 0;
    let looked = 0;
    for (let i = rows.length - 1; i >= 0 && (looked < LOSS_SECONDS || sent < LOSS_PROBES); i--, looked++) {
      sent += (rows[i] as ExperimentSecond).sent;
      lost += (rows[i] as ExperimentSecond).lost;
    }
    // A few probes say little, unless the step has no more of them.
    if (sent === 0 || (sent < LOSS_PROBES && !complete)) return 0;
    return (100 * lost) / sent;
  }

  function closeSecond(second: number): ExperimentSecond {
    const step = stepOf(second);
    if (step !== rows[0]?.step) rows = [];
    const row = { second, step, ...(seconds.get(second) ?? createFigures()).row(rateOf(step)) };
    seconds.delete(second);
    rows.push(row);
    const complete = step === 0 ? second >= BASELINE_SECONDS - 1 : second === lastSecondOf(step);
    if (lossPercent(complete) > plan.maxLossPercent) stop(step === 0 ? 'baseline' : 'loss');
    return row;
  }

  const stepRow = (step: number): ExperimentStep => ({
    step,
    ...(steps[step] ?? createFigures()).row(rateOf(step)),
  });

  return {
    get totalRate() {
      if (end !== undefined) return 0;
      return rateOf(stepOf(Math.floor(elapsedMs / 1_000))) * plan.addresses.length;
    },
    get over() {
      return over;
    },
    keepalive(nowMs) {
      heardMs = nowMs;
    },
    stop,
    verdict(atMs, outcome, code, rttNs) {
      const second = Math.min(lastSecond - 1, Math.floor(atMs / 1_000));
      if (second < toldSeconds) return; // after its row: late, or a clock that was set
      let figures = seconds.get(second);
      if (!figures) {
        figures = createFigures();
        seconds.set(second, figures);
      }
      figures.add(outcome, code, rttNs);
      const step = stepOf(second);
      steps[step] ??= createFigures();
      (steps[step] as Figures).add(outcome, code, rttNs);
    },
    tick(nowMs) {
      if (over) return undefined;
      elapsedMs = nowMs - startMs;
      if (nowMs - heardMs > EXPERIMENT_SILENCE_MS) stop('silence');
      if (elapsedMs >= lastSecond * 1_000) stop('finished');
      if (elapsedMs >= MAX_EXPERIMENT_SECONDS * 1_000) stop('time');

      const settledMs = elapsedMs - plan.timeoutMs - VERDICT_SLACK_MS;
      const news: ExperimentNews = { id, seconds: [], steps: [] };
      while ((toldSeconds + 1) * 1_000 <= settledMs && toldSeconds * 1_000 < sentUntilMs) {
        if (news.seconds.length === 64) break;
        news.seconds.push(closeSecond(toldSeconds++));
        const step = stepOf(toldSeconds - 1);
        if (toldSeconds - 1 === lastSecondOf(step)) news.steps.push(stepRow(toldSteps++));
      }
      if (end !== undefined && settledMs >= sentUntilMs && news.seconds.length < 64) {
        // The second and the step in which it stopped are told as far as they came.
        if (toldSeconds * 1_000 < sentUntilMs) news.seconds.push(closeSecond(toldSeconds++));
        const step = stepOf(toldSeconds - 1);
        if (toldSteps <= step && (steps[step]?.sent ?? 0) > 0) news.steps.push(stepRow(toldSteps++));
        news.ended = end;
        over = true;
        steps = [];
      }
      return news.seconds.length + news.steps.length > 0 || news.ended !== undefined ? news : undefined;
    },
  };
}
