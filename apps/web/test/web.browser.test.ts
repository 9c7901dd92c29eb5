/**
 * The pages against a real server, real agents and (as root) the real sensor, in Debian's Chromium: what a
 * newcomer does, on a wide screen and on a phone, and what stands between a newcomer and others' addresses.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openPage, overflowing, type Size } from './browser.ts';
import { hasSensor, type RunningMaille } from './running-maille.ts';
import { START_TIMEOUT_MS, skip, startPages, stopPages } from './running-pages.ts';

let maille: RunningMaille;
let browser: Browser;

before(
  async () => {
    if (skip) return;
    ({ maille, browser } = await startPages());
  },
  { timeout: START_TIMEOUT_MS },
);
after(() => stopPages(maille, browser));

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

test('addresses of others are added by who says that they may be probed, and the audit log keeps it', {
  skip,
  timeout: 60_000,
}, async () => {
  const { page, context, complaints } = await openPage(browser, 'wide');
  await page.goto(await maille.newSignInLink());
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.goto(`${maille.url}/targets?add=1`);
  const dialog = page.getByRole('dialog');
  const list = dialog.getByRole('textbox', { name: 'Addresses, names, ranges, prefixes' });
  const box = dialog.getByRole('checkbox', { name: /^I may probe them/ });
  const add = dialog.getByRole('button', { name: /^Add \d+ targets?$/ });

  // One's own: no question. Nothing public is ever added here, only asked about.
  await list.fill('127.44.0.1 127.44.0.2');
  await dialog.getByRole('button', { name: 'Add 2 targets' }).waitFor();
  assert.equal(await box.count(), 0);
  assert.equal(await add.isEnabled(), true);

  await list.fill('127.44.0.1 1.1.1.1');
  await dialog.getByText('1.1.1.1', { exact: true }).waitFor();
  assert.equal(await add.isDisabled(), true, 'off until the box is ticked');
  await box.check();
  assert.equal(await add.isEnabled(), true);

  // Another list of strangers is another question.
  await list.fill('127.44.0.1 nowhere.invalid');
  await dialog.getByText('nowhere.invalid', { exact: true }).waitFor();
  assert.equal(await box.isChecked(), false);
  assert.equal(await add.isDisabled(), true);
  await box.check();
  await add.click();
  await dialog.waitFor({ state: 'detached' });

  const { entries } = (await maille.api('GET', '/audit?limit=20')) as {
    entries: { action: string; detail: string }[];
  };
  const entry = entries.find(({ action }) => action === 'createTargets');
  const kept = JSON.parse(entry?.detail ?? '{}') as Record<string, unknown>;
  assert.deepEqual(
    { confirmForeign: kept?.confirmForeign, foreign: kept?.foreign },
    { confirmForeign: true, foreign: ['nowhere.invalid'] },
  );
  assert.deepEqual(complaints, [], 'nothing in the console');
  await context.close();
});
