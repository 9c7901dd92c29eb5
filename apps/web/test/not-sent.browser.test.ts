/**
 * What a machine cannot send to, and a port that refuses, as every page says them: neither is "no answer".
 * The address is of an interface that does not exist: nothing leaves the machine.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { openPage } from './browser.ts';
import { hasSensor, type RunningMaille } from './running-maille.ts';
import { START_TIMEOUT_MS, skip, startPages, stopPages } from './running-pages.ts';

const UNSENDABLE = 'fe80::1%nosuch';

let maille: RunningMaille;
let browser: Browser;
let closedPort: number;

before(
  async () => {
    if (skip) return;
    ({ maille, browser } = await startPages());
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    closedPort = (listener.address() as AddressInfo).port;
    listener.close();
    const { id } = await maille.startAgent('agent-approved');
    await maille.approve(id);
    await maille.api('POST', '/targets', { entries: `127.0.0.1 ${UNSENDABLE}` });
    await maille.api('POST', '/targets', { entries: '127.0.0.1', probes: [`tcp:${closedPort}`] });
  },
  { timeout: START_TIMEOUT_MS },
);
after(async () => {
  await stopPages(maille, browser);
});

test('not sent and refused are told apart from silence, on every page alike', {
  skip: skip || (hasSensor ? false : 'needs root: the sensor probes'),
  timeout: 90_000,
}, async () => {
  const { page, context, complaints } = await openPage(browser, 'wide');
  await page.goto(await maille.newSignInLink());
  await page.getByText('Machine cannot send to targets').waitFor({ timeout: 30_000 });
  await page.getByText(`the network interface is not there · 1 target: ${UNSENDABLE}`).waitFor();
  await page.getByText('ip address', { exact: true }).waitFor();
  await page.getByText('Target refuses connections').waitFor({ timeout: 30_000 });
  assert.equal(await page.getByText('does not answer').count(), 0);

  await page.goto(`${maille.url}/targets`);
  await page.getByText('not sent: the network interface is not there').waitFor();
  await page.getByText('refuses connections').waitFor();
  await page.getByText('answering', { exact: true }).waitFor();

  await page.goto(`${maille.url}/watch`);
  await page.getByText('1 cannot be sent to.').waitFor();
  assert.equal(await page.getByText('do not answer').count(), 0);

  const { targets } = (await maille.api('GET', '/targets')) as { targets: { id: number; host: string }[] };
  const id = targets.find(({ host }) => host === UNSENDABLE)?.id;
  await page.goto(`${maille.url}/watch/target/${id}`);
  await page.getByText(/Not sent from .*: the network interface is not there\./).waitFor();
  await page.getByRole('img', { name: /: not sent: the network interface is not there$/ }).waitFor();
  await page.getByText('not sent', { exact: true }).waitFor();

  const pulse = (await maille.api('GET', '/overview')) as {
    targets: { answering: number; refusing: number; notSent: number; silent: number };
  };
  const { answering, refusing, notSent, silent } = pulse.targets;
  assert.deepEqual(
    { answering, refusing, notSent, silent },
    { answering: 1, refusing: 1, notSent: 1, silent: 0 },
  );
  assert.deepEqual(complaints, [], 'nothing in the console');
  await context.close();
});
