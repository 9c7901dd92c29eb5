/**
 * `npm run screenshots`: a picture of every page, wide in light and dark, and on a phone, in docs/screenshots.
 *
 * The pictures are of real programs: a server, agents with their sensors on five hosts, two routers, and an
 * answering network with weather (demo-weather.ts), all in network namespaces and under host names of their own,
 * so that nothing of the machine that takes the pictures is in them. Needs root and Chromium.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { canMakeNamespaces, createNetwork } from '@maille/testkit/namespaces';
import { ensureWebBundle } from '../apps/cli/web-bundle.ts';
import { hasChromium, openPage, type Size, startBrowser } from '../apps/web/test/browser.ts';
import { type RunningMaille, startMaille } from '../apps/web/test/running-maille.ts';
import { furnish, persist, remember } from './demo-furnish.ts';
import { takeCareOf } from './demo-responsible.ts';
import { projectRoot } from './source-files.ts';

/** `-- --to FOLDER`: somewhere else, to look at. */
const toAt = process.argv.indexOf('--to');
const folder = toAt < 0 ? join(projectRoot, 'docs', 'screenshots') : resolve(process.argv[toAt + 1] ?? '.');
/** Where the project lies inside: what remedies name in the pictures. */
const INSIDE_ROOT = '/opt/maille';
const FULL_RING_MS = 70_000;
/** Calm while everything starts; then the storm that the pictures show, and another route. */
const CALM_MS = 75_000;
const OTHER_ROUTER = '10.99.0.6';
const ELSEWHERE = '10.20.8.0/24';
/** Over before the pictures are taken. */
const LOAD_PLAN = {
  addresses: ['10.20.0.1', '10.20.0.2', '10.20.8.17'],
  fromRate: 1,
  toRate: 300,
  steps: 8,
  ramp: 'geometric',
  stepSeconds: 5,
  timeoutMs: 1_000,
  maxLossPercent: 60,
};
const MAX_TOTAL_BYTES = 10_000_000;

/** Runs a command under a host name of its own, with the project at INSIDE_ROOT and a resolver of the demo's. */
const dressed = (hostname: string, command: string): string[] => [
  'unshare',
  '--uts',
  '--mount',
  'sh',
  '-ec',
  [
    'mount --make-rprivate /',
    `hostname ${hostname}`,
    `[ -e ${INSIDE_ROOT} ] || { mount -t tmpfs tmpfs /opt; mkdir ${INSIDE_ROOT}; mount --bind '${projectRoot}' ${INSIDE_ROOT}; }`,
    'mount -t tmpfs tmpfs /mnt; echo nameserver 10.99.0.1 > /mnt/resolv.conf; mount --bind /mnt/resolv.conf /etc/resolv.conf',
    `cd ${INSIDE_ROOT}`,
    `exec ${command}`,
  ].join('\n'),
];

