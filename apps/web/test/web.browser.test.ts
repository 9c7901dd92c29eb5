/**
 * The pages against a real server, real agents and (as root) the real sensor, in Debian's Chromium: what a
 * newcomer does, on a wide screen and on a phone; then every page against axe, light and dark.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ensureWebBundle } from '../../cli/web-bundle.ts';
import { hasChromium, openPage, overflowing, type Size, startBrowser } from './browser.ts';
import { hasSensor, type RunningMaille, startMaille } from './running-maille.ts';

const skip = hasChromium ? false : 'needs Chromium: apt install chromium';
const root = join(import.meta.dirname, '..', '..', '..');

let maille: RunningMaille;
let browser: Browser;

before(
  async () => {
    if (skip) return;
    await ensureWebBundle(root, () => {});
    maille = await startMaille();
    browser = await startBrowser();
  },
  { timeout: 120_000 },
);
after(async () => {
  await browser?.close();
  await maille?.stop();
});

async function choose(page: Page, menu: string, item: string): Promise<void> {
  await page.getByRole('button', { name: menu, exact: true }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

async function newcomer(size: Size, link: string, net: number): Promise<void> {
  const { id } = await maille.startAgent(`agent-${size}`);
  const { page, context, complaints } = await openPage(browser, size, { colorScheme: 'light' });
  page.setDefaultTimeout(15_000);

  await page.goto(link);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  assert.equal(new URL(page.url()).hash, '', 'the token does not stay in the address');

  // One click approves the agent that waits.
  const navigation = page.getByRole('navigation', { name: 'Places' });
  await navigation.getByRole('link', { name: 'Machines' }).click();
  const waiting = page.getByRole('region', { name: 'Waiting for approval' });
  await waiting.getByText(id.slice(0, 4)).first().waitFor();
  await waiting.getByRole('button', { name: 'Approve' }).click();
  await waiting.waitFor({ state: 'detached' });
  const { state } = (await maille.api('GET', `/machines/${id}`)) as { state: string };
  assert.equal(state, 'approved');

  // A thousand good addresses and three bad ones.
  await navigation.getByRole('link', { name: 'Targets' }).click();
  await page.getByRole('button', { name: 'Add targets' }).first().click();
  const dialog = page.getByRole('dialog');
  const good = Array.from({ length: 1_000 }, (_, i) => `127.${net}.${i >> 8}.${i & 255}`);
  const bad = ['10.0.0.300', '10.0.0.9-10.0.0.1', '224.0.0.1'];
  const pasted = [...good.slice(0, 500), ...bad, ...good.slice(500)].join('\n');
  await dialog.getByRole('textbox', { name: 'Addresses, names, ranges, prefixes' }).fill(pasted);
  await dialog.getByText('3 cannot be used').waitFor();
  for (const entry of bad) await dialog.getByRole('cell', { name: entry, exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Add 1,000 targets' }).click();
  await dialog.getByText('3 entries were left out').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByText(/^(1,000|2,000) rows$/).waitFor();

  // The grid ticks: the picture moves, and what it says in words is true.
  await navigation.getByRole('link', { name: 'Watch' }).click();
  if (hasSensor) {
    await page.getByText(/addresses answer/).waitFor();
    // Rings, whatever the screen: squares of addresses that all answer at once have nothing to move.
    await page.goto(`${maille.url}/watch?cell=14`);
    await page.getByText(/addresses answer/).waitFor();
    const picture = () =>
      page
        .locator('canvas')
        .first()
        .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const first = await picture();
    const deadline = Date.now() + 15_000;
    while ((await picture()) === first) assert.ok(Date.now() < deadline, 'the grid stands still');
  }

  // One target.
  await navigation.getByRole('link', { name: 'Targets' }).click();
  await page.getByRole('textbox', { name: 'Filter' }).fill(`127.${net}.1.7`);
  await page.getByRole('link', { name: `127.${net}.1.7`, exact: true }).click();
  await page.getByRole('heading', { name: `127.${net}.1.7` }).waitFor();

  // Language and theme, from any page.
  await choose(page, 'Language', 'Français');
  await page.getByRole('navigation', { name: 'Rubriques' }).getByRole('link', { name: 'Cibles' }).waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'fr');
  await choose(page, 'Langue', '日本語');
  await page
    .getByRole('navigation', { name: 'メニュー' })
    .getByRole('link', { name: 'ターゲット' })
    .waitFor();
  await choose(page, '言語', 'English');
  await choose(page, 'Theme', 'Dark');
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await page.reload();
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await choose(page, 'Theme', 'As the system');
  await page.locator('html[data-mantine-color-scheme="light"]').waitFor();

  // The search does what can be clicked.
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or do something' }).fill('audit');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Audit' }).waitFor();

  assert.deepEqual(await overflowing(page), []);
  assert.deepEqual(complaints, [], 'nothing in the console');
  await context.close();
}

test('a newcomer on a wide screen', { skip, timeout: 120_000 }, () => newcomer('wide', maille.signInUrl, 1));

test('a newcomer on a phone', { skip, timeout: 120_000 }, async () =>
  newcomer('phone', await maille.newSignInLink(), 9),
);

test('a link works once, and says so', { skip, timeout: 60_000 }, async () => {
  const link = await maille.newSignInLink();
  const once = await openPage(browser, 'wide');
  await once.page.goto(link);
  await once.page.getByRole('heading', { name: 'Overview' }).waitFor();
  await once.context.close();
  const { page, context } = await openPage(browser, 'wide');
  await page.goto(link);
  await page.getByText('This link does not work any more').waitFor();
  await page.getByRole('button', { name: 'Sign in another way' }).click();
  await page.getByRole('textbox', { name: 'Name' }).waitFor();
  await context.close();
});

interface AxeViolation {
  id: string;
  impact: string | null;
  help: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

async function seriousViolations(page: Page): Promise<string[]> {
  const violations = (await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(options: object): Promise<{ violations: unknown[] }> };
    };
    return (await axe.run({ resultTypes: ['violations'] })).violations;
  })) as AxeViolation[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .slice(0, 3)
          .map((node) => `${JSON.stringify(node.target)} ${node.failureSummary ?? ''}`)
          .join(' | ')}`,
    );
}

/** Two frames: the first applies the new scheme, the second is drawn with it. */
const settled = (page: Page): Promise<void> =>
  page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );

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

