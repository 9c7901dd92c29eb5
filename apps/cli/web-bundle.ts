/**
 * The web bundle is built where it is used, when its sources have changed: a clone carries no generated
 * file. What it was built from is noted inside it, so it can be copied and is never half there.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Problem } from '@maille/base/problem';

const sourceFolders = ['apps/web', 'packages/base', 'packages/ui', 'packages/wire'];
const sourceFiles = ['package-lock.json', 'tsconfig.json'];
const notSources = new Set(['dist', 'node_modules', 'test']);

/** One hash of all that the bundle is made of; tests are not. */
export function hashWebSources(projectRoot: string): string {
  const hash = createHash('sha256');
  const add = (file: string) => {
    hash.update(`${relative(projectRoot, file)}\0`);
    hash.update(readFileSync(file));
    hash.update('\0');
  };
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!notSources.has(entry.name)) walk(path);
      } else if (!entry.name.includes('.test.') && !entry.name.includes('.soak.')) add(path);
    }
  };
  for (const file of sourceFiles) add(join(projectRoot, file));
  for (const folder of sourceFolders) walk(join(projectRoot, folder));
  return hash.digest('hex');
}

/** Builds the bundle when it is stale. An installed Maille has no sources to be stale against. */
export async function ensureWebBundle(projectRoot: string, say: (line: string) => void): Promise<void> {
  if (existsSync(join(projectRoot, '.installed'))) return;
  const folder = join(projectRoot, 'apps', 'web', 'dist');
  const note = join(folder, '.built-from');
  const wanted = hashWebSources(projectRoot);
  if (existsSync(join(folder, 'index.html')) && existsSync(note) && readFileSync(note, 'utf8') === wanted)
    return;
  say('Building the web pages …');
  const startedMs = performance.now();
  rmSync(note, { force: true });
  const { code, output } = await runVite(projectRoot);
  if (code !== 0) {
    const lines = output.trim().split('\n');
    const told = lines
      .filter((line) => !/^\s+at /.test(line))
      .slice(0, 12)
      .join('\n  ');
    if (/EACCES|EROFS/.test(output)) {
      throw new Problem('unsupported', `the web pages cannot be written to ${folder}`, {
        remedy: 'Start once as the owner of that folder, or clone to a folder of your own.',
      });
    }
    throw new Problem('internal', `the web pages could not be built:\n  ${told}`);
  }
  writeFileSync(note, wanted);
  say(`Built in ${((performance.now() - startedMs) / 1000).toFixed(1)} s.`);
}

async function runVite(projectRoot: string): Promise<{ code: number | null; output: string }> {
  const vite = join(projectRoot, 'node_modules', 'vite', 'bin', 'vite.js');
  const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(projectRoot, 'apps', 'web'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, output };
}
