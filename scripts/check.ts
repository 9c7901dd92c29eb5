/** `npm run check`: types, lint, import arrows, cycles, unused code and dependencies, all at once. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './source-files.ts';

const bin = (name: string) => join(projectRoot, 'node_modules', '.bin', name);
const node = process.execPath;

const checks: { name: string; command: [string, ...string[]] }[] = [
  { name: 'types', command: [node, bin('tsc'), '-p', '.'] },
  { name: 'types of the pages', command: [node, bin('tsc'), '-p', 'apps/web'] },
  { name: 'types of tests in the browser', command: [node, bin('tsc'), '-p', 'tsconfig.browser-tests.json'] },
  { name: 'lint and format', command: [node, bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'imports', command: [node, 'scripts/check-imports.ts'] },
  { name: 'unused code and dependencies', command: [node, bin('knip'), '--no-progress'] },
];

async function run(command: [string, ...string[]]): Promise<{ ok: boolean; output: string }> {
  const child = spawn(command[0], command.slice(1), { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { ok: code === 0, output };
}

const startedMs = performance.now();
const seconds = () => ((performance.now() - startedMs) / 1000).toFixed(1);
const results = await Promise.all(
  checks.map(async ({ name, command }) => {
    const { ok, output } = await run(command);
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds()} s)`);
    if (!ok) console.log(output.trimEnd().replace(/^/gm, '     '));
    return ok;
  }),
);
const failed = results.filter((ok) => !ok).length;
console.log(failed === 0 ? `All checks pass (${seconds()} s)` : `${failed} of ${results.length} checks fail`);
process.exitCode = failed === 0 ? 0 : 1;