test('axe finds nothing serious on any page, light and dark, and nothing is too wide', {
  skip,
  timeout: 280_000,
}, async () => {
  const agent = await maille.startAgent('agent-approved');
  await maille.approve(agent.id);
  await maille.startAgent('agent-waiting');
  await maille.api('POST', '/targets', { entries: '127.3.0.1-127.3.0.60 nowhere.invalid', tags: ['axe'] });
  const { targets } = (await maille.api('GET', '/targets')) as { targets: { id: number; prefix: string }[] };
  // Agents on one host share its addresses: the mesh has members, and nobody to probe.
  await maille.api('PUT', '/mesh', { on: true });
  const plan = { fromRate: 1, toRate: 5, steps: 2, ramp: 'linear', stepSeconds: 2, timeoutMs: 500 };
  if (hasSensor)
    await persist(() =>
      maille.api('POST', '/experiments', {
        machineId: agent.id,
        plan: { ...plan, addresses: ['127.3.0.1'], maxLossPercent: 50 },
      }),
    );
  const pages = [
    '/',
    '/machines',
    '/machines?add=1',
    `/machines/${agent.id}`,
    '/watch',
    `/watch/prefix/${encodeURIComponent(targets[0]?.prefix ?? '')}`,
    `/watch/target/${targets[0]?.id}`,
    '/watch/mesh',
    '/watch/load?run=new',
    ...(hasSensor ? ['/watch/load?run=1'] : []),
    '/watch/routes',
    `/watch/routes/${targets[0]?.id}`,
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
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const found: string[] = [];
  for (const size of ['wide', 'phone'] as const) {
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
        for (const violation of await seriousViolations(page))
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
  }
  assert.deepEqual(found, []);
});
