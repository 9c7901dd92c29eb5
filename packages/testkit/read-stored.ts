/** What the series hold, read after all is stopped: send times by address, of probes that left this machine. */
import { systemClock } from '@maille/base/clock';
import { type Log, silentLog } from '@maille/base/log';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { countsAsSent } from '@maille/wire/link/samples';

export async function readStored(
  folder: string,
  addresses: ReadonlyMap<number, string>,
  fromMs: number,
  toMs: number,
): Promise<{ stored: Map<string, number[]>; complaints: string[] }> {
  const complaints: string[] = [];
  const complain = (fields: Record<string, unknown>, message: string) => {
    complaints.push(`${message} ${JSON.stringify(fields)}`);
  };
  const log: Log = { ...silentLog, warn: complain, error: complain };
  const series = await openEmbeddedSeries({ folder, clock: systemClock, log });
  const stored = new Map<string, number[]>();
  for (const [id, address] of addresses) {
    const times: number[] = [];
    for (const raw of await series.readRaw(id, fromMs - 5_000, toMs + 60_000)) {
      for (let i = 0; i < raw.count; i++) {
        const outcome = raw.outcomes[i] as number;
        if (countsAsSent(outcome)) times.push(raw.sentAtMs[i] as number);
      }
    }
    stored.set(address, times);
  }
  await series.stop();
  return { stored, complaints };
}
