/** A sample source that the simulation fills: the last minute at once, then ten times a second. */
import { createSampleSource, type SampleSource } from '../samples/sample-source.ts';
import { baselinesOf, samplesOf } from './simulation.ts';

export function createSimulatedSource(ids: readonly number[]): { source: SampleSource; stop(): void } {
  const source = createSampleSource(Date.now, () => true);
  const { window } = source;
  const nowSecond = Math.floor(Date.now() / 1_000);
  window.advanceTo(Date.now());
  for (let age = 59; age >= 1; age--) window.ingest(1, samplesOf(ids, nowSecond - age, 1));
  source.setBaselines(baselinesOf(ids));
  // As pages do: what is usual is asked for again every minute.
  const renewal = setInterval(() => source.setBaselines(baselinesOf(ids)), 60_000);
  let doneMs = nowSecond * 1_000;
  const timer = setInterval(() => {
    const nowMs = Date.now();
    window.advanceTo(nowMs);
    while (doneMs + 100 <= nowMs) {
      const second = Math.floor(doneMs / 1_000);
      const from = doneMs - second * 1_000;
      window.ingest(1, samplesOf(ids, second, 1, from, from + 100));
      doneMs += 100;
    }
    source.changed();
  }, 100);
  return {
    source,
    stop() {
      clearInterval(timer);
      clearInterval(renewal);
    },
  };
}
