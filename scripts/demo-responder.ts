/**
 * Answers echo requests as a network with weather would: each /24 has its own distance and calm; some
 * addresses are silent, one prefix has a storm that comes and goes. For pictures, not for proofs.
 */
import { answerEchoes } from '@maille/testkit/answer-echoes';

const STORM_PERIOD_MS = 97_000;

/** The same number between 0 and 1 for the same address, always. */
function luck(third: number, fourth: number): number {
  const mixed = Math.imul(third * 257 + fourth + 1, 0x9e37_79b1) >>> 0;
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
}

answerEchoes(([, , third = 0, fourth = 0]) => {
  const own = luck(third, fourth);
  if (own < 0.006) return [];
  const base = [0, 1.5, 4, 9, 12, 22, 38, 75, 140, 3, 6, 180][third % 12] as number;
  let delayMs = base * (0.85 + 0.3 * own) + Math.random() * Math.random() * (0.6 + base * 0.15);
  let loss = own > 0.985 ? 0.25 : 0.0008;
  const phase = (Date.now() % STORM_PERIOD_MS) / STORM_PERIOD_MS;
  if (third === 5 && phase > 0.35 && phase < 0.8 && fourth % 32 < 20) {
    delayMs += 60 + 240 * Math.random();
    loss = 0.12;
  }
  return Math.random() < loss ? [] : [delayMs];
});
