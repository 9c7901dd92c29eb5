/**
 * The door: plain JavaScript without a dependency, read by whatever Node a machine has. It installs what
 * package-lock.json asks for and is not there yet, then hands over to the Node that came with it, which
 * runs the TypeScript as it stands. Old Nodes must be able to parse this file, so that they can say what
 * is wrong: no syntax newer than 2020 here.
 *
 *   node start.mjs COMMAND …              the `maille` program
 *   node start.mjs --script FILE …        one of the project's own scripts (npm test, npm run check)
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
/** What the system's loader exits with when it misses a library. */
const EXIT_NO_LIBRARY = 127;
const root = dirname(fileURLToPath(import.meta.url));
const nodePackage = `node-linux-${process.arch}`;
const projectNode = join(root, 'node_modules', nodePackage, 'bin', 'node');

/** Ends with a sentence and no stack: 1 is a problem, as everywhere in Maille. */
function giveUp(sentence, remedy) {
  process.stderr.write(`maille: ${sentence}\n${remedy ? `  ${remedy}\n` : ''}`);
  process.exit(1);
}

function checkMachine() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    giveUp(
      `this is Node ${process.versions.node}, and Maille needs Node ${OLDEST_NODE} or newer to start.`,
      'Debian 13: apt install nodejs npm. Debian 12: see https://nodejs.org/en/download (the version of its own packages is 18).',
    );
  }
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    giveUp(`Maille runs on Linux on x64 and arm64; this is ${process.platform} on ${process.arch}.`);
  }
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * npm notes what it installed in node_modules/.package-lock.json, as its last step: comparing that with
 * package-lock.json also sees an installation that was interrupted. What is meant for another kind of
 * machine (`os`, `cpu`, `libc`) is rightly absent.
 */
function isInstalled() {
  const wanted = readLock(join(root, 'package-lock.json'));
  const present = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted) giveUp(`package-lock.json is missing in ${root}.`, 'git checkout package-lock.json');
  if (!present || !existsSync(projectNode)) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const found = present[path];
    if (!found) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/** npm's own JavaScript when npm started us, else the command. */
function npmCommand() {
  const script = process.env.npm_execpath;
  return script && /npm-cli\.[cm]?js$/.test(script) ? [process.execPath, script] : ['npm'];
}

function explainNpmFailure(output) {
  if (/E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|HOSTUNREACH|NETUNREACH)/.test(output)) {
    return [
      'the npm registry cannot be reached from here, and parts of Maille are still to be installed.',
      'Check the network (or `npm config get registry`, `npm config get proxy`) and start again.',
    ];
  }
  if (/ENOSPC/.test(output)) return ['the disk is full.', `Maille's parts need about 600 MB in ${root}.`];
  if (/E(ACCES|PERM|ROFS)/.test(output)) return [...explainReadOnly()];
  const lines = output.split('\n').filter((line) => /^npm (ERR!|error)/.test(line));
  return ['npm could not install the parts of Maille.', lines.slice(0, 6).join('\n  ')];
}

function explainReadOnly() {
  return [
    `parts of Maille are still to be installed in ${root}, and ${os.userInfo().username} may not write there.`,
    'Start once as the owner of that folder, or clone to a folder of your own.',
  ];
}

async function install() {
  for (const folder of [root, join(root, 'node_modules')]) {
    try {
      if (existsSync(folder)) accessSync(folder, constants.W_OK);
    } catch {
      giveUp(...explainReadOnly());
    }
  }
  const startedMs = Date.now();
  process.stderr.write('Installing what Maille needs from npm: about a minute, this once …\n');
  // Scripts stay off: nothing compiles, nothing else is fetched. NODE_ENV and npm's `omit` would leave
  // out Node itself, so both kinds are asked for by name.
  const [command, ...before] = npmCommand();
  // Not `npm ci`: it refuses a lock that does not name the parts for every other kind of machine, and a
  // registry mirror may not hold those. `--no-save` takes the locked versions and writes no lock.
  const args = ['install', '--no-save', '--ignore-scripts', '--include=dev', '--include=optional'];
  args.push('--no-audit', '--no-fund');
  const child = spawn(command, [...before, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output = (output + chunk).slice(-20_000);
  });
  const code = await new Promise((resolve) => {
    child.on('error', () => resolve('absent'));
    child.on('close', resolve);
  });
  if (code === 'absent')
    giveUp('npm is not installed, and Maille needs it to fetch its parts.', 'apt install npm');
  if (code !== 0) giveUp(...explainNpmFailure(output));
  if (!existsSync(projectNode)) {
    giveUp(`npm installed, but without ${nodePackage}.`, 'Remove `omit` from your npm configuration.');
  }
  explainNodeFailure();
  process.stderr.write(`Installed in ${Math.round((Date.now() - startedMs) / 1000)} s.\n`);
}

/**
 * Node from npm is one file, and leans on a few libraries of the system. A bare one may lack some of
 * them: then the loader's own words are turned into the package that brings it.
 */
function explainNodeFailure() {
  const { status, stderr, error } = spawnSync(projectNode, ['--version'], { encoding: 'utf8' });
  if (status === 0) return;
  const told = error ? error.message : stderr.trim();
  const library = /(lib[\w+-]+)\.so\.(\d+)/.exec(told);
  if (!library) giveUp(`${projectNode} does not run here: ${told}`);
  giveUp(
    `Node needs ${library[0]}, which this system lacks.`,
    `As root: apt-get install ${library[1]}${/\d$/.test(library[1]) ? '-' : ''}${library[2]}`,
  );
}

/**
 * The child shares the terminal, so Ctrl-C reaches it without us (and through npm once more: it counts
 * signals that come together as one). We only have to outlive it, and to pass on what a service manager
 * sends to us alone.
 */
function handOver(args) {
  const child = spawn(projectNode, ['--disable-warning=ExperimentalWarning', ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => giveUp(`${projectNode} does not run here: ${error.message}.`));
  child.on('exit', (code, signal) => {
    if (code === EXIT_NO_LIBRARY) explainNodeFailure();
    process.exit(signal ? 128 + os.constants.signals[signal] : code);
  });
}

checkMachine();
// An installed copy holds what it needs, and npm is no longer asked.
if (!existsSync(join(root, '.installed')) && !isInstalled()) await install();
const [first, ...rest] = process.argv.slice(2);
handOver(
  first === '--script'
    ? [join(root, rest[0]), ...rest.slice(1)]
    : [join(root, 'apps', 'cli', 'main.ts'), ...process.argv.slice(2)],
);