async function outside(): Promise<number> {
  if (!canMakeNamespaces || !hasChromium) {
    console.error('Pictures need root and Chromium: apt install chromium');
    return 1;
  }
  await ensureWebBundle(projectRoot, console.log);
  const network = createNetwork();
  try {
    const lan = network.addBridge('lan');
    const back = network.addBridge('back');
    const addHost = (name: string, last: number) => {
      const host = network.addNamespace(name);
      network.plug(host, lan, 'eth0', [`10.99.0.${last}/24`, `fd00:99::${last}/64`]);
      return host;
    };
    const home = addHost('home', 1);
    const others = ['nas', 'web', 'edge', 'lab'].map((name, index) => addHost(name, 10 + index));
    const far = network.addNamespace('far');
    network.plug(far, back, 'eth0', ['10.98.0.2/24']);
    far.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all');
    far.ip('route', 'add', 'local', '10.20.0.0/16', 'dev', 'lo');
    far.ip('route', 'add', 'default', 'via', '10.98.0.5');
    for (const last of [5, 6]) {
      const router = addHost(`r${last}`, last);
      network.plug(router, back, 'eth1', [`10.98.0.${last}/24`]);
      router.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
      router.run('sh', '-c', 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit');
      router.ip('route', 'add', '10.20.0.0/16', 'via', '10.98.0.2');
    }
    for (const host of [home, ...others]) host.ip('route', 'add', 'default', 'via', '10.99.0.5');
    const node = join(INSIDE_ROOT, 'node_modules/.bin/node');
    const [command, ...args] = dressed(
      'home',
      `${node} scripts/screenshots.ts --to '${folder}' --inside ${[far, ...others].map(({ name }) => name).join(' ')}`,
    );
    const inside = home.spawn(command as string, args, { stdio: 'inherit' });
    const [code] = (await once(inside, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    network.remove();
  }
}

interface Shot {
  name: string;
  path: string;
  /** What to do before the picture. */
  prepare?: (page: Awaited<ReturnType<typeof openPage>>['page']) => Promise<void>;
}

async function inside([far = '', nas = '', web = '', ...more]: readonly string[]): Promise<void> {
  const stormFromMs = Date.now() + CALM_MS;
  const responder: ChildProcess = spawn(
    'ip',
    [
      'netns',
      'exec',
      far,
      process.execPath,
      join(import.meta.dirname, 'demo-responder.ts'),
      String(stormFromMs),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(responder.stdout as NonNullable<typeof responder.stdout>, 'data');
  const maille = await startMaille({ httpsHost: '0.0.0.0', presence: true });
  const browser = await startBrowser();
  try {
    const inHost = (netns: string, hostname: string) => ({
      wrap: (command: string[]) => [
        'ip',
        'netns',
        'exec',
        netns,
        ...dressed(hostname, command.map((word) => `'${word}'`).join(' ')),
      ],
      serverHost: '10.99.0.1',
    });
    const home = await maille.startAgent('home');
    const second = await maille.startAgent('nas', inHost(nas, 'nas'));
    await maille.startAgent('web-2', inHost(web, 'web-2'));
    for (const [index, netns] of more.entries()) {
      const name = ['edge', 'lab'][index] as string;
      const { id } = await maille.startAgent(name, inHost(netns, name));
      await maille.approve(id);
    }
    await furnish(maille, home.id, second.id);
    await remember(maille, home.id);
    await maille.api('PUT', '/mesh', { on: true });
    await persist(() => maille.api('POST', '/experiments', { machineId: home.id, plan: LOAD_PLAN }));
    await new Promise((ready) => setTimeout(ready, Math.max(0, stormFromMs - Date.now())));
    execFileSync('ip', ['route', 'replace', ELSEWHERE, 'via', OTHER_ROUTER]);
    await new Promise((ready) => setTimeout(ready, FULL_RING_MS));
    const { incidents } = (await maille.api('GET', '/incidents')) as {
      incidents: { id: number; scope: string; affected: number; kind: string }[];
    };
    const incident = incidents
      .toSorted((a, b) => b.affected - a.affected)
      .find(({ kind }) => kind !== 'route');
    const silent = incidents.find(({ kind }) => kind === 'silent');
    if (silent) await takeCareOf(maille, browser, silent.id);

    const { targets } = (await maille.api('GET', '/targets')) as { targets: { id: number; host: string }[] };
    const idOf = (wanted: string) => targets.find(({ host }) => host === wanted)?.id;
    const { routes } = (await maille.api('GET', '/routes')) as {
      routes: { targetId: number; changes: number }[];
    };
    const changed = routes.toSorted((a, b) => b.changes - a.changes)[0];
    const shots: Shot[] = [
      { name: 'overview', path: '/' },
      { name: 'machines', path: '/machines' },
      {
        name: 'machine',
        path: `/machines/${home.id}`,
        // The one thing that no namespace hides: what kernel and cage the pictures are taken in.
        prepare: async (page) => {
          await page.evaluate(() => {
            const plain: Record<string, string> = { Kernel: '6.12.48+deb13-amd64', Virtualization: 'none' };
            for (const name of document.querySelectorAll('dt')) {
              const value = plain[name.textContent ?? ''];
              if (value !== undefined && name.nextElementSibling) name.nextElementSibling.textContent = value;
            }
          });
        },
      },
      { name: 'join', path: '/machines?add=1' },
      { name: 'grid', path: '/watch?cell=14' },
      { name: 'prefix', path: `/watch/prefix/${encodeURIComponent('10.20.5.0/24')}` },
      { name: 'target', path: `/watch/target/${idOf('10.20.5.9')}?t=live-15m` },
      { name: 'target-route', path: `/watch/target/${idOf('10.20.8.17')}?t=live-15m` },
      { name: 'grid-rtt', path: '/watch?cell=10&color=rtt' },
      {
        name: 'replay',
        path: '/watch?cell=14',
        prepare: async (page) => {
          await page.getByRole('button', { name: /^A minute back/ }).click();
          await page.getByText(/The minute up to/).waitFor();
        },
      },
      { name: 'incidents', path: '/incidents' },
      { name: 'incident', path: `/incidents/${incident?.id}` },
      { name: 'mesh', path: '/watch/mesh' },
      { name: 'load', path: '/watch/load?run=1' },
      { name: 'routes', path: '/watch/routes' },
      { name: 'route', path: `/watch/routes/${changed?.targetId}` },
      { name: 'targets', path: '/targets' },
      {
        name: 'paste',
        path: '/targets?add=1',
        prepare: async (page) => {
          await page
            .getByRole('dialog')
            .getByRole('textbox')
            .first()
            .fill(
              '10.30.0.0/28\n10.30.1.1-10.30.1.40\nwww.example.org\n10.30.2.300\n224.0.0.5\n10.30.9.9-10.30.9.1',
            );
          await page.getByText('3 cannot be used').waitFor();
        },
      },
      {
        name: 'search',
        path: '/',
        prepare: async (page) => {
          await page.keyboard.press('Control+k');
          await page.getByRole('combobox', { name: 'Search or do something' }).fill('web');
        },
      },
      { name: 'account', path: '/settings/account' },
      { name: 'tokens', path: '/settings/tokens' },
      { name: 'people', path: '/settings/people' },
      { name: 'server', path: '/settings/server' },
      { name: 'audit', path: '/settings/audit' },
    ];
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(folder)) if (file.endsWith('.png')) rmSync(join(folder, file));
    for (const size of ['wide', 'phone'] as const) await takeAll(maille, browser, size, shots);
  } finally {
    await browser.close();
    await maille.stop();
    responder.kill('SIGTERM');
  }
  const total = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  console.log(`${readdirSync(folder).length} pictures, ${(total / 1e6).toFixed(1)} MB`);
  if (total > MAX_TOTAL_BYTES) throw new Error('the pictures are too large to be kept in the repository');
}

async function takeAll(
  maille: RunningMaille,
  browser: Awaited<ReturnType<typeof startBrowser>>,
  size: Size,
  shots: readonly Shot[],
): Promise<void> {
  const { page, context } = await openPage(browser, size, {
    colorScheme: 'light',
    ...(size === 'phone' && { deviceScaleFactor: 1.25 }),
  });
  const width = page.viewportSize()?.width;
  const take = async (name: string) => {
    // Colours are the same on a phone: there it is the layout that differs.
    for (const colorScheme of size === 'wide' ? (['light', 'dark'] as const) : (['light'] as const)) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
      // The drawings follow with the next second's samples.
      await page.waitForTimeout(1_200);
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) });
    }
    await page.emulateMedia({ colorScheme: 'light' });
  };
  await page.goto(`${maille.url}/sign-in`);
  await page.getByRole('textbox').first().waitFor();
  await take('sign-in');
  await page.goto('about:blank');
  const { people } = (await maille.api('GET', '/people')) as { people: { id: number; login: string }[] };
  const admin = people.find(({ login }) => login === 'admin');
  const { url } = (await maille.api('POST', `/people/${admin?.id}/sign-in-link`)) as { url: string };
  await page.goto(url.replace(/^https?:\/\/[^/]+/, maille.url));
  await page.locator('main h1').first().waitFor();
  // The hint to set a password is on every page of a newcomer; once is enough.
  await take('first-run');
  if (size === 'wide') {
    await page.goto(`${maille.url}/settings/account`);
    await page.getByLabel('New password', { exact: true }).fill('rings of copper and of steel');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByText('The password is set').waitFor();
  }
  for (const shot of shots) {
    await page.goto(maille.url + shot.path);
    await page.locator('main h1').first().waitFor();
    await page.waitForLoadState('networkidle').catch(() => {});
    await page.waitForTimeout(1_500);
    await shot.prepare?.(page);
    await take(shot.name);
    console.log(`${size} ${shot.name}`);
  }
  await context.close();
}

const at = process.argv.indexOf('--inside');
if (at < 0) process.exitCode = await outside();
else await inside(process.argv.slice(at + 1));
