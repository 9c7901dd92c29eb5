/**
 * Every page at two widths, light and dark, against axe, with what fills them: targets, a mesh, a load
 * experiment, and an incident that is real: a TCP port that answered and then refuses. Before that, the
 * incident as a person meets it.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import { parseTimePosition } from '@maille/ui/time/time-position';
import type { Browser } from 'playwright-core';
import { axeSource, seriousViolations, settled } from './axe.ts';
import { openPage, overflowing, type Size } from './browser.ts';
import { writeLearntPast } from './learnt-past.ts';
import { hasSensor, type RunningAgent, type RunningMaille } from './running-maille.ts';
import { START_TIMEOUT_MS, skip, startPages, stopPages } from './running-pages.ts';

interface Target {
  id: number;
  host: string;
  prefix: string;
}

let maille: RunningMaille;
let browser: Browser;
let agent: RunningAgent;
let listener: Server;
let port: number;
let targets: Target[];

before(
  async () => {
    if (skip) return;
    ({ maille, browser } = await startPages());
    agent = await maille.startAgent('agent-approved');
    await maille.approve(agent.id);
    listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    port = (listener.address() as AddressInfo).port;
    const entries = '127.3.0.1-127.3.0.60 nowhere.invalid';
    await maille.api('POST', '/targets', { entries: '127.0.0.1', probes: [`tcp:${port}`] });
    await maille.api('POST', '/targets', { entries, tags: ['axe'], confirmForeign: true });
    ({ targets } = (await maille.api('GET', '/targets')) as { targets: Target[] });
    const { machines } = (await maille.api('GET', '/machines')) as { machines: { agentNumber: number }[] };
    await maille.killServer();
    const ids = targets.filter(({ host }) => host.startsWith('127.')).map(({ id }) => id);
    await writeLearntPast(maille.dataDir, machines[0]?.agentNumber ?? 0, ids);
    await maille.startServer();
  },
  { timeout: START_TIMEOUT_MS },
);
after(async () => {
  listener?.close();
  await stopPages(maille, browser);
});

test('an incident comes, is acknowledged with a note, taken back, and replayed from before it', {
  skip: skip || (hasSensor ? false : 'needs root: the sensor probes'),
  timeout: 120_000,
}, async () => {
  const { page, context, complaints } = await openPage(browser, 'wide');
  await page.goto(await maille.newSignInLink());
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await page.getByRole('heading', { name: 'Incidents' }).waitFor();
  await page.getByText('Nothing is out of the ordinary').waitFor();

  // The agent asks every second; what it is told changes.
  const closed = once(listener, 'close');
  listener.close();
  await closed;
  const name = `Silent: address 127.0.0.1 tcp:${port}`;
  const row = page.getByRole('link', { name, exact: true });
  await row.waitFor({ timeout: 60_000 });
  const places = page.getByRole('navigation', { name: 'Places' });
  await places.getByText('1 open incident').waitFor({ state: 'attached' });
  await row.click();
  await page.getByRole('heading', { name }).waitFor();
  await page.getByRole('heading', { name: 'The worst address: 127.0.0.1' }).waitFor();

  await page.getByRole('button', { name: 'I am on it' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Note' }).fill('The daemon is being replaced');
  await dialog.getByRole('button', { name: 'I am on it' }).click();
  await page
    .getByText(/is on it$/)
    .first()
    .waitFor();
  await page.getByText('The daemon is being replaced').waitFor();
  await places.getByText('1 open incident').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: 'I am on it' }).waitFor();

  // The same from the search.
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or do something' }).fill('acknowledge');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Take that back' }).click();
  await page.getByRole('button', { name: 'I am on it' }).waitFor();

  const { incident } = (await maille.api('GET', '/incidents/1')) as { incident: { sinceMs: number } };
  await page.getByRole('button', { name: 'Replay from before it' }).click();
  await page.waitForURL(/\/watch\?.*t=/);
  const position = parseTimePosition(new URL(page.url()).searchParams.get('t') ?? undefined);
  assert.equal(position.mode, 'replay');
  assert.ok(position.fromMs < incident.sinceMs, 'it begins before');
  assert.ok(position.atMs < incident.sinceMs, 'and stands before');
  await page.getByRole('button', { name: 'Back to live' }).first().waitFor();
  assert.deepEqual(complaints, [], 'nothing in the console');
  await context.close();
});

/** An agent that has just come may have to wait for its sensor. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 30; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

test('a round of traceroute and a load experiment are seen as they come', {
  skip: skip || (hasSensor ? false : 'needs root: the sensor probes'),
  timeout: 120_000,
}, async () => {
  const { page, context, complaints } = await openPage(browser, 'wide');
  await page.goto(await maille.newSignInLink());
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  // Nothing here asks again: what appears was told by the live connection.
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const host = '127.3.0.1';
  await page.goto(`${maille.url}/watch/routes/${targets.find((one) => one.host === host)?.id}`);
  await page.getByRole('button', { name: 'Trace now' }).click();
  await page.getByText(/^Traced by/).waitFor({ timeout: 50_000 });
  await page.getByText('reached').first().waitFor();

  await page.goto(`${maille.url}/watch/load`);
  await page.getByRole('heading', { name: 'A new experiment' }).waitFor();
  const plan = { fromRate: 1, toRate: 5, steps: 2, ramp: 'linear', stepSeconds: 2, timeoutMs: 500 };
  await persist(() =>
    maille.api('POST', '/experiments', {
      machineId: agent.id,
      plan: { ...plan, addresses: [host], maxLossPercent: 50 },
    }),
  );
  await page.getByRole('button', { name: 'Stop' }).waitFor();
  await page.getByText(/^Last second told/).waitFor();
  await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached', timeout: 60_000 });
  assert.deepEqual(
    asked.filter((path) => /^\/api\/.*(routes|experiments)$/.test(path)),
    [],
  );
  assert.deepEqual(complaints, []);
  await context.close();
});

test('axe finds nothing serious on any page, light and dark, and nothing is too wide', {
  skip,
  timeout: 280_000,
}, async () => {
  await maille.startAgent('agent-waiting');
  const shown = targets.find(({ host }) => host === '127.3.0.1');
  // Agents on one host share its addresses: the mesh has members, and nobody to probe.
  await maille.api('PUT', '/mesh', { on: true });
  const pages = [
    '/',
    '/machines',
    '/machines?add=1',
    `/machines/${agent.id}`,
    '/watch',
    `/watch/prefix/${encodeURIComponent(shown?.prefix ?? '')}`,
    `/watch/target/${shown?.id}`,
    '/incidents',
    ...(hasSensor ? ['/incidents/1'] : []),
    '/incidents/999',
    '/watch/mesh',
    '/watch/load?run=new',
    ...(hasSensor ? ['/watch/load?run=1'] : []),
    '/watch/routes',
    `/watch/routes/${shown?.id}`,
    '/targets',
    '/targets?add=1',
    '/settings/account',
    '/settings/tokens',
    '/settings/tokens?add=1',
    '/settings/people',
    '/settings/people?add=1',
    '/settings/server',
    '/settings/audit',
    '/nowhere',
  ];
  const axe = axeSource();
  const found: string[] = [];
  const walk = async (size: Size) => {
    // The pages' own policy forbids what the checker is injected by; the other tests run under the policy.
    const { page, context } = await openPage(browser, size, { bypassCSP: true });
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
    await page.addInitScript({ content: axe });
    const look = async (path: string) => {
      // Colours are the same on a phone: there it is the layout that differs.
      for (const colorScheme of size === 'wide' ? (['light', 'dark'] as const) : (['light'] as const)) {
        await page.emulateMedia({ colorScheme });
        await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
        await settled(page);
        for (const violation of await seriousViolations(page, colorScheme === 'dark' ? 'colors' : 'all'))
          found.push(`${path} ${size} ${colorScheme}: ${violation}`);
      }
      for (const wide of await overflowing(page)) found.push(`${path} ${size}: too wide: ${wide}`);
    };
    await page.goto(`${maille.url}/sign-in`);
    await page.getByRole('textbox', { name: 'Name' }).waitFor();
    await look('/sign-in');
    // Another document: going from one hash to another would not load the page anew.
    await page.goto('about:blank');
    await page.goto(await maille.newSignInLink());
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    for (const path of pages) {
      await page.goto(maille.url + path);
      await page.locator('main h1').first().waitFor();
      await page.locator('[aria-label="Loading…"]').first().waitFor({ state: 'detached' });
      if (path.includes('add=1')) await page.getByRole('dialog').waitFor();
      await look(path);
    }
    await context.close();
  };
  // Beside each other: much of the time of either is waiting.
  await Promise.all([walk('wide'), walk('phone')]);
  assert.deepEqual(found, []);
});
