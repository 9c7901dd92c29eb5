/**
 * Round-trip times of closed days, on steps of equal ratio: a stored RTT is within 0.1 % of the measured
 * one, or within 10 ns where that is more. What is finer than that is the noise of the path, and would cost
 * most of a sample's bytes. A step stands for its value: rounding twice changes nothing more.
 */
export const RTT_STEP_RELATIVE_ERROR = 0.001;
const LN_RATIO = Math.log((1 + RTT_STEP_RELATIVE_ERROR) / (1 - RTT_STEP_RELATIVE_ERROR));
const MAX_RTT = 0xffff_ffff;
const MAX_STEP = 1 + Math.round(Math.log(MAX_RTT) / LN_RATIO);

const values = Uint32Array.from({ length: MAX_STEP + 1 }, (_, step) =>
  step === 0 ? 0 : Math.min(MAX_RTT, Math.round(Math.exp((step - 1) * LN_RATIO))),
);

/** 0 is a step of its own: no RTT. */
export function rttStep(rtt10ns: number): number {
  return rtt10ns === 0 ? 0 : 1 + Math.round(Math.log(rtt10ns) / LN_RATIO);
}

export function rttOfStep(step: number): number {
  return values[Math.min(MAX_STEP, Math.max(0, step))] as number;
}
