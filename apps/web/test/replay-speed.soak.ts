/**
 * The past of ten thousand targets, played in a browser from a real server: whether a replay at 60× and at
 * 600× keeps its pace, or waits for what is not there yet. `npm run soak -- replay-speed [targets]`.
 */
import { join } from 'node:path';
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { createSampleBatch, MAX_BATCH_COUNT, OUTCOME_REPLY } from '@maille/wire/link/samples';
import type { Page } from 'playwright-core';
import { ensureWebBundle } from '../../cli/web-bundle.ts';
import { hasChromium, openPage, startBrowser } from './browser.ts';
import { startMaille } from './running-maille.ts';

const count = Number(process.argv[2] ?? 10_000);
const MINUTES = 26;
const MINUTE_MS = 60_000;
/** Of the pace that was asked for, once it has begun to move. */
const LEAST_SHARE = 0.95;

if (!hasChromium) {
  console.log('skipped: needs /usr/bin/chromium (Debian package chromium)');
  process.exit(0);
}

const root = join(import.meta.dirname, '..', '..', '..');
await ensureWebBundle(root, () => {});
const maille = await startMaille();
const browser = await startBrowser();
const compact = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

async function writePast(): Promise<number> {
  const last = count - 1;
  await maille.api('POST', '/targets', { entries: `127.8.0.0-127.8.${last >> 8}.${last & 255}`, tags: [] });
  const { targets } = (await maille.api('GET', '/targets')) as { targets: { id: number; prefix: string }[] };
  await maille.killServer();
  const series = await openEmbeddedSeries({
    folder: join(maille.dataDir, 'series'),
    clock: systemClock,
    log: silentLog,
  });
  series.placeTargets(targets);
  const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const perBatch = Math.floor(MAX_BATCH_COUNT / targets.length) || 1;
  let sequence = 0;
  for (let second = -MINUTES * 60; second < 0; second += perBatch) {
    const batch = createSampleBatch(targets.length * perBatch, endMs + second * 1_000);
    for (let s = 0; s < Math.min(perBatch, -second); s++)
      for (const [place, { id }] of targets.entries()) {
        const at = batch.count++;
        batch.targetIds[at] = id;
        batch.offsetsUs[at] = s * 1_000_000 + Math.floor((place * 1_000_000) / targets.length);
        batch.outcomes[at] = OUTCOME_REPLY;
        // Noise as lines have it: a base of its own, a hash of target and second above it.
        batch.rtts10ns[at] = 50_000 + (id % 97) * 3_000 + ((id * 7_919 + (second + s) * 104_729) % 9_001);
      }
    series.append({ agentNumber: 1, epoch: '00000000000000aa', sequence: ++sequence }, batch);
    // The engine flushes between appends, as it does when they come once a second.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await series.stop();
  await maille.startServer();
  return endMs;
}

/** The moment shown by the bar, seconds of the day. */
const shownSeconds = (page: Page) =>
  page.locator('.maille-replay-time').evaluate((element) => {
    const [h, m, s] =
      /(\d\d):(\d\d):(\d\d)/
        .exec(element.textContent ?? '')
        ?.slice(1)
        .map(Number) ?? [];
    return (h ?? 0) * 3_600 + (m ?? 0) * 60 + (s ?? 0);
  });

async function paceOf(page: Page, endMs: number, speed: number, forMs: number): Promise<number> {
  const window = `${compact(endMs - MINUTES * MINUTE_MS)}-${compact(endMs)}`;
  const start = endMs - (MINUTES - 2) * MINUTE_MS;
  await page.goto(`${maille.url}/watch?t=${window}-at-${compact(start)}-x${speed}-paused`);
  await page.getByText(`All ${count.toLocaleString('en-GB')} addresses answer.`).waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  const first = await shownSeconds(page);
  const clickedMs = performance.now();
  while ((await shownSeconds(page)) <= first) await page.waitForTimeout(20);
  const leadMs = performance.now() - clickedMs;
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busySeconds = async () =>
    (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')
      ?.value ?? 0;
  const busyBefore = await busySeconds();
  const fromSeconds = await shownSeconds(page);
  const fromMs = performance.now();
  await page.waitForTimeout(forMs);
  const played = (await shownSeconds(page)) - fromSeconds;
  const elapsedSeconds = (performance.now() - fromMs) / 1_000;
  const share = played / (speed * elapsedSeconds);
  const busyShare = ((await busySeconds()) - busyBefore) / elapsedSeconds;
  const rounded = (value: number) => Number(value.toFixed(3));
  console.log(
    JSON.stringify({
      speed,
      targets: count,
      leadMs: Math.round(leadMs),
      playedSeconds: played,
      shareOfPace: rounded(share),
      mainThreadBusy: rounded(busyShare),
    }),
  );
  return share;
}

let failed = false;
try {
  const endMs = await writePast();
  const { page } = await openPage(browser, 'wide');
  await page.goto(await maille.newSignInLink());
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  for (const [speed, forMs] of [
    [60, 15_000],
    [600, 1_500],
  ] as const)
    failed = (await paceOf(page, endMs, speed, forMs)) < LEAST_SHARE || failed;
} finally {
  await browser.close();
  await maille.stop();
}
process.exit(failed ? 1 : 0);
