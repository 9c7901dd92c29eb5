/**
 * `npm run soak -- NAME …` and `npm run bench -- NAME …`: finds NAME.soak.ts or NAME.bench.ts wherever it
 * lies beside its code, and runs it. Without a name, lists what there is.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectRoot, sourceFiles } from './source-files.ts';

const [kind = 'soak', name, ...rest] = process.argv.slice(2);
const ending = `.${kind}.ts`;
const files = sourceFiles(ending);

function summaryOf(file: string): string {
  const head = /^\/\*\*\s*([\s\S]*?)\*\//.exec(readFileSync(join(projectRoot, file), 'utf8'))?.[1] ?? '';
  const text = head
    .replace(/^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
  return /^(.*?[.:])(\s|$)/.exec(text)?.[1] ?? text;
}

const file = files.find((candidate) => basename(candidate) === `${name}${ending}`);
if (name === undefined || file === undefined) {
  if (name !== undefined) console.error(`There is no ${name}${ending}. There are:`);
  for (const one of files) console.log(`${basename(one, ending).padEnd(24)} ${summaryOf(one)}`);
  process.exit(name === undefined ? 0 : 2);
}
const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...rest], {
  cwd: projectRoot,
  stdio: 'inherit',
});
// Ctrl-C reaches the child by the terminal; the proof ends itself and cleans up.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
