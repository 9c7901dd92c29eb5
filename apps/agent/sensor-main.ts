/** The sensor program: environment in, one ready line out, SIGTERM or SIGINT ends it. See sensor.ts. */
import { systemClock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import { readOwnPrefixes } from '@maille/engine/probe/own-prefixes';
import { defaultRateBounds, type RateBounds } from '@maille/engine/probe/rate-guard';
import pino from 'pino';
import { startSensor } from './sensor.ts';

const log = pino(
  { level: process.env.MAILLE_LOG_LEVEL ?? 'info', base: { part: 'sensor' } },
  pino.destination({ dest: 2, sync: true }),
);

async function main(): Promise<void> {
  const runFolder = process.env.MAILLE_RUN_DIR;
  if (!runFolder)
    throw new Problem('invalid', 'the sensor needs a folder for its socket', {
      remedy: 'Set MAILLE_RUN_DIR.',
    });
  const named = process.env.MAILLE_SENSOR_USER;
  const sensor = await startSensor({
    runFolder,
    users: named ? [named] : ['maille', 'nobody'],
    clock: systemClock,
    log,
    rateBounds: {
      ...readRateBounds(process.env.MAILLE_MAX_PROBES_PER_SECOND),
      ownPrefixes: readOwnPrefixes(process.env.MAILLE_OWN_PREFIXES),
    },
  });
  const stop = () => void sensor.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, probing: sensor.probing })}\n`);
}

function readRateBounds(text: string | undefined): RateBounds {
  if (!text) return defaultRateBounds;
  const perSecond = Number(text);
  if (!/^\d{1,7}$/.test(text) || perSecond < 1)
    throw new Problem('invalid', `MAILLE_MAX_PROBES_PER_SECOND is no number of probes: ${text}`, {
      remedy: `A whole number; without it, ${defaultRateBounds.perSecond}.`,
    });
  return { ...defaultRateBounds, perSecond };
}

main().catch((error: unknown) => {
  const remedy = error instanceof Problem ? error.remedy : undefined;
  log.error({ err: error, ...(remedy ? { remedy } : {}) }, 'the sensor cannot run');
  process.exit(1);
});
