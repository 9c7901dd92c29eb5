/** The ways in that people set up for themselves: a password with one-time codes, a passkey. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openPage } from './browser.ts';
import type { RunningMaille } from './running-maille.ts';
import { START_TIMEOUT_MS, skip, startPages, stopPages } from './running-pages.ts';

const PASSWORD = 'a sentence that is long enough';

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

/** What an authenticator app shows (RFC 6238), written apart from what the server checks it with. */
function codeOf(secretBase32: string, step: number): string {
  const bits = [...secretBase32]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = (digest.at(-1) as number) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}
const stepNow = () => Math.floor(Date.now() / 30_000);

async function openAccount(page: Page): Promise<void> {
  page.setDefaultTimeout(15_000);
  await page.goto(await maille.newSignInLink());
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.goto(`${maille.url}/settings/account`);
  await page.getByRole('heading', { name: 'My account' }).waitFor();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'My account' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).waitFor();
}

const heading = (page: Page) => page.getByRole('heading', { name: 'My account' });

test('one-time codes: set up, asked for at sign-in, turned off', { skip, timeout: 60_000 }, async () => {
  const { page, context, complaints } = await openPage(browser, 'wide');
  await openAccount(page);
  assert.ok(await page.getByRole('button', { name: 'Set up one-time codes' }).isDisabled());
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByText('The password is set.').waitFor();

  await page.getByRole('button', { name: 'Set up one-time codes' }).click();
  await page.getByRole('img', { name: 'QR code that holds the key' }).waitFor();
  const secret =
    (await page.getByRole('region', { name: 'One-time codes' }).locator('code').textContent()) ?? '';
  assert.match(secret, /^[A-Z2-7]{32}$/);
  const step = stepNow();
  const right = codeOf(secret, step);
  await page.getByLabel('The code that it shows now').fill(right);
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByRole('button', { name: 'Turn off' }).waitFor();

  await signOut(page);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('admin');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  const field = page.getByRole('textbox', { name: 'One-time code' });
  await field.waitFor();
  // A code that was used once already lets nobody in.
  await field.fill(right);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('main').getByRole('alert').waitFor();
  await field.fill(codeOf(secret, step + 1));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  // The page that was left, not the first one.
  await heading(page).waitFor();

  await page.getByRole('button', { name: 'Turn off' }).click();
  await page.getByRole('button', { name: 'Set up one-time codes' }).waitFor();
  await signOut(page);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('admin');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await heading(page).waitFor();
  // The browser itself notes the refusal of the used code.
  assert.deepEqual(
    complaints.filter((line) => !line.includes('status of 40')),
    [],
  );
  await context.close();
});

test('a forgotten password: who comes by a link sets a new one, and is told what ends with it', {
  skip,
  timeout: 60_000,
}, async () => {
  const { page, context, complaints } = await openPage(browser, 'phone');
  await openAccount(page);
  await page.getByText('without the one before').waitFor();
  assert.equal(await page.getByLabel('Current password').count(), 0);
  await page.getByLabel('New password').fill(`${PASSWORD}, and another`);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByText('your API tokens have ended').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a passkey: added, used to sign in, removed', { skip, timeout: 60_000 }, async () => {
  const { page, context, complaints } = await openPage(browser, 'wide');
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await openAccount(page);
  const passkeys = page.getByRole('region', { name: 'Passkeys' });
  await passkeys.getByRole('textbox').fill('blue key');
  await passkeys.getByRole('button', { name: 'Add a passkey' }).click();
  await passkeys.getByText('blue key').waitFor();
  await passkeys.getByText('never used').waitFor();

  await signOut(page);
  await page.getByRole('button', { name: /passkey/i }).click();
  await heading(page).waitFor();
  await passkeys.getByText('blue key').waitFor();
  assert.equal(await passkeys.getByText('never used').count(), 0);

  await passkeys.getByRole('button', { name: 'Remove' }).click();
  await passkeys.getByText('No passkey yet.').waitFor();
  await signOut(page);
  await page.getByRole('button', { name: /passkey/i }).click();
  await page.getByRole('main').getByRole('alert').waitFor();
  assert.deepEqual(
    complaints.filter((line) => !line.includes('status of 40')),
    [],
  );
  await context.close();
});
