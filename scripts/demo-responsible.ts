/** Inès is on one of the incidents that have come: what she does on its page. */
import type { Browser } from 'playwright-core';
import { openPage } from '../apps/web/test/browser.ts';
import type { RunningMaille } from '../apps/web/test/running-maille.ts';

export async function takeCareOf(maille: RunningMaille, browser: Browser, incidentId: number): Promise<void> {
  const { people } = (await maille.api('GET', '/people')) as { people: { id: number; login: string }[] };
  const ines = people.find(({ login }) => login === 'ines');
  const { url } = (await maille.api('POST', `/people/${ines?.id}/sign-in-link`)) as { url: string };
  const { page, context } = await openPage(browser, 'wide');
  await page.goto(url.replace(/^https?:\/\/[^/]+/, maille.url));
  await page.locator('main h1').first().waitFor();
  await page.goto(`${maille.url}/incidents/${incidentId}`);
  await page.getByRole('button', { name: 'I am on it' }).click();
  const dialog = page.getByRole('dialog');
  const note = 'Ticket 4711: its power supply is being replaced';
  await dialog.getByRole('textbox', { name: 'Note' }).fill(note);
  await dialog.getByRole('button', { name: 'I am on it' }).click();
  await page.getByRole('button', { name: 'Take that back' }).waitFor();
  await context.close();
}
