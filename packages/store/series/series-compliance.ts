/**
 * What every series engine must do alike. Each check runs on samples that have just come, again once the
 * engine has put them away, after it was stopped and opened anew, and once their days are over and closed.
 */
import { suite, test } from 'node:test';
import { checkOverTime } from './series-compliance-over-time.ts';
import { checkRollups } from './series-compliance-rollups.ts';
import { checkSamples } from './series-compliance-samples.ts';
import type { Check, SeriesUnderTest } from './series-under-test.ts';

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
