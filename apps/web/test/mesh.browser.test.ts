/** The mesh over a window of the past: each pair against what was usual for it when the window began. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createBaselineFiles } from '@maille/api/incidents/baseline-files';
import { systemClock } from '@maille/base/clock';
import { silentLog } from '@maille/base/log';
import { createIdentity } from '@maille/host/identity';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { createLabAgent } from '@maille/testkit/lab-agent';
import { labFacts } from '@maille/testkit/link-lab';
import { createSampleBatch, OUTCOME_REPLY, OUTCOME_TIMEOUT } from '@maille/wire/link/samples';
import type { Machine } from '@maille/wire/rest/machines';
import type { Mesh, MeshMember } from '@maille/wire/rest/mesh';
import type { Browser, Page } from 'playwright-core';
import { ensureWebBundle } from '../../cli/web-bundle.ts';
import { startTestServer, type TestServer } from '../../server/testing/test-server.ts';
import { axeSource, seriousViolations, settled } from './axe.ts';
import { openPage, startBrowser } from './browser.ts';
import { START_TIMEOUT_MS, skip } from './running-pages.ts';

const NAMES = ['north', 'south', 'west'];
const MINUTE_MS = 60_000;
const MINUTES = 12;
const USUAL_NS = 20_000_000;
const projectRoot = join(import.meta.dirname, '..', '..', '..');
const webFolder = join(projectRoot, 'apps', 'web', 'dist');

let dataDir: string;
let server: TestServer;
let browser: Browser;
let page: Page;
let members: MeshMember[];
/** The end of the past that the server has. */
const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;

before(
  async () => {
    if (skip) return;
    await ensureWebBundle(projectRoot, () => {});
    dataDir = mkdtempSync(join(tmpdir(), 'maille-mesh-pages-'));
    server = await startTestServer({ dataDir, firstTargets: 'loopback' });
    await joinMesh();
    await server.stop();
    await writePast();
    server = await startTestServer({ dataDir, webFolder, firstTargets: 'loopback' });
    browser = await startBrowser();
    ({ page } = await openPage(browser, 'wide'));
    await page.addInitScript({ content: axeSource() });
    const { id } = await server.addPerson('admin');
    const link = await ask<{ url: string }>(`/people/${id}/sign-in-link`, 'POST');
    await page.goto(link.url.replace(/^https?:\/\/[^/]+/, server.server.httpUrl));
    await page.locator('main h1').first().waitFor();
  },
  { timeout: START_TIMEOUT_MS },
);
after(async () => {
  await browser?.close();
  await server?.stop();
  if (dataDir) rmSync(dataDir, { recursive: true, force: true });
});

async function ask<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const answer = await server.ask(path, { method, body, ...server.local });
  assert.equal(answer.status, 200, answer.text);
  return answer.body as T;
}

/** Machines that say where they are and probe nothing: their past is written by hand. */
async function joinMesh(): Promise<void> {
  const url = `wss://127.0.0.1:${new URL(server.server.httpsUrl).port}/link`;
  const agents = NAMES.map((hostname, n) =>
    createLabAgent({
      server: { url, serverId: server.server.serverId },
      identity: createIdentity(),
      facts: { ...labFacts, hostname, addresses: [`10.88.0.${n + 1}/24`] },
    }),
  );
  for (const { identity } of agents) {
    while (!(await ask<{ machines: Machine[] }>('/machines')).machines.some(({ id }) => id === identity.id))
      await new Promise((resolve) => setTimeout(resolve, 50));
    await ask(`/machines/${identity.id}/approve`, 'POST');
  }
  ({ members } = await ask<Mesh>('/mesh', 'PUT', { on: true }));
  for (const agent of agents) agent.stop();
}

const named = (name: string) => members.find((member) => member.name === name) as MeshMember;

/** North sees south at its usual RTT, and west at three times it; south loses some to west; west is new. */
async function writePast(): Promise<void> {
  const series = await openEmbeddedSeries({
    folder: join(dataDir, 'series'),
    clock: systemClock,
    log: silentLog,
  });
  const known = [
    ['north', 'south'],
    ['north', 'west'],
    ['south', 'north'],
    ['south', 'west'],
  ] as const;
  const pairs = [...known, ['west', 'north']] as const;
  pairs.forEach(([from, to], sequence) => {
    const batch = createSampleBatch(MINUTES * 60, endMs - MINUTES * MINUTE_MS);
    for (let second = 0; second < MINUTES * 60; second++) {
      const at = batch.count++;
      const isLost = from === 'south' && to === 'west' && second % 10 === 0;
      batch.targetIds[at] = named(to).targetId as number;
      batch.offsetsUs[at] = second * 1_000_000;
      batch.outcomes[at] = isLost ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
      const slow = from === 'north' && to === 'west' ? 3 : 1;
      batch.rtts10ns[at] = isLost ? 0 : (slow * USUAL_NS) / 10 + (second % 7) * 1_000;
    }
    series.append({ agentNumber: named(from).agentNumber, epoch: '00000000000000aa', sequence }, batch);
  });
  await series.stop();
  await createBaselineFiles(join(dataDir, 'baselines')).writeHour(
    known.map(([from, to]) => ({
      agentNumber: named(from).agentNumber,
      targetId: named(to).targetId as number,
      rttNs: USUAL_NS,
      spread: 0.05,
      lossRatio: 0,
    })),
    endMs - MINUTES * MINUTE_MS,
  );
}

const instant = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
const cell = (from: string, to: string) => page.getByRole('gridcell', { name: `${from} → ${to}:` });

test('slower than usual and lossy stand out, the rest is calm, and what is new says so', {
  skip,
  timeout: START_TIMEOUT_MS,
}, async () => {
  const window = `${instant(endMs - (MINUTES - 1) * MINUTE_MS)}-${instant(endMs)}`;
  await page.goto(`${server.server.httpUrl}/watch/mesh?t=${window}`);
  await cell('north', 'west').waitFor();
  const told = async (from: string, to: string) => ({
    severity: await cell(from, to).getAttribute('data-severity'),
    learning: (await cell(from, to).getAttribute('data-learning')) !== null,
  });
  await page.locator('[data-severity="severe"]').first().waitFor();
  assert.deepEqual(await told('north', 'west'), { severity: 'severe', learning: false });
  assert.deepEqual(await told('north', 'south'), { severity: 'calm', learning: false });
  assert.deepEqual(await told('south', 'west'), { severity: 'notable', learning: false });
  assert.deepEqual(await told('west', 'north'), { severity: 'calm', learning: true });
  assert.equal((await told('west', 'south')).severity, 'none');
  await cell('north', 'west').hover();
  await page.getByRole('status').getByText('usually 20.0 ms').waitFor();
  await cell('west', 'north').hover();
  await page.getByRole('status').getByText('judged by loss alone').waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    assert.deepEqual(await seriousViolations(page), [], colorScheme);
  }
});
