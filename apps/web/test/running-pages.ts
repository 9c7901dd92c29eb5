/** What every browser test stands on: the built pages, a real Maille that serves them, and a browser. */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { ensureWebBundle } from '../../cli/web-bundle.ts';
import { hasChromium, startBrowser } from './browser.ts';
import { type RunningMaille, startMaille } from './running-maille.ts';

/** For `test`'s option of that name. */
export const skip = hasChromium ? false : 'needs Chromium: apt install chromium';

export const START_TIMEOUT_MS = 120_000;

export async function startPages(): Promise<{ maille: RunningMaille; browser: Browser }> {
  await ensureWebBundle(join(import.meta.dirname, '..', '..', '..'), () => {});
  const maille = await startMaille();
  try {
    return { maille, browser: await startBrowser() };
  } catch (error) {
    await maille.stop();
    throw error;
  }
}

/** Either may be missing: a start that failed is cleaned up after as well. */
export async function stopPages(maille?: RunningMaille, browser?: Browser): Promise<void> {
  await browser?.close();
  await maille?.stop();
}
