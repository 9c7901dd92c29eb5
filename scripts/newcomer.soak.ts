/**
 * What a newcomer does: a fresh clone in a bare Debian 12 and a bare Debian 13, as root and as a user:
 * `npm start` to the ready line, the sign-in link, Ctrl-C; the second start; then `npm test`.
 *
 *   npm run soak -- newcomer [--suite bookworm|trixie] [--who root|person] [--without-tests] [--from REPOSITORY]
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type DebianRoot, newcomerRoot, openRoot, type Suite } from './debian-root.ts';
import { projectRoot } from './source-files.ts';

const FIRST_START_SECONDS = 180;
const LATER_START_SECONDS = 5;
const TEST_SECONDS = 25 * 60;

const { values } = parseArgs({
  options: {
    suite: { type: 'string', multiple: true, default: ['bookworm', 'trixie'] },
    who: { type: 'string', multiple: true, default: ['root', 'person'] },
    from: { type: 'string', default: projectRoot },
    'without-tests': { type: 'boolean', default: false },
  },
});
if (process.getuid?.() !== 0) {
  console.error('This makes Debian roots: it needs root, debootstrap and systemd-container.');
  process.exit(2);
}

interface Started {
  url: string;
  seconds: number;
  stop(): Promise<{ seconds: number; left: string[] }>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** `npm start` under a terminal of its own (`script`), so that Ctrl-C is a real one. */
async function start(
  root: DebianRoot,
  user: string,
  clone: string,
  environment: Record<string, string>,
): Promise<Started> {
  const listLeft =
    'for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline 2>/dev/null | grep -E "main.ts|start.mjs" || true; done';
  const child = root.spawn(
    ['/bin/sh', '-c', `cd ${clone} && script -qefc 'npm start' /dev/null; echo; echo LEFT; ${listLeft}`],
    { user, environment },
  );
  const startedMs = performance.now();
  let output = '';
  const ready = Promise.withResolvers<string>();
  child.stdout?.on('data', (chunk) => {
    output += chunk;
    const url = /Maille is ready: (\S+)/.exec(output)?.[1];
    if (url) ready.resolve(url);
  });
  let complaints = ''; // of nspawn itself
  child.stderr?.on('data', (chunk) => {
    complaints += chunk;
  });
  const closed = once(child, 'close');
  void closed.then(() =>
    ready.reject(
      new Error(`npm start ended before it was ready:\n${output.slice(-3000)}${complaints.slice(-1000)}`),
    ),
  );
  const url = await ready.promise;
  return {
    url,
    seconds: (performance.now() - startedMs) / 1000,
    async stop() {
      const askedMs = performance.now();
      child.stdin?.write('\u0003');
      await closed;
      const left = (output.split('\nLEFT')[1] ?? 'the list of processes is missing').split('\n');
      return {
        seconds: (performance.now() - askedMs) / 1000,
        left: left.map((line) => line.trim()).filter((line) => line !== '' && !line.includes('LEFT')),
      };
    },
  };
}

async function trySignIn(url: string): Promise<void> {
  const { origin, hash } = new URL(url);
  const health = await fetch(`${origin}/api/v1/health`);
  if (health.status !== 200) throw new Error(`/api/v1/health answers ${health.status}`);
  const page = await fetch(origin);
  if (page.status !== 200 || !(await page.text()).includes('<script')) throw new Error('no page is served');
  const signIn = () =>
    fetch(`${origin}/api/v1/session/link`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ token: hash.slice(1) }),
    });
  const [first, second] = [await signIn(), await signIn()];
  if (first.status !== 200)
    throw new Error(`the link does not sign in: ${first.status} ${await first.text()}`);
  if (second.status < 400) throw new Error('the link works twice');
}

async function runTests(root: DebianRoot, user: string, clone: string): Promise<string> {
  const child = root.spawn(['/bin/sh', '-c', `cd ${clone} && npm test`], { user });
  let output = '';
  const keep = (chunk: Buffer) => {
    output += chunk;
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const timer = setTimeout(() => child.kill('SIGTERM'), TEST_SECONDS * 1000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  if (code !== 0) throw new Error(`npm test failed (${code}):\n${output.slice(-6000)}`);
  return /^\d+ passed, .*$/m.exec(output)?.[0] ?? 'it told no figures';
}

let failures = 0;
function complain(sentence: string): void {
  failures++;
  console.error(sentence);
}

async function beNewcomer(suite: Suite, user: string): Promise<void> {
  const title = `${suite}, ${user}`;
  const root = openRoot(newcomerRoot(suite, console.log));
  try {
    const clone = user === 'root' ? '/root/maille' : '/home/person/maille';
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', values.from, join(root.folder, clone)]);
    execFileSync('chown', ['-R', user === 'root' ? '0:0' : '1000:1000', join(root.folder, clone)]);
    const http = await freePort();
    const [https, peers, presence] = [await freePort(), await freePort(), await freePort()];
    const environment = {
      MAILLE_HTTP_LISTEN: `127.0.0.1:${http}`,
      MAILLE_HTTPS_LISTEN: `127.0.0.1:${https}`,
      MAILLE_PEERS_LISTEN: `127.0.0.1:${peers}`,
      MAILLE_PRESENCE_PORT: String(presence),
      // The root shares this machine's network, and nobody there has asked to be greeted or pinged.
      MAILLE_PRESENCE: 'off',
      MAILLE_FIRST_TARGETS: 'loopback',
    };
    for (const [name, limit] of [
      ['first start', FIRST_START_SECONDS],
      ['later start', LATER_START_SECONDS],
    ] as const) {
      const started = await start(root, user, clone, environment);
      await trySignIn(started.url);
      const stopped = await started.stop();
      console.log(
        `${title}: ${name}: ready in ${started.seconds.toFixed(1)} s, signed in once, stopped in ${stopped.seconds.toFixed(1)} s, processes left: ${stopped.left.length}`,
      );
      if (stopped.left.length > 0) throw new Error(`Ctrl-C left ${stopped.left.join('\n')}`);
      if (started.seconds > limit) complain(`${title}: ${name} took longer than ${limit} s`);
    }
    if (!values['without-tests']) {
      const startedMs = performance.now();
      const last = await runTests(root, user, clone);
      console.log(`${title}: npm test: ${last} (${Math.round((performance.now() - startedMs) / 1000)} s)`);
    }
  } finally {
    root.remove();
  }
}

for (const suite of values.suite as Suite[]) {
  for (const user of values.who) {
    try {
      await beNewcomer(suite, user);
    } catch (error) {
      complain(`${suite}, ${user}: ${error instanceof Error ? error.message : error}`);
    }
  }
}
console.log(
  failures === 0 ? 'A newcomer gets there, everywhere.' : `${failures} newcomers did not get there.`,
);
process.exitCode = failures === 0 ? 0 : 1;
