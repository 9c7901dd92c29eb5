/**
 * Samples with noise as real paths have it. Of ten targets six are in the same building (0.12 to 0.6 ms,
 * ±8 %), two or three in the region (2 to 15 ms, ±2 %), the others far away (20 to 180 ms, ±0.8 %); the
 * spread is log-normal. One reply in a hundred is held up, by up to three times its RTT; 0.3 % are lost.
 * Each is sent up to 5 ms after it is due, which is the sensor's tick.
 */
import { createSampleBatch, OUTCOME_TIMEOUT, type SampleBatch } from '@maille/wire/link/samples';

const TICK_US = 5_000;
const SPREADS = 65_536;

export function createPathNoise(seed = 0x2545f491) {
  let state = seed;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const gaussians = Float64Array.from(
    { length: SPREADS },
    () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
  const spread = [0.08, 0.02, 0.008].map((sigma) => gaussians.map((g) => Math.exp(sigma * g)));

  function pathOf(id: number): { floorNs: number; kind: number } {
    const place = (id * 7_919) % 1_000;
    const kind = id % 20 < 12 ? 0 : id % 20 < 17 ? 1 : 2;
    const [least, most] = [
      [120_000, 600_000],
      [2_000_000, 15_000_000],
      [20_000_000, 180_000_000],
    ][kind] as [number, number];
    return { floorNs: least + ((most - least) * place) / 1_000, kind };
  }

  return {
    uniform,
    /** A sample each of the targets 1 to `count`, spread over the second that begins at `baseMs`. */
    second(count: number, baseMs: number): SampleBatch {
      const batch = createSampleBatch(count, baseMs);
      batch.count = count;
      for (let i = 0; i < count; i++) {
        const { floorNs, kind } = pathOf(i + 1);
        const dueUs = (((i + 1) * 0.618_033_988_75) % 1) * (1_000_000 - TICK_US);
        batch.targetIds[i] = i + 1;
        batch.offsetsUs[i] = dueUs + TICK_US * uniform();
        if (uniform() < 0.003) {
          batch.outcomes[i] = OUTCOME_TIMEOUT;
          continue;
        }
        const heldUp = uniform() < 0.01 ? 1 + 3 * uniform() : 1;
        const noise = (spread[kind] as Float64Array)[(uniform() * SPREADS) | 0] as number;
        batch.rtts10ns[i] = (floorNs * noise * heldUp) / 10;
      }
      return batch;
    },
  };
}
