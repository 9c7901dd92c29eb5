/** The one time: a past chosen on the minute strip, replayed, sent to a colleague, and left again. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createRouteRows } from '@maille/api/routes/route-rows';
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { createSampleBatch, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';
import type { Browser, Page } from 'playwright-core';
import { openPage } from './browser.ts';
import type { RunningMaille } from './running-maille.ts';
import { START_TIMEOUT_MS, skip, startPages, stopPages } from './running-pages.ts';

const MINUTE_MS = 60_000;
const MINUTES = 30;
/** Of these minutes, counted from the end, the first two targets lost every echo. */
const isBad = (minutesAgo: number) => minutesAgo > 15 && minutesAgo <= 20;

interface Target {
  id: number;
  host: string;
  prefix: string;
}

let maille: RunningMaille;
let browser: Browser;
let targets: Target[];
/** The end of the past that the server has. */
let endMs: number;

before(
  async () => {
    if (skip) return;
    ({ maille, browser } = await startPages());
    await maille.api('POST', '/targets', { entries: '127.6.0.1-127.6.0.5', tags: [] });
    ({ targets } = (await maille.api('GET', '/targets')) as { targets: Target[] });
    await maille.killServer();
    await writePast();
    await writeRoutes();
    await maille.startServer();
  },
  { timeout: START_TIMEOUT_MS },
);
after(() => stopPages(maille, browser));

/** Half an hour as an agent would have delivered it. */
async function writePast(): Promise<void> {
  const series = await openEmbeddedSeries({
    folder: join(maille.dataDir, 'series'),
    clock: systemClock,
    log: silentLog,
  });
  series.placeTargets(targets);
  // A minute ago and more: live, nothing of it is to be seen, at whatever second this runs.
  endMs = (Math.floor(Date.now() / MINUTE_MS) - 1) * MINUTE_MS;
  for (let minutesAgo = MINUTES; minutesAgo > 0; minutesAgo--) {
    const batch = createSampleBatch(targets.length * 60, endMs - minutesAgo * MINUTE_MS);
    for (let second = 0; second < 60; second++)
      for (const [place, { id }] of targets.entries()) {
        const at = batch.count++;
        const lost = place < 2 && isBad(minutesAgo);
        batch.targetIds[at] = id;
        batch.offsetsUs[at] = second * 1_000_000 + place * 1_000;
        batch.outcomes[at] = lost ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
        batch.rtts10ns[at] = lost ? 0 : 100_000;
      }
    series.append({ agentNumber: 1, epoch: '00000000000000aa', sequence: MINUTES - minutesAgo + 1 }, batch);
  }
  await series.stop();
}

/** The route to the last target changed in the middle of this minute, counted from the end. */
const CHANGED_MINUTES_AGO = 8;

async function writeRoutes(): Promise<void> {
  const database = await openSqliteDatabase(join(maille.dataDir, 'maille.sqlite'), silentLog);
  const { id, host } = targets.at(-1) as Target;
  const changedMs = endMs - (CHANGED_MINUTES_AGO - 0.5) * MINUTE_MS;
  const router = (address: string) => ({ routers: [{ address, rttNs: 1e6, draws: 4, flows: [0] }] });
  const known: Omit<TargetRoute, 'began' | 'sinceMs' | 'untilMs' | 'hops'> = {
    targetId: id,
    agentNumber: 1,
    address: host,
    method: 'icmp',
    lastSeenMs: endMs,
    end: 'reached',
    code: null,
  };
  const hops = (second: string) => ['10.9.0.1', second, host].map(router);
  await createRouteRows(database).write([
    { ...known, began: 'first', sinceMs: endMs - 20 * MINUTE_MS, untilMs: changedMs, hops: hops('10.9.0.2') },
    { ...known, began: 'change', sinceMs: changedMs, untilMs: null, hops: hops('10.9.0.3') },
  ]);
  await database.stop();
}

const time = (page: Page) => new URL(page.url()).searchParams.get('t');
/** An instant as it stands in the address. */
const compact = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
const bad = '2 of 5 addresses do not answer.';

