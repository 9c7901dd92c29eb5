/** The drawings in a real browser: they draw, tell what lies under the pointer, and obey the keyboard. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '@maille/testkit/eventually';
import type { Browser, Page } from 'playwright-core';
import { hasChromium, startChromium } from './chromium.ts';
import { serveGallery } from './serve-gallery.ts';

const skip = hasChromium ? false : 'needs /usr/bin/chromium (Debian package chromium)';
let gallery: Awaited<ReturnType<typeof serveGallery>>;
let browser: Browser;

before(async () => {
  if (skip) return;
  gallery = await serveGallery();
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await gallery?.stop();
});

async function open(search: string, width = 1_440, height = 900): Promise<{ page: Page; said: string[] }> {
  const page = await browser.newPage({ viewport: { width, height } });
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()} ${message.text()}`));
  page.on('pageerror', (error) => said.push(`error ${error.message}`));
  await page.goto(`${gallery.url}?${search}`);
  await page.waitForSelector('.maille-grid canvas');
  return { page, said };
}

/** How many different colours a canvas shows: nothing drawn is one. */
const colorsOf = (page: Page, selector: string) =>
  page.waitForFunction((query) => {
    const canvas = document.querySelector(query) as HTMLCanvasElement | null;
    const context = canvas?.getContext('2d');
    if (!canvas || !context || canvas.width === 0) return 0;
    const pixels = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    const count = new Set(pixels).size;
    return count > 3 ? count : 0;
  }, selector);

for (const scheme of ['light', 'dark']) {
  test(`${scheme}: grid, rings, strip and charts draw, and nothing complains`, { skip }, async () => {
    const { page, said } = await open(`scheme=${scheme}&targets=2000`);
    for (const selector of [
      '.maille-grid canvas',
      '.maille-ring canvas',
      '.maille-strip canvas',
      '.uplot canvas',
    ])
      await colorsOf(page, selector);
    assert.deepEqual(
      said.filter((line) => /^(error|warning)/.test(line)),
      [],
    );
    await page.close();
  });
}

test('the pointer is told the address under it, a click opens it, a click on a label its prefix', {
  skip,
}, async () => {
  const { page, said } = await open('targets=2000&cell=10&rings=no');
  const box = (await page.locator('.maille-grid').boundingBox())!;
  await page.mouse.move(box.x + 5 + 30, box.y + 18 + 5 + 20);
  assert.match((await page.textContent('.maille-hover-card')) ?? '', /198\.18\.0\.35/);
  await page.mouse.click(box.x + 5 + 30, box.y + 18 + 5 + 20);
  await page.mouse.click(box.x + 10, box.y + 6);
  const logged = () => said.filter((line) => line.startsWith('log'));
  await eventually('both clicks', () => logged().length >= 2);
  assert.deepEqual(logged(), ['log target 36', 'log prefix 198.18.0.0/24']);
  await page.close();
});

test('by keyboard alone: arrows, words for those who listen, Enter, plus and minus', { skip }, async () => {
  const { page, said } = await open('targets=2000&cell=6&rings=no');
  await page.focus('.maille-grid');
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  assert.match((await page.textContent('[aria-live=polite]')) ?? '', /^198\.18\.0\.17, /);
  await page.keyboard.press('Enter');
  assert.deepEqual(
    said.filter((line) => line.startsWith('log')),
    ['log target 18'],
  );
  const heightOf = () => page.evaluate(() => document.querySelector('.maille-grid-space')?.clientHeight ?? 0);
  const small = await heightOf();
  await page.keyboard.press('+');
  await page.waitForFunction(
    (before) => (document.querySelector('.maille-grid-space')?.clientHeight ?? 0) > before,
    small,
  );
  await page.keyboard.press('-');
  await page.waitForFunction(
    (before) => document.querySelector('.maille-grid-space')?.clientHeight === before,
    small,
  );
  assert.match(
    (await page.getAttribute('.maille-grid', 'aria-label')) ?? '',
    /2,?\d{3} addresses: .* silent/,
  );
  await page.close();
});

test('the wheel zooms, and the row under the pointer stays at its height', { skip }, async () => {
  const { page } = await open('targets=5000&cell=14&rings=no');
  const box = (await page.locator('.maille-grid').boundingBox())!;
  const at = { x: box.x + 120, y: box.y + 150 };
  await page.mouse.move(at.x, at.y);
  // Tiles flow anew, so that sideways a cell may move.
  const rowAt = async () => {
    const address = (await page.textContent('.maille-hover-card strong')) ?? '';
    const [, net, host] = /^198\.18\.(\d+)\.(\d+)$/.exec(address) ?? [];
    return `${net} ${Math.floor(Number(host) / 16)}`;
  };
  const before = await rowAt();
  await page.mouse.wheel(0, -120);
  await page.waitForFunction(
    () => (document.querySelector('.maille-grid-outline') as HTMLElement | null)?.style.width === '20px',
  );
  await page.mouse.move(at.x + 1, at.y);
  assert.match(before, /^\d+ \d+$/);
  assert.equal(await rowAt(), before);
  await page.close();
});

test('a drag over the strip and over a chart chooses a window of time', { skip }, async () => {
  const { page, said } = await open('targets=300');
  const windows = () =>
    said.filter((line) => line.startsWith('log window')).map((line) => line.split(' ').slice(2).map(Number));
  await colorsOf(page, '.uplot canvas'); // drawn, so that what is dragged over has its scale
  for (const [index, selector] of ['.maille-strip', '.u-over'].entries()) {
    const target = page.locator(selector).first();
    await target.scrollIntoViewIfNeeded();
    const box = (await target.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    await eventually(`a window from ${selector}`, () => windows().length > index);
  }
  assert.equal(windows().length, 2);
  for (const [from, to] of windows()) assert.ok((to as number) - (from as number) >= 60_000);
  await page.close();
});

test('nothing is wider than a phone', { skip }, async () => {
  const { page } = await open('targets=2000', 390, 844);
  await colorsOf(page, '.uplot canvas');
  const widths = await page.evaluate(() =>
    [...document.querySelectorAll('.maille-grid-frame, .maille-strip, .maille-chart')].map(
      (element) => element.clientWidth,
    ),
  );
  assert.ok(widths.length >= 6);
  for (const width of widths) assert.ok(width <= 390, `${width} px`);
  await page.close();
});
