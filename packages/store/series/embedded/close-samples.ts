/** The closed layout of a day's samples: hour-block.ts. */
import { deleteBlockRows } from './block-rows.ts';
import type { DayFileLayout } from './close-day-file.ts';
import { MINUTES_AN_HOUR, readWholeHour, writeClosedRow } from './closed-rows.ts';
import { createHourBlockWriter } from './hour-block.ts';
import { eachTarget } from './sample-block.ts';

export const closeSamples: DayFileLayout = {
  async closeBlock({ log }, from, to, { hour, agent, block }, slice) {
    const samples = readWholeHour(from, hour, agent, block, log);
    const writer = createHourBlockWriter();
    const runs: [number, number][] = [];
    eachTarget(samples, (_, start, end) => void runs.push([start, end]));
    for (const [start, end] of runs) {
      if (slice.due()) await slice.pause();
      writer.add(samples, start, end);
    }
    if (samples.count > 0) writeClosedRow(to, hour, agent, block, writer.finish());
    if (from === to)
      deleteBlockRows(from, agent, block, hour * MINUTES_AN_HOUR, (hour + 1) * MINUTES_AN_HOUR);
  },
};
