/**
 * Answers echo requests as demo-weather.ts has it. For pictures, not for proofs.
 *   node demo-responder.ts [stormFromMs]
 */
import { answerEchoes } from '@maille/testkit/answer-echoes';
import { weatherAt } from './demo-weather.ts';

const stormFromMs = process.argv[2] === undefined ? undefined : Number(process.argv[2]);

answerEchoes(([, , third = 0, fourth = 0]) => {
  const delayMs = weatherAt(third, fourth, Date.now(), stormFromMs);
  return delayMs === undefined ? [] : [delayMs];
});
