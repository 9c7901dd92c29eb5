/** A backup made and gone back to from the Settings page, with the server really starting again. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openPage } from './browser.ts';
import type { RunningMaille } from './running-maille.ts';
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

async function hosts(): Promise<string[]> {
  const { targets } = (await maille.api('GET', '/targets')) as { targets: { host: string }[] };
  return targets.map(({ host }) => host);
}

async function chooseBackup(page: Page, file: string | { name: string; mimeType: string; buffer: Buffer }) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a backup file…' }).click();
  await (await chooser).setFiles(file);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Type restore to confirm').fill('restore');
  await dialog.getByRole('button', { name: 'Restore' }).click();
}

test('a backup is downloaded, and a restore goes back to it and finds the server again', {
  skip,
  timeout: 90_000,
}, async () => {
  await maille.api('POST', '/targets', { entries: '127.0.0.1', tags: [] });
  const { page, context, complaints } = await openPage(browser, 'wide', { acceptDownloads: true });
  page.setDefaultTimeout(20_000);
  // The dialog for a file's place belongs to the browser, where no test can answer it.
  await page.addInitScript(() => {
    delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker;
  });
  await page.goto(maille.signInUrl);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.goto(`${maille.url}/settings/server`);

  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download a backup' }).click();
  const download = await downloading;
  assert.match(download.suggestedFilename(), /^maille-\d{8}-\d{4}\.tar$/);
  await page.getByText('The backup is saved.').waitFor();
  const file = await download.path();

  await maille.api('POST', '/targets', { entries: '127.0.0.2', tags: [] });
  assert.deepEqual((await hosts()).sort(), ['127.0.0.1', '127.0.0.2']);

  // What is no backup changes nothing and says why.
  await chooseBackup(page, { name: 'x.tar', mimeType: 'application/x-tar', buffer: Buffer.alloc(4_096, 7) });
  await page.getByRole('main').getByRole('alert').waitFor();
  assert.equal((await hosts()).length, 2);

  await chooseBackup(page, file);
  await page.getByText('The server starts again with it').waitFor();
  await page.getByText('The server starts again with it').waitFor({ state: 'detached' });
  // The session stood in the backup, so the person is still signed in.
  await page.getByRole('button', { name: 'Choose a backup file…' }).waitFor();
  assert.deepEqual(await hosts(), ['127.0.0.1']);
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Targets' }).click();
  await page.getByText(/^1 row$/).waitFor();
  assert.deepEqual(
    complaints.filter((line) => line.startsWith('page error')),
    [],
  );
  await context.close();
});
