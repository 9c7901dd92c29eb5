/** What a plan comes to, and whether it stays within its bounds: checked by server, agent and sensor alike. */
import { canonicalIpAddress } from '@maille/base/ip-address';
import { Problem } from '@maille/base/problem';
import {
  BASELINE_RATE,
  BASELINE_SECONDS,
  type ExperimentPlan,
  MAX_EXPERIMENT_SECONDS,
  MAX_TOTAL_RATE,
} from './experiment.ts';

/** A verdict may be read a little later than it fell. */
export const VERDICT_SLACK_MS = 150;

/** Probes a second to each address, step by step; the first is the baseline. */
export function ratesOf({ fromRate, toRate, steps, ramp }: ExperimentPlan): number[] {
  const rates = Array.from({ length: steps }, (_, i) => {
    const way = steps === 1 ? 1 : i / (steps - 1);
    const rate =
      ramp === 'linear' ? fromRate + (toRate - fromRate) * way : fromRate * (toRate / fromRate) ** way;
    return Math.round(rate * 10) / 10;
  });
  return [BASELINE_RATE, ...rates];
}

/** Until its verdicts are there: no load begins before the addresses have shown that they answer without. */
export function baselineSeconds({ timeoutMs }: ExperimentPlan): number {
  return BASELINE_SECONDS + Math.ceil((timeoutMs + VERDICT_SLACK_MS) / 1_000);
}

export function plannedSeconds(plan: ExperimentPlan): number {
  return baselineSeconds(plan) + plan.steps * plan.stepSeconds;
}

export function plannedProbes(plan: ExperimentPlan): number {
  const [baseline = 0, ...steps] = ratesOf(plan);
  const each = steps.reduce((sum, rate) => sum + rate * plan.stepSeconds, baseline * baselineSeconds(plan));
  return Math.round(each * plan.addresses.length);
}

/** What its schema cannot say; throws a Problem that names the field below `at`. */
export function checkExperimentPlan(plan: ExperimentPlan, at = ''): void {
  const refuse = (field: keyof ExperimentPlan | `addresses/${number}`, message: string, remedy: string) => {
    throw new Problem('invalid', message, { field: `${at}/${field}`, remedy });
  };
  // The bound for each address is none where one may stand there in many spellings.
  const seen = new Set<string>();
  plan.addresses.forEach((text, i) => {
    const address = canonicalIpAddress(text);
    if (address === undefined)
      refuse(`addresses/${i}`, `${text} is no IP address`, 'A load experiment probes addresses, not names.');
    else if (seen.has(address)) refuse(`addresses/${i}`, `${address} is there twice`, 'Name it once.');
    else seen.add(address);
  });
  if (plan.toRate < plan.fromRate)
    refuse('toRate', 'the last rate is below the first', 'An experiment only raises the rate.');
  const total = plan.toRate * plan.addresses.length;
  if (total > MAX_TOTAL_RATE)
    refuse(
      'toRate',
      `${plan.addresses.length} addresses at ${plan.toRate} a second are ${total} probes a second; the bound is ${MAX_TOTAL_RATE}`,
      `At most ${Math.floor(MAX_TOTAL_RATE / plan.addresses.length)} a second with so many addresses.`,
    );
  const seconds = plannedSeconds(plan);
  if (seconds > MAX_EXPERIMENT_SECONDS)
    refuse(
      'stepSeconds',
      `it would last ${seconds} s; the bound is ${MAX_EXPERIMENT_SECONDS} s`,
      'Take fewer or shorter steps.',
    );
}
