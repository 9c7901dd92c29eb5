/**
 * What every series engine must do alike. Each check runs on samples that have just come, again once the
 * engine has put them away, after it was stopped and opened anew, and once their days are over and closed.
 */
import { suite, test } from 'node:test';
import { checkOverTime } from './series-compliance-over-time.ts';
import { checkRollups } from './series-compliance-rollups.ts';
import { checkSamples } from './series-compliance-samples.ts';
import type { SeriesStore } from './series-store.ts';

export interface SeriesUnderTest {
  /** Opens, or opens again after a stop. */
  open(): Promise<SeriesStore>;
  /** Lets time pass until the engine has put away what it was given, hours included. */
  settle(store: SeriesStore): Promise<void>;
  /** Lets days pass, until the engine has put away whole days in the way that they stay. */
  closeDays(store: SeriesStore): Promise<void>;
  wallMs(): number;
  /** An empty folder for `copyTo`, and what opens it. */
  copyFolder: string;
  openCopy(): Promise<SeriesStore>;
  remove(): Promise<void>;
}

/** `fill` puts samples in; `body` looks at them, once for each place that an engine may have put them to. */
export type Check = (
  name: string,
  fill: (store: SeriesStore, under: SeriesUnderTest) => void,
  body: (store: SeriesStore, under: SeriesUnderTest) => Promise<void>,
) => void;

export function checkSeries(engine: string, create: () => Promise<SeriesUnderTest>): void {
  const check: Check = (name, fill, body) =>
    test(name, async (t) => {
      const under = await create();
      let store = await under.open();
      try {
        fill(store, under);
        await t.test('when it has just come', () => body(store, under));
        await under.settle(store);
        await t.test('when it is put away', () => body(store, under));
        await store.stop();
        store = await under.open();
        await t.test('when it is opened again', () => body(store, under));
        await under.closeDays(store);
        await t.test('when its days are closed', () => body(store, under));
        await store.stop();
        store = await under.open();
        await t.test('when it is opened with closed days', () => body(store, under));
      } finally {
        await store.stop();
        await under.remove();
      }
    });

  suite(`series compliance: ${engine}`, () => {
    checkSamples(check);
    checkRollups(check);
    checkOverTime(create);
  });
}