test('a drag on the minutes shows that time, on every page, for whoever gets the link', {
  skip,
  timeout: 60_000,
}, async () => {
  const { page, context, complaints } = await openPage(browser, 'wide');
  page.setDefaultTimeout(15_000);
  await page.goto(await maille.newSignInLink());
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.goto(`${maille.url}/watch`);
  await page.getByText('5 have no data.').waitFor();

  // The strip is the hour of the time bar up to this minute, right of its labels.
  const box = await page
    .getByRole('region', { name: 'Minute by minute' })
    .getByRole('application')
    .boundingBox();
  assert.ok(box);
  const toMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const labelPx = 124;
  const xOf = (minutesAgo: number) =>
    box.x +
    labelPx +
    (1 + (endMs - minutesAgo * MINUTE_MS - toMs) / (60 * MINUTE_MS)) * (box.width - labelPx);
  const y = box.y + box.height - 6;
  await page.mouse.move(xOf(19.5), y);
  await page.mouse.down();
  await page.mouse.move(xOf(18), y, { steps: 4 });
  await page.mouse.move(xOf(16.5), y, { steps: 4 });
  await page.mouse.up();
  await page.getByText(bad).waitFor();
  const chosen = `${compact(endMs - 20 * MINUTE_MS)}-${compact(endMs - 16 * MINUTE_MS)}`;
  assert.ok(time(page)?.startsWith(`${chosen}-at-`), 'a drag is played');
  await page.getByRole('button', { name: 'End the replay' }).click();
  assert.equal(time(page), chosen);

  // Another page, another target: the time stays.
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Machines' }).click();
  await page.getByText('This page shows the present').waitFor();
  assert.equal(time(page), chosen);
  await page.getByRole('link', { name: 'Grid at that time' }).click();
  await page.getByText(bad).waitFor();
  await page.goto(`${maille.url}/watch/target/${targets[0]?.id}?t=${chosen}`);
  const figures = page.getByRole('region', { name: 'This time in figures' });
  await figures.getByText('100 %').waitFor();

  // A colleague opens the link.
  const other = await openPage(browser, 'phone');
  await other.page.goto(await maille.newSignInLink());
  await other.page.getByRole('heading', { name: 'Overview' }).waitFor();
  await other.page.goto(`${maille.url}/watch?t=${chosen}`);
  await other.page.getByText(bad).waitFor();
  await other.context.close();

  await page.getByRole('button', { name: 'Back to live' }).first().click();
  await page.getByRole('button', { name: 'Live', exact: true }).waitFor();
  assert.match(time(page) ?? 'live', /^live/);
  // The browser's own way back leads to the past again.
  await page.goBack();
  await figures.getByText('100 %').waitFor();
  assert.equal(time(page), chosen);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a replay runs, stops, is moved and ends', { skip, timeout: 60_000 }, async () => {
  const { page, context, complaints } = await openPage(browser, 'wide');
  page.setDefaultTimeout(15_000);
  await page.goto(await maille.newSignInLink());
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  const chosen = `${compact(endMs - 24 * MINUTE_MS)}-${compact(endMs - 17 * MINUTE_MS)}`;
  await page.goto(`${maille.url}/watch?t=${chosen}`);
  await page.getByText(bad).waitFor();
  await page.getByRole('button', { name: 'Replay this window' }).click();
  // It begins where all was well, and comes to where it was not.
  await page.getByText('All 5 addresses answer.').waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  assert.match(time(page) ?? '', /-x10-paused$/);
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('600');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.getByText(bad).waitFor();
  // At its end it stands still, and its place is in the link.
  await page.waitForURL(/-x600-paused/);
  await page.reload();
  await page.getByText(bad).waitFor();
  const place = page.getByRole('slider', { name: 'Place in the replay' });
  await place.press('Home');
  await page.getByText('All 5 addresses answer.').waitFor();
  await page.getByRole('button', { name: 'End the replay' }).click();
  await page.getByText(bad).waitFor();
  assert.equal(time(page), chosen);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('colours are chosen, a replay is stepped by keys, and an hour is held against the one before', {
  skip,
  timeout: 60_000,
}, async () => {
  const { page, context, complaints } = await openPage(browser, 'wide');
  page.setDefaultTimeout(15_000);
  await page.goto(await maille.newSignInLink());
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  const window = `${compact(endMs - 14 * MINUTE_MS)}-${compact(endMs)}`;
  const at = (ms: number) => `${window}-at-${compact(ms)}-x5-paused`;
  const standsAt = (ms: number) => page.waitForURL((url) => url.searchParams.get('t') === at(ms));
  const start = endMs - 10 * MINUTE_MS;
  await page.goto(`${maille.url}/watch?t=${at(start)}`);
  await page.getByText('All 5 addresses answer.').waitFor();

  // Nothing is known of what is usual here: colours tell RTT, and that is said.
  await page.getByText('What is usual is being learned').waitFor();
  await page.getByText('RTT', { exact: true }).first().click();
  await page.waitForURL(/color=rtt/);
  await page.getByText('What is usual is being learned').waitFor({ state: 'detached' });

  await page.locator('main').focus();
  await page.keyboard.press('ArrowRight');
  await standsAt(start + 1_000);
  await page.keyboard.press('Shift+ArrowLeft');
  await standsAt(start - 59_000);
  await page.getByRole('button', { name: /^A minute on/ }).click();
  await standsAt(start + 1_000);
  await page.locator('main').focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  assert.match(time(page) ?? '', /-x5-paused$/);

  await page.goto(`${maille.url}/watch/target/${targets[0]?.id}?t=${window}`);
  await page.getByRole('combobox', { name: 'Compare with' }).selectOption('hour');
  await page.waitForURL(/compare=hour/);
  const figures = page.getByRole('region', { name: 'This time in figures' });
  await figures.getByText('840', { exact: true }).waitFor();
  // A double click on a chart moves every view there.
  // The chart is made anew when what it is compared with comes: the click waits for one that stands still.
  await page
    .locator('.u-over')
    .first()
    .dblclick({ position: { x: 300, y: 20 } });
  await page.waitForURL((url) => (url.searchParams.get('t') ?? '').startsWith(`${window}-at-`));
  assert.deepEqual(complaints, []);
  await context.close();
});

test('another route is a mark on the charts of a target, for the mouse, for keys and for those who listen', {
  skip,
  timeout: 60_000,
}, async () => {
  const { page, context, complaints } = await openPage(browser, 'wide');
  page.setDefaultTimeout(15_000);
  await page.goto(await maille.newSignInLink());
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  const { id } = targets.at(-1) as Target;
  const changedMs = endMs - (CHANGED_MINUTES_AGO - 0.5) * MINUTE_MS;
  const window = `${compact(endMs - 14 * MINUTE_MS)}-${compact(endMs)}`;
  const there = `${window}-at-${compact(changedMs)}`;
  const standsThere = () => page.waitForURL((url) => (url.searchParams.get('t') ?? '').startsWith(there));
  const words = 'Another route from hop 2: 10.9.0.2 → 10.9.0.3';
  const open = async (t: string) => {
    await page.goto(`${maille.url}/watch/target/${id}?t=${t}`);
    return page.getByRole('figure', { name: /^RTT/ });
  };

  const chart = await open(window);
  await chart.getByText('other route').waitFor();
  const mark = chart.getByRole('button', { name: new RegExp(`^Move every view to .*${words}$`) });
  await mark.focus();
  await chart.locator('.maille-chart-words', { hasText: words }).waitFor();
  await page.keyboard.press('Enter');
  await standsThere();

  await open(window);
  await mark.click();
  await standsThere();
  await open(window);
  const place = (await mark.boundingBox()) as { x: number; width: number };
  const plot = (await chart.locator('.u-over').boundingBox()) as { x: number; y: number; height: number };
  await page.mouse.dblclick(place.x + place.width / 2 + 2, plot.y + plot.height * 0.7);
  await standsThere();

  // The same as a list, which leads to the history; and live, where it comes by the one connection.
  await open('live');
  await page.getByRole('list', { name: 'Incidents and other routes in this time' }).getByText(words).click();
  await page.getByRole('heading', { name: 'Side by side' }).waitFor();
  await page.getByText('changed at hop 2').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
